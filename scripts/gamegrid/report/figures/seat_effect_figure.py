"""How much the seat matters: each agent's mean by seat."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, in_order, joined
from gamegrid.report.figures.sketch import Channel, share_of

SCORE = share_of("score, 0 to 1")
RETURN = Channel(title="return, the game's units")


def rows(tables: Tables) -> list[FigureRow]:
    """Return every agent in each seat, in games for several players."""
    seated = [
        {**row, "measure": row["score" if row["scoring"] == "win_loss" else "mean_return"]}
        for row in joined(tables["seat_effect"], tables["games"], "game")
        if row["players"] > 1
    ]
    return choose(
        in_order(seated, "game", "agent", "seat"),
        "game", "scoring", "agent", "seat", "measure", "low", "high", "reason", "episodes",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            Dots(
                rows=part,
                value="measure",
                ends=("low", "high"),
                reason="reason",
                series="seat",
                hues=palette.SEATS,
                channel=SCORE if scoring == "win_loss" else RETURN,
            ),
        )
        for (game, scoring), part in split(rows, "game", "scoring")
    ]


FIGURE = Figure(
    name="seat_effect",
    view="seat_effect",
    also=("games",),
    title="How much the seat matters",
    section=Section.GAMES,
    place=4,
    meaning=(
        "The same deals by seat, counted from 0 in the order of the game's players. If the "
        "dots of an agent are far apart, the seat decides much of the game. Every agent sat "
        "in every seat equally often, so no score above profits from it."
    ),
    caution=(
        "Each seat has only a part of the episodes, so these intervals are wider than those "
        "of the game. A strong agent wins from any seat, so a small effect there says little "
        "about the game."
    ),
    empty="No deal of any game counts yet.",
    rows=rows,
    panels=panels,
)
