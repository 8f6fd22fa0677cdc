"""The kinds of charts: means with intervals, heat maps, shares, costs and curves.

A row without an interval shows the reason instead. Colours are CSS variables of ``palette``: the
page sets them, and files get fixed ones.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gamegrid.report import palette
from gamegrid.report.figures.figure import FigureRow

if TYPE_CHECKING:
    import altair as alt

WIDTH = 250
"""Width of a plot in pixels. A panel with its labels fits the screen of a phone."""
STEP = 24
"""Pixels from one agent to the next."""
SERIES_STEP = 15
"""Pixels from one series of an agent to the next."""
CELL = 46
"""Width of a heat map's column in pixels."""


def split(
    rows: Sequence[FigureRow], *columns: str
) -> list[tuple[tuple[Any, ...], list[FigureRow]]]:
    """Group neighbouring rows that agree in ``columns``, each group with its values there."""
    parts = groupby(rows, lambda row: tuple(row[column] for column in columns))
    return [(key, list(part)) for key, part in parts]


def dots(
    rows: Sequence[FigureRow],
    *,
    value: str,
    ends: tuple[str, str],
    reason: str,
    title: str,
    domain: tuple[float, float] | None = None,
    even: float | None = None,
    series: str | None = None,
    hollow: str | None = None,
    name: str = "agent",
) -> "alt.LayerChart":
    """Draw means as dots on the line of their interval, one line per agent.

    If only one end of an interval is missing, the line runs to the edge of ``domain``. ``even`` is
    the value that separates gains from losses. ``series`` is a column that distinguishes the dots
    of an agent by colour, ``hollow`` that of a second value, drawn as a ring if it differs.
    """
    import altair as alt

    low, high = ends
    left, right = domain or _span(rows, value, low, high)
    drawn = [
        {
            **row,
            "_low": None if row[low] is None and row[high] is None else _or(row[low], left),
            "_high": None if row[low] is None and row[high] is None else _or(row[high], right),
            "_why": row[reason] if row[low] is None or row[high] is None else None,
        }
        for row in rows
    ]
    base = alt.Chart(alt.Data(values=drawn)).encode(
        y=alt.Y(f"{name}:N", sort=None, title=None), **_apart(drawn, series)
    )
    scale = alt.Scale(domain=[left, right], nice=False, zero=False)
    x = partial(alt.X, title=title, scale=scale, type="quantitative")
    layers = [
        base.mark_rule(strokeWidth=2, opacity=0.55).encode(x=x("_low"), x2="_high"),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x(value)),
        base.transform_filter("datum._why !== null")
        .mark_text(align="left", dx=8, dy=-8, fontSize=9, color=str(palette.MUTED))
        .encode(x=x(value), text="_why:N", color=alt.value(str(palette.MUTED))),
    ]
    if hollow is not None:
        apart = base.transform_filter(f"datum['{hollow}'] !== datum['{value}']")
        ring = apart.mark_point(filled=False, size=70, strokeWidth=1.5, opacity=1)
        layers.append(ring.encode(x=x(hollow), color=alt.value(str(palette.VERMILION))))
    if even is not None:
        line = alt.Chart(alt.Data(values=[{"even": even}]))
        dashes = line.mark_rule(strokeDash=[3, 3], color=str(palette.MUTED))
        layers.insert(0, dashes.encode(x=x("even")))
    return alt.layer(*layers).properties(
        width=WIDTH, height=alt.Step(SERIES_STEP if series else STEP)
    )


def heat(
    rows: Sequence[FigureRow],
    *,
    x: str,
    y: str,
    value: str,
    scale: str,
    domain: tuple[float, float],
    form: str = ".2f",
    titles: tuple[str | None, str | None] = (None, None),
) -> "alt.LayerChart":
    """Draw a heat map with numbers. Unknown values have a dash and no colour."""
    import altair as alt

    base = alt.Chart(alt.Data(values=[dict(row) for row in rows])).encode(
        x=alt.X(f"{x}:N", sort=None, title=titles[0], axis=alt.Axis(orient="top", labelAngle=-35)),
        y=alt.Y(f"{y}:N", sort=None, title=titles[1]),
    )
    field = f"datum['{value}']"
    middle, reach = (domain[0] + domain[1]) / 2, (domain[1] - domain[0]) / 2
    far = (
        f"{field} > {domain[0] + 0.5 * (domain[1] - domain[0])}"
        if scale == palette.AMOUNT_SCALE
        else f"abs({field} - {middle}) > {0.6 * reach}"
    )
    known, unknown = f"isValid({field})", f"!isValid({field})"
    cells = base.transform_filter(known)
    return alt.layer(
        cells.mark_rect(cornerRadius=2).encode(
            color=alt.Color(
                f"{value}:Q", scale=alt.Scale(scheme=scale, domain=list(domain)), legend=None
            )
        ),
        cells.mark_text(fontSize=11).encode(
            text=alt.Text(f"{value}:Q", format=form),
            color=alt.condition(far, alt.value("#ffffff"), alt.value("#1d2330")),
        ),
        base.transform_filter(unknown).mark_text(text="–", color=str(palette.MUTED)),
    ).properties(width=alt.Step(CELL), height=alt.Step(STEP + 4))


