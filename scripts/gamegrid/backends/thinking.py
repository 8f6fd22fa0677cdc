"""Splits a reply into the answer and the thinking before it, however the thinking is marked.

The rule for every mark: what lies between its ends is thinking; after a mark that never closes,
everything is; before a mark that closes without opening (the prompt opened it), everything is. So a
draft inside thinking is never read as an answer. Splitting takes time linear in the reply's length.
"""

import ast
import heapq
import json
import re
from collections.abc import Iterator

from gamegrid.backends.content_parts import Split, is_parts, joined, split_parts
from gamegrid.backends.think_marks import DOCUMENTED, FRAMES, LINES, TURNS
from gamegrid.backends.think_tags import (
    LEFT_EDGES,
    TAG,
    Direction,
    Tag,
    mentions_thinking,
    names_end,
    says_thinking,
    tag_of,
)

LONGEST_OPENING = 200
"""The number of characters at the end of a prompt in which a mark is sought."""

DEEPEST_HEADING = 6
"""The lowest level of a heading in Markdown."""

_FLAGS = re.IGNORECASE | re.MULTILINE
_STARTS = [re.compile(marks.opens, _FLAGS) for marks in DOCUMENTED]
_ENDS = [re.compile(marks.ends(), _FLAGS) for marks in DOCUMENTED]
_BEGINS = re.compile("|".join(marks.begins for marks in DOCUMENTED if marks.begins), _FLAGS)
_LONE = re.compile("|".join(marks.closes for marks in DOCUMENTED if marks.lone), _FLAGS)
_TAG = re.compile(TAG, re.IGNORECASE)
_TURN = re.compile(TURNS, re.IGNORECASE)
_FRAME = re.compile(FRAMES, re.IGNORECASE)
_LINE = re.compile(LINES, re.IGNORECASE)
_HEADING = (
    r"^(?P<level>\#{1,6}(?=[ \t])|[=\-*~_\#]{2,9})[ \t]{0,9}"
    r"(?P<title>[^\n\#=*~_]{1,60}?)[ \t:\#=\-*~_]{0,12}$"
)
_LITERAL = (
    r"^(?P<key>\w{2,30}):[ \t]{0,9}[|>][-+]?[ \t]{0,9}\n"
    r"(?P<literal>(?:[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)+)"
)
_FORMS = (
    re.compile(
        r"(?P<details><details\b[^<>]{0,200}>\s{0,40}"
        r"<summary\b[^<>]{0,80}>(?P<summary>[^<>]{0,80})</summary>)"
        r"|(?P<fenced>^[ \t>]{0,12}(?P<fence>`{3,9}|~{3,9}|:{3,9}|\+{3,9})(?P<info>[^\n`]{1,40})$)"
        rf"|(?P<heading>{_HEADING})|(?P<block>{_LITERAL})"
        r"|(?P<quoted>^\W{0,3}thinking(?:\.\.\.|…)\W{0,3}\n\s{0,9}(?P<quote>(?:^>.*(?:\n|\Z))+))",
        _FLAGS,
    ),
    re.compile(
        "|".join(
            [
                *(f"(?P<d{number}>{marks.opens})" for number, marks in enumerate(DOCUMENTED)),
                f"(?P<begins>{_BEGINS.pattern})",
                f"(?P<lone>{_LONE.pattern})",
            ]
        ),
        _FLAGS,
    ),
    re.compile(f"(?P<tag>{TAG})", _FLAGS),
)
"""Everything that may mark thinking; the first form that marks any at a place counts."""
_PLACES = re.compile(rf"[{LEFT_EDGES}\n]")
_WORDS = re.compile(r"to=(?=[^\s<]{1,40}<\|message)|assistant(?=\s?\s?final)")
_SIGNS = re.compile(r"[^\w\s/.]{1,3}/(?=\s?[tTrRsScCaA])|/(?=\*)")
"""Where a mark may start: there, after a line break, or at these words. Searching for these first
is ten times as fast as trying every mark everywhere."""
_NESTED = re.compile(r"\"(?P<key>\w{1,40})\"\s{0,20}:\s{0,20}(?=[{\[])")
_TYPED = re.compile(r"[\"']type[\"']\s{0,9}:\s{0,9}[\"']")


def split(reply: str) -> Split:
    """Split a reply into its answer and its thinking.

    A line break replaces each block of thinking, so that the text after it starts a line. Marks
    around the answer and other special tokens are removed. A turn of somebody else that the model
    wrote itself, with the header of its chat template, belongs to neither.
    """
    parts = _parts(reply)
    if parts is not None:
        inner = split(parts.answer)
        return Split(inner.answer, joined(parts.thinking, inner.thinking))
    turn = _TURN.search(reply, 1)
    return _Splitter(reply[: turn.start()] if turn else reply).split()


