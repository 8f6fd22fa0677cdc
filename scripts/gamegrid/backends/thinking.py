"""Splits a reply into the answer and the thinking before it, however the thinking is marked.

The rule for every mark: what lies between its ends is thinking; after a mark that never closes,
everything is; before a mark that closes without opening (the prompt opened it), everything is. So a
draft inside thinking is never read as an answer. Splitting takes time linear in the reply's length.
"""

import ast
import json
import re

from gamegrid.backends.content_parts import Split, is_parts, joined, split_parts
from gamegrid.backends.think_marks import DOCUMENTED, FRAMES, LINES
from gamegrid.backends.think_places import BEGINS, FLAGS, Mark, marks
from gamegrid.backends.think_tags import TAG, Direction, Tag, says_thinking, tag_of

LONGEST_OPENING = 200
"""The number of characters at the end of a prompt in which a mark is sought."""
MOST_PASSES = 9
"""The number of passes after which a reply is taken for thinking altogether."""
DEEPEST_HEADING = 6
"""The lowest level of a heading in Markdown."""

Span = tuple[int, int]
"""Where thinking ends, and where the text goes on."""

_STARTS = [re.compile(documented.opens, FLAGS) for documented in DOCUMENTED]
_ENDS = [re.compile(documented.ends(), FLAGS) for documented in DOCUMENTED]
_TAG = re.compile(TAG, re.IGNORECASE)
_FRAME = re.compile(FRAMES, re.IGNORECASE)
_LINE = re.compile(LINES, re.IGNORECASE)
_NESTED = re.compile(r"(?P<quote>[\"'])(?P<key>\w{1,40})(?P=quote)\s{0,20}:\s{0,20}(?=[{\[])")
_BRACKET_OR_STRING = re.compile(r"""[{}\[\]]|"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'""", re.DOTALL)
_TYPED = re.compile(r"[\"']type[\"']\s{0,9}:\s{0,9}[\"']")


def split(reply: str) -> Split:
    """Split a reply into its answer and its thinking.

    A line break replaces each block of thinking, so that the text after it starts a line. Marks
    around the answer and other special tokens are removed.
    """
    parts = _parts(reply)
    if parts is not None:
        inner = split(parts.answer)
        return Split(inner.answer, joined(parts.thinking, inner.thinking))
    answer, thoughts = reply, list[str]()
    # What follows a block starts a line, so it may have marks that count only there.
    for _ in range(MOST_PASSES):
        before = answer
        inner = _Splitter(before).split()
        thoughts.append(inner.thinking)
        answer = _FRAME.sub(lambda frame: "\n" if _LINE.match(frame[0]) else " ", inner.answer)
        if answer == before:
            break
    else:
        return Split("", joined(*thoughts, answer))
    answer, nested = _cut_nested(answer)
    return Split(answer, joined(*thoughts, nested))


def opening(prompt: str) -> str:
    """Return the end of a prompt if it opens the thinking of the reply that follows, else ''."""
    tail = prompt[-LONGEST_OPENING:]
    end = len(tail.rstrip())
    for mark in marks(tail):
        opens = mark.direction is Direction.OPENS and (mark.tag is None or mark.tag.sure)
        if opens and mark.start + len(mark.found[0].rstrip()) == end:
            return tail[mark.start :]
    return ""


def has_marks(text: str) -> bool:
    """Return whether a chat template or a token contains a mark of thinking."""
    # A template quotes in the middle of a line what a reply says at the start of one.
    lines = re.sub(r"(?=\bhere\b)", "\n", text, flags=re.IGNORECASE)
    kinds = (Direction.OPENS, Direction.CLOSES)
    return any(mark.direction in kinds and not mark.needs_end for mark in marks(lines))


def ends_thinking(template: str, token: str) -> bool:
    """Return whether in a template's format a token may end the thinking as well as the reply."""
    formats = zip(_STARTS, _ENDS, strict=True)
    return any(start.search(template) and end.fullmatch(token) for start, end in formats)


