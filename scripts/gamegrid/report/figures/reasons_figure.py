"""The reasons that models give for their moves, by category."""

from collections.abc import Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[FigureRow]:
    """Return every category of each agent in each game."""
    return choose(
        tables["reasoning"],
        "game", "agent", "category", "share", "low", "high", "reason", "mentioned", "change",
        "change_low", "change_high", "change_reason", "main", "texts",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per category that occurred, the most frequent first."""
    parts = {name: part for (name,), part in split(rows, "category")}
    texts = {name: sum(row["main"] for row in part) for name, part in parts.items()}
    return [
        Panel(
            name,
            Heat(
                rows=parts[name],
                x="game",
                y="agent",
                value="share",
                ramp=palette.AMOUNT,
                domain=(0, 1),
                ends=("low", "high"),
            ),
        )
        for name in sorted(parts, key=lambda name: (-texts[name], name))
        if texts[name]
    ]


FIGURE = Figure(
    name="reasons",
    view="reasoning",
    title="Which reasons models give",
    section=Section.REASONING,
    place=1,
    meaning=(
        "Each text that came with a move is in the category whose words it uses most, or is "
        "uncategorised. A cell is the share of an agent's texts in a game that are in the "
        "category. The table has the 95 % intervals over deals."
    ),
    caution=(
        "Words are not thoughts: a model may say one thing and decide by another. The rules "
        "read English only, and a text on several topics counts once."
    ),
    empty="No model gave reasons for its moves.",
    rows=rows,
    panels=panels,
)
