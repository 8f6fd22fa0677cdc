"""The numbers in the tables equal the answers computed by hand next to them."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from gamegrid.records import chunkfile
from gamegrid.records.record_types import Failure, Task
from gamegrid.stats.intervals import Interval, share_interval
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import (
    GAMES,
    ROWS,
    agent,
    call,
    database,
    decision,
    episode,
    money,
    pair,
    query,
    run,
)

TTT = "tic_tac_toe"


def per_game(path: Path, columns: str, game: str = TTT) -> dict[str, tuple[Any, ...]]:
    rows = query(path, f"SELECT agent, {columns} FROM per_game WHERE game = '{game}'")
    return {row[0]: row[1:] for row in rows}


def test_a_deal_is_the_mean_over_its_seatings(tmp_path: Path) -> None:
    """Deal 0: a wins from both seats, 1. Deal 1: a wins first, loses second, 1/2. Mean 3/4."""
    path = database(tmp_path, [*pair(TTT, "a", "b", 0, 1, 1), *pair(TTT, "a", "b", 1, 1, 0)])

    assert per_game(path, "rank, deals, distinct_episodes, score, strict_score, mean_return") == {
        "a": (1, 2, 4, 0.75, 0.75, 0.5),
        "b": (2, 2, 4, 0.25, 0.25, -0.5),
    }
    # By seat: a first has 1 and 1, a second 1 and 0; b first has 0 and 1, b second 0 and 0.
    assert query(path, "SELECT agent, seat, episodes, score, mean_return FROM seat_effect") == [
        ("a", 0, 2, 1.0, 1.0),
        ("a", 1, 2, 0.5, 0.0),
        ("b", 0, 2, 0.5, 0.0),
        ("b", 1, 2, 0.0, -1.0),
    ]
    assert query(
        path, "SELECT agent, opponent, game, deals, distinct_episodes, score FROM head_to_head"
    ) == [("a", "b", TTT, 2, 4, 0.75), ("b", "a", TTT, 2, 4, 0.25)]


def test_draws_are_halves_and_equal_scores_share_a_rank(tmp_path: Path) -> None:
    """a and b draw; both beat c. a: mean(1/2, 1) = 3/4 = b; c: 0 comes third, not second."""
    path = database(
        tmp_path,
        [
            *pair(TTT, "a", "b", 0, 0.5, 0.5),
            *pair(TTT, "a", "c", 0, 1, 1),
            *pair(TTT, "b", "c", 0, 1, 1),
        ],
    )
    assert per_game(path, "rank, score") == {"a": (1, 0.75), "b": (1, 0.75), "c": (3, 0.0)}
    assert query(path, "SELECT agent, rank, ranked_among, score FROM leaderboard") == [
        ("a", 1, 3, 0.75),
        ("b", 1, 3, 0.75),
        ("c", 3, 3, 0.0),
        ("d", None, None, None),
    ]


def test_a_tie_is_a_tie_whatever_the_last_bit(tmp_path: Path) -> None:
    """Both have mean 1/5 over three deals, but as doubles the two means differ."""
    episodes = []
    for deal, (one, two) in enumerate([(0.2, 0), (0.2, 0.3), (0.2, 0.3)]):
        episodes += pair(TTT, "a", "c", deal, one, one)
        episodes += pair(TTT, "b", "c", deal, two, two)
    path = database(tmp_path, episodes)

    found = per_game(path, "rank, score")
    assert found["a"][1] != found["b"][1]
    assert found["a"][0] == found["b"][0] == 1


def test_every_opponent_weighs_the_same(tmp_path: Path) -> None:
    """a beats b in three deals and loses one to c: mean(1, 0) = 1/2, not 3/4."""
    episodes = [*pair(TTT, "a", "c", 0, 0, 0)]
    for deal in range(3):
        episodes += pair(TTT, "a", "b", deal, 1, 1)
    path = database(tmp_path, episodes)

    assert per_game(path, "score, deals, distinct_episodes")["a"] == (0.5, 4, 8)
    assert query(path, "SELECT score, deals FROM leaderboard WHERE agent = 'a'") == [(0.5, 4)]
    # By seat too: a's seat 0 is mean over opponents of (1, 0).
    assert query(path, "SELECT seat, score FROM seat_effect WHERE agent = 'a'") == [
        (0, 0.5),
        (1, 0.5),
    ]


def test_self_play_is_in_no_comparison(tmp_path: Path) -> None:
    mirrored = [
        episode(
            TTT,
            "aa",
            deal,
            0,
            scores=[1, 0],
            fallbacks=[1, 0],
            decisions=[decision("a", 0, 0, "fallback", attempts=1)],
            calls=[call(0, 0, "illegal", prompt_tokens=7, completion_tokens=2)],
        )
        for deal in range(5)
    ]
    path = database(tmp_path, [*pair(TTT, "a", "b", 0, 1, 1), *mirrored])

    assert per_game(path, "deals, distinct_episodes, score, fallbacks") == {
        "a": (1, 2, 1.0, 0),
        "b": (1, 2, 0.0, 0),
    }
    assert query(path, "SELECT agent, opponent FROM head_to_head") == [("a", "b"), ("b", "a")]
    assert query(path, "SELECT deals FROM leaderboard WHERE agent = 'a'") == [(1,)]
    assert query(path, "SELECT sum(episodes) FROM seat_effect WHERE agent = 'a'") == [(2,)]
    assert query(path, "SELECT * FROM move_quality") == []
    # Its cost and its failures still count.
    assert query(path, "SELECT fallback, illegal FROM failures WHERE agent = 'a'") == [(5, 5)]
    assert query(path, "SELECT calls, prompt_tokens FROM usage WHERE agent = 'a'") == [(5, 35)]


def test_three_agents_at_a_table(tmp_path: Path) -> None:
    """In all seatings a beats both and b beats c: shares of opponents beaten 1, 1/2, 0."""
    share = {"a": 1.0, "b": 0.5, "c": 0.0}
    path = database(
        tmp_path,
        [
            episode("trio", "".join(order), 0, seating, scores=[share[name] for name in order])
            for seating, order in enumerate(permutations("abc"))
        ],
    )
    assert per_game(path, "rank, deals, distinct_episodes, score", "trio") == {
        "a": (1, 1, 6, 1.0),
        "b": (2, 1, 6, 0.5),
        "c": (3, 1, 6, 0.0),
    }
    assert query(path, "SELECT agent, opponent, score FROM head_to_head") == [
        ("a", "b + c", 1.0),
        ("b", "a + c", 0.5),
        ("c", "a + b", 0.0),
    ]


def test_copies_of_one_opponent_are_not_self_play(tmp_path: Path) -> None:
    """a against two copies of b. a beats both: 1. Each b loses to a and ties with b: 1/4."""
    share = {"a": 1.0, "b": 0.25}
    path = database(
        tmp_path,
        [
            episode("trio", seated, 0, seating, scores=[share[name] for name in seated])
            for seating, seated in enumerate(["abb", "bab", "bba"])
        ],
    )
    assert per_game(path, "rank, deals, score", "trio") == {"a": (1, 1, 1.0), "b": (2, 1, 0.25)}
    assert query(path, "SELECT agent, opponent FROM head_to_head") == [
        ("a", "b + b"),
        ("b", "a + b"),
    ]
    # b sits in every seat twice, a once.
    assert query(path, "SELECT agent, seat, episodes FROM seat_effect") == [
        ("a", 0, 1),
        ("a", 1, 1),
        ("a", 2, 1),
        ("b", 0, 2),
        ("b", 1, 2),
        ("b", 2, 2),
    ]


def test_forfeits_count_as_played_and_strictly(tmp_path: Path) -> None:
    """b forfeits from seat 1 in the first episode; in the second a had needed a fallback to win.

    As played a has 1 and 1; strictly 1 and 0. The only return belongs to half a deal.
    """
    path = database(
        tmp_path,
        [
            episode(
                TTT,
                "ab",
                0,
                0,
                scores=[1, 0],
                status="forfeited",
                decisions=[decision("a", 0, 0), decision("b", 1, 1, "forfeit", attempts=2)],
            ),
            episode(
                TTT,
                "ba",
                0,
                1,
                scores=[0, 1],
                strict=[1, 0],
                fallbacks=[0, 1],
                decisions=[decision("b", 0, 0), decision("a", 1, 1, "fallback", attempts=2)],
            ),
        ],
    )
    columns = "deals, score, strict_score, return_deals, mean_return, forfeited, fallbacks"
    assert per_game(path, columns + ", dropped_deals") == {
        "a": (1, 1.0, 0.5, 0, None, 0, 1, 0),
        "b": (1, 0.0, 0.5, 0, None, 1, 0, 0),
    }
    assert query(path, "SELECT agent, score, strict_score FROM leaderboard LIMIT 2") == [
        ("a", 1.0, 0.5),
        ("b", 0.0, 0.5),
    ]
    columns = "agent, decisions, ok, rethought, fallback, forfeit"
    assert query(path, f"SELECT {columns} FROM failures") == [
        ("a", 2, 1, 0, 1, 0),
        ("b", 2, 1, 0, 0, 1),
    ]


def test_whose_default_came_first_is_told(tmp_path: Path) -> None:
    """b fell back in one of two episodes."""
    fell_back = [decision("b", 0, 0, "fallback"), decision("a", 1, 1, "rethought")]
    path = database(
        tmp_path,
        [
            episode(TTT, "ab", 0, 0, scores=[1, 0], decisions=[decision("a", 0, 0, "rethought")]),
            episode(TTT, "ba", 0, 1, scores=[0, 1], fallbacks=[1, 0], decisions=fell_back),
        ],
    )
    columns = "score, strict_score, own_defaults, opponent_defaults"
    assert per_game(path, columns) == {"a": (1, 1, 0, 0.5), "b": (0, 0, 0.5, 0)}


def test_an_error_is_bounded_by_the_worst_it_can_hide(tmp_path: Path) -> None:
    """a wins all episodes except one with an error, so its deal was worth 1/2 or 1."""
    played = [one for deal in range(9) for one in pair(TTT, "a", "b", deal, 1, 1)]
    broken = episode(TTT, "ab", 0, 0, scores=[0, 1], status="error")
    path = database(tmp_path, [broken, *played[1:]])
    [*a] = per_game(path, "score, error_rate, dropped_deals, worst_low, worst_high")["a"]
    least = share_interval(np.array([0.5] + [1.0] * 8))
    assert isinstance(least, Interval)
    assert a == pytest.approx([1, 1 / 18, 1, least.low, 1])


def test_truncated_episodes_count_by_their_adjudication(tmp_path: Path) -> None:
    path = database(tmp_path, [*pair(TTT, "a", "b", 0, 0.5, 0.5, status="truncated")])
    assert per_game(path, "deals, score, truncated, return_deals, mean_return") == {
        "a": (1, 0.5, 2, 0, None),
        "b": (1, 0.5, 2, 0, None),
    }


def test_episodes_in_error_are_in_failures_alone(tmp_path: Path) -> None:
    """Deal 1 has one episode with an error: the whole deal is dropped, including a's loss.

    The scores and fallbacks of the broken episode do not count.
    """
    error = episode(
        TTT,
        "ba",
        1,
        1,
        scores=[1, 0],
        fallbacks=[0, 1],
        status="error",
        decisions=[decision("b", 0, 0, attempts=1), decision("a", 1, 1, "fallback", attempts=1)],
        calls=[call(0, 0, "empty"), call(1, 1, "illegal")],
    )
    path = database(
        tmp_path,
        [*pair(TTT, "a", "b", 0, 1, 1), episode(TTT, "ab", 1, 0, scores=[0, 1]), error],
    )

    assert per_game(path, "deals, distinct_episodes, score, fallbacks, dropped_deals") == {
        "a": (1, 2, 1.0, 0, 1),
        "b": (1, 2, 0.0, 0, 1),
    }
    assert query(path, "SELECT agent, deals, score, dropped_deals FROM head_to_head") == [
        ("a", 1, 1.0, 1),
        ("b", 1, 0.0, 1),
    ]
    assert query(path, "SELECT sum(episodes) FROM seat_effect") == [(4,)]
    columns = "agent, decisions, fallback, replies, empty, illegal, error_episodes"
    assert query(path, f"SELECT {columns} FROM failures") == [
        ("a", 0, 0, 0, 0, 0, 1),
        ("b", 0, 0, 0, 0, 0, 1),
    ]
    assert query(path, "SELECT * FROM usage") == []
    assert query(path, "SELECT * FROM move_quality") == []
    # They stay in the database with their seats, unlike episodes that were never played.
    assert query(path, "SELECT status, error, matchup FROM episodes WHERE status = 'error'") == [
        ("error", "server gone", "a--b")
    ]
    assert query(
        path, "SELECT agent FROM seats JOIN episodes USING (episode_id) WHERE status = 'error'"
    ) == [("b",), ("a",)]


def test_deals_without_all_their_seatings_are_dropped_and_counted(tmp_path: Path) -> None:
    """Deal 1 lacks its second seating, where a might have lost."""
    path = database(
        tmp_path, [*pair(TTT, "a", "b", 0, 1, 0), episode(TTT, "ab", 1, 0, scores=[1, 0])]
    )
    assert per_game(path, "deals, score, dropped_deals") == {
        "a": (1, 0.5, 1),
        "b": (1, 0.5, 1),
    }


def test_a_seating_that_is_nowhere_is_missed_too(tmp_path: Path) -> None:
    """a always sits first: no deal is fair, so none counts and nobody has a score."""
    path = database(tmp_path, [episode(TTT, "ab", deal, 0, scores=[1, 0]) for deal in range(3)])
    assert per_game(path, "rank, deals, distinct_episodes, score, dropped_deals") == {
        "a": (None, 0, 0, None, 3),
        "b": (None, 0, 0, None, 3),
    }
    columns = "agent, rank, deals, score, games, dropped_deals"
    assert query(path, f"SELECT {columns} FROM leaderboard")[:2] == [
        ("a", None, 0, None, None, 3),
        ("b", None, 0, None, None, 3),
    ]


def test_rotations_are_all_the_seatings_there_need_be(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        [
            episode("trio", seated, 0, seating, scores=[0.5, 0.5, 0.5])
            for seating, seated in enumerate(["abc", "cab", "bca"])
        ],
    )
    assert per_game(path, "deals, dropped_deals", "trio")["a"] == (1, 0)


def test_margins_are_ranked_by_mean_return_and_never_enter_the_leaderboard(tmp_path: Path) -> None:
    """In Kuhn poker a wins 3 and 1 from b in deal 0, loses 2 and 2 in deal 1: mean(2, -2) = 0.

    c wins 1 from a in both seatings: a has mean(0, -1) = -1/2 over its opponents. b and c met
    only a and are ranked together; a met two and is ranked with nobody.
    """
    path = database(
        tmp_path,
        [
            *money("kuhn_poker", "a", "b", 0, 3, 1),
            *money("kuhn_poker", "a", "b", 1, -2, -2),
            *money("kuhn_poker", "c", "a", 0, 1, 1),
            *pair(TTT, "a", "b", 0, 1, 1),
        ],
    )
    columns = "rank, ranked_among, deals, score, strict_score, mean_return, return_deals"
    assert per_game(path, columns, "kuhn_poker") == {
        "c": (1, 2, 1, None, None, 1.0, 1),
        "b": (2, 2, 2, None, None, 0.0, 2),
        "a": (1, 1, 3, None, None, -0.5, 3),
    }
    assert query(path, "SELECT agent, score, rank, deals, games FROM leaderboard") == [
        ("a", 1.0, 1, 1, TTT),
        ("b", 0.0, 2, 1, TTT),
        ("c", None, None, 0, None),
        ("d", None, None, 0, None),
    ]


def test_a_fallback_costs_the_rank_of_a_margin_game_and_not_the_return(tmp_path: Path) -> None:
    """In each seating a wins 1 chip from b and from c, and b from c. As played a is first.

    a beats b only by random moves, so strictly it loses the 2 chips of a forfeit. Then a has
    mean(-2, 1) = -1/2 and beats c; b has mean(2, 1) = 3/2 and beats both; c has -1 and beats none.
    """
    path = database(
        tmp_path,
        [
            *money("kuhn_poker", "a", "b", 0, 1, 1, strict_returns=(-2, 2)),
            *money("kuhn_poker", "a", "c", 0, 1, 1),
            *money("kuhn_poker", "b", "c", 0, 1, 1),
        ],
    )
    columns = "rank, ranked_among, beats, mean_return, strict_return, deals, return_deals"
    assert per_game(path, columns, "kuhn_poker") == {
        "b": (1, 3, 1.0, 0.0, 1.5, 2, 2),
        "a": (2, 3, 0.5, 1.0, -0.5, 2, 2),
        "c": (3, 3, 0.0, -1.0, -1.0, 2, 2),
    }
    columns = "opponent, mean_return, strict_return"
    assert query(path, f"SELECT {columns} FROM head_to_head WHERE agent = 'a'") == [
        ("b", 1.0, -2.0),
        ("c", 1.0, 1.0),
    ]


def test_a_forfeited_margin_deal_counts_and_costs(tmp_path: Path) -> None:
    """Deal 0: a wins 1 and 2, 3/2. Deal 1: a wins 2 as first and forfeits as second: strictly 0.

    Strictly a has mean(3/2, 0) = 3/4. As played only deal 0 was played out.
    """
    path = database(
        tmp_path,
        [
            *money("kuhn_poker", "a", "b", 0, 1, 2),
            episode("kuhn_poker", "ab", 1, 0, returns=[2, -2]),
            episode(
                "kuhn_poker",
                "ba",
                1,
                1,
                status="forfeited",
                strict_returns=[2, -2],
                decisions=[decision("b", 0, 0), decision("a", 1, 1, "forfeit", attempts=1)],
            ),
        ],
    )
    columns = "rank, deals, strict_return, return_deals, mean_return, forfeited, dropped_deals"
    assert per_game(path, columns, "kuhn_poker") == {
        "a": (1, 2, 0.75, 1, 1.5, 1, 0),
        "b": (2, 2, -0.75, 1, -1.5, 0, 0),
    }


def test_a_deal_of_three_seats_is_strict_by_seat(tmp_path: Path) -> None:
    """a forfeits the first of three seatings: -2, and 1 for b and c. Else a wins 2 from both.

    Strictly a (-2 + 4 + 4)/3 = 2, b and c (1 - 2 - 2)/3 = -1. No deal was played out.
    """
    path = database(
        tmp_path,
        [
            episode("kuhn_poker_3p", "abc", 0, 0, status="forfeited", strict_returns=[-2, 1, 1]),
            episode("kuhn_poker_3p", "cab", 0, 1, returns=[-2, 4, -2]),
            episode("kuhn_poker_3p", "bca", 0, 2, returns=[-2, -2, 4]),
        ],
    )
    columns = "rank, ranked_among, beats, strict_return, mean_return, deals"
    assert per_game(path, columns, "kuhn_poker_3p") == {
        "a": (1, 3, 1.0, 2.0, None, 1),
        "b": (2, 3, 0.0, -1.0, None, 1),
        "c": (2, 3, 0.0, -1.0, None, 1),
    }


def ranks(path: Path, game: str = TTT) -> dict[str, tuple[int | None, int | None]]:
    """Return each agent's rank and among how many; check that the rank is a possible one."""
    for rank, low, high, among in per_game(
        path, "rank, rank_low, rank_high, ranked_among", game
    ).values():
        assert 1 <= low <= rank <= high <= among
    return per_game(path, "rank, ranked_among", game)


