"""Draw boxes in layers, joined by lines, as SVG. It needs neither a browser nor a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from statistics import mean

LINE = 17
"""Height of a line of text, in pixels, like all lengths here."""
TITLE = 26
CHARACTER = 7.2
"""Width of a character of the monospaced font at 12 pixels."""
PAD = 10
GAP = 28
"""Between the boxes of a layer."""
RISE = 56
"""Between layers."""
ROUNDS = 8
"""How often the order within the layers is improved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box with a title and lines of text below it. Marked lines are bold."""

    name: str
    lines: Sequence[str] = ()
    marked: frozenset[str] = frozenset()

    @property
    def width(self) -> float:
        """The width that the longest line needs."""
        return max(map(len, (self.name, *self.lines))) * CHARACTER + 2 * PAD

    @property
    def height(self) -> float:
        """The height of title and lines."""
        return TITLE + (len(self.lines) * LINE + PAD if self.lines else 0)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a box is, or where a line passes a layer.

    ``across`` is its middle within the layer, and ``along`` its start in the direction of lines.
    """

    across: float
    along: float
    length: float


def draw(
    title: str,
    boxes: Sequence[Box],
    lines: Sequence[tuple[str, str]],
    *,
    sideways: bool = False,
) -> str:
    """Return an SVG in which each line runs from its first box down to its second.

    With ``sideways`` it runs to the right. The lines form no circle. Raises KeyError if a line
    names a box that is not there.
    """
    by_name = {box.name: box for box in boxes}
    depth = _depths(by_name, lines)
    paths = [_path(above, below, depth) for above, below in lines]
    sizes = {
        box.name: (box.height, box.width) if sideways else (box.width, box.height) for box in boxes
    }
    places, breadth, length = _placed(_ordered(depth, paths), sizes, paths)
    width, height = (length, breadth) if sideways else (breadth, length)
    parts = [_line([places[name] for name in path], sideways) for path in paths]
    parts += [_box(box, *_corner(box, places[box.name], sideways)) for box in boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">\n'
        f"<title>{escape(title)}</title>\n"
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>\n'
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _depths(boxes: Mapping[str, Box], lines: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return each box's layer: one below the lowest box that a line comes from."""
    depth = dict.fromkeys(boxes, 0)
    for _ in boxes:
        for above, below in lines:
            depth[below] = max(depth[below], depth[above] + 1)
    return depth


def _path(above: str, below: str, depth: Mapping[str, int]) -> list[str]:
    """Return a line's boxes, with a name for its place in each layer that it passes."""
    passed = range(depth[above] + 1, depth[below])
    return [above, *(f"{above}>{below}@{layer}" for layer in passed), below]


def _ordered(depth: Mapping[str, int], paths: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the layers, ordered so that neighbours of a box are near it."""
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, level in depth.items():
        layers[level].append(name)
    for path in paths:
        for step, name in enumerate(path[1:-1], depth[path[0]] + 1):
            layers[step].append(name)
    near = _neighbours(paths)
    for turn in range(ROUNDS):
        place = {name: at / len(layer) for layer in layers for at, name in enumerate(layer)}
        for layer in layers[:: 1 if turn % 2 else -1]:
            layer.sort(key=lambda name: mean([place[other] for other in near.get(name, [name])]))
            place |= {name: at / len(layer) for at, name in enumerate(layer)}
    return layers


def _neighbours(paths: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for path in paths:
        for one, other in pairwise(path):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return near


def _placed(
    layers: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
    paths: Sequence[Sequence[str]],
) -> tuple[dict[str, _Place], float, float]:
    """Return the place of each box and of each line in the layers that it passes.

    ``sizes`` holds each box's extent across and along the lines. Also return both extents of the
    whole picture.
    """
    taken = [sum(sizes.get(name, (0, 0))[0] + GAP for name in layer) + GAP for layer in layers]
    near = _neighbours(paths)
    places: dict[str, _Place] = {}
    along = float(GAP)
    for layer, used in zip(layers, taken, strict=True):
        spare = (max(taken) - used) / (len(layer) + 1)
        longest = max(sizes[name][1] for name in layer if name in sizes)
        across = GAP + spare
        for name in layer:
            extent, length = sizes.get(name, (0.0, longest))
            before = [places[other].across for other in near.get(name, []) if other in places]
            middle = across + extent / 2
            if name not in sizes:  # a line goes straight on as far as its neighbours allow
                middle = max(across, min(mean(before), across + spare))
            places[name] = _Place(middle, along, length)
            across += extent + GAP + spare
        along += longest + RISE
    return places, max(taken), along - RISE + GAP


def _corner(box: Box, place: _Place, sideways: bool) -> tuple[float, float]:
    """Return the x and y of a box's upper left corner."""
    if sideways:
        return place.along, place.across - box.height / 2
    return place.across - box.width / 2, place.along


def _line(places: Sequence[_Place], sideways: bool) -> str:
    """Return a curve from the first place to the last, straight where it passes a layer."""

    def point(across: float, along: float) -> str:
        return f"{along:.1f} {across:.1f}" if sideways else f"{across:.1f} {along:.1f}"

    curve = ""
    for above, below in pairwise(places):
        start, end = above.along + above.length, below.along
        half = (start + end) / 2
        curve += f"{'L' if curve else 'M'}{point(above.across, start)} "
        curve += f"C{point(above.across, half)} {point(below.across, half)} "
        curve += point(below.across, end)
    return f'<path d="{curve}" fill="none" stroke="#555" marker-end="url(#arrow)"/>'


def _box(box: Box, left: float, top: float) -> str:
    lines = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="4" fill="#eef2f7" stroke="#555"/>',
        f'<text x="{left + box.width / 2:.1f}" y="{top + 17:.1f}" text-anchor="middle" '
        f'font-weight="bold">{escape(box.name)}</text>',
    ]
    for number, line in enumerate(box.lines, 1):
        weight = ' font-weight="bold"' if line in box.marked else ""
        y = top + TITLE + number * LINE - 5
        lines.append(f'<text x="{left + PAD:.1f}" y="{y:.1f}"{weight}>{escape(line)}</text>')
    return "\n".join(lines)
