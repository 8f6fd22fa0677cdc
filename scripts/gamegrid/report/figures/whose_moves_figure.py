"""Whose moves they were: the model's at once, after a hint, or somebody else's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import shares, split
from gamegrid.report.figures.reshape import choose, share, unfold

if TYPE_CHECKING:
    import altair as alt

ORIGINS = ("ok", "rethought", "fallback", "forfeit")


def rows(tables: Tables) -> list[Row]:
    """A row for each origin of a model's moves: its share of the decisions."""
    asked = [row for row in tables["failures"] if row["replies"] and row["decisions"]]
    counts = unfold(asked, {origin: origin for origin in ORIGINS}, "origin", "count")
    shares = [{**row, "share": share(row["count"], row["decisions"])} for row in counts]
    return choose(shares, "game", "agent", "origin", "share", "count", "decisions")


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game."""
    return [Panel(game, _chart(part)) for (game,), part in split(rows, "game")]


def _chart(rows: Sequence[Row]) -> "alt.Chart":
    return shares(rows, share="share", part="origin", parts=ORIGINS, title="share of decisions")


FIGURE = Figure(
    name="whose_moves",
    view="failures",
    title="Whose moves they were",
    section=Section.REPLIES,
    place=1,
    meaning=(
        "ok: decided by the model's first reply. rethought: by a later one, after it was told "
        "what was wrong. fallback: a random move made in its place. forfeit: given up. Only the "
        "first two are the model's own."
    ),
    caution=(
        "Where many moves are fallbacks the score as played is partly chance's: read the strict "
        "score. Counts of this run, without an interval."
    ),
    empty="No model was asked, so every move is a bot's own.",
    rows=rows,
    panels=panels,
)
