"""Who made the moves: the model at once, the model after a hint, or a bot."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, share, unfold
from gamegrid.report.figures.stack_marks import Part, Stacks

PARTS = {
    "ok": Part(palette.OWN, 1.0),
    "rethought": Part(palette.RETHOUGHT, 0.75),
    "fallback": Part(palette.FALLBACK, 0.5),
    "forfeit": Part(palette.FORFEIT, 0.25),
}


def rows(tables: Tables) -> list[FigureRow]:
    """Return the share of each origin in a model's decisions."""
    asked = [row for row in tables["failures"] if row["replies"] and row["decisions"]]
    counts = unfold(asked, {origin: origin for origin in PARTS}, "origin", "count")
    shares = [{**row, "share": share(row["count"], row["decisions"])} for row in counts]
    return choose(shares, "game", "agent", "origin", "share", "count", "decisions")


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return a single panel: a bar for each agent and game."""
    bars = Stacks(
        rows=rows, x="game", y="agent", share="share", part="origin", parts=PARTS,
        whole="decisions",
    )  # fmt: skip
    return [Panel("Origin of decisions by agent and game", bars)]


FIGURE = Figure(
    name="whose_moves",
    view="failures",
    title="Who made the moves",
    section=Section.REPLIES,
    place=1,
    meaning=(
        "Each bar is all decisions of a model in a game. "
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
