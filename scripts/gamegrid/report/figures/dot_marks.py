"""Means as dots on the lines of their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.report import palette
from gamegrid.report.figures.axes import (
    DOT,
    STEP,
    Rows,
    bands,
    extremes,
    fitted,
    names,
    number,
    numbered,
    statement,
)  # fmt: skip
from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.sketch import Channel, Key, Look, Mark, Sketch
from gamegrid.report.palette import Colour

if TYPE_CHECKING:
    import altair as alt

SERIES_STEP = 15
"""Pixels from one series of a name to the next."""
SHAPES = ("circle", "diamond", "triangle-up", "square", "cross")
"""The shapes of the dots of series, in order."""


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Means as dots on the line of their interval, one line per name.

    A row without an interval shows the reason. If only one end is missing, the line runs to the
    edge, and the statement has the reason.
    """

    rows: Rows
    value: str
    ends: tuple[str, str]
    reason: str
    channel: Channel
    series: str | None = None
    """A column that distinguishes the dots of a name by shape, and by the colours ``hues``."""
    hues: Sequence[Colour] = palette.CATEGORIES
    hollow: str | None = None
    """A column of a second value, drawn as a ring where it differs."""
    name: str = "agent"
    between: str = "95 %"
    """What the line reaches between, in the words of a statement."""

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        import altair as alt

        order = names(self.rows, look, self.name)
        labels = look.labels(order)
        known = [row for row in self.rows if row[self.value] is not None]
        domain = self._domain()
        drawn = [self._datum(row, labels, domain) for row in known]
        base = alt.Chart(alt.Data(values=drawn)).encode(
            y=bands("_name", [labels[name] for name in order])
        )
        layers = [*self._even(domain), *self._layers(base, domain)]
        step = STEP if self.series is None else SERIES_STEP
        chart = alt.layer(*layers).properties(**fitted(look), height=alt.Step(step))
        return Sketch(chart, extremes([(d["_at"], d["_said"]) for d in drawn]), self._keys())

    def _domain(self) -> tuple[float, float]:
        columns = (self.value, *self.ends, *([self.hollow] if self.hollow else []))
        return self.channel.domain([row[column] for row in self.rows for column in columns])

    def _datum(
        self, row: FigureRow, labels: Mapping[str, str], domain: tuple[float, float]
    ) -> dict[str, Any]:
        """Return what the marks of one row show."""
        low, high = (row[end] for end in self.ends)
        none = low is None and high is None
        left, right = domain
        at = row[self.value]
        strict = row[self.hollow] if self.hollow else None
        return {
            "_name": labels[row[self.name]],
            "_at": at,
            "_low": None if none else left if low is None else low,
            "_high": None if none else right if high is None else high,
            "_ring": None if strict == at else strict,
            "_series": None if self.series is None else str(row[self.series]),
            "_why": row[self.reason] if none else None,
            "_far": at > left + 0.55 * (right - left),
            "_said": self._said(row),
            "_strict": f"{row[self.name]}, strict: {number(strict, self.channel.form)}",
        }

    def _said(self, row: FigureRow) -> str:
        which = "" if self.series is None else f", {self.series} {row[self.series]}:"
        words = statement(row, self.value, self.ends, self.reason, self.channel.form, self.between)
        return f"{row[self.name]}{which} {words}"

    def _layers(self, base: "alt.Chart", domain: tuple[float, float]) -> list["alt.Chart"]:
        import altair as alt

        apart = base.encode(**self._apart())
        dots = apart.mark_point(filled=True, size=DOT, opacity=1)
        layers = [
            apart.transform_filter("isValid(datum._low)")
            .mark_rule(strokeWidth=2, aria=False)
            .encode(x=numbered("_low", self.channel, domain), x2=alt.X2("_high")),
            dots.encode(
                x=numbered("_at", self.channel, domain),
                description=alt.Description("_said:N"),
                **self._shapes(),
            ),
        ]
        for far, align, shift in (("!", "left", 9), ("", "right", -9)):
            here = apart.transform_filter(f"isValid(datum._why) && {far}datum._far")
            words = here.mark_text(align=align, dx=shift, aria=False)
            layers.append(
                words.encode(
                    x=numbered("_at", self.channel, domain),
                    text=alt.Text("_why:N"),
                    color=alt.ColorValue(str(palette.MUTED)),
                )
            )
        if self.hollow is not None:
            here = base.transform_filter("isValid(datum._ring)")
            ring = here.mark_point(filled=False, size=DOT, strokeWidth=1.5, opacity=1)
            x = numbered("_ring", self.channel, domain)
            hue = alt.ColorValue(str(palette.FALLBACK))
            layers.append(ring.encode(x=x, color=hue, description=alt.Description("_strict:N")))
        return layers

    def _even(self, domain: tuple[float, float]) -> list["alt.Chart"]:
        """Return the line at the value that separates gains from losses, if there is one."""
        import altair as alt

        if self.channel.even is None:
            return []
        line = alt.Chart(alt.Data(values=[{"even": self.channel.even}]))
        dashes = line.mark_rule(strokeDash=[3, 3], color=str(palette.MUTED), aria=False)
        return [dashes.encode(x=numbered("even", self.channel, domain))]

    def _groups(self) -> list[str]:
        if self.series is None:
            return []
        return list(dict.fromkeys(str(row[self.series]) for row in self.rows))

    def _apart(self) -> dict[str, Any]:
        """Return the colours and places that distinguish series, or one colour without any."""
        import altair as alt

        groups = self._groups()
        if not groups:
            return {"color": alt.ColorValue(str(self.hues[0]))}
        hues = [str(hue) for hue in palette.cycle(self.hues, len(groups))]
        scale = alt.Scale(domain=groups, range=hues)
        return {
            "color": alt.Color("_series:N", scale=scale, legend=None),
            "yOffset": alt.YOffset("_series:N", sort=None, scale=alt.Scale(domain=groups)),
        }

    def _shapes(self) -> dict[str, Any]:
        """Return the shapes of the dots of series."""
        import altair as alt

        groups = self._groups()
        shapes = [SHAPES[n % len(SHAPES)] for n in range(len(groups))]
        scale = alt.Scale(domain=groups, range=shapes)
        return {"shape": alt.Shape("_series:N", scale=scale, legend=None)} if groups else {}

    def _keys(self) -> tuple[Key, ...]:
        groups = self._groups()
        keys = [
            Key(Mark.DOT, (hue,), f"{self.series} {group}", shape=SHAPES[n % len(SHAPES)])
            for n, (group, hue) in enumerate(
                zip(groups, palette.cycle(self.hues, len(groups)), strict=True)
            )
        ]
        if self.hollow is not None:
            ring = Key(Mark.RING, (palette.FALLBACK,), self.hollow.replace("_", " "))
            keys += [Key(Mark.DOT, (self.hues[0],), self.hollow.removeprefix("strict_")), ring]
        return tuple(keys)
