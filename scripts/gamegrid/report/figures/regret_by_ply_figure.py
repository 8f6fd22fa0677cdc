"""When in a game the mistakes are made."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import curves, split
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[Row]:
    """Every ply of each agent in each game."""
    return choose(
        tables["regret_by_ply"],
        "game", "agent", "ply", "mean_regret", "low", "high", "reason", "judged", "deals",
    )  # fmt: skip


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game and handful of agents: units differ, and colours are few."""
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
    title="When mistakes are made",
    section=Section.MOVES,
    place=3,
    meaning=(
        "What an agent's own decisions lost on average against best play from there, by how far "
        "the game was, with the 95 % interval over deals. A peak late in the game is a mistake "
        "that looking ahead a little would have avoided."
    ),
    caution=(
        "Only games that get that far are in a point, so late plies rest on few deals and on the "
        "agents that last. A line that leaves the picture is longer, and a point without one has "
        "too few deals for it: the table has both. Even and odd plies may be different seats."
    ),
    empty="No game of this grid has an oracle, so no move's regret is known.",
    rows=rows,
    panels=panels,
)
