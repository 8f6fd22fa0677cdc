"""Score against tokens: which model is best for what it writes."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.front_marks import Front
from gamegrid.report.figures.reshape import by_agent, choose, in_order, joined, total, with_front
from gamegrid.report.figures.sketch import share_of

UNKNOWN = "tokens unknown"
TOKENS = "completion tokens per decision"
SCORE = share_of("score, 0 to 1")


def rows(tables: Tables) -> list[FigureRow]:
    """Return the models with a score, and whether each is on the front."""
    used = [row for row in tables["usage"] if row["task"] == "episode"]
    decided = joined(used, tables["failures"], "agent", "game")
    counted = [
        row for row in joined(decided, tables["games"], "game") if row["scoring"] == "win_loss"
    ]
    spent = by_agent(counted, _spent)
    models = [
        {**row, **spent[row["agent"]]}
        for row in tables["leaderboard"]
        if row["score"] is not None and row["agent"] in spent
    ]
    chosen = choose(
        in_order(models, "games", "tokens_per_move", "agent"),
        "games", "agent", "score", "score_low", "score_high", "score_reason", "tokens_per_move",
        "completion_tokens", "decisions",
    )  # fmt: skip
    return [
        {**row, "score_reason": UNKNOWN if row["tokens_per_move"] is None else row["score_reason"]}
        for row in with_front(chosen, "tokens_per_move")
    ]


def _spent(rows: Sequence[FigureRow]) -> FigureRow:
    """Return an agent's tokens; those per move are None if a call's are unknown."""
    tokens = total(row["completion_tokens"] for row in rows)
    decisions = sum(row["decisions"] for row in rows)
    known = tokens is not None and decisions and not any(row["unknown_usage"] for row in rows)
    return {
        "tokens_per_move": tokens / decisions if known else None,
        "completion_tokens": tokens,
        "decisions": decisions,
    }


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per set of games: scores over different games do not compare."""
    return [
        Panel(
            games,
            Front(
                rows=part,
                cost="tokens_per_move",
                title=TOKENS,
                channel=SCORE,
            ),
        )
        for (games,), part in split(rows, "games")
        if any(row["tokens_per_move"] is not None for row in part)
    ]


FIGURE = Figure(
    name="score_tokens",
    view="leaderboard",
    also=("usage", "failures", "games"),
    title="Score against tokens",
    section=Section.COST,
    place=1,
    meaning=(
        "Each model's score over the win-loss games, with its interval, against the tokens "
        "that it wrote per decision, thinking included. The line joins the "
        "most economical models: a model that scores higher than one of them writes more."
    ),
    caution=(
        "Models divide text into tokens differently. The line joins mean scores; where "
        "intervals overlap, another model may belong on it. Providers that hide thinking may not "
        "count it."
    ),
    empty="No model with known tokens played a win-loss game.",
    rows=rows,
    panels=panels,
)
