"""When in a game agents make their mistakes."""

from collections.abc import Sequence
from operator import itemgetter

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.curve_marks import LINES, Curves
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose
from gamegrid.report.figures.sketch import Channel, Drawing

PLIES = "ply, openings left out"


def rows(tables: Tables) -> list[FigureRow]:
    """Return every ply of each agent in each game."""
    return choose(
        tables["regret_by_ply"],
        "game", "agent", "ply", "mean_regret", "low", "high", "reason", "judged", "deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game: lines if few agents play, else a matrix."""
    drawn = _lines if len({row["agent"] for row in rows}) <= LINES else _matrix
    return [Panel(game, drawn(part)) for (game,), part in split(rows, "game")]


def _lines(rows: Sequence[FigureRow]) -> Drawing:
    return Curves(
        rows=rows, x="ply", y="mean_regret", ends=("low", "high"), reason="reason", title=PLIES,
        channel=Channel(title="mean regret, the game's units", limits=(0, None)),
    )  # fmt: skip


def _matrix(rows: Sequence[FigureRow]) -> Drawing:
    return Heat(
        rows=sorted(rows, key=itemgetter("ply")), x="ply", y="agent",
        value="mean_regret", ramp=palette.AMOUNT, title=PLIES,
        domain=(0, max(row["mean_regret"] for row in rows) or 1), ends=("low", "high"),
        joint=", ply ", said=("0", "highest of the game"),
    )  # fmt: skip


FIGURE = Figure(
    name="regret_by_ply",
    view="regret_by_ply",
    title="When agents make mistakes",
    section=Section.MOVES,
    place=3,
    meaning=(
        "The average loss of an agent's own decisions against best play from there, by the "
        "progress of the game. Few agents are lines with 95 % intervals over deals; many are rows "
        "of a matrix, and the table has their intervals. A peak late in the game "
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
