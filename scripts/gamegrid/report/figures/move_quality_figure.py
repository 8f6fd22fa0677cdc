"""How often an agent's own move was a best one, where the game is solved."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import dots, split
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[Row]:
    """The agents whose own moves could be judged."""
    return choose(
        (row for row in tables["move_quality"] if row["optimal_rate"] is not None),
        "game", "agent", "optimal_rate", "low", "high", "reason", "mean_regret", "judged",
        "trivial", "decisions", "oracle",
    )  # fmt: skip


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game."""
    return [
        Panel(
            game,
            dots(
                part,
                value="optimal_rate",
                ends=("low", "high"),
                reason="reason",
                title="share of own moves that were optimal",
                domain=(0, 1),
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="move_quality",
    view="move_quality",
    title="Optimal moves in games played",
    section=Section.MOVES,
    place=1,
    meaning=(
        "The share of an agent's own decisions that kept the best value the position had. "
        "Decisions in which all moves are worth the same count for nothing, and neither do moves "
        "that were made in its place."
    ),
    caution=(
        "Each agent met positions of its own making: whoever is soon lost meets easy ones. Rates "
        "of two agents compare only on the position suites."
    ),
    empty="No game of this grid is solved exactly, so no move can be called optimal.",
    rows=rows,
    panels=panels,
)
