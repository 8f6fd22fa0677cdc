"""One move in each of the same positions, which compares agents directly."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose
from gamegrid.report.figures.sketch import share_of


def rows(tables: Tables) -> list[FigureRow]:
    """Return every agent in each game's positions."""
    return choose(
        tables["position_quality"],
        "game", "agent", "optimal_rate", "low", "high", "reason", "mean_regret", "regret_low",
        "regret_high", "regret_reason", "answered", "positions",
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
                channel=share_of("share of positions answered with a best move"),
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="positions",
    view="position_quality",
    title="Optimal moves in the same positions",
    section=Section.MOVES,
    place=2,
    meaning=(
        "Every agent was asked for one move in the same positions of each solved game, so "
        "these shares compare directly. The line is the 95 % interval over positions chosen "
        "in the same way. A move that the agent did not make itself does not count as a best "
        "move."
    ),
    caution=(
        "The positions are spread over the game and are not those that play would lead to, so "
        "a high share does not promise wins. Games of hidden information have no such "
        "positions."
    ),
    empty=(
        "No positions were asked for. Set positions in the configuration; 200 give a good spread."
    ),
    rows=rows,
    panels=panels,
)
