"""Matrices with a stacked bar in each cell."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.report.figures.axes import (
    CELL,
    STEP,
    Rows,
    bands,
    columns_above,
    fitted,
    names,
    number,
    pitch,
    split,
)  # fmt: skip
from gamegrid.report.figures.sketch import Key, Look, Mark, Sketch
from gamegrid.report.palette import Colour

if TYPE_CHECKING:
    import altair as alt

FULL = 0.88
"""The width of a whole bar as a share of its column."""
THICK = 0.7
"""The height of the highest bar as a share of its row."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bars: its colour and, so that it differs in grey too, its height."""

    colour: Colour
    height: float
    """As a share of the highest bar's."""


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """A matrix with a stacked bar in each cell, whose whole length is 1."""

    rows: Rows
    x: str
    y: str
    share: str
    part: str
    parts: Mapping[str, Part]
    """The parts in the order of the bars."""
    whole: str
    """What the shares are of, in the words of a statement."""

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        import altair as alt

        down, across = names(self.rows, look, self.y), names(self.rows, look, self.x)
        labels = look.labels([*down, *across])
        width, each = pitch(
            [labels[name] for name in down], [labels[name] for name in across], look, 3 * CELL
        )
        base = alt.Chart(alt.Data(values=list(self._bars(across, labels)))).encode(
            x=self._across([labels[name] for name in across], each),
            x2=alt.X2("_to:Q"),
            y=bands("_y", [labels[name] for name in down]),
            description=alt.Description("_said:N"),
        )
        layers = [self._layer(base, name, part) for name, part in self.parts.items()]
        chart = alt.layer(*layers).properties(**fitted(look, width), height=alt.Step(STEP))
        return Sketch(chart, self._message(), self._keys())

    def _bars(self, across: Sequence[str], labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield each part of each bar, from and to where it runs."""
        for (name, column), cell in split(self.rows, self.y, self.x):
            shares = {row[self.part]: row[self.share] or 0.0 for row in cell}
            end = across.index(column) + (1 - FULL) / 2
            for part in self.parts:
                size = shares.get(part, 0.0)
                start, end = end, end + FULL * size
                if size:
                    yield {
                        "_from": start, "_to": end, "_y": labels[name], "_part": part,
                        "_said": f"{name}, {column}: {part} {number(size)} of {self.whole}",
                    }  # fmt: skip

    def _across(self, labels: list[str], each: float) -> "alt.X":
        """Return the axis with each column's name above its middle."""
        import altair as alt

        middles = [at + 0.5 for at in range(len(labels))]
        return alt.X(
            "_from:Q",
            title=None,
            scale=alt.Scale(domain=[0, len(labels)], nice=False),
            axis=alt.Axis(
                values=middles,
                tickCount=len(middles),
                labelExpr=f"{json.dumps(labels)}[floor(datum.value)]",
                grid=False,
                **columns_above(labels, each),
            ),
        )

    def _layer(self, base: "alt.Chart", name: str, part: Part) -> "alt.Chart":
        import altair as alt

        height = alt.RelativeBandSize(THICK * part.height)
        here = base.transform_filter(alt.datum._part == name)
        return here.mark_bar(height=height, color=str(part.colour))

    def _message(self) -> str:
        sums = {
            part: sum(row[self.share] or 0.0 for row in self.rows if row[self.part] == part)
            for part in self.parts
        }
        cells = len(split(self.rows, self.y, self.x))
        means = ", ".join(f"{part} {number(each / cells)}" for part, each in sums.items())
        return f"Mean over cells of the shares of {self.whole}: {means}."

    def _keys(self) -> tuple[Key, ...]:
        return tuple(
            Key(Mark.BAR, (part.colour,), name, height=part.height)
            for name, part in self.parts.items()
        )
