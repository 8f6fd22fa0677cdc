"""Finds the marks of thinking in a text, of every kind, and says what each does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gamegrid.backends.think_marks import DOCUMENTED
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

FLAGS = re.IGNORECASE | re.MULTILINE
BEGINS = re.compile("|".join(marks.begins for marks in DOCUMENTED if marks.begins), FLAGS)
"""Everything that begins an answer."""
_LONE = re.compile("|".join(marks.closes for marks in DOCUMENTED if marks.lone), FLAGS)
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
        FLAGS,
    ),
    re.compile(
        "|".join(
            [
                *(f"(?P<d{number}>{marks.opens})" for number, marks in enumerate(DOCUMENTED)),
                f"(?P<begins>{BEGINS.pattern})",
                f"(?P<lone>{_LONE.pattern})",
            ]
        ),
        FLAGS,
    ),
    re.compile(f"(?P<tag>{TAG})", FLAGS),
)
"""Everything that may mark thinking; the first form that marks any at a place counts."""
_PLACES = re.compile(rf"[{LEFT_EDGES}\n]")
_WORDS = re.compile(r"to=(?=[^\s<]{1,40}<\|message)|assistant(?=\s?\s?final)")
_SIGNS = re.compile(r"[^\w\s/.]{1,3}/(?=\s?[tTrRsScCaA])|/(?=\*)")
"""Where a mark may start: there, after a line break, or at these words. Searching for these first
is ten times as fast as trying every mark everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of thinking at a place in a text.

    ``begins`` tells whether it closes thinking by beginning the answer. ``needs_end`` tells whether
    it counts only if the thinking that it opens also ends. ``number`` is its place in
    ``DOCUMENTED``. ``inside`` is thinking that belongs to the mark itself.
    """

    found: re.Match[str]
    direction: Direction
    begins: bool = False
    needs_end: bool = False
    number: int | None = None
    tag: Tag | None = None
    inside: str = ""

    @property
    def start(self) -> int:
        """The first character of the mark."""
        return self.found.start()

    @property
    def end(self) -> int:
        """The first character after the mark."""
        return self.found.end()

    def group(self, name: str) -> str | None:
        """Return a part of the mark; None if it did not match, or if its form lacks it."""
        return self.found[name] if name in self.found.re.groupindex else None


def marks(text: str) -> Iterator[Mark]:
    """Yield the marks of a text in order; a mark may lie within another."""
    places = [0]
    places += [found.start() + (found[0] == "\n") for found in _PLACES.finditer(text)]
    places += [found.start() for found in _WORDS.finditer(text)]
    places += [found.start() for found in _SIGNS.finditer(text)]
    for place in sorted(places):
        for form, read in zip(_FORMS, (_section, _documented, _tagged), strict=True):
            found = form.match(text, place)
            if found and (mark := read(found)):
                yield mark
                break


def _section(found: re.Match[str]) -> Mark | None:
    """Read a heading, a block of Markdown or YAML, or HTML details."""
    title, summary, name = found["title"], found["summary"], found["info"] or found["key"]
    if title and says_thinking(title, strict=True):
        if names_end(title):
            return Mark(found=found, direction=Direction.CLOSES)
        return Mark(found=found, direction=Direction.OPENS, needs_end=True)
    inside = found["quote"] or (found["literal"] if name else None) or ""
    opens = bool(
        found["quoted"]
        or (summary and mentions_thinking(summary))
        or (name and says_thinking(name, strict=True))
    )
    return Mark(found=found, direction=Direction.OPENS, inside=inside) if opens else None


def _documented(found: re.Match[str]) -> Mark:
    for number, documented in enumerate(DOCUMENTED):
        if found[f"d{number}"] is not None:
            return Mark(
                found=found,
                direction=Direction.OPENS,
                needs_end=documented.paired,
                number=number,
            )
    return Mark(found=found, direction=Direction.CLOSES, begins=found["begins"] is not None)


def _tagged(found: re.Match[str]) -> Mark | None:
    tag = tag_of(found)
    if tag is None or not (tag.sure or tag.direction is Direction.OPENS):
        return None
    return Mark(found=found, direction=tag.direction, needs_end=not tag.sure, tag=tag)