def test_disjoint_pairs_are_not_ranked_against_each_other(tmp_path: Path) -> None:
    """c always beats d and a always loses to b: scores of 1 and 0 do not compare c with a."""
    path = database(tmp_path, [*pair(TTT, "a", "b", 0, 0, 0), *pair(TTT, "c", "d", 0, 1, 0.5)])
    assert ranks(path) == {"b": (1, 2), "a": (2, 2), "c": (1, 2), "d": (2, 2)}
    # Agents that are ranked together are listed together.
    assert query(path, "SELECT agent FROM per_game") == [("b",), ("a",), ("c",), ("d",)]
    columns = "rating_set, agent, rank, rank_low, rank_high, ranked_among"
    assert query(path, f"SELECT {columns} FROM leaderboard") == [
        (0, "b", 1, 1, 2, 2),
        (0, "a", 2, 1, 2, 2),
        (1, "c", 1, 1, 2, 2),
        (1, "d", 2, 1, 2, 2),
    ]
    # No letter is shared by agents that do not compare.
    for view in ("leaderboard", "per_game"):
        letters = dict(query(path, f"SELECT agent, tied_group FROM {view}"))
        assert letters["a"] == letters["b"] != letters["c"] == letters["d"], view


def test_agents_that_met_the_same_opponents_are_ranked_together(tmp_path: Path) -> None:
    """a, b and c met only d: 1/2, 1 and 1/2. d met three and is ranked with nobody."""
    path = database(
        tmp_path,
        [
            *pair(TTT, "a", "d", 0, 0.5, 0.5),
            *pair(TTT, "b", "d", 0, 1, 1),
            *pair(TTT, "c", "d", 0, 1, 0),
        ],
    )
    assert ranks(path) == {"b": (1, 3), "a": (2, 3), "c": (2, 3), "d": (1, 1)}


