"""Pictures as SVG text: trimmed, named, and put together on one sheet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gamegrid.report import legend, palette
from gamegrid.report.figures.sketch import FONT_SIZE, Key

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
GAP = 36
"""Pixels between neighbouring panels of a sheet."""
BELOW = 22
"""Pixels between a panel and the one below."""
TITLE = 22
"""Pixels that the title of a panel takes."""

_ROOT = re.compile(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"[^>]*>(.*)</svg>', re.DOTALL)
_IDLE = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>'
    r'|<rect width="[\d.]+" height="[\d.]+" fill="transparent"/>'
    r'| (?:opacity="1"|pointer-events="none"|stroke-miterlimit="10"|font-size="13px"'
    rf'|font-family="{FONT}"|aria-roledescription="(?:group|rule|text|rect)[a-z ]*container")'
)
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
        inner = _LONG.sub(lambda number: f"{float(number[0]):.2f}", _IDLE.sub("", found[3]))
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


def sheet(panels: Sequence[tuple[str, Picture]], keys: Sequence[Key], columns: int) -> Picture:
    """Return pictures with their titles in rows of ``columns``, below their legend, on white."""
    widest = max(each.width for _, each in panels)
    width = columns * widest + (columns - 1) * GAP
    words, y = legend.svg(keys, width)
    parts = [words]
    y += 8 if keys else 0
    number = 0
    for start in range(0, len(panels), columns):
        row = panels[start : start + columns]
        for at, (title, picture) in enumerate(row):
            number += 1
            parts.append(_placed(title, picture, at * (widest + GAP), y, number))
        y += max(picture.height for _, picture in row) + (TITLE if _titled(row) else 0) + BELOW
    height = y - BELOW + 2
    ground = f'<rect width="{width:g}" height="{height:g}" fill="{palette.PAPER}"/>'
    names = ". ".join(picture.name.rstrip(".") for _, picture in panels)
    return Picture(width, height, names, ground + "".join(parts))


def _titled(row: Sequence[tuple[str, Picture]]) -> bool:
    return any(title for title, _ in row)


def _placed(title: str, picture: Picture, x: float, y: float, number: int) -> str:
    """Return a picture at its place, its identifiers set apart from those of others."""
    head = (
        f'<text y="{FONT_SIZE}" font-size="{FONT_SIZE}px" font-weight="600" fill="currentColor">'
        f"{escape(title)}</text>"
        if title
        else ""
    )
    inner = _ID.sub(rf"\g<1>p{number}-", picture.inner)
    down = TITLE if title else 0
    return (
        f'<g transform="translate({x:g},{y:g})">{head}'
        f'<g transform="translate(0,{down})">{inner}</g></g>'
    )