def opening(prompt: str) -> str:
    """Return the end of a prompt if it opens the thinking of the reply that follows, else ''."""
    tail = prompt[-LONGEST_OPENING:]
    end = len(tail.rstrip())
    last = (mark for mark in _marks(tail) if len(mark[0].rstrip()) + mark.start() == end)
    return next((tail[mark.start() :] for mark in last if _opens(mark)), "")


def has_marks(text: str) -> bool:
    """Return whether a chat template or a token contains a mark of thinking."""
    # A template quotes in the middle of a line what a reply says at the start of one.
    lines = re.sub(r"(?=\bhere\b)", "\n", text, flags=re.IGNORECASE)
    return any(_opens(mark) or _closes(mark) for mark in _marks(lines))


def ends_thinking(template: str, token: str) -> bool:
    """Return whether in a template's format a token may end the thinking as well as the reply."""
    formats = zip(_STARTS, _ENDS, strict=True)
    return any(start.search(template) and end.fullmatch(token) for start, end in formats)


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Yield everything that may mark thinking, in order; a mark may lie within another."""
    brackets = (found.start() + (found[0] == "\n") for found in _PLACES.finditer(text))
    words = (found.start() for found in _WORDS.finditer(text))
    signs = (found.start() for found in _SIGNS.finditer(text))
    for place in heapq.merge([0], brackets, words, signs):
        for form in _FORMS:
            mark = form.match(text, place)
            if mark and (_opens(mark, sure=False) or _closes(mark) or _is_neither(mark)):
                yield mark
                break


class _Splitter:
    """The state of splitting one reply from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._visible: list[str] = []
        self._thought: list[str] = []
        self._begun = False
        """Whether a mark has begun the answer."""
        self._endless: set[str] = set()
        """Marks that have no end in the rest of the text."""

    def split(self) -> Split:
        text, start = self._text, 0
        for mark in _marks(text):
            if mark.start() < start:
                continue  # inside a block of thinking
            if _opens(mark, sure=False):
                end = self._end(mark)
                if end is None and not _needs_end(mark):
                    self._visible.append(text[start : mark.start()])
                    self._thought.append(_inside(mark) + text[mark.end() :])
                    return self._done("")
                if end is None:
                    continue
                self._visible.append(text[start : mark.start()])
                self._thought.append(_inside(mark) + text[mark.end() : end[0]])
                start = end[1]
            elif _closes(mark):
                self._visible.append(text[start : mark.start()])
                if not (_group(mark, "begins") and self._begun):
                    self._thought += self._visible
                    self._visible.clear()
                self._begun = self._begun or bool(_group(mark, "begins"))
                start = mark.end()
            elif _is_neither(mark) and (text[start : mark.start()].strip() or self._visible):
                # Before or after it: either may be the thinking.
                self._thought += [*self._visible, text[start:]]
                self._visible.clear()
                return self._done("")
            elif _is_neither(mark):
                start = mark.end()
        return self._done(text[start:])

    def _done(self, rest: str) -> Split:
        answer = "\n".join([*self._visible, rest]) if rest or self._visible else ""
        answer = _FRAME.sub(lambda frame: "\n" if _LINE.match(frame[0]) else " ", answer)
        answer, nested = _cut_nested(answer)
        return Split(answer, joined(*self._thought, nested))

    def _end(self, mark: re.Match[str]) -> tuple[int, int] | None:
        """Return where the thinking ends and where the text goes on; None if it never ends."""
        name = mark.group()
        number = _documented(mark)
        if _group(mark, "quoted") or _group(mark, "block"):
            return mark.end(), mark.end()
        if f"{number} {name}" in self._endless:
            return None
        if number is not None:
            found = _ENDS[number].search(self._text, mark.end())
            end = None if found is None else (found.start(), found.end())
            if found is not None and _BEGINS.match(self._text, found.start()):
                end = (found.start(), found.start())
        elif _group(mark, "fenced"):
            found = re.compile(
                rf"^[ \t>]{{0,12}}{re.escape(str(_group(mark, 'fence')))}[`~:+]*[ \t]*$", _FLAGS
            ).search(self._text, mark.end())
            end = None if found is None else (found.start(), found.end())
        elif _group(mark, "heading"):
            found = _next_heading(mark["level"]).search(self._text, mark.end())
            end = None if found is None else (found.start(), found.start())
        elif _group(mark, "details"):
            end = self._element_end("details", mark.end())
        else:
            tag = _tag(mark)
            assert tag is not None
            end = (
                self._element_end(tag.key, mark.end())
                if tag.element
                else self._tag_end(tag, mark["left"] or mark["bar"], mark.end())
            )
        if end is None:
            self._endless.add(f"{number} {name}")
        return end

    def _element_end(self, element: str, place: int) -> tuple[int, int] | None:
        depth = 1
        for tag in re.finditer(
            rf"<(/?)\s*{re.escape(element)}\b[^<>]{{0,200}}>", self._text[place:], _FLAGS
        ):
            depth += -1 if tag[1] else 1
            if depth == 0:
                return place + tag.start(), place + tag.end()
        return None

    def _tag_end(self, tag: Tag, left: str, place: int) -> tuple[int, int] | None:
        heading = None
        closed = f"close {tag.key}" not in self._endless
        for mark in _TAG.finditer(self._text, place):
            other = tag_of(mark)
            if other is None:
                continue
            if other.direction is Direction.ANSWERS:
                heading = heading or (other.key == left and mark)
            elif other.key == tag.key and other.direction is not Direction.OPENS:
                return mark.start(), mark.end()
            if heading and tag.heading and not closed:
                break
        self._endless.add(f"close {tag.key}")
        return heading.span() if heading and tag.heading else None


