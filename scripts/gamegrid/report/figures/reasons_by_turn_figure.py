"""How what is said changes from the beginning of a game to its end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import shares, split

if TYPE_CHECKING:
    import altair as alt


LAST = ("other", "uncategorised")


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per agent and game; a category has one colour in all of them."""
    found = {row["category"] for row in rows} - set(LAST)
    names = sorted(found) + [name for name in LAST if any(r["category"] == name for r in rows)]
    return [
        Panel(f"{agent}, {game}", _chart(part, names))
        for (game, agent), part in split(rows, "game", "agent")
    ]


def _chart(rows: Sequence[Row], names: Sequence[str]) -> "alt.Chart":
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
        "The same categories by thirds of an episode's decisions, one bar a third. The five that "
        "carry most texts have colours of their own."
    ),
    caution=(
        "Positions differ from third to third, so another reason may be the position's doing. "
        "Look in the table reasoning whether the interval of change holds 0 before you call it "
        "one."
    ),
    empty="No model said why it moved.",
    panels=panels,
)
