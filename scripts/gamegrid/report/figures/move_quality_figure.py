"""How often an agent's own move was a best one, in solved games."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose
from gamegrid.report.figures.sketch import share_of


def rows(tables: Tables) -> list[FigureRow]:
    """Return the agents whose own moves could be judged."""
    return choose(
        (row for row in tables["move_quality"] if row["optimal_rate"] is not None),
        "game", "agent", "optimal_rate", "low", "high", "reason", "mean_regret", "judged",
        "trivial", "decisions", "oracle",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            Dots(
                rows=part,
                value="optimal_rate",
                ends=("low", "high"),
                reason="reason",
                channel=share_of("share of own moves that were optimal"),
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="move_quality",
    view="move_quality",
    title="Optimal moves in the games played",
    section=Section.MOVES,
    place=1,
    meaning=(
        "The share of an agent's own decisions that kept the best value of the position. "
        "Decisions in which all moves are equally good do not count, and neither do moves "
        "that a bot made for the agent."
    ),
    caution=(
        "Each agent meets the positions that its own play leads to, and lost positions are "
        "easy. To compare two agents, use the position suites."
    ),
    empty="No game of this grid is solved exactly, so no move can be called optimal.",
    rows=rows,
    panels=panels,
)