def test_an_opponent_without_a_deal_that_counts_was_not_met(tmp_path: Path) -> None:
    """In a round robin of a, b and c every deal of b and c has an error, so both met only a."""
    path = database(
        tmp_path,
        [
            *pair(TTT, "a", "b", 0, 0.5, 0.5),
            *pair(TTT, "a", "c", 0, 1, 1),
            *pair(TTT, "b", "c", 0, 1, 1, status="error"),
        ],
    )
    withheld = (None, 2, "dropped deals may decide it")
    assert per_game(path, "rank, ranked_among, rank_reason") == {
        "b": withheld,
        "c": withheld,
        "a": (1, 1, None),
    }


def three(agents: str, score: float = 1.0) -> list[Any]:
    """Make a deal of three seats: the first agent scores ``score`` in each, the others tie."""
    rest = (1.5 - score) / 2
    return [
        episode(
            "trio",
            "".join(seated),
            0,
            seating,
            scores=[score if name == agents[0] else rest for name in seated],
        )
        for seating, seated in enumerate(sorted(set(permutations(agents))))
    ]


def test_a_round_robin_of_three_seats_is_one_ranking(tmp_path: Path) -> None:
    """a wins its three matchups: 1. b wins bcd and has 1/4 in two: 1/2. c and d have 1/4."""
    path = database(tmp_path, [*three("abc"), *three("abd"), *three("acd"), *three("bcd")])
    assert ranks(path, "trio") == {"a": (1, 4), "b": (2, 4), "c": (3, 4), "d": (3, 4)}


