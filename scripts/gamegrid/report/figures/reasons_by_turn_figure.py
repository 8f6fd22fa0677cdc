"""How the stated reasons change from the beginning of a game to its end."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[FigureRow]:
    """Return the shares of every category by thirds of a game, and the change, if any is known."""
    reasoning = tables["reasoning"]
    if not any(row["change"] for row in reasoning):
        return []
    return choose(
        reasoning,
        "game", "agent", "category", "first_third", "middle_third", "last_third", "change",
        "change_low", "change_high", "change_reason", "texts",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per category whose share changed."""
    return [
        Panel(
            category,
            Heat(
                rows=part, x="game", y="agent", value="change", ramp=palette.EVEN, domain=(-1, 1),
                form="+.2f", ends=("change_low", "change_high"), said=("less late", "more late"),
            ),
        )
        for (category,), part in split(rows, "category")
        if any(row["change"] for row in part)
    ]  # fmt: skip


FIGURE = Figure(
    name="reasons_by_turn",
    view="reasoning",
    title="How reasons change over a game",
    section=Section.REASONING,
    place=2,
    meaning=(
        "The share of each category in the last third of an episode's decisions minus its share "
        "in the first third. Orange means that the models give the reason more often late in a "
        "game. The table has all three thirds."
    ),
    caution=(
        "Positions differ from third to third and may explain a change of reasons. Before you "
        "call it a change, check in the table reasoning whether its interval contains 0."
    ),
    empty="No model gave reasons whose shares changed over a game.",
    rows=rows,
    panels=panels,
)