def shares(
    rows: Sequence[FigureRow],
    *,
    share: str,
    part: str,
    parts: Sequence[str],
    title: str,
    name: str = "agent",
) -> "alt.Chart":
    """Draw a stacked bar for each name, in the order of ``parts``."""
    import altair as alt

    order = {name: place for place, name in enumerate(parts)}
    drawn = [{**row, "_order": order[row[part]]} for row in rows]
    return (
        alt.Chart(alt.Data(values=drawn))
        .mark_bar(height=12)
        .encode(
            x=alt.X(
                f"{share}:Q",
                title=title,
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%"),
            ),
            y=alt.Y(f"{name}:N", sort=None, title=None),
            color=alt.Color(f"{part}:N", scale=colours(parts), legend=alt.Legend(title=None)),
            order=alt.Order("_order:Q"),
        )
        .properties(width=WIDTH, height=alt.Step(STEP))
    )


def front(rows: Sequence[FigureRow], *, cost: str, title: str) -> "alt.LayerChart":
    """Draw scores with their intervals against costs, and a line through the front.

    Rows whose cost is unknown are left out; the column ``front`` says which are on the line.
    """
    import altair as alt

    known = [dict(row) for row in rows if row[cost] is not None]
    greatest = max((row[cost] for row in known), default=0) or 1
    scale = alt.Scale(domain=[0, 1.15 * greatest], nice=False)
    base = alt.Chart(alt.Data(values=known)).encode(
        x=alt.X(f"{cost}:Q", title=title, scale=scale),
        color=alt.value(str(palette.BLUE)),
    )
    y = partial(alt.Y, title="score, 0 to 1", scale=alt.Scale(domain=[0, 1]), type="quantitative")
    on_it = base.transform_filter("datum.front")
    return alt.layer(
        on_it.mark_line(strokeDash=[3, 3]).encode(
            y=y("score"), color=alt.value(str(palette.MUTED))
        ),
        base.mark_rule(strokeWidth=2, opacity=0.55).encode(y=y("score_low"), y2="score_high"),
        base.mark_point(filled=True, size=70, opacity=1).encode(y=y("score")),
        base.mark_text(align="left", dx=8).encode(
            y=y("score"), text="agent:N", color=alt.value("currentColor")
        ),
    ).properties(width=WIDTH, height=180)


def curves(
    rows: Sequence[FigureRow], *, x: str, y: str, ends: tuple[str, str], titles: tuple[str, str]
) -> list["alt.LayerChart"]:
    """Draw amounts over whole numbers, with intervals that the chart's edge may cut.

    A chart for as many agents as there are colours, then another.
    """
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    lots = range(0, len(agents), len(palette.CATEGORIES))
    return [
        _curves(rows, agents[start : start + len(palette.CATEGORIES)], x, y, ends, titles)
        for start in lots
    ]


def _curves(
    rows: Sequence[FigureRow], agents: Sequence[str], x: str, y: str, ends: tuple[str, str],
    titles: tuple[str, str],
) -> "alt.LayerChart":  # fmt: skip
    """Draw one chart, of at most as many agents as there are colours."""
    import altair as alt

    mine = [row for row in rows if row["agent"] in agents]
    top = 1.4 * max(row[y] for row in mine) or 1.0
    drawn = [
        {**row, "_low": _within(row[ends[0]], top), "_high": _within(row[ends[1]], top)}
        for row in mine
    ]
    last = max(row[x] for row in mine)
    ticks = list(range(0, last + 1, 1 + last // 10))
    legend = alt.Legend(title=None, symbolOpacity=1)
    base = alt.Chart(alt.Data(values=drawn)).encode(
        x=alt.X(f"{x}:Q", title=titles[0], axis=alt.Axis(values=ticks, format="d", grid=False)),
        color=alt.Color("agent:N", scale=colours(agents), legend=legend),
    )
    scale = alt.Scale(domain=[0, top], nice=False)
    height = partial(alt.Y, title=titles[1], scale=scale, type="quantitative")
    band = base.transform_filter("isValid(datum._low) && isValid(datum._high)")
    return alt.layer(
        band.mark_rule(opacity=0.3, strokeWidth=3).encode(y=height("_low"), y2="_high"),
        base.mark_line(strokeWidth=1.5).encode(y=height(y)),
        base.mark_point(filled=True, size=36, opacity=1).encode(y=height(y)),
    ).properties(width=WIDTH, height=170)


def _within(value: float | None, top: float) -> float | None:
    return None if value is None else min(max(value, 0.0), top)


def colours(names: Sequence[str]) -> "alt.Scale":
    """Return a scale that gives each name a colour of the palette, in order."""
    import altair as alt

    given = [str(palette.CATEGORIES[n % len(palette.CATEGORIES)]) for n in range(len(names))]
    return alt.Scale(domain=list(names), range=given)


def _apart(rows: Sequence[FigureRow], series: str | None) -> dict[str, Any]:
    """Return the encodings that distinguish series, or one colour if there are none."""
    import altair as alt

    if series is None:
        return {"color": alt.value(str(palette.BLUE))}
    names = list(dict.fromkeys(row[series] for row in rows))
    return {
        "color": alt.Color(
            f"{series}:N", scale=colours(names), legend=alt.Legend(title=series, symbolOpacity=1)
        ),
        "yOffset": alt.YOffset(f"{series}:N", sort=None),
    }


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _span(rows: Sequence[FigureRow], *columns: str) -> tuple[float, float]:
    """Return the range of the known numbers, with some space on both sides."""
    known = [row[column] for row in rows for column in columns if row[column] is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air
