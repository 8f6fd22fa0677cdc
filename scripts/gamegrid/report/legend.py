"""The legend of a figure: HTML for the page, where it wraps, and SVG for files."""

from collections.abc import Iterator, Sequence
from html import escape

from gamegrid.report.figures.sketch import FONT_SIZE, LETTER, Key, Mark
from gamegrid.report.palette import Colour

BOX = 12
"""The height of a swatch in pixels, and its width except for lines and ramps."""
LINE = 26
"""The width of a line's swatch in pixels."""
STEP = 11
"""The width of one colour of a ramp in pixels."""
ROW = 20
"""The height of a line of the legend in pixels."""
BELOW = 8
"""Pixels below the legend."""
GAP = 16
"""Pixels between two keys."""
NEAR = 5
"""Pixels between a swatch and its words."""

_SHAPES = {
    "circle": "M6 2a4 4 0 1 0 .01 0Z",
    "square": "M2.5 2.5h7v7h-7Z",
    "triangle-up": "M6 1.5l4.5 8h-9Z",
    "triangle-down": "M6 10.5l-4.5-8h9Z",
    "diamond": "M6 1l4 5l-4 5l-4-5Z",
    "cross": "M4.5 2h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5v-3h2.5Z",
}


def html(keys: Sequence[Key]) -> str:
    """Return the keys as a paragraph; nothing for no keys."""
    if not keys:
        return ""
    parts = (
        f'<span class="key">{escape(key.before)}<svg width="{width(key)}" height="{BOX}"'
        f' aria-hidden="true">{swatch(key)}</svg>{escape(key.label)}</span>'
        for key in keys
    )
    return f'<p class="legend">{"".join(parts)}</p>'


def svg(keys: Sequence[Key], room: float) -> tuple[str, float]:
    """Return the keys as SVG elements ``room`` pixels wide, and the height that they take."""
    parts, x, y = [], 0.0, 0
    for key in keys:
        before = LETTER * len(key.before) + (NEAR if key.before else 0)
        whole = before + width(key) + NEAR + LETTER * len(key.label)
        if x and x + whole > room:
            x, y = 0.0, y + ROW
        words = ((x, key.before), (x + before + width(key) + NEAR, key.label))
        parts += [_word(at, y + ROW - 6, text) for at, text in words if text]
        parts.append(f'<g transform="translate({x + before:.1f},{y + 3})">{swatch(key)}</g>')
        x += whole + GAP
    return "".join(parts), float(y + ROW + BELOW if keys else 0)


def width(key: Key) -> int:
    """Return the width of a key's swatch in pixels."""
    match key.mark:
        case Mark.RAMP:
            return STEP * len(key.colours)
        case Mark.LINE:
            return LINE
        case Mark.DOT | Mark.RING | Mark.BAR:
            return BOX


def swatch(key: Key) -> str:
    """Return a key's swatch as SVG elements, as high as BOX and as wide as ``width`` says."""
    match key.mark:
        case Mark.RAMP:
            return "".join(_ramp(key.colours))
        case Mark.LINE:
            dash = f' stroke-dasharray="{" ".join(map(str, key.dash))}"' if key.dash else ""
            line = f'<path d="M0 6h{LINE}" stroke="{key.colours[0]}" stroke-width="1.5"{dash}/>'
            dot = _dot(key, 'transform="translate(7,0)"') if key.shape else ""
            return line + dot
        case Mark.DOT:
            return _dot(key, "")
        case Mark.RING:
            path = _SHAPES[key.shape]
            return f'<path d="{path}" fill="none" stroke="{key.colours[0]}" stroke-width="1.5"/>'
        case Mark.BAR:
            high = BOX * key.height
            y = (BOX - high) / 2
            return f'<rect y="{y:g}" width="{BOX}" height="{high:g}" fill="{key.colours[0]}"/>'


def _ramp(colours: Sequence[Colour]) -> Iterator[str]:
    for at, colour in enumerate(colours):
        yield f'<rect x="{STEP * at}" width="{STEP}" height="{BOX}" fill="{colour}"/>'


def _dot(key: Key, how: str) -> str:
    return f'<path d="{_SHAPES[key.shape]}" fill="{key.colours[0]}" {how}/>'


def _word(x: float, y: float, text: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{FONT_SIZE}px" fill="currentColor">'
        f"{escape(text)}</text>"
    )
