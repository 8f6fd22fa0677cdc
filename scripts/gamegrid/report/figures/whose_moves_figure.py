"""Who made the moves: the model at once, the model after a hint, or a bot."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.marks import shares, split
from gamegrid.report.figures.reshape import choose, share, unfold

if TYPE_CHECKING:
    import altair as alt

ORIGINS = ("ok", "rethought", "fallback", "forfeit")


def rows(tables: Tables) -> list[FigureRow]:
    """Return the share of each origin in a model's decisions."""
    asked = [row for row in tables["failures"] if row["replies"] and row["decisions"]]
    counts = unfold(asked, {origin: origin for origin in ORIGINS}, "origin", "count")
    shares = [{**row, "share": share(row["count"], row["decisions"])} for row in counts]
    return choose(shares, "game", "agent", "origin", "share", "count", "decisions")


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [Panel(game, _chart(part)) for (game,), part in split(rows, "game")]


def _chart(rows: Sequence[FigureRow]) -> "alt.Chart":
    return shares(rows, share="share", part="origin", parts=ORIGINS, title="share of decisions")


FIGURE = Figure(
    name="whose_moves",
    view="failures",
    title="Who made the moves",
    section=Section.REPLIES,
    place=1,
    meaning=(
        "ok: the model's first reply decided. rethought: a later reply decided, after a hint. "
        "fallback: a random move was made for the model. forfeit: the model gave up. Only the "
        "first two are the model's own moves."
    ),
    caution=(
        "If many moves are fallbacks, chance made part of the score: read the strict score. "
        "These are counts of this run, without an interval."
    ),
    empty="No model was asked, so every move is a bot's own.",
    rows=rows,
    panels=panels,
)
