"""Which moves each agent prefers: a heat map of the agent's choices."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section
from gamegrid.report.figures.marks import heat, split


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            heat(
                part,
                x="agent",
                y="move",
                value="share",
                scale=palette.AMOUNT_SCALE,
                domain=(0, max(row["share"] for row in part) or 1),
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="moves_chosen",
    view="moves_chosen",
    title="Which moves agents choose",
    section=Section.MOVES,
    place=4,
    meaning=(
        "The share of an agent's own decisions in a game that chose each move, for the twelve "
        "most frequent moves. An agent with one dark cell in its column plays by habit."
    ),
    caution=(
        "A move can be chosen only where it is legal, and openings are dealt. The colour "
        "shows what was played, not what the agent would prefer. These are counts of this "
        "run, without an interval."
    ),
    empty="There are no decisions.",
    panels=panels,
)