def test_in_three_seats_line_ups_are_compared_not_opponents(tmp_path: Path) -> None:
    """a and b each met two copies of d and are ranked together. d met no other agent's line-up.

    When a has also met c and d together, it has met one line-up more than b.
    """
    same = [*three("add"), *three("bdd", 0.0)]
    found = ranks(database(tmp_path, same), "trio")
    assert (found["a"], found["b"], found["d"]) == ((1, 2), (2, 2), (1, 1))

    more = tmp_path / "more"
    more.mkdir()
    found = ranks(database(more, [*same, *three("acd")]), "trio")
    assert found["a"] == found["b"] == (1, 1)


def test_games_rank_apart_and_the_leaderboard_ranks_by_rating(tmp_path: Path) -> None:
    """All played the same two games; no two agents are comparable in both, but all are linked.

    In hex_4 b and c met only a, and both lost; in hex_5 a and c met only b, and a won.
    """
    path = database(
        tmp_path,
        [
            *pair("hex_4", "a", "b", 0, 1, 1),
            *pair("hex_4", "a", "c", 0, 1, 1),
            *pair("hex_5", "a", "b", 0, 1, 1),
            *pair("hex_5", "b", "c", 0, 1, 1),
        ],
    )
    assert query(path, "SELECT agent, rank, ranked_among, game FROM per_game ORDER BY 4, 1") == [
        ("a", 1, 1, "hex_4"),
        ("b", 1, 2, "hex_4"),
        ("c", 1, 2, "hex_4"),
        ("a", 1, 2, "hex_5"),
        ("b", 1, 1, "hex_5"),
        ("c", 2, 2, "hex_5"),
    ]
    assert query(path, "SELECT agent, rank, ranked_among FROM leaderboard WHERE deals > 0") == [
        ("a", 1, 3),
        ("b", 2, 3),
        ("c", 3, 3),
    ]


