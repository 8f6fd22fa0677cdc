"""Score against tokens: who is better for its words."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import front, split
from gamegrid.report.figures.reshape import by_agent, choose, in_order, joined, total, with_front

UNKNOWN = "tokens unknown"


def rows(tables: Tables) -> list[Row]:
    """The models with a score, and whether one is on the front of score against tokens."""
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


def _spent(rows: Sequence[Row]) -> Row:
    """What an agent wrote; no tokens per move if a call's are unknown."""
    tokens = total(row["completion_tokens"] for row in rows)
    decisions = sum(row["decisions"] for row in rows)
    known = tokens is not None and decisions and not any(row["unknown_usage"] for row in rows)
    return {
        "tokens_per_move": tokens / decisions if known else None,
        "completion_tokens": tokens,
        "decisions": decisions,
    }


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
    also=("usage", "failures", "games"),
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
    rows=rows,
    panels=panels,
)
