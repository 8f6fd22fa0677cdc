"""Random results with comparisons, and what contradicts itself in a row of them."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from gamegrid.stats.intervals import Interval
from gamegrid.stats.observations import Fixed, Observations
from gamegrid.store.comparisons import compare_pairs, rows_of
from gamegrid.store.standings import Question, game_ranks
from gamegrid.store.values import CellValues, TableRow
from stats_coverage import rare_loss

SPAN = 4.0
"""The largest difference of two returns in the margin game."""
COLUMNS = (
    "game", "agent", "rival", "deals", "difference", "verdict", "low", "high", "reason", "p",
    "adjusted_low", "adjusted_high", "p_adjusted", "m", "anytime_low", "anytime_high",
    "anytime_reason", "look", "dropped_deals", "worst_low", "worst_high",
)  # fmt: skip


@dataclass(frozen=True)
class Results:
    """Random results and what the tables say about them."""

    cells: list[CellValues]
    comparable: list[tuple[str, str, str]]
    rows: list[TableRow]
    """The rows of comparisons."""


def random_results(luck: np.random.Generator) -> Results:
    """Compare two to five agents that met in up to four games, on different numbers of deals."""
    agents = "abcde"[: luck.integers(2, 6)]
    games = {"plain": "win_loss", "disguise": "win_loss", "other": "win_loss", "cards": "margin"}
    chosen = luck.choice(list(games), luck.integers(1, 5), replace=False).tolist()
    strength = dict(zip(agents, luck.normal(0, luck.choice([0.0, 0.2, 1.0]), 5), strict=False))
    cells, deals = [], int(luck.choice([1, 2, 5, 6, 10, 20, 60]))
    for game in chosen:
        for place, one in enumerate(agents):
            for other in agents[place + 1 :]:
                cells += played(luck, game, games[game], one, other, strength, deals)
    comparable = [(game, one, two) for game in chosen for one in agents for two in agents]
    comparable = [each for each in comparable if each[1] != each[2]]
    rows = rows_of(compare_pairs(cells, comparable, {"cards": SPAN}))
    return Results(cells, comparable, rows)


def played(
    luck: np.random.Generator,
    game: str,
    scoring: str,
    one: str,
    other: str,
    strength: dict[str, float],
    deals: int,
) -> list[CellValues]:
    """Return the two cells of a matchup: discrete, skewed or constant results, some deals lost."""
    numbers = np.union1d([0], np.flatnonzero(luck.random(deals) < luck.choice([1.0, 0.9])))
    skewed = rare_loss(float(luck.choice([0.05, 0.2])), 1.0)(luck, len(numbers))
    lean = np.tanh(strength[one] - strength[other])
    kinds = (
        np.clip(np.round(luck.normal(lean, 0.5, len(numbers)) * 2) / 2, -1, 1),
        np.clip(skewed + lean, -1, 1),
        np.full(len(numbers), np.round(lean)),
    )
    found = kinds[luck.choice(3, p=[0.6, 0.3, 0.1])]
    values = (found + 1) / 2 if scoring == "win_loss" else 2 * found
    mirrored = 1 - values if scoring == "win_loss" else -values
    fixed = Fixed.DETERMINISTIC if luck.random() < 0.1 else None
    return [
        CellValues(
            game=game,
            family="plain" if game == "disguise" else game,
            scoring=scoring,
            matchup=f"{one} {other}",
            agent=name,
            others=(rival,),
            observations=Observations(
                luck="plain" if game == "disguise" else game,
                deals=numbers,
                values=results,
                fixed=fixed,
            ),
        )
        for name, rival, results in ((one, other, values), (other, one, mirrored))
    ]


def contradictions(row: TableRow) -> list[str]:
    """Return what contradicts itself in a row."""
    told = dict(zip(COLUMNS, row, strict=True))
    apart = told["verdict"] in ("better", "worse")
    said = []
    if told["p"] is None:
        known = told["reason"] in ("deterministic", "every deal played")
        if (told["verdict"] is not None) != known or told["reason"] is None:
            said.append("a verdict without a p")
        return said
    low, high, p = told["low"], told["high"], told["p"]
    if (p < 0.05) != (not low <= 0 <= high):
        said.append("p and interval")
    low, high, p = told["adjusted_low"], told["adjusted_high"], told["p_adjusted"]
    if (p < 0.05) != (not low <= 0 <= high):
        said.append("adjusted p and adjusted interval")
    if (p < 0.05) != apart or (apart and (told["verdict"] == "better") != (low > 0)):
        said.append("verdict and adjusted interval")
    if not low <= told["low"] <= told["difference"] <= told["high"] <= high:
        said.append("intervals and difference")
    if apart and told["anytime_low"] is not None:
        above, below = told["anytime_low"] > 0, told["anytime_high"] < 0
        if below if told["verdict"] == "better" else above:
            said.append("verdict and anytime interval")
    return said


def all_contradictions(results: Results) -> list[str]:
    """Return what contradicts itself in any row, or between a row and the letters of its game.

    Margin games are ranked by the share of opponents beaten, so their letters answer another
    question.
    """
    pairs: dict[str, dict[tuple[str, str], Question]] = defaultdict(dict)
    for game, one, other, _, difference, verdict, _, _, _, p, *_ in results.rows:
        if game is not None:
            fixed = p is None and verdict is not None
            pairs[game][one, other] = Question(mean=difference, p=p, fixed=fixed)
    ranks = game_ranks(results.cells, results.comparable, pairs, {"cards": Interval(-2, 2)})
    letters = {(game, agent): set(group) for game, agent, _, _, group, *_ in ranks}
    said = [each for row in results.rows for each in contradictions(row)]
    for game, one, other, _, _, verdict, *_ in results.rows:
        if game not in (None, "cards"):
            share = bool(letters[game, one] & letters[game, other])
            if share == (verdict in ("better", "worse")):
                said.append("verdict and letters")
    return said
