"""When in a game agents make their mistakes."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.marks import curves, split
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[FigureRow]:
    """Return every ply of each agent in each game."""
    return choose(
        tables["regret_by_ply"],
        "game", "agent", "ply", "mean_regret", "low", "high", "reason", "judged", "deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game and per as many agents as there are colours."""
    return [
        Panel(game, chart)
        for (game,), part in split(rows, "game")
        for chart in curves(
            part,
            x="ply",
            y="mean_regret",
            ends=("low", "high"),
            titles=("ply, openings left out", "mean regret, the game's units"),
        )
    ]


FIGURE = Figure(
    name="regret_by_ply",
    view="regret_by_ply",
    title="When agents make mistakes",
    section=Section.MOVES,
    place=3,
    meaning=(
        "The average loss of an agent's own decisions against best play from there, by the "
        "progress of the game, with the 95 % interval over deals. A peak late in the game "
        "points to mistakes that a little looking ahead would have avoided."
    ),
    caution=(
        "A point holds only the games that got that far, so late plies rest on few deals and "
        "on the agents that last. A line that leaves the picture goes on, and a point without "
        "a line has too few deals for one: the table has both. Even and odd plies may be "
        "different seats."
    ),
    empty="No game of this grid has an oracle, so no regret is known.",
    rows=rows,
    panels=panels,
)
