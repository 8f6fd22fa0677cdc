"""How varied the stated reasons are, by thirds of a game."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose
from gamegrid.report.figures.sketch import Channel

ENTROPY = Channel(title="entropy of the categories, bits", limits=(0, None), shown=(0, 0))


def rows(tables: Tables) -> list[FigureRow]:
    """Return the rows of the thirds, without that of the whole game."""
    thirds = [row for row in tables["reasoning_variety"] if row["part"] != "all"]
    return choose(
        (row for row in thirds if row["entropy"] is not None),
        "game", "agent", "part", "entropy", "low", "high", "reason", "plain_entropy",
        "categories", "categorised", "texts",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game."""
    return [
        Panel(
            game,
            Dots(
                rows=part,
                value="entropy",
                ends=("low", "high"),
                reason="reason",
                series="part",
                hues=palette.PHASES,
                channel=ENTROPY,
            ),
        )
        for (game,), part in split(rows, "game")
    ]


FIGURE = Figure(
    name="reasons_variety",
    view="reasoning_variety",
    title="How varied the reasons are",
    section=Section.REASONING,
    place=3,
    meaning=(
        "The Shannon entropy of the categories of an agent's texts, by thirds of an episode's "
        "decisions, with the 95 % interval over deals. 0 bits means that the reason is always "
        "the same."
    ),
    caution=(
        "Variety is not quality: guessing and confusion are varied, too. The entropy of few "
        "texts is uncertain even after its bias is corrected."
    ),
    empty="No model gave reasons for its moves.",
    rows=rows,
    panels=panels,
)
