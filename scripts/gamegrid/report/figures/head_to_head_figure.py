"""Who beats whom: agents by opponents, one table in colour for each game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import heat, split
from gamegrid.report.figures.reshape import choose, in_order, joined, measure

UNITS = {"margin": "strict return", "payoff": "own return"}


def rows(tables: Tables) -> list[Row]:
    """Every pair of opponents with a deal, by the measure of the game."""
    met = [row for row in tables["head_to_head"] if row["deals"]]
    measured = [{**row, "measure": measure(row)} for row in joined(met, tables["games"], "game")]
    return choose(
        in_order(measured, "game", "agent", "opponent"),
        "game", "scoring", "agent", "opponent", "measure", "low", "high", "reason", "deals",
        "distinct_episodes", "dropped_deals",
    )  # fmt: skip


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
    also=("games",),
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
    rows=rows,
    panels=panels,
)
