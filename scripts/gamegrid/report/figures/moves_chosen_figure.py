"""Which moves each agent likes: a table in colour of its own choices."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import heat, split


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game."""
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
    title="Which moves are chosen",
    section=Section.MOVES,
    place=4,
    meaning=(
        "Of an agent's own decisions in a game, the share that chose each move, for the twelve "
        "moves chosen most. A column that is dark in one cell alone plays by habit."
    ),
    caution=(
        "A move can only be chosen where it is legal, and openings are dealt: colour says what "
        "was played, not what was wanted. Counts of this run, without an interval."
    ),
    empty="No decision was made.",
    panels=panels,
)
