"""Strength on one scale over all win_loss games."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, in_order
from gamegrid.report.figures.sketch import Channel


def rows(tables: Tables) -> list[FigureRow]:
    """Return the rated agents, the strongest of each set first."""
    rated = [row for row in tables["leaderboard"] if row["rating"] is not None]
    return choose(
        in_order(rated, "rating_set", "rating", "agent", down=("rating",)),
        "rating_set", "rank_low", "rank_high", "agent", "rating", "rating_low",
        "rating_high", "rating_reason", "expected_score", "tied_group", "deals",
        "distinct_episodes",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per set of agents linked by matches, because each has its own scale."""
    return [
        Panel(
            "Agents linked by matches" if not number else f"Separate set ({number})",
            Dots(
                rows=part,
                value="rating",
                ends=("rating_low", "rating_high"),
                reason="rating_reason",
                channel=Channel(title="rating points", form=".0f"),
            ),
        )
        for (number,), part in split(rows, "rating_set")
    ]


FIGURE = Figure(
    name="ratings",
    view="leaderboard",
    title="Strength on one scale",
    section=Section.STANDINGS,
    place=2,
    meaning=(
        "Ratings take into account whom each agent met and who moved first. 400 points are "
        "odds of ten to one, draws aside. The line is the 95 % interval over other deals of "
        "the same games."
    ),
    caution=(
        "A rating describes an agent against these agents in these games. With few families "
        "of games, other games could move it further than the line shows. A line that reaches "
        "the edge has no end there: the agent never did worse, or never better."
    ),
    empty="No match of a win-loss game counts, so no agent can be rated.",
    rows=rows,
    panels=panels,
)
