"""Matrices of coloured cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.report import palette
from gamegrid.report.figures.axes import (
    DENSE,
    STEP,
    Rows,
    bands,
    columns_above,
    extremes,
    fitted,
    names,
    number,
    pitch,
    statement,
)  # fmt: skip
from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.sketch import LETTER, Key, Look, Mark, Sketch
from gamegrid.report.palette import Ramp

if TYPE_CHECKING:
    import altair as alt

NUMBER = 4.7 * LETTER
"""The least width of a column that holds numbers, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Heat:
    """A matrix of coloured cells, with numbers if its columns are wide enough.

    Unknown values have a dash and no colour.
    """

    rows: Rows
    x: str
    y: str
    value: str
    ramp: Ramp
    domain: tuple[float, float]
    """The values at the ends of the ramp."""
    form: str = ".2f"
    title: str | None = None
    """The title of the columns."""
    square: bool = False
    """Whether both axes hold the same names, in the same order."""
    ends: tuple[str, str] | None = None
    """The columns of an interval, for the statements."""
    joint: str = ", "
    """What stands between the names of a cell's row and column in its statement."""
    said: tuple[str, str] | None = None
    """The words at the ends of the legend, in place of the domain's."""

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        import altair as alt

        down, across = names(self.rows, look, self.y), names(self.rows, look, self.x)
        if self.square:
            down = across = names(self.rows, look, self.y, self.x)
        labels = look.labels([*down, *across])
        width, each = pitch(
            [labels[name] for name in down], [labels[name] for name in across], look
        )
        drawn = [self._datum(row, labels) for row in self.rows]
        base = alt.Chart(alt.Data(values=drawn)).encode(
            x=self._across([labels[name] for name in across], each),
            y=bands("_y", [labels[name] for name in down]),
        )
        step = STEP + 2 if each >= NUMBER else DENSE
        chart = alt.layer(*self._layers(base, each >= NUMBER)).properties(
            **fitted(look, width), height=alt.Step(step)
        )
        said = [
            (row[self.value], datum["_said"]) for row, datum in zip(self.rows, drawn, strict=True)
        ]
        return Sketch(chart, extremes(said), (self._key(),))

    def _datum(self, row: FigureRow, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return what the marks of one cell show."""
        value = row[self.value]
        step = None if value is None else self._step(value)
        return {
            "_x": labels[str(row[self.x])],
            "_y": labels[str(row[self.y])],
            "_text": number(value, self.form),
            "_fill": None if step is None else str(self.ramp.fills[step]),
            "_ink": None if step is None else str(self.ramp.inks[step]),
            "_said": self._said(row),
        }

    def _step(self, value: float) -> int:
        """Return the place of a value's colour in the ramp."""
        low, high = self.domain
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        last = len(self.ramp.fills) - 1
        if self.ramp is palette.AMOUNT:
            return 0 if not share else min(1 + int(share * last), last)
        return round(share * last)

    def _said(self, row: FigureRow) -> str:
        where = f"{row[self.y]}{self.joint}{row[self.x]}: "
        if row[self.value] is None:
            return f"{where}unknown"
        if self.ends is None:
            return where + number(row[self.value], self.form)
        return where + statement(row, self.value, self.ends, None, self.form)

    def _across(self, labels: list[str], each: float) -> "alt.X":
        import altair as alt

        return alt.X(
            "_x:N",
            sort=None,
            title=self.title,
            scale=alt.Scale(domain=labels, paddingInner=0.06),
            axis=alt.Axis(grid=False, **columns_above(labels, each)),
        )

    def _layers(self, base: "alt.Chart", numbers: bool) -> list["alt.Chart"]:
        import altair as alt

        known = base.transform_filter("isValid(datum._fill)")
        fill, ink = (alt.Color(f"{field}:N", scale=None) for field in ("_fill", "_ink"))
        layers = [known.mark_rect().encode(color=fill, description=alt.Description("_said:N"))]
        if numbers:
            layers.append(known.mark_text(aria=False).encode(text=alt.Text("_text:N"), color=ink))
        unknown = base.transform_filter("!isValid(datum._fill)")
        dash = unknown.mark_text(text="–", color=str(palette.MUTED))
        return [*layers, dash.encode(description=alt.Description("_said:N"))]

    def _key(self) -> Key:
        low, high = self.said or tuple(number(end, self.form) for end in self.domain)
        return Key(Mark.RAMP, self.ramp.fills, high, before=low)
