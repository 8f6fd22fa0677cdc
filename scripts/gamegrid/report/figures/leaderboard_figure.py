"""The score over all win_loss games with its interval, beside the strict score."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, in_order
from gamegrid.report.figures.sketch import Channel

SCORE = Channel(title="score, 0 to 1", limits=(0, 1), shown=(0, 1), even=0.5)


def rows(tables: Tables) -> list[FigureRow]:
    """Return the agents that have a score."""
    return choose(
        (row for row in tables["leaderboard"] if row["score"] is not None),
        "rating_set", "rank_low", "rank_high", "ranked_among", "agent", "rating",
        "rating_low", "rating_high", "rating_reason", "expected_score", "expected_low",
        "expected_high", "tied_group", "games", "score", "score_low", "score_high",
        "score_reason", "strict_score", "deals", "distinct_episodes", "dropped_deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per set of games: scores over different games do not compare."""
    return [
        Panel(
            games,
            Dots(
                rows=part,
                value="score",
                ends=("score_low", "score_high"),
                reason="score_reason",
                hollow="strict_score",
                channel=SCORE,
            ),
        )
        for (games,), part in split(
            in_order(rows, "games", "score", "agent", down=("score",)), "games"
        )
    ]


FIGURE = Figure(
    name="leaderboard",
    view="leaderboard",
    title="Score over all win-loss games",
    section=Section.STANDINGS,
    place=1,
    meaning=(
        "The dot is the mean score with its 95 % interval over deals; a draw counts one half. "
        "The ring is the strict score, in which the first move that is not the agent's own "
        "loses the game. If it lies left of the dot, part of the score comes from random moves "
        "that were made in the agent's place."
    ),
    caution=(
        "Scores of agents that met other opponents or played other games do not compare; "
        "ranks are therefore by rating. Overlapping intervals do not prove a tie: the table "
        "paired compares two agents deal by deal."
    ),
    empty="No win-loss game was finished, so there is no score over games.",
    rows=rows,
    panels=panels,
)
