"""The SVG shapes that drawings consist of. Coordinates are in the picture's own units."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from gamegrid.report.palette import SEATS

FONT = 5
"""Font size of axes and tables."""
ADVANCE = 0.61 * FONT
"""Width of a letter in a monospaced font; slightly more than in most fonts."""


def picture(
    words: str, box: tuple[float, float, float, float], parts: Iterable[str], kind: str = "board"
) -> str:
    """Return one picture. ``words`` describe it; ``box`` is its left, top, width and height."""
    size = " ".join(f"{number:g}" for number in box)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="{size}" role="img" '
        f'aria-label={quoteattr(words)} fill="currentColor">{"".join(parts)}</svg>'
    )


def group(name: str, parts: Iterable[str], **how: str | float) -> str:
    """Return parts grouped under the CSS class ``name``, or an empty text if there are none."""
    inner = "".join(parts)
    return f'<g class="{name}"{_written(how)}>{inner}</g>' if inner else ""


def shape(tag: str, **how: str | float) -> str:
    """Return one element. Underscores in the names of attributes become hyphens."""
    return f"<{tag}{_written(how)}/>"


def text(content: str, **how: str | float) -> str:
    """Return one text element."""
    return f"<text{_written(how)}>{escape(content)}</text>"


def letters(
    parts: Iterable[str], name: str = "axis", anchor: str = "middle", size: float = FONT
) -> str:
    """Return text elements in the font of axes."""
    return group(name, parts, font_size=size, font_family="monospace", text_anchor=anchor)


def seat(number: int, parts: Iterable[str], solid: bool = True) -> str:
    """Return shapes in the colour of a seat: filled if ``solid``, else outlined."""
    colour = str(SEATS[number % len(SEATS)])
    if solid:
        return group(f"seat-{number}", parts, fill=colour)
    return group(f"seat-{number}", parts, fill="none", stroke=colour, stroke_width=2)


def discs(number: int, centres: Iterable[tuple[float, float]], radius: float = 4) -> str:
    """Return the stones of a seat: discs for seat 0, rings for others, to differ in shape too."""
    solid = number == 0
    reach = radius if solid else radius - 1
    return seat(number, (shape("circle", cx=x, cy=y, r=reach) for x, y in centres), solid)


def last(shapes: Iterable[str]) -> str:
    """Return shapes as the mark of the last move: a faint fill with a plain outline."""
    return group("last", shapes, fill_opacity=0.1, stroke="currentColor", stroke_width=0.6)


def placed(names: Sequence[str], places: Sequence[Sequence[str]]) -> str:
    """Return who has which places, in words such as "x: a1, b2. o: none."."""
    return " ".join(
        f"{name}: {', '.join(own) or 'none'}." for name, own in zip(names, places, strict=True)
    )


def _written(how: dict[str, str | float]) -> str:
    return "".join(
        f" {name.replace('_', '-')}={quoteattr(value if isinstance(value, str) else f'{value:g}')}"
        for name, value in how.items()
    )
