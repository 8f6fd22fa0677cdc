"""Find the JSON objects in a reply, wherever they are and whatever surrounds them."""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto


def _narrow_forms() -> dict[int, str]:
    """Map wide, small and mathematical forms of ASCII characters to ASCII.

    Full-width quotes and backslashes stay, because inside an ASCII string they are text.
    """
    forms = {"∶": ":", "꞉": ":", "ː": ":"}
    for code in (*range(0xFE10, 0xFE70), *range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and plain.isascii() and plain not in "\"'\\ ":
            forms[chr(code)] = plain
    return str.maketrans(forms)


_NARROW = _narrow_forms()


def half_width(text: str) -> str:
    """Return ``text`` with wide and mathematical characters replaced by ASCII, one for one.

    Used to locate answers.
    """
    return text if text.isascii() else text.translate(_NARROW)


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """An answer in the text: its position and content.

    ``start`` and ``end`` are offsets into the text. ``value`` is None if it does not state a single
    label, for instance if it is a list. ``after`` is the offset behind the value in an object,
    where more text of the object may follow. ``rivals`` are the values of keys such as
    ``final_action`` in the same object.
    """

    start: int
    end: int
    value: str | None
    reasoning: str | None = None
    after: int | None = None
    rivals: tuple[str, ...] = ()


# Comments and escaped line breaks may stand between tokens. Their length is limited, so that text
# full of them takes linear time.
_GAP = r"(?:\s|\\[nrt]|/\*(?:[^*]|\*(?!/)){0,300}+\*/|(?://|\#)[^\n]{0,300}+\n)*+"
TOKEN = re.compile(
    rf"""{_GAP}(?:
        (?P<mark>[{{}}\[\],:])
      | (?P<string> "[^"\\]*+(?:\\.[^"\\]*+)*+"
                  | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+'
                  | “[^“”\\]*+(?:\\.[^“”\\]*+)*+” )
      | (?P<number>[+-]?(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+
                  |[+-]?(?:NaN|Infinity))
      | (?P<word>true|false|null|True|False|None|undefined)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = re.compile(rf"\{{(?={_GAP}[\"'“])|\[(?=\s*+\{{\s*+[\"'“])")
_CUT_OFF = re.compile(r"\s*+(?:[\"“].*+|'[^\r\n]*+)?+", re.DOTALL)
"""The rest of an unterminated string; empty if there is no such string."""
_ESCAPE = re.compile(r"""\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\(')|[\\"]""")
_CLOSES = {"}": "{", "]": "["}

_ASIDE = re.compile(
    r"alternative|candidate|consider|option|example|sample|opponent|enemy|rival|adversar|expected|"
    r"predict|previous|earlier|histor|past|next|future|later|plan|follow|hypothe|reject|discard|"
    r"illegal|invalid|avoid|wrong|worst|bad|schema|format|template|draft|initial|scenario|variation|"
    r"\b(?:if|else|otherwise|unless|when|case)(?:\b|_)"
)
"""Keys whose content is not the answer of this turn."""
_REPLACES = re.compile(
    r"(?:final|correct|revis|update|actual|real|new|best|chosen|my|selected|instead)\w*+(?:[_\s-]?"
    r"(?:action|answer|move|choice|decision))?|answer|move|choice|decision"
)
"""Keys beside ``action`` that would state the answer as well."""
_WHO = ("player", "who", "by", "role", "speaker", "side", "agent", "actor")
_OTHERS = re.compile(
    r"\W*(?:the |my |your )?(?:opponent|enemy|rival|other|user|human|environment|system|them|they)"
)


class _Expect(Enum):
    """What may come next within an object or list."""

    ITEM = auto()
    """A key, an element or the end; a trailing comma is accepted."""
    COLON = auto()
    VALUE = auto()
    COMMA = auto()


@dataclass(slots=True)
class _Container:
    """An object or list that is still open."""

    mark: str
    start: int
    key: str = ""
    values: dict[str, list[str | None]] = field(default_factory=dict)
    """The values by key; None stands for anything but a string or a number."""
    action_end: int | None = None
    inner: list[tuple[str, StatedAnswer]] = field(default_factory=list)
    """The answers that values of this container state, each with its key."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Text that starts like an object with a key but is not valid JSON.

    ``failed`` is the offset where reading failed, or where an unterminated string ends. ``depth``
    is the number of objects open at that point.
    """

    start: int
    failed: int
    depth: int


class Objects:
    """All JSON objects of a text, at any depth and position.

    The reader also accepts Python dict syntax, curly double quotes, raw line breaks in strings,
    trailing commas, comments, escaped line breaks between tokens, and numbers such as NaN, +1 and
    .5, because these are unambiguous. Text inside a string of an object is never an object.

    An outermost object or list states at most one answer. Its own ``action`` counts before those of
    objects inside it. Without one, the objects inside state the answer if they agree. A list of
    different actions, such as a plan or a ranking, states none, and neither does an object under a
    key such as ``alternatives``.

    When an object fails, every object around it fails at the same token. So no brace needs a second
    try, except braces inside strings of a failed object. For those, quotes open where they used to
    close. There are at most as many such phases as kinds of quotes, so every character is read a
    bounded number of times.
    """

    def __init__(self, text: str):
        self.text = text
        self.shape = half_width(text)
        self.answers: list[StatedAnswer] = []
        self.broken: list[Broken] = []
        self._ends: dict[int, int | None] = {}
        self._outermost: list[tuple[int, int]] = []
        opening = _OPENING.search(self.shape)
        while opening:
            start = opening.start()
            if start not in self._ends:
                self._scan(start)
            end = self._ends[start]
            if end is not None:
                self._outermost.append((start, end))
            opening = _OPENING.search(self.shape, end or start + 1)
        self.answer_starts = {answer.start for answer in self.answers}

    def cover(self, position: int) -> bool:
        """Return whether ``position`` lies within an object."""
        index = bisect_right(self._outermost, position, key=lambda span: span[0]) - 1
        return index >= 0 and position < self._outermost[index][1]

    def _scan(self, start: int) -> None:
        """Read the object or list at ``start`` and everything inside it, as far as possible."""
        position = start + 1
        expect = _Expect.ITEM
        stack = [_Container(self.shape[start], start)]
        while stack:
            token = TOKEN.match(self.shape, position)
            following = None if token is None else self._step(token, expect, stack)
            if token is None or following is None:
                break
            position, expect = token.end(), following
        self._ends.update(dict.fromkeys(container.start for container in stack))
        self.answers += [answer for container in stack for _, answer in container.inner]
        opened = sum(container.mark == "{" for container in stack)
        if opened:
            first = next(container.start for container in stack if container.mark == "{")
            cut_off = _CUT_OFF.match(self.shape, position) if token is None else None
            self.broken.append(Broken(first, cut_off.end() if cut_off else position, opened))

    def _step(
        self, token: re.Match[str], expect: _Expect, stack: list[_Container]
    ) -> _Expect | None:
        """Take one token and return what may follow it; None if the token is not allowed here."""
        mark, innermost = token["mark"], stack[-1]
        if mark in _CLOSES:
            if expect not in (_Expect.ITEM, _Expect.COMMA) or innermost.mark != _CLOSES[mark]:
                return None
            closed = stack.pop()
            self._close(closed, token.end(), stack[-1] if stack else None)
            return _Expect.COMMA
        if expect is _Expect.COLON:
            return _Expect.VALUE if mark == ":" else None
        if expect is _Expect.COMMA:
            return _Expect.ITEM if mark == "," else None
        if expect is _Expect.ITEM and innermost.mark == "{":
            if token["string"] is None:
                return None
            innermost.key = unquoted(token["string"]).strip().casefold()
            return _Expect.COLON
        if mark in (",", ":"):
            return None
        text = token["string"] and unquoted(self.text[slice(*token.span("string"))])
        innermost.values.setdefault(innermost.key, []).append(
            token["number"] if text is None else text
        )
        if innermost.key == "action":
            innermost.action_end = token.end()
        if mark is None:
            return _Expect.COMMA
        stack.append(_Container(mark, token.end() - 1))
        return _Expect.ITEM

    def _close(self, closed: _Container, end: int, around: _Container | None) -> None:
        self._ends[closed.start] = end
        answer = _of_list(closed) if closed.mark == "[" else _of_object(closed, end)
        if answer is None:
            return
        if around is None:
            self.answers.append(replace(answer, start=closed.start, end=end))
        elif around.mark == "[" or not _ASIDE.search(around.key):
            around.inner.append((around.key, answer))


def _of_list(closed: _Container) -> StatedAnswer | None:
    answers = [answer for _, answer in closed.inner]
    return answers[0] if answers and _agree(answers) else None


def _of_object(closed: _Container, end: int) -> StatedAnswer | None:
    named = [who for key in _WHO for who in closed.values.get(key, ()) if who]
    if any(_OTHERS.match(who.casefold()) for who in named):
        return None
    reasoning = closed.values.get("reasoning", [None])[-1]
    actions = closed.values.get("action")
    if actions:
        # JSON readers disagree on what a repeated key means, so two values count as none.
        value = actions[0] if len(set(actions)) == 1 else None
        rivals = tuple(_rivals(closed))
        return StatedAnswer(closed.start, end, value, reasoning, closed.action_end, rivals)
    answers = [answer for _, answer in closed.inner]
    if not answers:
        return None
    return answers[0] if _agree(answers) else StatedAnswer(closed.start, end, None, reasoning)


def _rivals(closed: _Container) -> Iterator[str]:
    """Yield what other keys of an object with an action might state as the answer."""
    for key, values in closed.values.items():
        if key != "action" and _REPLACES.fullmatch(key):
            yield from (value for value in values if value is not None)
    for key, answer in closed.inner:
        if _REPLACES.fullmatch(key) and answer.value is not None:
            yield answer.value


def _agree(answers: list[StatedAnswer]) -> bool:
    return len({answer.value and _plain(answer.value) for answer in answers}) == 1


def _plain(value: str) -> str:
    return value.strip().casefold()


def unquoted(string: str) -> str:
    """Return the content of a quoted string; escapes unknown to JSON stay as written."""
    body = _ESCAPE.sub(
        lambda escape: escape[0] if escape[1] else escape[2] or "\\" + escape[0], string[1:-1]
    )
    return str(json.loads(f'"{body}"', strict=False))
