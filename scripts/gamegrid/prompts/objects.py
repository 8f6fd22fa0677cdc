"""Find the JSON objects in a reply, wherever they are and whatever surrounds them."""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F) if chr(full) not in "＂＇＼"}


def half_width(text: str) -> str:
    """Return ``text`` with full-width characters replaced by ASCII, position by position.

    Used to locate answers. Full-width quotes stay, because inside an ASCII string they are text.
    """
    return text.translate(_HALF_WIDTH)


@dataclass(frozen=True, slots=True)
class StatedAnswer:
    """An answer in the text: its position and content.

    ``start`` and ``end`` are offsets into the text. ``value`` is None if it does not state a single
    label, for instance if it is a list.
    """

    start: int
    end: int
    value: str | None
    reasoning: str | None = None


TOKEN = re.compile(
    r"""\s*+(?:
        (?P<mark>[{}\[\],:])
      | (?P<string> "[^"\\]*+(?:\\.[^"\\]*+)*+"
                  | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+'
                  | “[^“”\\]*+(?:\\.[^“”\\]*+)*+” )
      | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)
      | (?P<word>true|false|null|True|False|None)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = re.compile(r"\{(?=\s*+[\"'“])")
_CUT_OFF = re.compile(r"\s*+(?:[\"“].*+|'[^\r\n]*+)?+", re.DOTALL)
"""The rest of an unterminated string; empty if there is no such string."""
_ESCAPE = re.compile(r"""\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\(')|[\\"]""")
_CLOSES = {"}": "{", "]": "["}


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

    The reader also accepts Python dict syntax, curly double quotes, raw line breaks in strings and
    trailing commas, because these are unambiguous. Text inside a string of an object is never an
    object.

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
        """Read the object that starts at ``start`` and everything inside it, as far as possible."""
        position = start + 1
        expect = _Expect.ITEM
        stack = [_Container("{", start)]
        while stack:
            token = TOKEN.match(self.shape, position)
            following = None if token is None else self._step(token, expect, stack)
            if token is None or following is None:
                break
            position, expect = token.end(), following
        failed = [container.start for container in stack if container.mark == "{"]
        if failed:
            self._ends.update(dict.fromkeys(failed))
            cut_off = _CUT_OFF.match(self.shape, position) if token is None else None
            position = cut_off.end() if cut_off else position
            self.broken.append(Broken(start, position, len(failed)))

    def _step(
        self, token: re.Match[str], expect: _Expect, stack: list[_Container]
    ) -> _Expect | None:
        """Take one token and return what may follow it; None if the token is not allowed here."""
        mark, innermost = token["mark"], stack[-1]
        if mark in _CLOSES:
            if expect not in (_Expect.ITEM, _Expect.COMMA) or innermost.mark != _CLOSES[mark]:
                return None
            self._close(stack.pop(), token.end())
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
        if mark is None:
            return _Expect.COMMA
        stack.append(_Container(mark, token.end() - 1))
        return _Expect.ITEM

    def _close(self, closed: _Container, end: int) -> None:
        if closed.mark == "{":
            self._ends[closed.start] = end
        actions = closed.values.get("action")
        if actions:
            # JSON readers disagree on what a repeated key means, so two values count as none.
            value = actions[0] if len(set(actions)) == 1 else None
            reasoning = closed.values.get("reasoning", [None])[-1]
            self.answers.append(StatedAnswer(closed.start, end, value, reasoning))


def unquoted(string: str) -> str:
    """Return the content of a quoted string; escapes unknown to JSON stay as written."""
    body = _ESCAPE.sub(
        lambda escape: escape[0] if escape[1] else escape[2] or "\\" + escape[0], string[1:-1]
    )
    return str(json.loads(f'"{body}"', strict=False))
