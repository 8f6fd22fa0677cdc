"""What the kinds of charts share: sizes, axes, the order of names, and statements in words.

Colours are CSS variables of ``palette``: the page sets them, and files get fixed ones. Each mark's
description is the whole statement; lines and words that repeat it are silent.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.sketch import LETTER, Channel, Look
from gamegrid.store.tables import decimals

if TYPE_CHECKING:
    import altair as alt

STEP = 21
"""Pixels from one name to the next."""
DENSE = 17
"""The same where cells hold no numbers."""
HEIGHT = 190
"""The height of curves and of scores against costs, in pixels."""
DOT = 60
"""The area of a dot in square pixels."""
CELL = 46
"""The greatest width of a matrix's column in pixels."""
GAP = 12
"""Pixels between names and the plot, and at its other edge."""
AGENTS = ("agent", "opponent", "rival")
"""The columns that hold names of agents, which have an order of their own."""

Rows = Sequence[FigureRow]


def split(rows: Rows, *columns: str) -> list[tuple[tuple[Any, ...], list[FigureRow]]]:
    """Group rows that agree in ``columns``, in order of appearance, with their values there."""
    parts: dict[tuple[Any, ...], list[FigureRow]] = {}
    for row in rows:
        parts.setdefault(tuple(row[column] for column in columns), []).append(row)
    return list(parts.items())


def names(rows: Rows, look: Look, *columns: str) -> list[str]:
    """Return the names in ``columns`` once each: agents in their order, others as they appear."""
    found = list(dict.fromkeys(str(row[column]) for column in columns for row in rows))
    return sorted(found, key=look.agents.place) if set(columns) <= set(AGENTS) else found


def fitted(look: Look, width: float | None = None) -> dict[str, Any]:
    """Return the properties of a chart as wide as the look, or as ``width``, labels included."""
    import altair as alt

    return {
        "width": look.width if width is None else min(width, look.width),
        "autosize": alt.AutoSizeParams(type="fit-x", contains="padding"),
    }


def bands(field: str, domain: Sequence[str]) -> "alt.Y":
    """Return the axis that gives each name a row."""
    import altair as alt

    axis = alt.Axis(grid=False, labelOverlap=False, labelLimit=0)
    scale = alt.Scale(domain=list(domain))
    return alt.Y(f"{field}:N", sort=None, title=None, scale=scale, axis=axis)


def numbered(field: str, channel: Channel, domain: tuple[float, float]) -> "alt.X":
    """Return the axis of what a channel measures."""
    import altair as alt

    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    return alt.X(f"{field}:Q", title=channel.title, scale=scale)


def upper(field: str, channel: Channel, domain: tuple[float, float]) -> "alt.Y":
    """Return the vertical axis of what a channel measures, with its title above the plot."""
    import altair as alt

    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    return alt.Y(f"{field}:Q", title=channel.title, scale=scale)


def columns_above(labels: Sequence[str], pitch: float) -> dict[str, Any]:
    """Return how the axis of a matrix names its columns: upright if they are narrow."""
    if all(LETTER * len(label) + 4 <= pitch for label in labels):
        return {"orient": "top", "labelAngle": 0, "labelLimit": 0, "labelOverlap": False}
    if all(label.isdecimal() for label in labels):
        return {"orient": "top", "labelAngle": 0, "labelLimit": 0, "labelOverlap": "greedy"}
    return {
        "orient": "top",
        "labelAngle": -90,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelAlign": "left",
        "labelBaseline": "middle",
        "labelFontSize": min(13.0, max(9.0, pitch)),
    }


def pitch(
    down: Sequence[str], across: Sequence[str], look: Look, most: float = CELL
) -> tuple[float, float]:
    """Return the width of a matrix and of its columns, in pixels.

    ``down`` and ``across`` name its rows and columns. Columns are as wide as their names if there
    is room, and at most as wide as ``most`` if there is not.
    """
    room = LETTER * max(map(len, down), default=0) + GAP
    named = LETTER * max(map(len, across), default=0) + GAP
    each = (look.width - room) / len(across)
    each = min(max(named, most), each) if named <= each else min(most, each)
    return room + each * len(across), each


def number(value: float | None, form: str = ".2f") -> str:
    """Return a value in words, or a dash if it is unknown."""
    return "–" if value is None else decimals(float(value), form)


def statement(
    row: FigureRow, value: str, ends: tuple[str, str], reason: str | None, form: str,
    between: str = "95 %",
) -> str:  # fmt: skip
    """Return a value with its interval in words, such as '0.80, 95 % 0.71 to 0.82'."""
    low, high = (row[end] for end in ends)
    why = row[reason] if reason else None
    if low is None and high is None:
        return number(row[value], form) + (f", no interval: {why}" if why else "")
    reach = " to ".join("no end" if end is None else number(end, form) for end in (low, high))
    open_end = f" ({why})" if why and None in (low, high) else ""
    return f"{number(row[value], form)}, {between} {reach}{open_end}"


def extremes(said: Sequence[tuple[float | None, str]]) -> str:
    """Return the message of a chart: the statements of its highest and its lowest value."""
    known = [(value, words) for value, words in said if value is not None]
    if not known:
        return "No value is known."
    values = [value for value, _ in known]
    high, low = (known[values.index(end)][1] for end in (max(values), min(values)))
    if max(values) == min(values):
        return f"{high}." if len(known) == 1 else f"All {len(known)} are equal: {high}."
    return f"Highest: {high}. Lowest: {low}."