class _Splitter:
    """The state of splitting one reply from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._visible: list[str] = []
        self._thought: list[str] = []
        self._start = 0
        """Where the text starts that is neither visible nor thought yet."""
        self._begun = False
        """Whether a mark has begun the answer."""
        self._endless: set[object] = set()
        """Marks that have no end in the rest of the text."""

    def split(self) -> Split:
        for mark in marks(self._text):
            if mark.start < self._start:
                continue  # inside a block of thinking
            match mark.direction:
                case Direction.OPENS:
                    self._open(mark)
                case Direction.CLOSES:
                    self._close(mark)
                case Direction.NEITHER:
                    self._doubt(mark)
                case Direction.ANSWERS:
                    pass  # it ends the section of a heading, and is nothing without one
        answer = "\n".join([*self._visible, self._text[self._start :]])
        return Split(answer, joined(*self._thought))

    def _open(self, mark: Mark) -> None:
        end = self._end(mark)
        if end is None and mark.needs_end:
            return
        whole = len(self._text)
        close, go_on = end or (whole, whole)
        self._visible.append(self._text[self._start : mark.start])
        self._thought.append(mark.inside + self._text[mark.end : close])
        self._start = go_on

    def _close(self, mark: Mark) -> None:
        self._visible.append(self._text[self._start : mark.start])
        if not (mark.begins and self._begun):
            self._thought += self._visible
            self._visible.clear()
        self._begun = self._begun or mark.begins
        self._start = mark.end

    def _doubt(self, mark: Mark) -> None:
        """Skip an empty tag, unless text precedes it: then either side may be the thinking."""
        before = [*self._visible, self._text[self._start : mark.start]]
        self._start = mark.end
        if any(piece.strip() for piece in before):
            self._thought += [*before, self._text[mark.end :]]
            self._visible.clear()
            self._start = len(self._text)

    def _end(self, mark: Mark) -> Span | None:
        """Return where the thinking of a mark ends; None if it never does."""
        if mark.inside:
            return mark.end, mark.end
        kind = mark.number if mark.number is not None else mark.tag or mark.found[0]
        if kind in self._endless:
            return None
        end = self._sought_end(mark)
        if end is None:
            self._endless.add(kind)
        return end

    def _sought_end(self, mark: Mark) -> Span | None:
        if mark.number is not None:
            end = self._search(_ENDS[mark.number], mark.end)
            if end is None and DOCUMENTED[mark.number].fused:
                last = self._text.rstrip().rfind("\n\n", mark.end)
                return None if last < 0 else (last, last)
            begins = end is not None and BEGINS.match(self._text, end[0])
            return (end[0], end[0]) if end is not None and begins else end
        if fence := mark.group("fence"):
            closed = rf"^[ \t>]{{0,12}}{re.escape(fence)}[`~:+]*[ \t]*$"
            return self._search(re.compile(closed, FLAGS), mark.end)
        if level := mark.group("level"):
            end = self._search(_next_heading(level), mark.end)
            return end and (end[0], end[0])
        if mark.tag is None:
            return self._element_end("details", mark.end)
        if mark.tag.element:
            return self._element_end(mark.tag.key, mark.end)
        return self._tag_end(mark.tag, mark.found["left"] or mark.found["bar"], mark.end)

    def _search(self, expression: re.Pattern[str], place: int) -> Span | None:
        found = expression.search(self._text, place)
        return None if found is None else found.span()

    def _element_end(self, element: str, place: int) -> Span | None:
        tag = re.compile(rf"<(/?)\s*{re.escape(element)}\b[^<>]{{0,200}}>", FLAGS)
        depth = 1
        for found in tag.finditer(self._text, place):
            depth += -1 if found[1] else 1
            if depth == 0:
                return found.span()
        return None

    def _tag_end(self, tag: Tag, left: str, place: int) -> Span | None:
        """Return the place of the closing tag, or of the heading of an answer that ends it."""
        heading: Span | None = None
        closed = ("closed", tag.key) not in self._endless
        for found in _TAG.finditer(self._text, place):
            other = tag_of(found)
            if other is None:
                continue
            if other.direction is Direction.ANSWERS and other.key == left:
                heading = heading or found.span()
            elif other.key == tag.key and other.direction is not Direction.OPENS:
                return found.span()
            if heading and tag.heading and not closed:
                break
        self._endless.add(("closed", tag.key))
        return heading if tag.heading else None


def _next_heading(level: str) -> re.Pattern[str]:
    """Return the expression of the heading that ends a section of this level."""
    if level[0] == "#" and len(level) <= DEEPEST_HEADING:
        return re.compile(rf"^(?:\#{{1,{len(level)}}}[ \t]|[-*_]{{3,}}[ \t]*$)", FLAGS)
    return re.compile(rf"^{re.escape(level[0])}{{2,}}[ \t]*\w", FLAGS)


def _parts(reply: str) -> Split | None:
    """Split a reply that is a list of typed parts, written as text; None for any other reply."""
    text = reply.strip()
    if not text.startswith(("[", "{")) or not _TYPED.search(text):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            value = value.get("content")
        return split_parts(value) if is_parts(value) else None
    return None


def _cut_nested(answer: str) -> tuple[str, str]:
    """Cut objects and lists out of JSON where their key says that they are thinking."""
    kept, cut, start = [], [], 0
    for key in _NESTED.finditer(answer):
        if key.start() < start or not says_thinking(key["key"], strict=False):
            continue
        end = _balanced_end(answer, key.end())
        if end is None:
            break  # what follows is no JSON
        if "action" in answer[key.end() : end].lower():
            kept += [answer[start : key.end()], '""']
            cut.append(answer[key.end() : end])
            start = end
    return "".join([*kept, answer[start:]]), joined(*cut)


def _balanced_end(text: str, start: int) -> int | None:
    """Return where the object or list that starts at a place ends; None if it does not."""
    depth = 0
    for token in _BRACKET_OR_STRING.finditer(text, start):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth == 0:
            return token.end()
    return None
