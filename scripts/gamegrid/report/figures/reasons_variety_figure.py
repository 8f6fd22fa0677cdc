"""How varied the reasons are, over a game."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import dots, split
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[Row]:
    """The thirds of a game, without the whole."""
    thirds = [row for row in tables["reasoning_variety"] if row["part"] != "all"]
    return choose(
        (row for row in thirds if row["entropy"] is not None),
        "game", "agent", "part", "entropy", "low", "high", "reason", "plain_entropy",
        "categories", "categorised", "texts",
    )  # fmt: skip


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game."""
    return [
        Panel(
            game,
            dots(
                part,
                value="entropy",
                ends=("low", "high"),
                reason="reason",
                series="part",
                title="entropy of the categories, bits",
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
        "Shannon's entropy of the categories that carry an agent's texts, by thirds of an "
        "episode's decisions, with the 95 % interval over deals. 0 bits: always the same reason."
    ),
    caution=(
        "Variety is no merit: guessing and confusion are varied, too. Entropy from few texts is "
        "uncertain even after its bias is taken off."
    ),
    empty="No model said why it moved.",
    rows=rows,
    panels=panels,
)
