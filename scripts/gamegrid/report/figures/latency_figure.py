"""How fast each model answered."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, in_order
from gamegrid.report.figures.sketch import Channel


def rows(tables: Tables) -> list[FigureRow]:
    """Return every model in each game, with a reason if its time is unknown."""
    timed = [
        {**row, "reason": "not measured" if row["latency_p50_s"] is None else None}
        for row in tables["latency"]
    ]
    return choose(
        in_order(timed, "game", "model"),
        "game", "model", "backend", "latency_p50_s", "latency_p95_s", "reason", "tokens_per_s",
        "calls_per_s", "calls", "gpu_hours", "usd", "usd_per_episode",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game, all on the same scale."""
    slowest = max((row["latency_p95_s"] or 0 for row in rows), default=0) or 1
    channel = Channel(
        title="seconds: median to 95th percentile", limits=(0, None), shown=(0, 1.05 * slowest)
    )
    return [
        Panel(
            game,
            Dots(
                rows=part,
                value="latency_p50_s",
                ends=("latency_p50_s", "latency_p95_s"),
                reason="reason",
                name="model",
                channel=channel,
                between="seconds, median to 95th percentile",
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="latency",
    view="latency",
    title="How fast models answered",
    section=Section.COST,
    place=3,
    meaning=(
        "The dot is the median time of a successful request. The line ends at the time that "
        "95 of 100 requests do not exceed. It shows the spread of calls and is not the "
        "interval of a mean."
    ),
    caution=(
        "The times are those of the run: concurrent requests wait for each other in the "
        "engine, and other jobs slow a local model down. A single request may be faster."
    ),
    empty="No model was asked, so there are no times.",
    rows=rows,
    panels=panels,
)
