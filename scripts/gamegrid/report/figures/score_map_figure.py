"""All scores at one glance: agents by win_loss games."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import heat


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
    panels=panels,
)