@pytest.mark.parametrize("status", ["truncated", "error"])
def test_a_margin_deal_counts_only_when_its_end_is_known(tmp_path: Path, status: str) -> None:
    """In deal 1 one episode has no return, so the other's return is dropped, too."""
    path = database(
        tmp_path,
        [
            *money("kuhn_poker", "a", "b", 0, 1, 2),
            episode("kuhn_poker", "ab", 1, 0, returns=[2, -2]),
            episode("kuhn_poker", "ba", 1, 1, status=status),
        ],
    )
    assert per_game(path, "deals, mean_return, dropped_deals", "kuhn_poker") == {
        "a": (1, 1.5, 1),
        "b": (1, -1.5, 1),
    }


def test_payoff_games_are_shown_but_not_ranked(tmp_path: Path) -> None:
    """Returns (5, 0) with a first and (5, 5) with a second: a 5, b 5/2, together 5 and 10."""
    path = database(
        tmp_path,
        [
            episode("matrix_pd", "ab", 0, 0, returns=[5, 0]),
            episode("matrix_pd", "ba", 0, 1, returns=[5, 5]),
        ],
    )
    assert per_game(path, "rank, mean_return, joint_return", "matrix_pd") == {
        "a": (None, 5.0, 7.5),
        "b": (None, 2.5, 7.5),
    }


