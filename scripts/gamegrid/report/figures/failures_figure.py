"""How replies failed: the share of each kind of failure, by agent and game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.marks import heat, split
from gamegrid.report.figures.reshape import choose, share, unfold

KINDS = ("illegal", "unparsable", "truncated", "empty", "refused")
"""The kinds of failure as columns of the table, in the order shown."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return the share of each kind of failure in a model's replies."""
    asked = [row for row in tables["failures"] if row["replies"]]
    counts = unfold(asked, {kind: kind for kind in KINDS}, "kind", "count")
    shares = [{**row, "share": share(row["count"], row["replies"])} for row in counts]
    return choose(shares, "game", "agent", "kind", "share", "count", "replies")


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            heat(
                part,
                x="kind",
                y="agent",
                value="share",
                scale=palette.AMOUNT_SCALE,
                domain=(0, 1),
                titles=("share of replies", None),
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="failures",
    view="failures",
    title="How replies failed",
    section=Section.REPLIES,
    place=2,
    meaning=(
        "The share of a model's replies that gave no legal move, by reason: the move is "
        "illegal, no move could be read, the token limit cut the reply off, the reply is "
        "empty, or the model refused. A dash means that the way of asking rules the failure "
        "out."
    ),
    caution=(
        "These are replies, not moves: a model may succeed when asked again. If many replies "
        "are cut off, max_tokens is too small, which says nothing about the model. These are "
        "counts of this run, without an interval."
    ),
    empty="No model was asked, so there are no replies.",
    rows=rows,
    panels=panels,
)
