"""Who beats whom: agents by opponents, one table in colour for each game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import heat, split

UNITS = {"margin": "strict return", "payoff": "own return"}


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game; amounts are coloured by the greatest of the game."""
    return [_panel(game, scoring, part) for (game, scoring), part in split(rows, "game", "scoring")]


def _panel(game: str, scoring: str, rows: Sequence[Row]) -> Panel:
    reach = max((abs(row["measure"]) for row in rows if row["measure"] is not None), default=0)
    chart = heat(
        rows,
        x="opponent",
        y="agent",
        value="measure",
        scale=palette.EVEN_SCALE,
        domain=(0, 1) if scoring == "win_loss" else (-(reach or 1), reach or 1),
        titles=("against", None),
    )
    return Panel(f"{game} ({UNITS.get(scoring, 'score')})", chart)


FIGURE = Figure(
    name="head_to_head",
    view="head_to_head",
    title="Who beats whom",
    section=Section.GAMES,
    place=3,
    meaning=(
        "A row read from left to right is one agent against each opponent; orange is to its "
        "gain. Rows that change colour tell of opponents that suit it."
    ),
    caution=(
        "A cell rests on the deals of one matchup alone. Before you call it a win, look whether "
        "its interval in the table holds the even value."
    ),
    empty="No matchup of two or more agents has a deal that counts.",
    panels=panels,
)
