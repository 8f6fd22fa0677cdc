"""Amounts over whole numbers, as a line for each agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.report.figures.axes import (
    HEIGHT,
    Rows,
    extremes,
    fitted,
    names,
    statement,
    upper,
)  # fmt: skip
from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.sketch import Channel, Key, Look, Mark, Sketch

if TYPE_CHECKING:
    import altair as alt

LINES = 6
"""The most agents whose lines can be told apart in one chart."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Amounts from 0 over whole numbers, as a line for each agent with intervals.

    The chart's edge may cut an interval.
    """

    rows: Rows
    x: str
    y: str
    ends: tuple[str, str]
    reason: str
    title: str
    """The title of ``x``."""
    channel: Channel

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        import altair as alt

        order = names(self.rows, look, "agent")
        labels = look.labels(order)
        top = 1.4 * max(row[self.y] for row in self.rows) or 1.0
        drawn = [self._datum(row, labels, top) for row in self.rows]
        base = alt.Chart(alt.Data(values=drawn)).encode(x=self._across())
        layers = self._layers(base, self._apart(look, order, labels), top)
        chart = alt.layer(*layers).properties(**fitted(look), height=HEIGHT)
        said = [(datum["_y"], datum["_said"]) for datum in drawn]
        return Sketch(chart, extremes(said), self._keys(look, order))

    def _datum(self, row: FigureRow, labels: Mapping[str, str], top: float) -> dict[str, Any]:
        low, high = (_within(row[end], top) for end in self.ends)
        words = statement(row, self.y, self.ends, self.reason, self.channel.form)
        return {
            "_x": row[self.x],
            "_y": row[self.y],
            "_low": low,
            "_high": high,
            "_agent": labels[row["agent"]],
            "_said": f"{row['agent']}, {self.x} {row[self.x]}: {words}",
        }

    def _across(self) -> "alt.X":
        import altair as alt

        last = max(row[self.x] for row in self.rows)
        ticks = list(range(0, last + 1, 1 + last // 8))
        axis = alt.Axis(values=ticks, tickCount=len(ticks), format="d", grid=False)
        return alt.X("_x:Q", title=self.title, axis=axis)

    def _apart(self, look: Look, order: list[str], labels: Mapping[str, str]) -> dict[str, Any]:
        """Return the encodings that tell agents apart: colour, dash and shape."""
        import altair as alt

        domain = [labels[agent] for agent in order]
        shown = [look.shown(agent) for agent in order]
        hues = alt.Scale(domain=domain, range=[str(each.colour) for each in shown])
        dashes = alt.Scale(domain=domain, range=[list(each.dash) or [1, 0] for each in shown])
        shapes = alt.Scale(domain=domain, range=[each.shape for each in shown])
        return {
            "color": alt.Color("_agent:N", scale=hues, legend=None),
            "strokeDash": alt.StrokeDash("_agent:N", scale=dashes, legend=None),
            "shape": alt.Shape("_agent:N", scale=shapes, legend=None),
        }

    def _layers(self, base: "alt.Chart", apart: dict[str, Any], top: float) -> list["alt.Chart"]:
        import altair as alt

        ends = (0.0, top)
        base = base.encode(color=apart["color"])
        reach = base.transform_filter("isValid(datum._low) && isValid(datum._high)")
        line = base.mark_line(strokeWidth=1.5, aria=False)
        dots = base.mark_point(filled=True, size=40, opacity=1)
        height = upper("_y", self.channel, ends)
        return [
            reach.mark_rule(strokeWidth=1, aria=False).encode(
                y=upper("_low", self.channel, ends), y2=alt.Y2("_high")
            ),
            line.encode(y=height, strokeDash=apart["strokeDash"]),
            dots.encode(y=height, shape=apart["shape"], description=alt.Description("_said:N")),
        ]

    def _keys(self, look: Look, order: list[str]) -> tuple[Key, ...]:
        shown = [look.shown(agent) for agent in order]
        return tuple(
            Key(Mark.LINE, (each.colour,), each.label, shape=each.shape, dash=each.dash)
            for each in shown
        )


def _within(value: float | None, top: float) -> float | None:
    return None if value is None else min(max(value, 0.0), top)
