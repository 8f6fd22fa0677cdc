"""Pictures as SVG text: trimmed, named, and put together on one sheet."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from gamegrid.report import legend, palette
from gamegrid.report.figures.sketch import FONT_SIZE, Key

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
GAP = 36
"""Pixels between neighbouring panels of a sheet."""
BELOW = 22
"""Pixels between a panel and the one below."""
TITLE = 22
"""Pixels that a panel's title of one line takes."""
LINE = 17
"""Pixels that each further line of a title takes."""
BOLD = 0.58 * FONT_SIZE
"""The usual width of a letter of a title in pixels; a line is hardly ever wider."""

_ROOT = re.compile(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"[^>]*>(.*)</svg>', re.DOTALL)
_IDLE = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>'
    r'|<rect width="[\d.]+" height="[\d.]+" fill="transparent"/>'
    r'| (?:opacity="1"|pointer-events="none"|stroke-miterlimit="10"|font-size="13px"'
    rf'|font-family="{FONT}"|aria-roledescription="(?:group|rule|text|rect)[a-z ]*container")'
)
_PLACE = re.compile(r' (?:transform|d|x2|y2)="[^"]*"')
"""Attributes that hold places, and never words."""
_LONG = re.compile(r"\d+\.\d{3,}")
_EMPTY = re.compile(r"<g\b[^>]*/>|<g\b[^>]*(?<!/)></g>")
_ID = re.compile(r'( id="|url\(#|href="#)')


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing without its outer element: a size in pixels, a name and SVG elements."""

    width: float
    height: float
    name: str
    inner: str

    @classmethod
    def of(cls, svg: str, name: str) -> "Picture":
        """Return the picture of a compiled chart, without what shows nothing."""
        found = _ROOT.search(svg)
        if found is None:
            raise ValueError("the drawing is not an SVG with a width and a height")
        inner = _PLACE.sub(_rounded, _IDLE.sub("", found[3]))
        while (fewer := _EMPTY.sub("", inner)) != inner:
            inner = fewer
        return cls(float(found[1]), float(found[2]), name, inner)

    def svg(self, css: str = "", width: str = "", height: str = "") -> str:
        """Return the picture as SVG of a CSS class, at its own size or another."""
        kind = f' class="{css}"' if css else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width or f"{self.width:g}"}" '
            f'height="{height or f"{self.height:g}"}" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'font-family="{FONT}" font-size="{FONT_SIZE}px"{kind} role="graphics-document" '
            f'aria-label="{escape(self.name)}">{self.inner}</svg>'
        )


def _rounded(places: re.Match[str]) -> str:
    """Return an attribute with the digits that the eye can see."""
    return _LONG.sub(lambda number: f"{float(number[0]):.2f}", places[0])


Titled: TypeAlias = tuple[str, Picture]
"""A picture under its title, which may be empty."""


def sheet(
    panels: Sequence[Titled], keys: Sequence[Key], columns: int, width: float | None = None
) -> Picture:
    """Return pictures with their titles in rows of ``columns``, below their legend, on white.

    Without a ``width`` in pixels, columns are as wide as the widest picture.
    """
    each = max(picture.width for _, picture in panels)
    whole = columns * each + (columns - 1) * GAP if width is None else width
    step = (whole + GAP) / columns
    words, y = legend.svg(keys, whole)
    parts = [words]
    for number, row in enumerate(rows(panels, columns)):
        parts += [_placed(*one, at * step, y, f"p{number}-{at}-") for at, one in enumerate(row)]
        y += height(row) + BELOW
    tall = y - BELOW + 2
    ground = f'<rect width="{whole:g}" height="{tall:g}" fill="{palette.PAPER}"/>'
    names = ". ".join(picture.name.rstrip(".") for _, picture in panels)
    return Picture(whole, tall, names, ground + "".join(parts))


def rows(panels: Sequence[Titled], columns: int) -> list[Sequence[Titled]]:
    """Return the panels by the rows of a sheet."""
    return [panels[at : at + columns] for at in range(0, len(panels), columns)]


def height(row: Sequence[Titled]) -> float:
    """Return the height of a row of a sheet in pixels."""
    return max(picture.height + _down(title) for title, picture in row)


def wrapped(title: str, width: float) -> str:
    """Return a title in lines that are at most as wide as ``width``, in pixels."""
    return textwrap.fill(title, max(int(width / BOLD), 1))


def _down(title: str) -> float:
    """Return the pixels that a title takes, one line or more."""
    return TITLE + (title.count("\n") * LINE) if title else 0


def _placed(title: str, picture: Picture, x: float, y: float, prefix: str) -> str:
    """Return a picture at its place, its identifiers set apart from those of others."""
    head = "".join(
        f'<text y="{FONT_SIZE + LINE * at}" font-size="{FONT_SIZE}px" font-weight="600" '
        f'fill="currentColor">{escape(line)}</text>'
        for at, line in enumerate(title.splitlines())
    )
    inner = _ID.sub(rf"\g<1>{prefix}", picture.inner)
    return (
        f'<g transform="translate({x:g},{y:g})">{head}'
        f'<g transform="translate(0,{_down(title)})">{inner}</g></g>'
    )
