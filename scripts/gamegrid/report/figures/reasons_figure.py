"""The reasons that models give for their moves, by category."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.marks import dots, split
from gamegrid.report.figures.reshape import choose


def rows(tables: Tables) -> list[FigureRow]:
    """Return every category of each agent in each game."""
    return choose(
        tables["reasoning"],
        "game", "agent", "category", "share", "low", "high", "reason", "mentioned", "change",
        "change_low", "change_high", "change_reason", "main", "texts",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per agent and game."""
    return [
        Panel(
            f"{agent}, {game}",
            dots(
                part,
                value="share",
                ends=("low", "high"),
                reason="reason",
                name="category",
                title=f"share of {part[0]['texts']:,} texts",
                domain=(0, 1),
            ),
        )
        for (game, agent), part in split(rows, "game", "agent")
    ]


FIGURE = Figure(
    name="reasons",
    view="reasoning",
    title="Which reasons models give",
    section=Section.REASONING,
    place=1,
    meaning=(
        "Each text that came with a move is in the category whose words it uses most, or is "
        "uncategorised. The line is the 95 % interval over deals."
    ),
    caution=(
        "Words are not thoughts: a model may say one thing and decide by another. The rules "
        "read English only, and a text on several topics counts once."
    ),
    empty="No model gave reasons for its moves.",
    rows=rows,
    panels=panels,
)
