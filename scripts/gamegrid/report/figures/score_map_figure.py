"""All scores at a glance: agents by win_loss games."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat

SCORES = ("0, all lost", "1, all won")
"""The ends of the scale in words."""
NUMBERS = ("score", "low", "high", "reason", "deals")


def rows(tables: Tables) -> list[FigureRow]:
    """Return a cell for every agent and scored win_loss game; None if it did not play."""
    scored = {
        (row["game"], row["agent"]): row
        for row in tables["per_game"]
        if row["scoring"] == "win_loss" and row["deals"]
    }
    games, agents = ({key[at] for key in scored} for at in (0, 1))
    return [
        {"game": game, "agent": agent}
        | {column: scored.get((game, agent), {}).get(column) for column in NUMBERS}
        for game in sorted(games)
        for agent in sorted(agents)
    ]


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return a single panel."""
    chart = Heat(
        rows=rows, x="game", y="agent", value="score", ramp=palette.EVEN, domain=(0, 1),
        ends=("low", "high"),
        said=SCORES,
    )  # fmt: skip
    return [Panel("Score by agent and game", chart)]


FIGURE = Figure(
    name="score_map",
    view="per_game",
    title="Which agent is strong in which game",
    section=Section.GAMES,
    place=2,
    meaning=(
        "Orange is above one half, purple below, and a pale cell is even. A dash means that "
        "the agent did not play the game."
    ),
    caution=(
        "Cells of a column compare only if the agents met the same opponents. A cell shows no "
        "interval; the table does."
    ),
    empty="No win-loss game was finished.",
    rows=rows,
    panels=panels,
)
