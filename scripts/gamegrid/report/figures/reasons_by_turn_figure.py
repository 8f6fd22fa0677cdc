"""How the stated reasons change from the beginning of a game to its end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.marks import shares, split
from gamegrid.report.figures.reshape import unfold

if TYPE_CHECKING:
    import altair as alt


OTHER, UNCATEGORISED = LAST = ("other", "uncategorised")
THIRDS = {"first_third": "first", "middle_third": "middle", "last_third": "last"}
MOST = 5
"""How many categories have their own colour."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return the shares of categories by thirds of a game; rare categories are added up."""
    reasoning = tables["reasoning"]
    often = _most_frequent(reasoning)
    thirds = unfold(reasoning, THIRDS, "third", "share")
    shares: dict[tuple[str, str, str, str], float] = {}
    texts: dict[tuple[str, str], int] = {}
    for row in thirds:
        if row["share"] is not None:
            category = row["category"] if row["category"] in often else OTHER
            key = (row["game"], row["agent"], row["third"], category)
            shares[key] = shares.get(key, 0.0) + row["share"]
            texts[row["game"], row["agent"]] = row["texts"]
    columns = ("game", "agent", "third", "category")
    return [
        dict(zip(columns, key, strict=True)) | {"share": shares[key], "texts": texts[key[:2]]}
        for key in sorted(shares, key=_place)
    ]


def _most_frequent(reasoning: Sequence[FigureRow]) -> set[str]:
    """Return the categories with their own colour: the most frequent ones and uncategorised."""
    counts: dict[str, int] = {}
    for row in reasoning:
        if row["category"] != UNCATEGORISED:
            counts[row["category"]] = counts.get(row["category"], 0) + row["main"]
    by_count = sorted(counts, key=lambda category: (-counts[category], category))
    return {*by_count[:MOST], UNCATEGORISED}


def _place(key: tuple[str, str, str, str]) -> tuple[str, str, int, bool, bool, str]:
    """Return the sort key of a row: game, agent, third, category, with the collective ones last."""
    game, agent, third, category = key
    thirds = list(THIRDS.values())
    return (
        game, agent, thirds.index(third), category == UNCATEGORISED, category == OTHER, category,
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per agent and game. A category has the same colour in all panels."""
    categories = {row["category"] for row in rows} - set(LAST)
    names = sorted(categories) + [name for name in LAST if any(r["category"] == name for r in rows)]
    return [
        Panel(f"{agent}, {game}", _chart(part, names))
        for (game, agent), part in split(rows, "game", "agent")
    ]


def _chart(rows: Sequence[FigureRow], names: Sequence[str]) -> "alt.Chart":
    return shares(
        rows, share="share", part="category", parts=names, name="third", title="share of texts"
    )


FIGURE = Figure(
    name="reasons_by_turn",
    view="reasoning",
    title="How reasons change over a game",
    section=Section.REASONING,
    place=2,
    meaning=(
        "The same categories by thirds of an episode's decisions, one bar for each third. The "
        "five most frequent categories have their own colour."
    ),
    caution=(
        "Positions differ from third to third and may explain a change of reasons. Before you "
        "call it a change, check in the table reasoning whether its interval contains 0."
    ),
    empty="No model gave reasons for its moves.",
    rows=rows,
    panels=panels,
)
