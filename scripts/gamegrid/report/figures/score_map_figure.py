"""All scores at one glance: agents by win_loss games."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import heat

NUMBERS = ("score", "low", "high", "reason", "deals")


def rows(tables: Tables) -> list[Row]:
    """A cell for every agent in every win_loss game that has scores; None where it did not play."""
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


def panels(rows: Sequence[Row]) -> list[Panel]:
    """A single one."""
    chart = heat(rows, x="game", y="agent", value="score", scale=palette.EVEN_SCALE, domain=(0, 1))
    return [Panel("Score by agent and game", chart)]


FIGURE = Figure(
    name="score_map",
    view="per_game",
    title="Who is strong where",
    section=Section.GAMES,
    place=2,
    meaning=(
        "Orange is above one half, purple below, and a pale cell is an even one. A dash: the agent "
        "did not play that game."
    ),
    caution=(
        "Cells of one column compare only where the agents met the same opponents, and a cell "
        "shows no interval: the table has it."
    ),
    empty="No win-loss game was played to an end.",
    rows=rows,
    panels=panels,
)
