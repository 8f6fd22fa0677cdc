"""Which ranks within a game are possible, and who is tied."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval
from gamegrid.stats.observations import Fixed, Observations
from gamegrid.store.standings import Question, game_ranks
from gamegrid.store.values import CellValues
from store_samples import database, money, pair, query

LIMITS = {"poker": Interval(-2.0, 2.0)}


def cells(
    results: Mapping[tuple[str, str], Floats], fixed: Fixed | None = None
) -> list[CellValues]:
    """Return the cells of a margin game from what the first of each pair won, by deal."""
    return [
        CellValues(
            game="poker", family="poker", scoring="margin", matchup=f"{one}--{other}", agent=agent,
            others=tuple({one, other} - {agent}),
            observations=Observations(
                luck="poker", deals=np.arange(len(won)), values=won if agent == one else -won,
                fixed=fixed,
            ),
        )
        for (one, other), won in results.items()
        for agent in (one, other)
    ]  # fmt: skip


def ranked(
    results: Mapping[tuple[str, str], Floats],
    pairs: Mapping[tuple[str, str], Question] | None = None,
    fixed: Fixed | None = None,
) -> dict[str, tuple[object, ...]]:
    """Return rank_low, rank_high, letters, beats_low and beats_high of each agent."""
    agents = sorted({agent for pair in results for agent in pair})
    comparable = [
        ("poker", *sides) for two in combinations(agents, 2) for sides in (two, two[::-1])
    ]
    rows = game_ranks(cells(results, fixed), comparable, {"poker": pairs or {}}, LIMITS)
    return {str(agent): tuple(rest) for _, agent, *rest in rows}


def sure(side: float) -> Floats:
    return side + np.tile([-0.1, 0.1], 20)


UNSURE = np.tile([-1.0, 1.1], 20)


def test_who_beats_everybody_beyond_luck_is_first_and_the_rest_may_be_tied() -> None:
    found = ranked({("a", "b"): sure(1.0), ("a", "c"): sure(1.0), ("b", "c"): UNSURE})
    assert found == {
        "a": (1, 1, "a", 1.0, 1.0),
        "b": (2, 3, "b", 0.0, 0.5),
        "c": (2, 3, "b", 0.0, 0.5),
    }


def test_equal_numbers_beaten_are_ordered_by_the_mean_if_that_is_sure() -> None:
    """a beats b, b beats c and c beats a, all beyond luck: each beats one of two."""
    cycle = {("a", "b"): sure(1.5), ("b", "c"): sure(1.0), ("a", "c"): sure(-0.8)}
    assert {each[:3] for each in ranked(cycle).values()} == {(1, 3, "a")}
    known = {
        ("a", "b"): Question(mean=1.0, p=1e-6, fixed=False),
        ("a", "c"): Question(mean=1.2, p=1e-6, fixed=False),
        ("b", "c"): Question(mean=0.2, p=0.3, fixed=False),
    }
    assert ranked(cycle, known) == {
        "a": (1, 1, "a", 0.5, 0.5),
        "b": (2, 3, "b", 0.5, 0.5),
        "c": (2, 3, "b", 0.5, 0.5),
    }


def test_without_sampling_error_the_order_is_known_and_a_mean_of_0_is_half_a_win() -> None:
    results = {("a", "b"): UNSURE, ("a", "c"): UNSURE, ("b", "c"): np.zeros(40)}
    assert ranked(results, fixed=Fixed.EVERY_DEAL) == {
        "a": (1, 1, "a", 1.0, 1.0),
        "b": (2, 3, "b", 0.25, 0.25),
        "c": (2, 3, "b", 0.25, 0.25),
    }


def test_one_deal_leaves_every_rank_possible(tmp_path: Path) -> None:
    path = database(tmp_path, money("kuhn_poker", "a", "b", 0, 2, 2))
    columns = "agent, rank, rank_low, rank_high, beats, beats_low, beats_high, tied_group"
    assert query(path, f"SELECT {columns} FROM per_game") == [
        ("a", 1, 1, 2, 1.0, 0.0, 1.0, "a"),
        ("b", 2, 1, 2, 0.0, 0.0, 1.0, "a"),
    ]


def test_ranks_and_letters_in_other_games_follow_from_the_verdicts_of_paired(
    tmp_path: Path,
) -> None:
    """c wins nothing from the others in 30 deals; a and b win as often from each other."""
    episodes = []
    for deal in range(30):
        episodes += pair("tic_tac_toe", "a", "b", deal, deal % 2, 0.5)
        for winner in "ab":
            episodes += pair("tic_tac_toe", winner, "c", deal, 1, 0.5)
    path = database(tmp_path, episodes)
    columns = "agent, rank_low, rank_high, tied_group"
    assert query(path, f"SELECT {columns} FROM per_game ORDER BY agent") == [
        ("a", 1, 2, "a"),
        ("b", 1, 2, "a"),
        ("c", 3, 3, "b"),
    ]
    verdicts = query(path, "SELECT agent, rival, verdict FROM paired WHERE game IS NOT NULL")
    apart = {frozenset(two) for *two, verdict in verdicts if verdict in ("better", "worse")}
    assert apart == {frozenset("ac"), frozenset("bc")}
