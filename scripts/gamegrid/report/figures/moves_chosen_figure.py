"""Which moves each agent prefers: a heat map of the agent's choices."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section
from gamegrid.report.figures.heat_marks import Heat


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            Heat(
                rows=part,
                x="move",
                y="agent",
                value="share",
                ramp=palette.AMOUNT,
                domain=(0, max(row["share"] for row in part) or 1),
                said=("0", "greatest share in the game"),
                joint=", ",
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
        "most frequent moves. An agent with one dark cell in its row plays by habit."
    ),
    caution=(
        "A move can be chosen only where it is legal, and openings are dealt. The colour "
        "shows what was played, not what the agent would prefer. These are counts of this "
        "run, without an interval."
    ),
    empty="There are no decisions.",
    panels=panels,
)