def _group(mark: re.Match[str], name: str) -> str | None:
    """Return a group of a mark; None if it did not match, or if the mark's form lacks it."""
    return mark[name] if name in mark.re.groupindex else None


def _documented(mark: re.Match[str]) -> int | None:
    """Return the number of the documented marks that a match opens."""
    return next((n for n in range(len(DOCUMENTED)) if _group(mark, f"d{n}") is not None), None)


def _tag(mark: re.Match[str]) -> Tag | None:
    return None if _group(mark, "tag") is None else tag_of(mark)


def _opens(mark: re.Match[str], *, sure: bool = True) -> bool:
    """Return whether a mark opens thinking; without ``sure``, also if its end must decide."""
    if _group(mark, "tag"):
        tag = _tag(mark)
        opens = tag is not None and tag.direction is Direction.OPENS
        return opens and tag is not None and (tag.sure or not sure)
    if summary := _group(mark, "summary"):
        return mentions_thinking(summary)
    if title := _group(mark, "title"):
        return says_thinking(title, strict=True) and not names_end(title)
    if name := _group(mark, "info") or _group(mark, "key"):
        return says_thinking(name, strict=True)
    return bool(_group(mark, "quoted")) or _documented(mark) is not None


def _needs_end(mark: re.Match[str]) -> bool:
    """Return whether a mark counts only if the thinking that it opens also ends."""
    tag, number = _tag(mark), _documented(mark)
    if number is not None:
        return DOCUMENTED[number].paired
    return bool(_group(mark, "heading")) or (tag is not None and not tag.sure)


def _closes(mark: re.Match[str]) -> bool:
    tag = _tag(mark)
    closes = tag is not None and tag.sure and tag.direction is Direction.CLOSES
    title = _group(mark, "title") or ""
    closes = closes or (names_end(title) and says_thinking(title, strict=True))
    return closes or _group(mark, "begins") is not None or _group(mark, "lone") is not None


def _is_neither(mark: re.Match[str]) -> bool:
    tag = _tag(mark)
    return tag is not None and tag.sure and tag.direction is Direction.NEITHER


def _inside(mark: re.Match[str]) -> str:
    """Return thinking that the mark itself contains."""
    return _group(mark, "quote") or _group(mark, "literal") or ""


def _next_heading(level: str) -> re.Pattern[str]:
    """Return the expression of the heading that ends a section of this level."""
    if level[0] == "#" and len(level) <= DEEPEST_HEADING:
        return re.compile(rf"^(?:\#{{1,{len(level)}}}[ \t]|[-*_]{{3,}}[ \t]*$)", _FLAGS)
    return re.compile(rf"^{re.escape(level[0])}{{2,}}[ \t]*\w", _FLAGS)


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
    decoder = json.JSONDecoder()
    for key in _NESTED.finditer(answer):
        if key.start() < start or not says_thinking(key["key"], strict=True):
            continue
        try:
            _, end = decoder.raw_decode(answer, key.end())
        except (ValueError, RecursionError):
            break  # what follows is no JSON
        if "action" in answer[key.end() : end].lower():
            kept += [answer[start : key.end()], '""']
            cut.append(answer[key.end() : end])
            start = end
    return "".join([*kept, answer[start:]]), joined(*cut)
