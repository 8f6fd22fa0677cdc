"""The few shapes that drawings are made of. Coordinates are in units of a picture's own."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from gamegrid.report.palette import CATEGORIES

FONT = 5
"""Height of the letters of axes and tables."""
ADVANCE = 0.61 * FONT
"""Width of a letter of a monospaced font, a little more than most have."""


def picture(words: str, box: tuple[float, float, float, float], parts: Iterable[str]) -> str:
    """Return one picture that shows ``words``. ``box`` is its left, top, width and height."""
    size = " ".join(f"{number:g}" for number in box)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" '
        f'aria-label={quoteattr(words)} fill="currentColor">{"".join(parts)}</svg>'
    )


def group(name: str, parts: Iterable[str], **how: str | float) -> str:
    """Return parts that belong together as the class ``name``, or nothing if there are none."""
    inner = "".join(parts)
    return f'<g class="{name}"{_written(how)}>{inner}</g>' if inner else ""


def shape(tag: str, **how: str | float) -> str:
    """Return one element; underscores in names of attributes stand for hyphens."""
    return f"<{tag}{_written(how)}/>"


def text(content: str, **how: str | float) -> str:
    """Return one text."""
    return f"<text{_written(how)}>{escape(content)}</text>"


def letters(parts: Iterable[str], name: str = "axis", anchor: str = "middle") -> str:
    """Return texts in the letters of axes."""
    return group(name, parts, font_size=FONT, font_family="monospace", text_anchor=anchor)


def seat(number: int, parts: Iterable[str], solid: bool = True) -> str:
    """Return what belongs to a seat, in its colour: filled, or in outline if not ``solid``."""
    colour = str(CATEGORIES[number % len(CATEGORIES)])
    if solid:
        return group(f"seat-{number}", parts, fill=colour)
    return group(f"seat-{number}", parts, fill="none", stroke=colour, stroke_width=2)


def discs(number: int, centres: Iterable[tuple[float, float]], radius: float = 4) -> str:
    """Return the stones of a seat: the first one's filled, the others' rings, told by shape too."""
    solid = number == 0
    reach = radius if solid else radius - 1
    return seat(number, (shape("circle", cx=x, cy=y, r=reach) for x, y in centres), solid)


def last(shapes: Iterable[str]) -> str:
    """Return the mark of the move that led here."""
    return group("last", shapes, opacity=0.2)


def placed(names: Sequence[str], places: Sequence[Sequence[str]]) -> str:
    """Say who has what: "x: a1, b2. o: none."."""
    return " ".join(
        f"{name}: {', '.join(own) or 'none'}." for name, own in zip(names, places, strict=True)
    )


def _written(how: dict[str, str | float]) -> str:
    return "".join(
        f" {name.replace('_', '-')}={quoteattr(value if isinstance(value, str) else f'{value:g}')}"
        for name, value in how.items()
    )
