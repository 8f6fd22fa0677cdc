"""Which setting of a bot plays as strongly as each agent."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose

UNITS = {"noisy_optimal": "probability of a random move, lower is stronger"}
SIMULATIONS = "simulations per move, higher is stronger"


def rows(tables: Tables) -> list[FigureRow]:
    """Return every agent's place on each ladder, with the reason where there is none."""
    return choose(
        tables["strength_equivalent"],
        "ladder", "game", "agent", "equivalent", "low", "high", "reason", "ladder_bots", "deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one matrix per ladder."""
    return [
        Panel(f"{ladder}: {UNITS.get(ladder, SIMULATIONS)}", _matrix(part))
        for (ladder,), part in split(rows, "ladder")
    ]


def _matrix(rows: Sequence[FigureRow]) -> Heat:
    greatest = max((row["equivalent"] for row in rows if row["equivalent"] is not None), default=0)
    return Heat(
        rows=rows,
        x="game",
        y="agent",
        value="equivalent",
        ramp=palette.AMOUNT,
        domain=(0, greatest or 1),
        form=".3g",
        ends=("low", "high"),
    )


FIGURE = Figure(
    name="strength_equivalent",
    view="strength_equivalent",
    title="Which bot plays as strongly",
    section=Section.STANDINGS,
    place=4,
    meaning=(
        "Each cell is the setting at which a bot of the ladder would be as strong as the agent in "
        "that game, from what both did against the bots of all ladders. A dash means that there is "
        "no such setting; the numbers give the reason, such as stronger than the last bot."
    ),
    caution=(
        "A setting between two bots is interpolated: see its interval and the bots of the ladder "
        "in the numbers. With few bots or few deals, the interval runs to the end of the ladder."
    ),
    empty="No two bots of one kind at different strengths played a rated game with the agents.",
    rows=rows,
    panels=panels,
)
