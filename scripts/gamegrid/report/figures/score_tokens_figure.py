"""Score against tokens: who is better for its words."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import front, split


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per set of games: scores over other games do not compare."""
    return [
        Panel(games, front(part, cost="tokens_per_move", title="completion tokens per decision"))
        for (games,), part in split(rows, "games")
        if any(row["tokens_per_move"] is not None for row in part)
    ]


FIGURE = Figure(
    name="score_tokens",
    view="leaderboard",
    title="Score against tokens",
    section=Section.COST,
    place=1,
    meaning=(
        "Each model's score over the win-loss games, with its interval, against the tokens it "
        "wrote per decision there, thinking included. Models on the line are the front: no other "
        "is at least as good for no more."
    ),
    caution=(
        "Tokens of different models are different pieces of text. The front is of the mean "
        "scores: where intervals overlap, so may the front. Providers that hide their thinking "
        "may not count it."
    ),
    empty="No model with known tokens played a win-loss game.",
    panels=panels,
)