def test_solo_games_are_ranked_without_opponents(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        [
            episode("patience", name, deal, 0, returns=[value + deal])
            for name, value in (("a", 10), ("b", 20))
            for deal in range(2)
        ],
    )
    assert per_game(path, "rank, deals, mean_return, joint_return", "patience") == {
        "b": (1, 2, 20.5, None),
        "a": (2, 2, 10.5, None),
    }
    assert query(path, "SELECT * FROM head_to_head") == []


def test_a_family_weighs_as_one_game(tmp_path: Path) -> None:
    """a: tic_tac_toe 1; hex 0 and 1/2, so 1/4; together (1 + 1/4) / 2 = 5/8, not 1/2."""
    path = database(
        tmp_path,
        [
            *pair(TTT, "a", "b", 0, 1, 1),
            *pair("hex_4", "a", "b", 0, 0, 0),
            *pair("hex_5", "a", "b", 0, 1, 0),
        ],
    )
    assert query(path, "SELECT agent, score, games, deals FROM leaderboard LIMIT 2") == [
        ("a", 0.625, "hex_4, hex_5, tic_tac_toe", 3),
        ("b", 0.375, "hex_4, hex_5, tic_tac_toe", 3),
    ]


def test_agents_are_ranked_only_with_those_who_played_the_same_games(tmp_path: Path) -> None:
    """c and d, who played one game, do not outrank a and b, who played two."""
    path = database(
        tmp_path,
        [
            *pair("hex_4", "c", "d", 0, 1, 1),
            *pair(TTT, "a", "b", 0, 1, 0),
            *pair("hex_5", "a", "b", 0, 1, 0.5),
        ],
    )
    assert query(path, "SELECT games, rank, agent, score FROM leaderboard") == [
        ("hex_5, tic_tac_toe", 1, "a", 0.625),
        ("hex_5, tic_tac_toe", 2, "b", 0.375),
        ("hex_4", 1, "c", 1.0),
        ("hex_4", 2, "d", 0.0),
    ]


def test_agents_who_repeat_themselves_are_found_out(tmp_path: Path) -> None:
    """Ten deals of one line of play per seating are two episodes, not twenty."""
    episodes = []
    for deal in range(10):
        episodes += pair(TTT, "a", "b", deal, 1, 1, trajectory=[0, 4, 1])
    path = database(tmp_path, episodes)
    assert per_game(path, "deals, distinct_episodes")["a"] == (10, 2)
    assert query(path, "SELECT deals, distinct_episodes FROM leaderboard LIMIT 1") == [(10, 2)]
    assert query(path, "SELECT distinct_episodes FROM head_to_head LIMIT 1") == [(2,)]


