"""Score against money: which model is best for its price."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.front_marks import Front
from gamegrid.report.figures.reshape import by_agent, choose, in_order, joined, with_front
from gamegrid.report.figures.sketch import share_of

SCORE = share_of("score, 0 to 1")


def rows(tables: Tables) -> list[FigureRow]:
    """Return the models with a score and a known price, and whether each is on the front."""
    played = joined(tables["agents"], tables["latency"], "backend", "model")
    counted = [
        row for row in joined(played, tables["games"], "game") if row["scoring"] == "win_loss"
    ]
    spent = by_agent(counted, _spent)
    models = [
        {**row, **spent[row["agent"]]}
        for row in tables["leaderboard"]
        if row["score"] is not None and row["agent"] in spent
    ]
    priced = [row for row in models if row["usd_per_game"] is not None]
    chosen = choose(
        in_order(priced, "games", "usd_per_game", "agent"),
        "games", "agent", "score", "score_low", "score_high", "score_reason", "usd_per_game", "usd",
    )  # fmt: skip
    return with_front(chosen, "usd_per_game")


def _spent(rows: Sequence[FigureRow]) -> FigureRow:
    """Return an agent's cost in total and per episode, or None if a game's cost is unknown."""
    if any(row["usd"] is None for row in rows):
        return {"usd_per_game": None, "usd": None}
    usd = sum(row["usd"] for row in rows)
    if not usd:
        return {"usd_per_game": 0.0, "usd": 0.0}
    episodes = sum(row["usd"] / row["usd_per_episode"] for row in rows if row["usd"])
    return {"usd_per_game": usd / episodes, "usd": usd}


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per set of games: scores over different games do not compare."""
    return [
        Panel(games, Front(rows=part, cost="usd_per_game", title="USD per episode", channel=SCORE))
        for (games,), part in split(rows, "games")
        if any(row["usd_per_game"] is not None for row in part)
    ]


FIGURE = Figure(
    name="score_money",
    view="leaderboard",
    also=("agents", "latency", "games"),
    title="Score against money",
    section=Section.COST,
    place=2,
    meaning=(
        "Each model's score over the win-loss games, with its interval, against the cost of "
        "an episode with it: tokens at the model's prices, or GPU hours at usd_per_gpu_hour. "
        "The line joins the models that are the best buys: a model that scores higher than one "
        "of them costs more."
    ),
    caution=(
        "Prices are those of the day, from the sources that gamegrid knows. The price of a "
        "local model depends on how well its jobs used the GPU. The line joins mean scores; "
        "where intervals overlap, another model may belong on it."
    ),
    empty=(
        "No model that played a win-loss game has a known price. Set input_price and "
        "output_price in the model file, or usd_per_gpu_hour for local models on GPUs."
    ),
    rows=rows,
    panels=panels,
)
