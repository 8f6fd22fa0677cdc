"""Scores against costs, with the front of what no other agent beats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.report import palette
from gamegrid.report.figures.axes import DOT, HEIGHT, Rows, fitted, names, statement, upper
from gamegrid.report.figures.cost_axis import CostAxis, written
from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.sketch import (
    FONT_SIZE,
    LETTER,
    Channel,
    Key,
    Look,
    Mark,
    Sketch,
)  # fmt: skip

if TYPE_CHECKING:
    import altair as alt

SIDE = 45
"""About how many pixels the vertical axis takes."""
BESIDE = 9
"""Pixels between a dot and its name."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """Scores with their intervals against costs, and a line through the front.

    Rows whose cost is unknown are left out; the column ``front`` says which are on the line.
    """

    rows: Rows
    cost: str
    title: str
    """The title of the costs."""
    channel: Channel

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        import altair as alt

        known = [row for row in self.rows if row[self.cost] is not None]
        axis = CostAxis(tuple(row[self.cost] for row in known), look.width - SIDE)
        ends = self.channel.domain([row["score"] for row in known])
        labels = look.labels(names(known, look, "agent"))
        spots = self._spots(known, axis, ends, labels)
        drawn = [
            self._datum(row, look, axis) | {"_label": labels[row["agent"]]} | spot
            for row, spot in zip(known, spots, strict=True)
        ]
        base = alt.Chart(alt.Data(values=drawn)).encode(x=self._across(axis))
        chart = alt.layer(*self._layers(base, ends)).properties(**fitted(look), height=HEIGHT)
        best = ", ".join(row["agent"] for row in known if row["front"])
        return Sketch(
            chart, f"On the front: {best}.", self._keys(look, names(known, look, "agent"))
        )

    def _datum(self, row: FigureRow, look: Look, axis: CostAxis) -> dict[str, Any]:
        shown = look.shown(row["agent"])
        ends = ("score_low", "score_high")
        words = statement(row, "score", ends, "score_reason", self.channel.form)
        return {
            "_x": axis.place(row[self.cost]),
            "_y": row["score"],
            "_low": row["score_low"],
            "_high": row["score_high"],
            "_front": row["front"],
            "_fill": str(shown.colour),
            "_shape": shown.shape,
            "_said": f"{row['agent']} {words}, for {written(row[self.cost])} {self.title}",
        }

    def _keys(self, look: Look, order: Sequence[str]) -> tuple[Key, ...]:
        shown = [look.shown(agent) for agent in order]
        return (
            *(Key(Mark.DOT, (each.colour,), each.label, shape=each.shape) for each in shown),
            Key(Mark.LINE, (palette.MUTED,), "front", shape="", dash=(3, 3)),
        )

    def _spots(
        self, rows: Rows, axis: CostAxis, ends: tuple[float, float], labels: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """Yield on which side of its dot each name stands, and how high.

        If a name would stand far from its dot, the legend alone names the agents.
        """
        low, high = ends
        dots = [
            (axis.width * axis.share(row[self.cost]), HEIGHT * (high - row["score"]) / (high - low))
            for row in rows
        ]
        lengths = [LETTER * len(labels[row["agent"]]) for row in rows]
        places = beside(dots, lengths, axis.width)
        near = all(abs(y - dot) <= FONT_SIZE for (_, y), (_, dot) in zip(places, dots, strict=True))
        for left, y in places:
            yield {"_left": left, "_text": high - y / HEIGHT * (high - low) if near else None}

    def _across(self, axis: CostAxis) -> "alt.X":
        import altair as alt

        ticks = axis.ticks()
        words = " : ".join(
            [*(f"abs(datum.value - {place}) < 1e-9 ? '{text}'" for place, text in ticks), "''"]
        )
        shown = alt.Axis(
            values=[place for place, _ in ticks],
            tickCount=max(len(ticks), 1),
            labelExpr=words,
            labelOverlap=False,
        )
        scale = alt.Scale(domain=list(axis.domain), nice=False, zero=False)
        return alt.X("_x:Q", title=self.title, scale=scale, axis=shown)

    def _layers(self, base: "alt.Chart", ends: tuple[float, float]) -> list["alt.Chart"]:
        import altair as alt

        hue = alt.Color("_fill:N", scale=None)
        shape = alt.Shape("_shape:N", scale=None)
        front = base.transform_filter("datum._front")
        line = front.mark_line(strokeDash=[3, 3], color=str(palette.MUTED), aria=False)
        reach = base.transform_filter("isValid(datum._low) && isValid(datum._high)")
        dots = base.mark_point(filled=True, size=DOT, opacity=1)
        layers = [
            line.encode(y=upper("_y", self.channel, ends), order=alt.Order("_x:Q")),
            reach.mark_rule(strokeWidth=2, aria=False).encode(
                y=upper("_low", self.channel, ends), y2=alt.Y2("_high"), color=hue
            ),
            dots.encode(
                y=upper("_y", self.channel, ends),
                color=hue,
                shape=shape,
                description=alt.Description("_said:N"),
            ),
        ]
        for left, align, shift in (("", "right", -BESIDE), ("!", "left", BESIDE)):
            here = base.transform_filter(f"isValid(datum._text) && {left}datum._left")
            words = here.mark_text(align=align, dx=shift, aria=False)
            layers.append(
                words.encode(y=upper("_text", self.channel, ends), text=alt.Text("_label:N"))
            )
        return layers


def beside(
    dots: Sequence[tuple[float, float]], lengths: Sequence[float], width: float
) -> list[tuple[bool, float]]:
    """Return whether each dot's name stands to its left, and its height, so that none overlap.

    ``dots`` are across and down, in pixels. A name stands to the right of its dot unless it would
    leave the plot or meet another name that it does not meet to the left.
    """
    taken: list[tuple[float, float, float]] = []
    found: dict[int, tuple[bool, float]] = {}
    for at in sorted(range(len(dots)), key=lambda at: dots[at][1]):
        x, y = dots[at]
        starts = {False: x + BESIDE, True: x - BESIDE - lengths[at]}
        inside = [
            left for left, start in starts.items() if start >= 0 and start + lengths[at] <= width
        ]
        heights = {left: _free(taken, starts[left], lengths[at], y) for left in inside or [False]}
        left = min(heights, key=lambda left: (abs(heights[left] - y), left))
        taken.append((starts[left], starts[left] + lengths[at], heights[left]))
        found[at] = left, heights[left]
    return [found[at] for at in range(len(dots))]


def _free(
    taken: Sequence[tuple[float, float, float]], start: float, length: float, y: float
) -> float:
    """Return the least height from ``y`` down at which a name meets none of those ``taken``."""
    heights = sorted(
        other for left, right, other in taken if left < start + length and start < right
    )
    for other in heights:
        if abs(other - y) < FONT_SIZE:
            y = other + FONT_SIZE
    return y