def test_failures_by_kind(tmp_path: Path) -> None:
    kinds = [*Failure, "illegal", None]
    played = episode(
        TTT,
        "ab",
        0,
        0,
        scores=[1, 0],
        decisions=[
            decision("a", 0, 0, "rethought", attempts=len(kinds)),
            decision("b", 1, 1),
        ],
        calls=[call(0, 0, kind, attempt=number) for number, kind in enumerate(kinds)],
    )
    path = database(tmp_path, [played])
    assert query(path, "SELECT * FROM failures") == [
        ("a", TTT, None, 1, 0, 1, 0, 0, 8, 1, 0, 1, 1, 1, 1, 2, 0),
        ("b", TTT, None, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ]


@pytest.mark.parametrize("decode", ["generate", "constrained", "score"])
def test_legality_is_counted_only_where_a_model_could_fail(tmp_path: Path, decode: str) -> None:
    params = {} if decode == "generate" else {"decode": decode}
    calls = [call(0, 0, "truncated"), call(0, 0, None, attempt=1)]
    played = episode(
        TTT, "ab", 0, 0, scores=[1, 0], decisions=[decision("a", 0, 0, attempts=2)], calls=calls
    )
    agents = [agent("a", model="hf_x", params=json.dumps(params)), agent("b")]
    path = database(tmp_path, [played], agents=agents)
    held = None if params else 0
    found = query(path, "SELECT decode, replies, truncated, unparsable, illegal FROM failures")
    assert found == [(decode, 2, 1, held, held), (None, 0, 0, 0, 0)]


def test_replies_cut_off_in_their_thinking_are_told_from_others(tmp_path: Path) -> None:
    cut = [
        ("<think>I", "I"),
        ("[THINK]\nOn\n\nand on \n", "On\n\nand on"),
        ("<think>x</think><think>y", "x\n\ny"),
        ("<|channel|>analysis<|message|>I", "I"),
        ("", "apart"),
        (" \n", "apart"),
    ]
    other = [("<think>I</think> Act", "I"), ("Action", None), ("", None), ("Action", "apart")]
    calls = [
        call(0, 0, "truncated", attempt=number, reply=reply, reasoning=reasoning)
        for number, (reply, reasoning) in enumerate([*cut, *other])
    ]
    decisions = [decision("a", 0, 0, "fallback", attempts=len(calls))]
    path = database(
        tmp_path, [episode(TTT, "ab", 0, 0, scores=[1, 0], decisions=decisions, calls=calls)]
    )
    found = query(path, "SELECT truncated, cut_in_thinking FROM failures WHERE agent = 'a'")
    assert found == [(len(cut) + len(other), len(cut))]


def test_usage_says_what_it_does_not_know(tmp_path: Path) -> None:
    """a's calls take 1, 2, 3 and 10 s: mean 4, median 2.5, p95 3 + 0.85 * 7 = 8.95."""
    known = {"prompt_tokens": 100, "completion_tokens": 10}
    calls = [
        call(0, 0, latency_s=1.0, **known),
        call(1, 0, latency_s=2.0, cached_tokens=60, **known),
        call(2, 0, latency_s=3.0, replayed=True, **known),
        call(3, 0, latency_s=10.0, transport_attempts=3),
        call(0, 1, **known),
    ]
    decisions = [
        decision("a", 0, 0, attempts=1, **known),
        decision("a", 1, 0, attempts=1, **known),
        decision("a", 2, 0, attempts=1, **known),
        decision("a", 3, 0, attempts=1),
        decision("b", 0, 1, attempts=1, **known),
        decision("b", 1, 1),  # asked for no reply, so it has no cost
    ]
    agents = [agent("a", input_price=1.0, output_price=2.0)]
    agents += [agent("b", input_price=1.0, output_price=2.0)]
    path = database(
        tmp_path,
        [episode(TTT, "ab", 0, 0, scores=[1, 0], decisions=decisions, calls=calls)],
        agents=agents,
    )
    tokens = "prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, unknown_usage"
    assert query(path, f"SELECT agent, calls, replayed, {tokens} FROM usage") == [
        ("a", 4, 1, 300, 30, None, 60, 1),
        ("b", 1, 0, 100, 10, None, None, 0),
    ]
    # Only one of a's calls states what it read from the cache.
    assert query(path, "SELECT agent, cached_share FROM usage") == [("a", 0.6), ("b", None)]
    # One of a's decisions has no known cost; b's costs (100 * 1 + 10 * 2) / 1e6.
    assert query(path, "SELECT cost_usd FROM usage") == [(None,), (pytest.approx(120e-6),)]
    columns = "latency_mean_s, latency_p50_s, latency_p95_s, transport_attempts"
    assert query(path, f"SELECT {columns} FROM usage") == [
        (4.0, 2.5, pytest.approx(8.95), 6),
        (None, None, None, 1),
    ]


def test_what_is_not_computed_is_null_and_a_number_by_type(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        pair(TTT, "a", "b", 0, 1, 1, decisions=[decision("a", 0, 0), decision("b", 1, 1)]),
    )
    later = {
        "move_quality": ["optimal_rate", "low", "high", "mean_regret"],
    }
    for view, columns in later.items():
        kinds = {name: kind for name, kind, *_ in query(path, f"DESCRIBE {view}")}
        for column in columns:
            assert kinds[column] == "DOUBLE"
            assert set(query(path, f"SELECT {column} FROM {view}")) == {(None,)}
    assert query(path, "SELECT agent, game, decisions, judged FROM move_quality") == [
        ("a", TTT, 2, 0),
        ("b", TTT, 2, 0),
    ]


def test_scores_of_a_game_sum_to_what_was_shared_out(tmp_path: Path) -> None:
    """In a round robin of two-seat games the mean of all agents' scores is 1/2, whoever wins."""
    episodes = []
    outcomes = iter([1, 0, 0.5, 0.5, 1, 1, 0, 0, 1, 0.5, 0, 0.5] * 3)
    for one, two in ("ab", "ac", "ad", "bc", "bd", "cd"):
        for deal in range(3):
            episodes += pair(TTT, one, two, deal, next(outcomes), next(outcomes))
    path = database(tmp_path, episodes)
    assert query(path, "SELECT avg(score), avg(mean_return) FROM per_game") == [
        (pytest.approx(0.5), pytest.approx(0.0))
    ]


def test_robbing_the_weakest_does_not_rank_above_winning_from_all(tmp_path: Path) -> None:
    """a wins 1 from b and 1 from c; b wins 5 from c. Means: a 1, b (5 - 1)/2 = 2, c -3.

    Like always betting in kuhn_poker, b has the higher mean but loses to a.
    """
    path = database(
        tmp_path,
        [
            *money("kuhn_poker", "a", "b", 0, 1, 1),
            *money("kuhn_poker", "a", "c", 0, 1, 1),
            *money("kuhn_poker", "b", "c", 0, 5, 5),
        ],
    )
    assert per_game(path, "rank, beats, mean_return", "kuhn_poker") == {
        "a": (1, 1.0, 1.0),
        "b": (2, 0.5, 2.0),
        "c": (3, 0.0, -3.0),
    }


def test_trivial_decisions_and_those_made_for_an_agent_are_no_skill(tmp_path: Path) -> None:
    """a gets one of two real choices right, has two trivial ones, and one random fallback move."""
    moves = [decision("a", ply, 0, "fallback" if ply == 4 else "ok") for ply in range(5)]
    played = episode(TTT, "ab", 0, 0, scores=[1, 0], decisions=moves)
    said = [(0, 0.0, True, False), (1, 1.0, False, False), (2, 0.0, True, True),
            (3, 0.0, True, True), (4, None, None, False)]  # fmt: skip
    judged = tmp_path / "judged.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE said (ply INT, regret DOUBLE, optimal BOOL, trivial BOOL)")
        connection.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", said)
        connection.execute(
            f"COPY (SELECT '{played.episode_id}' AS episode_id, ply, 0 AS seat, regret, optimal, "
            f"trivial, 1.0 AS best_value, 1.0 AS value, 'exact' AS oracle FROM said) "
            f"TO '{judged}' (FORMAT parquet)"
        )
    chunk, path = tmp_path / "chunk.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), [played], "{}")
    build(path, ROWS, Sources(chunks=[chunk], judged=[judged]))
    columns = "decisions, judged, trivial, optimal_rate, mean_regret, oracle"
    assert query(path, f"SELECT {columns} FROM move_quality") == [(4, 2, 2, 0.5, 0.5, "exact")]


