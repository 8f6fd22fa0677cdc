"""How replies failed: the share of each kind of failure, by agent and game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose, share, unfold

KINDS = ("illegal", "unparsable", "truncated", "context_overflow", "empty", "refused")
"""The kinds of failure as columns of the table, in the order shown."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return the share of each kind of failure in a model's replies, if any failed."""
    asked = [row for row in tables["failures"] if row["replies"]]
    counts = unfold(asked, {kind: kind for kind in KINDS}, "kind", "count")
    if not any(row["count"] for row in counts):
        return []
    shares = [{**row, "share": share(row["count"], row["replies"])} for row in counts]
    return choose(shares, "game", "agent", "kind", "share", "count", "replies")


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per kind of failure that occurred."""
    most = max(row["share"] or 0 for row in rows)
    parts = {kind: part for (kind,), part in split(rows, "kind")}
    return [
        Panel(
            kind,
            Heat(
                rows=parts[kind], x="game", y="agent", value="share", ramp=palette.AMOUNT,
                domain=(0, most),
            ),
        )
        for kind in KINDS
        if any(row["count"] for row in parts[kind])
    ]  # fmt: skip


FIGURE = Figure(
    name="failures",
    view="failures",
    title="How replies failed",
    section=Section.REPLIES,
    place=2,
    meaning=(
        "The share of a model's replies that gave no legal move, by reason: the move is "
        "illegal, no move could be read, the token limit cut the reply off, the prompt does not "
        "fit the model's context, the reply is empty, or the model refused. Kinds that never "
        "occurred are left out. A dash means that the way of asking rules the failure out."
    ),
    caution=(
        "These are replies, not moves: a model may succeed when asked again. If many replies "
        "are cut off, max_tokens is too small, which says nothing about the model. These are "
        "counts of this run, without an interval."
    ),
    empty="No reply of a model failed.",
    rows=rows,
    panels=panels,
)
