"""Score against money: who is better for its price."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section
from gamegrid.report.figures.marks import front, split


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per set of games: scores over other games do not compare."""
    return [
        Panel(games, front(part, cost="usd_per_game", title="USD per episode"))
        for (games,), part in split(rows, "games")
        if any(row["usd_per_game"] is not None for row in part)
    ]


FIGURE = Figure(
    name="score_money",
    view="leaderboard",
    title="Score against money",
    section=Section.COST,
    place=2,
    meaning=(
        "Each model's score over the win-loss games, with its interval, against what an episode "
        "with it cost: tokens at the model's prices, or GPU hours at usd_per_gpu_hour. Models on "
        "the line are the front: no other is at least as good for no more."
    ),
    caution=(
        "Prices are those of the day and of the tables gamegrid knows them from; the price of a "
        "local model rests on how well its jobs filled the GPU. The front is of mean scores: "
        "where intervals overlap, so may the front."
    ),
    empty=(
        "No model that played a win-loss game has a known price: give input_price and "
        "output_price in the model file, or usd_per_gpu_hour for local models on GPUs."
    ),
    panels=panels,
)