def test_in_positions_a_move_not_made_is_a_best_move_not_made(tmp_path: Path) -> None:
    """a has one best and one worse move, one fallback, one forfeit and one unanswered request."""
    statuses = ["ok", "rethought", "fallback", "forfeit"]
    asked = [
        episode(TTT, "a", number, 0, task=Task.POSITION, decisions=[decision("a", 0, 0, status)])
        for number, status in enumerate(statuses)
    ]
    asked.append(episode(TTT, "a", 4, 0, task=Task.POSITION, status="error"))
    said = [(0, 0.0, True), (1, 2.0, False), (2, None, None), (3, None, None)]
    judged = tmp_path / "judged.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE said (deal INT, regret DOUBLE, optimal BOOL)")
        connection.executemany("INSERT INTO said VALUES (?, ?, ?)", said)
        connection.execute(
            f"COPY (SELECT format('{TTT}:a:position:{{}}:0', deal) AS episode_id, 0 AS ply, "
            f"0 AS seat, regret, optimal, false AS trivial, 1.0 AS best_value, 1.0 AS value, "
            f"'exact' AS oracle FROM said) TO '{judged}' (FORMAT parquet)"
        )
    positions, path = tmp_path / "positions.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(positions, run(), asked, "{}")
    build(path, ROWS, Sources(chunks=[positions], judged=[judged]))
    columns = "agent, positions, optimal_rate, mean_regret, answered"
    assert query(path, f"SELECT {columns} FROM position_quality") == [("a", 4, 0.25, 1.0, 2)]
    assert query(path, "SELECT count(*) FROM episodes") == [(0,)]
    joined = "SELECT count(*) FROM decisions JOIN episodes USING (episode_id)"
    assert query(path, joined) == [(0,)]


def test_single_moves_are_in_usage_and_in_no_query_of_episodes(tmp_path: Path) -> None:
    """One agent plays a game, a position and a probe, all of deal 0."""
    tokens = {"prompt_tokens": 100, "completion_tokens": 10}
    files = {task: tmp_path / f"{task}.parquet" for task in Task}
    for number, (task, file) in enumerate(files.items()):
        calls = [call(0, 0, cached_tokens=20 * number, model_served=task, **tokens)]
        moves = [decision("a", 0, 0, attempts=1, **tokens)]
        where = {"task": task, "run_id": task, "calls": calls}
        played = [
            episode("patience", "a", 0, 0, returns=[1], decisions=moves, **where),
            episode("patience", "a", 1, 0, status="error", **where),
        ]
        chunkfile.write(file, run(task), played, "{}")
    priced = [agent("a", input_price=1.0, output_price=2.0, cached_price=0.5)]
    path = tmp_path / "gamegrid.duckdb"
    build(
        path,
        Rows(agents=priced, games=GAMES),
        Sources(chunks=list(files.values())),
    )
    # 100 + 2 * 10, minus half of each cached token.
    assert query(path, "SELECT agent, game, task, calls, cached_tokens, cost_usd FROM usage") == [
        ("a", "patience", "episode", 1, 0, pytest.approx(120e-6)),
        ("a", "patience", "position", 1, 20, pytest.approx(110e-6)),
        ("a", "patience", "probe", 1, 40, pytest.approx(100e-6)),
    ]
    assert query(path, "SELECT cached_share FROM usage") == [(0.0,), (0.2,), (0.4,)]
    assert query(path, "SELECT run_id FROM runs ORDER BY ALL") == [(name,) for name in files]
    joined = "SELECT DISTINCT model_served FROM calls JOIN episodes USING (episode_id)"
    assert query(path, joined) == [("episode",)]
    moves = "SELECT task, agent, number, sample, status FROM single_moves ORDER BY ALL"
    assert query(path, moves) == [
        ("position", "a", 0, 0, "complete"),
        ("position", "a", 1, 0, "error"),
        ("probe", "a", 0, 0, "complete"),
        ("probe", "a", 0, 1, "error"),
    ]
