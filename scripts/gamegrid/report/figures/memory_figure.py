"""Memory against skill: what an agent loses when a game that it may know is told otherwise."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, in_order
from gamegrid.report.figures.sketch import Channel

SCORE = Channel(title="difference of scores", limits=(-1, 1), even=0.0)
RETURN = Channel(title="difference of returns, the game's units", even=0.0)


def rows(tables: Tables) -> list[FigureRow]:
    """Return every agent that played a plain game and its disguise."""
    compared = [row for row in tables["memory"] if row["difference"] is not None]
    return choose(
        in_order(compared, "game", "disguise", "agent"),
        "game", "disguise", "scoring", "agent", "difference", "low", "high", "reason", "plain",
        "disguised", "same_play", "deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per disguise, because units differ."""
    return [
        Panel(
            f"{game} minus {disguise}",
            Dots(
                rows=part,
                value="difference",
                ends=("low", "high"),
                reason="reason",
                channel=SCORE if scoring == "win_loss" else RETURN,
            ),
        )
        for (game, disguise, scoring), part in split(rows, "game", "disguise", "scoring")
    ]


FIGURE = Figure(
    name="memory",
    view="memory",
    title="Memory against skill",
    section=Section.GAMES,
    place=5,
    meaning=(
        "A disguise is a known game in the words of another story, with the same rules and the "
        "same deals. The dot is what an agent got in the plain game minus what it got in the "
        "disguise, with its 95 % interval over deals. To the right of the dashed line, the agent "
        "owes part of its result in the plain game to knowing it. Bots stand on the line."
    ),
    caution=(
        "A difference may also come from the texts: a story may be harder to read or its moves "
        "harder to spell. Compare the failures of both games. No difference does not show that "
        "nothing was recalled, as an agent may recognise the game behind the story."
    ),
    empty="No agent played a game and a disguise of it against opponents without a model.",
    rows=rows,
    panels=panels,
)
