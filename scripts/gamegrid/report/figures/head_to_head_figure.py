"""Who beats whom: a heat map of agents by opponents for each game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose, in_order, joined, measure

UNITS = {"margin": "strict return", "payoff": "own return"}


SCORES = ("score 0, all lost", "1, all won")
AMOUNTS = ("greatest loss", "greatest gain")
"""The ends of the scales in words."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return every pair of opponents that met, by the game's measure."""
    met = [row for row in tables["head_to_head"] if row["deals"]]
    measured = [{**row, "measure": measure(row)} for row in joined(met, tables["games"], "game")]
    return choose(
        in_order(measured, "game", "agent", "opponent"),
        "game", "scoring", "agent", "opponent", "measure", "low", "high", "reason", "deals",
        "distinct_episodes", "dropped_deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game. The greatest amount of a game sets its colours."""
    return [_panel(game, scoring, part) for (game, scoring), part in split(rows, "game", "scoring")]


def _panel(game: str, scoring: str, rows: Sequence[FigureRow]) -> Panel:
    reach = max((abs(row["measure"]) for row in rows if row["measure"] is not None), default=0)
    chart = Heat(
        rows=rows,
        x="opponent",
        y="agent",
        value="measure",
        ramp=palette.EVEN,
        domain=(0, 1) if scoring == "win_loss" else (-(reach or 1), reach or 1),
        title="against",
        square=True,
        ends=("low", "high"),
        joint=" against ",
        said=SCORES if scoring == "win_loss" else AMOUNTS,
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
        "Read a row from left to right: one agent against each opponent. Orange means that "
        "the agent does better. A row that changes colour shows opponents that suit the "
        "agent."
    ),
    caution=(
        "A cell rests on the deals of one matchup only. Before you call it a win, check in "
        "the table whether the interval contains the even value."
    ),
    empty="No matchup of two or more agents has a deal that counts.",
    rows=rows,
    panels=panels,
)
