"""How far results reach: the interval over deals beside the one over families of games."""

from collections.abc import Mapping, Sequence

from gamegrid.report import palette
from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import in_order
from gamegrid.report.figures.sketch import Channel, share_of

REACHES = {"other deals of these games": "", "other games like these": "like_"}
"""What an interval is over, and how its columns in between_games are marked."""


CHANNELS = {
    "score": share_of("score, 0 to 1"),
    "rating": Channel(title="rating points", form=".0f"),
}


def rows(tables: Tables) -> list[FigureRow]:
    """Return every score and every rating, with each of its two intervals."""
    agents = in_order(tables["between_games"], "games", "score", "agent", down=("score",))
    rated = in_order(
        (row for row in tables["between_games"] if row["rating"] is not None),
        "rating_set", "rating", "agent", down=("rating",),
    )  # fmt: skip
    return [
        *(_row(row, over, row["games"], "score") for row in agents for over in REACHES),
        *(_row(row, over, row["rating_set"], "rating") for row in rated for over in REACHES),
    ]


def _row(row: FigureRow, over: str, group: str | int, measure: str) -> Mapping[str, object]:
    """Return one interval of one agent."""
    columns = f"{measure}_{REACHES[over]}"
    return {
        "measure": measure,
        "group": group,
        "agent": row["agent"],
        "families": row["families"],
        "over": over,
        "value": row[measure],
        "low": row[f"{columns}low"],
        "high": row[f"{columns}high"],
        "reason": row[f"{columns}reason"],
    }


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per set of games for scores, and per set of linked agents for ratings."""
    return [
        Panel(
            f"Scores in {group}" if measure == "score" else _title(group),
            Dots(
                rows=part,
                value="value",
                ends=("low", "high"),
                reason="reason",
                series="over",
                hues=(palette.BLUE, palette.GREY),
                channel=CHANNELS[measure],
            ),
        )
        for (measure, group), part in split(rows, "measure", "group")
    ]


def _title(rating_set: int) -> str:
    return "Ratings" if not rating_set else f"Ratings of a separate set ({rating_set})"


FIGURE = Figure(
    name="between_games",
    view="between_games",
    title="How far the results reach",
    section=Section.STANDINGS,
    place=5,
    meaning=(
        "Each result has two 95 % intervals. One says how far other deals of the same games could "
        "have moved it. The other says how far other families of games like these could have moved "
        "it. A claim that an agent is better at games rests on the second."
    ),
    caution=(
        "The games were chosen, not drawn at random: they stand only for games like them. With "
        "fewer than about five families, the second interval owes much to its prior (see the table "
        "prior_sensitivity)."
    ),
    empty="No win-loss game counts yet.",
    rows=rows,
    panels=panels,
)
