"""Find the JSON objects in a reply, wherever they stand and whatever stands around them."""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F) if chr(full) not in "＂＇＼"}


def half_width(text: str) -> str:
    """Return ``text`` with ASCII for full-width forms, each at its place, to find answers by.

    Quotes stay: within a string of ASCII quotes they are words.
    """
    return text.translate(_HALF_WIDTH)


@dataclass(frozen=True, slots=True)
class Answer:
    """Where in the text an answer stands, and what it says.

    ``value`` is None if it is not a statement of one label, for instance a list.
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
"""The rest of a string that does not end, where there is one."""
_ESCAPE = re.compile(r"""\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\(')|[\\"]""")
_CLOSES = {"}": "{", "]": "["}


class _Expect(Enum):
    """What may come next within an object or list."""

    ITEM = auto()
    """A key or element, or the end: a comma before the end is forgiven."""
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
    """What was said by key; None stands for anything but a string or number."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What starts like an object with a key, but is no JSON.

    ``depth`` objects were open where reading ``failed``, or where the string ends that did not.
    """

    start: int
    failed: int
    depth: int


class Objects:
    """All JSON objects of a text, wherever they stand, also those within objects.

    Python's spelling of a dict, curly double quotes, raw line breaks in strings and a comma
    before the end are read too: they leave no doubt. What stands within a string of an object is
    no object.

    An object that fails takes those around it along, as they all fail at the same token; so no
    brace needs a second try, but those within strings of a failed object. From these on, quotes
    open where they used to close, and there are only as many such phases as kinds of quotes:
    every character is read a bounded number of times.
    """

    def __init__(self, text: str):
        self.text = text
        self.shape = half_width(text)
        self.answers: list[Answer] = []
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
        """Tell whether ``position`` lies within an object."""
        index = bisect_right(self._outermost, position, key=lambda span: span[0]) - 1
        return index >= 0 and position < self._outermost[index][1]

    def _scan(self, start: int) -> None:
        """Read the object that starts at ``start``, and all within it, as far as they go."""
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
        """Take one token; return what may follow it, or None if it may not stand there."""
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
        said = token["string"] and unquoted(self.text[slice(*token.span("string"))])
        innermost.values.setdefault(innermost.key, []).append(
            token["number"] if said is None else said
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
            # Two values for one key mean nothing that readers of JSON agree on.
            value = actions[0] if len(set(actions)) == 1 else None
            reasoning = closed.values.get("reasoning", [None])[-1]
            self.answers.append(Answer(closed.start, end, value, reasoning))


def unquoted(string: str) -> str:
    """Return what a quoted string says; escapes JSON does not know stay as they are written."""
    body = _ESCAPE.sub(
        lambda found: found[0] if found[1] else found[2] or "\\" + found[0], string[1:-1]
    )
    return str(json.loads(f'"{body}"', strict=False))
