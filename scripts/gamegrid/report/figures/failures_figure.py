"""What was wrong with replies: kinds of failure by agent, for each game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import heat, split
from gamegrid.report.figures.reshape import choose, share, unfold

KINDS = ("illegal", "unparsable", "truncated", "empty", "refused")
"""Kinds of failure, as columns of the table, in the order shown."""


def rows(tables: Tables) -> list[Row]:
    """A row for each kind of failure: its share of a model's replies."""
    asked = [row for row in tables["failures"] if row["replies"]]
    counts = unfold(asked, {kind: kind for kind in KINDS}, "kind", "count")
    shares = [{**row, "share": share(row["count"], row["replies"])} for row in counts]
    return choose(shares, "game", "agent", "kind", "share", "count", "replies")


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game."""
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
    title="What was wrong with replies",
    section=Section.REPLIES,
    place=2,
    meaning=(
        "Of all replies of a model, the share that gave no legal move, by the reason: a move that "
        "is not legal, no move in the form asked for, cut off by the token limit, no text, or a "
        "refusal. A dash: the way of asking rules that failure out."
    ),
    caution=(
        "These are replies, not moves: a model may get it right when asked again. Many cut-off "
        "replies say that max_tokens is too small before they say anything of the model. Counts "
        "of this run, without an interval."
    ),
    empty="No model was asked: there are no replies.",
    rows=rows,
    panels=panels,
)
