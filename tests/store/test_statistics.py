"""The database's intervals, ratings and comparisons are those of gamegrid.stats on its deals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from gamegrid.records import chunkfile
from gamegrid.records.record_types import EpisodeRecord, Task
from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import Matches
from gamegrid.stats.intervals import (
    Interval,
    MaybeInterval,
    mean_interval,
    share_interval,
)
from gamegrid.stats.mean_test import MeanTest, Sample
from gamegrid.stats.observations import Observations, Part, combined_interval, pool
from gamegrid.stats.paired import anytime_interval, holm
from gamegrid.stats.ratings import rate
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import LadderRow
from gamegrid.store.tables import leaderboard_text
from store_samples import (
    GAMES,
    ROWS,
    bot,
    database,
    decision,
    episode,
    game,
    money,
    pair,
    query,
    run,
)

TTT = "tic_tac_toe"
DEALS = 6
PAIRED = "game, agent, rival, difference, p, verdict, m"


def examine(differences: Sequence[float] | Floats, reach: float = 1.0) -> MeanTest:
    """Return the test of differences of which none can be farther from 0 than ``reach``."""
    found = MeanTest.of([Sample(np.array(differences))], Interval(-reach, reach))
    assert isinstance(found, MeanTest)
    return found


def low_high(found: MaybeInterval) -> tuple[float, float]:
    assert isinstance(found, Interval)
    return pytest.approx((found.low, found.high))


def test_an_interval_is_wilsons_at_the_effective_size_by_hand(tmp_path: Path) -> None:
    """Deals of 3/4, 1/2, 1 for a: mean 3/4, p(1-p) = 3/16, s^2 = 1/16.

    With a prior of a third of a deal: (2/16 + 1/16)/(2 1/3) = 9/112; n_eff = 3 * 3/16 * 112/9 =
    7. Wilson at t(2) = 4.30265: share 18.5128/7 = 2.64469, ends (3/4 + 1.32234 -+ sqrt(2.64469 *
    (3/16 + .66117)))/3.64469 = .15754 and .97965. b has the mirror image.
    """
    path = database(
        tmp_path,
        [
            *pair(TTT, "a", "b", 0, 1, 0.5),
            *pair(TTT, "a", "b", 1, 1, 0),
            *pair(TTT, "a", "b", 2, 1, 1),
        ],
    )
    expected = pytest.approx((0.15754, 0.97965), abs=1e-5)
    mirrored = pytest.approx((1 - 0.97965, 1 - 0.15754), abs=1e-5)
    for view, low, high in (
        ("head_to_head", "low", "high"),
        ("per_game", "low", "high"),
        ("leaderboard", "score_low", "score_high"),
    ):
        columns = f"SELECT {low}, {high} FROM {view} WHERE agent ="
        assert query(path, f"{columns} 'a'") == [expected]
        assert query(path, f"{columns} 'b'") == [mirrored]
    # By seat: a first has 1, 1, 1; a second 1/2, 0, 1.
    seats = [np.array([1.0, 1, 1]), np.array([0.5, 0, 1])]
    assert query(path, "SELECT low, high FROM seat_effect WHERE agent = 'a'") == [
        low_high(share_interval(deals)) for deals in seats
    ]
    # The differences between the two: 1/2, 0 and 1 in favour of a. There is one game: no more rows.
    found = examine([0.5, 0.0, 1.0])
    [row] = query(path, f"SELECT low, high, {PAIRED}, deals FROM paired")
    assert row[:2] == low_high(found.interval())
    assert row[2:] == (TTT, "a", "b", 0.5, pytest.approx(found.p()), "not told apart", 1, 3)


def test_moves_in_positions_have_intervals_and_are_paired(tmp_path: Path) -> None:
    """Of eight positions a solves seven and b two; a also solves those two.

    b never answered one position.
    """
    right = {"a": [1, 1, 1, 1, 1, 1, 1, 0], "b": [1, 1, 0, 0, 0, 0, 0, None]}
    asked = [
        episode(TTT, name, number, 0, task=Task.POSITION,
                decisions=[decision(name, 0, 0, "ok" if best is not None else "fallback")])
        for name, found in right.items()
        for number, best in enumerate(found)
    ]  # fmt: skip
    judged = tmp_path / "judged.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE said (agent TEXT, deal INT, optimal BOOL, regret DOUBLE)")
        connection.executemany(
            "INSERT INTO said VALUES (?, ?, ?, ?)",
            [
                (name, number, best, None if best is None else 2.0 * (1 - best))
                for name, found in right.items()
                for number, best in enumerate(found)
            ],
        )
        connection.execute(
            f"COPY (SELECT format('{TTT}:{{}}:position:{{}}:0', agent, deal) AS episode_id, "
            f"0 AS ply, 0 AS seat, regret, optimal, false AS trivial, 1.0 AS best_value, "
            f"1.0 AS value, "
            f"'exact' AS oracle FROM said) TO '{judged}' (FORMAT parquet)"
        )
    positions, path = tmp_path / "positions.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(positions, run(), asked, "{}")
    build(path, ROWS, Sources(chunks=[positions], judged=[judged]))

    values = {name: np.array([float(best or 0) for best in found]) for name, found in right.items()}
    regrets = {"a": np.array([0.0] * 7 + [2]), "b": np.array([0.0, 0, 2, 2, 2, 2, 2])}
    for name in "ab":
        [ends] = query(path, "SELECT low, high, regret_low, regret_high FROM position_quality "
                             f"WHERE agent = '{name}'")  # fmt: skip
        assert ends[:2] == low_high(share_interval(values[name]))
        assert ends[2:] == low_high(mean_interval(regrets[name]))
    found = examine(values["a"] - values["b"])
    [row] = query(path, f"SELECT low, high, {PAIRED}, positions FROM paired_positions")
    assert row[:2] == low_high(found.interval())
    assert row[2:] == (TTT, "a", "b", 5 / 8, pytest.approx(found.p()), "better", 1, 8)
    assert query(path, "SELECT * FROM paired") == []


def played(seed: int) -> list[EpisodeRecord]:
    """Build a round robin of a to d in three win_loss games of two families and a margin game.

    a is strong, d weak. Some deals are missing their second seating.
    """
    luck = np.random.default_rng(seed)
    strength = dict(zip("abcd", (0.8, 0.6, 0.4, 0.2), strict=True))
    episodes: list[EpisodeRecord] = []
    for one, two in combinations("abcd", 2):
        chance = 0.5 + (strength[one] - strength[two]) / 2
        for deal in range(DEALS):
            for name in (TTT, "hex_4", "hex_5"):
                scores = np.where(luck.random(2) < 0.2, 0.5, luck.random(2) < chance)
                both = pair(name, one, two, deal, *map(float, scores))
                episodes += both[:1] if luck.random() < 0.05 else both
            units = luck.choice([-2.0, -1.0, 1.0, 2.0], 2)
            episodes += money("kuhn_poker", one, two, deal, *map(float, units))
    return episodes


def deal_means(
    episodes: Sequence[EpisodeRecord],
) -> dict[tuple[str, str, str], dict[int, float]]:
    """Return, by (game, agent, opponent) and deal, the mean over both seatings of whole deals."""
    sums: dict[Any, list[float]] = defaultdict(list)
    for each in episodes:
        for seat in each.seats:
            other = each.seats[1 - seat.seat].agent
            value = seat.score if seat.score is not None else seat.strict_return
            sums[each.game, seat.agent, other, each.deal].append(value)
    found: dict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
    for (name, one, other, deal), values in sums.items():
        if len(values) == 2:
            found[name, one, other][deal] = float(np.mean(values))
    return found


def cells_of(deals: dict[Any, dict[int, float]], name: str, one: str) -> list[Observations]:
    """Return the values against each opponent."""
    return [
        Observations(
            luck=name,
            deals=np.array(sorted(cell)),
            values=np.array([cell[deal] for deal in sorted(cell)]),
        )
        for (of, me, _), cell in deals.items()
        if (of, me) == (name, one)
    ]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[EpisodeRecord]]:
    """Return the database of a played grid, and its episodes."""
    episodes = played(1)
    return database(tmp_path_factory.mktemp("grid"), episodes), episodes


def test_intervals_are_the_pure_functions_on_the_same_deals(
    grid: tuple[Path, list[EpisodeRecord]],
) -> None:
    path, episodes = grid
    deals = deal_means(episodes)
    assert any(len(cell) < DEALS for cell in deals.values())  # some deals are missing
    for name, one, other, low, high in query(
        path, "SELECT game, agent, opponent, low, high FROM head_to_head"
    ):
        values = np.array(list(deals[name, one, other].values()))
        interval = mean_interval if name == "kuhn_poker" else share_interval
        assert (low, high) == low_high(interval(values))
    for name, one, low, high in query(path, "SELECT game, agent, low, high FROM per_game"):
        pooled = pool(cells_of(deals, name, one))
        if name == "kuhn_poker":
            assert (low, high) == low_high(pooled.mean_interval())
        else:
            assert (low, high) == low_high(pooled.share_interval())
    weights = {TTT: 1 / 2, "hex_4": 1 / 4, "hex_5": 1 / 4}
    for one, score, low, high in query(
        path, "SELECT agent, score, score_low, score_high FROM leaderboard"
    ):
        parts = [Part(pool(cells_of(deals, name, one)), weight) for name, weight in weights.items()]
        assert (low, high) == low_high(combined_interval(parts))
        assert low < score < high


def test_ratings_are_the_fit_of_the_deals_that_count(
    grid: tuple[Path, list[EpisodeRecord]],
) -> None:
    path, episodes = grid
    names = [TTT, "hex_4", "hex_5"]
    whole = {(name, frozenset((one, other)), deal) for (name, one, other), cell in
             deal_means(episodes).items() for deal in cell}  # fmt: skip
    rows = [
        (names.index(each.game), min(names.index(each.game), 1), *(
            "abcd".index(seat.agent) for seat in each.seats), each.deal, each.seats[0].score)
        for each in episodes
        if each.game in names
        and (each.game, frozenset(seat.agent for seat in each.seats), each.deal) in whole
    ]  # fmt: skip
    codes, families, first, second, numbers, scores = map(np.array, zip(*rows, strict=True))
    fit = rate(
        Matches(
            agents=tuple("abcd"), game=codes, family=families, first=first, second=second,
            score=scores, luck=codes, deal=numbers,
        )
    )  # fmt: skip
    found = query(path, "SELECT * FROM ratings ORDER BY agent")
    for row, each in zip(found, fit.ratings, strict=True):
        assert row[:2] == (each.agent, pytest.approx(each.rating, abs=1e-3))
        assert row[2:4] == low_high(each.these_games)
        assert row[4] is None
        assert row[8:14] == (
            0, each.group, False, each.rank, each.ranks.low, each.ranks.high
        )  # fmt: skip
        assert row[14] == pytest.approx(fit.expected_score(each.rating))
    assert [row[0] for row in sorted(found, key=lambda row: -row[1])] == list("abcd")
    assert {name for (name,) in query(path, "SELECT game FROM first_moves")} == set(names)
    pairs = query(path, "SELECT agent, rival, difference, expected_score, low, high, verdict "
                        "FROM rating_differences")  # fmt: skip
    assert len(pairs) == 6
    by_name = {each.agent: each for each in fit.ratings}
    for agent, rival, difference, expected, low, high, verdict in pairs:
        apart = by_name[agent].rating - by_name[rival].rating
        assert difference == pytest.approx(apart, abs=1e-3) and difference >= 0
        assert expected == pytest.approx(fit.expected_score(difference))
        assert (verdict == "better") == (low > 0) and low < difference < high
        assert (verdict == "better") != bool({*by_name[agent].group} & {*by_name[rival].group})


BOTS = (
    bot("a", "mcts", simulations=1000),
    bot("b", "mcts", simulations=100),
    bot("c", "random"),
    bot("d", "noisy_optimal", epsilon=0.5),
)


def test_ratings_stand_on_the_ladder_of_a_suite(tmp_path: Path) -> None:
    """b is the ladder's zero and a has a rating; c has none, so it is rated like the agent d."""
    ladder = [
        LadderRow(suite="small-v1", agent="a", rating=80.0, se=20.0, correlations="{}"),
        LadderRow(suite="small-v1", agent="b", rating=0.0, se=0.0, correlations="{}"),
        LadderRow(suite="small-v1", agent="c"),
    ]
    path = database(tmp_path, played(1), BOTS, ladder=ladder)
    columns = "agent, rating, rating_low, rating_high, rating_reason, rating_suite"
    found = {row[0]: row[1:] for row in query(path, f"SELECT {columns} FROM leaderboard")}
    assert {row[-1] for row in found.values()} == {"small-v1"}
    assert found["a"][:4] == (80.0, *(pytest.approx(end, abs=0.01) for end in (40.8, 119.2)), None)
    assert found["b"][:4] == (0.0, None, None, "anchored here")
    for name in "cd":
        rating, low, high, reason, _ = found[name]
        assert low < rating < high and reason is None
    assert "on the scale of suite small-v1" in leaderboard_text(path)
    # Without a ladder zero is the mean; the order is the same.
    plain = query(database(tmp_path, played(1), BOTS), f"SELECT {columns} FROM leaderboard")
    assert {row[-1] for row in plain} == {None}
    assert sum(row[1] for row in plain) == pytest.approx(0, abs=1e-6)
    assert sorted(found, key=lambda name: -found[name][0]) == list("abcd")


def test_agents_are_placed_among_the_bots_that_they_met(tmp_path: Path) -> None:
    """Only a suite's bots form the ladder; a user's bot is an agent like any other."""
    columns = "agent, game, ladder, equivalent, low, high, reason, ladder_bots, deals"
    own = query(database(tmp_path, played(1), BOTS), f"SELECT {columns} FROM strength_equivalent")
    assert {row[0] + " " + row[2] for row in own} == {
        "a noisy_optimal", "b noisy_optimal", "c mcts", "d mcts",
    }  # fmt: skip
    assert {row[1] for row in own} == {TTT, "hex_4", "hex_5"}
    assert {row[7] for row in own} == {"c < d", "b < a"}
    ladder = [LadderRow(suite="small-v1", agent=name) for name in "abc"]
    path = database(tmp_path, played(1), BOTS, ladder=ladder)
    given = query(path, f"SELECT {columns} FROM strength_equivalent")
    assert {row[0] + " " + row[2] for row in given} == {"d mcts"}  # random alone makes no ladder
    for _, _, ladder_name, equivalent, low, high, reason, _, deals in [*own, *given]:
        assert 0 < deals <= DEALS
        assert (equivalent is None) == (reason is not None)
        least, most = (0, 1) if ladder_name == "noisy_optimal" else (100, 1000)
        inside = [end for end in (low, equivalent, high) if end is not None]
        assert inside == sorted(inside)
        assert all(least <= end <= most for end in inside)
    assert any(row[3] is not None or row[4] is not None or row[5] is not None for row in own)


def test_comparisons_are_on_common_deals_and_adjusted_by_family(
    grid: tuple[Path, list[EpisodeRecord]],
) -> None:
    path, episodes = grid
    deals = deal_means(episodes)
    columns = "agent, rival, deals, difference, low, high, anytime_low, m, p, p_adjusted"
    for name in (TTT, "hex_4", "hex_5"):
        rows = query(path, f"SELECT {columns} FROM paired WHERE game = '{name}'")
        assert [row[:2] for row in rows] == list(combinations("abcd", 2))
        for one, other, count, difference, low, high, anytime_low, m, p, _ in rows:
            others = set("abcd") - {one, other}
            mine = [deals[name, one, other], *(deals[name, one, third] for third in others)]
            theirs = [deals[name, other, one], *(deals[name, other, third] for third in others)]
            common = sorted(set.intersection(*map(set, mine + theirs)))
            differences = np.array(
                [
                    np.mean([a[deal] - b[deal] for a, b in zip(mine, theirs, strict=True)])
                    for deal in common
                ]
            )
            found = examine(differences, max(1 / 3, float(np.abs(differences).max())))
            assert (count, m) == (len(common), 6)
            assert difference == pytest.approx(found.mean)
            assert (low, high) == low_high(found.interval())
            anytime = anytime_interval(differences)
            assert isinstance(anytime, Interval)
            assert anytime_low == pytest.approx(anytime.low)
            assert p == pytest.approx(found.p())
        adjusted = holm([row[-2] for row in rows]).p
        assert [row[-1] for row in rows] == pytest.approx(list(adjusted))
    overall = query(path, "SELECT p, p_adjusted, difference FROM paired WHERE game IS NULL")
    adjusted = holm([row[0] for row in overall]).p
    assert [row[1] for row in overall] == pytest.approx(list(adjusted))
    assert overall[2][2] > 0.3  # a and d


def test_over_all_games_the_difference_is_that_of_the_scores(tmp_path: Path) -> None:
    """Compare where no deal is missing."""
    episodes = []
    luck = np.random.default_rng(2)
    for one, two in combinations("abc", 2):
        for name, deal in ((name, deal) for name in (TTT, "hex_4", "hex_5") for deal in range(4)):
            episodes += pair(name, one, two, deal, *map(float, luck.integers(0, 3, 2) / 2))
    path = database(tmp_path, episodes)
    scores = dict(query(path, "SELECT agent, score FROM leaderboard"))
    for one, other, deals, difference, low, high in query(
        path, "SELECT agent, rival, deals, difference, low, high FROM paired WHERE game IS NULL"
    ):
        assert deals == 3 * 4
        assert difference == pytest.approx(scores[one] - scores[other])
        assert low < difference < high


def test_returns_have_an_anytime_interval_by_the_bounds_of_their_game(tmp_path: Path) -> None:
    luck = np.random.default_rng(1).integers(-2, 3, (12, 2))
    episodes = [
        episode
        for deal, (first, second) in enumerate(luck)
        for episode in money("kuhn_poker", "a", "b", deal, float(first), float(second))
    ]
    # In a zero-sum game a deal's difference is twice the mean that one won from the other.
    expected = anytime_interval(luck.mean(axis=1) * 2 / 4)
    assert isinstance(expected, Interval)
    found = "SELECT anytime_low, anytime_high, anytime_reason FROM paired WHERE agent = 'a'"
    for bounds, told in (
        ((-2.0, 2.0), (pytest.approx(4 * expected.low), pytest.approx(4 * expected.high), None)),
        ((-0.1, 0.1), (None, None, "unbounded")),  # the game that failed
        ((None, None), (None, None, "unbounded")),
    ):
        games = [replace(each, lowest_return=bounds[0], highest_return=bounds[1]) for each in GAMES]
        path = database(tmp_path, episodes, games=games)
        assert query(path, f"{found} AND game = 'kuhn_poker'") == [told]


def test_every_missing_end_has_its_reason(tmp_path: Path) -> None:
    """Wins only, single deals, a solo game, a payoff game, and agents that never met the others."""
    episodes = [
        *pair(TTT, "a", "b", 0, 1, 1),
        *pair(TTT, "a", "b", 1, 1, 1),
        *pair(TTT, "c", "d", 0, 1, 0),
        *pair("hex_4", "a", "b", 0, 1, 1),
        episode("patience", "a", 0, 0, returns=[3]),
        episode("patience", "a", 1, 0, returns=[3]),
        episode("kuhn_poker", "ab", 0, 0, status="forfeited", strict_returns=[2, -2]),
        episode("kuhn_poker", "ba", 0, 1, status="forfeited", strict_returns=[2, -2]),
        episode("matrix_pd", "ab", 0, 0, returns=[5, 0]),
        episode("matrix_pd", "ba", 0, 1, returns=[0, 5]),
    ]
    path = database(tmp_path, episodes)
    for table, low, high, reason in (
        ("head_to_head", "low", "high", "reason"),
        ("per_game", "low", "high", "reason"),
        ("seat_effect", "low", "high", "reason"),
        ("first_moves", "low", "high", "reason"),
        ("ratings", "low", "high", "reason"),
        ("ratings", "like_low", "like_high", "like_reason"),
        ("paired", "low", "high", "reason"),
        ("paired", "anytime_low", "anytime_high", "anytime_reason"),
        ("leaderboard", "rating_low", "rating_high", "rating_reason"),
        ("rating_differences", "low", "high", "reason"),
        ("leaderboard", "score_low", "score_high", "score_reason"),
    ):
        wrong = f"({low} IS NULL OR {high} IS NULL) <> ({reason} IS NOT NULL)"
        assert query(path, f"SELECT * FROM {table} WHERE {wrong}") == []
    said = dict(query(path, "SELECT game, reason FROM game_intervals WHERE agent = 'a'"))
    assert said == {
        TTT: None, "hex_4": "one deal", "kuhn_poker": "one deal", "patience": "all deals equal",
        "matrix_pd": "one deal",
    }  # fmt: skip
    # Two sets of agents that never met, each with its own scale; a payoff game ranks nobody.
    sets = dict(query(path, "SELECT agent, rating_set FROM ratings"))
    assert sets["a"] == sets["b"] != sets["c"] == sets["d"]
    assert query(path, "SELECT * FROM paired WHERE game = 'matrix_pd'") == []


def test_agents_without_luck_that_repeat_themselves_are_seen_once(tmp_path: Path) -> None:
    """Every deal repeats the same two lines of play, so there is no variation to measure."""
    episodes = [
        replace(each, trajectory=f"[{each.seating}]")
        for deal in range(5)
        for each in pair(TTT, "a", "b", deal, 1, 0)
    ]
    tit_for_tat = bot("a", "scripted", strategy="tit_for_tat")
    eager = bot("a", "preference", prefer=["left"])
    greedy = bot("b", "llm", model="hf_tiny", temperature=0.0)
    sampled = bot("b", "llm", model="hf_tiny", temperature=0.7)
    for number, (agents, reason) in enumerate(
        [
            ([tit_for_tat, greedy], "deterministic"),
            ([eager, sampled], None),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = database(folder, episodes, agents)
        for view, column in (
            ("head_to_head", "reason"),
            ("per_game", "reason"),
            ("seat_effect", "reason"),
            ("leaderboard", "score_reason"),
            ("paired", "reason"),
        ):
            assert set(query(path, f"SELECT {column} FROM {view}")) == {(reason,)}, view
        once = query(path, "SELECT reason FROM first_moves")
        assert once == [(reason or "no upper end",)]  # who moves first always wins


def test_a_games_own_luck_that_comes_twice_is_seen_twice(tmp_path: Path) -> None:
    dice = replace(game("dice"), chance=True)
    episodes = [
        replace(each, trajectory=f"[{deal % 2}, {each.seating}]")
        for deal in range(6)
        for each in pair("dice", "a", "b", deal, deal % 2, deal % 2)
    ]
    fixed = [bot(name, "scripted", strategy="grim_trigger") for name in "ab"]
    path = database(tmp_path, episodes, fixed, [dice])
    values = np.array([0.0, 1.0] * 3)
    assert query(path, "SELECT low, high FROM head_to_head WHERE agent = 'a'") == [
        low_high(share_interval(values))
    ]


def test_wins_over_an_opponent_that_lacks_deals_stay_within_bounds(tmp_path: Path) -> None:
    """A pooled deal may count more than 1, but the interval ends at 1."""
    episodes = [each for deal in range(4) for each in pair(TTT, "a", "b", deal, deal > 0, 1)]
    episodes += [each for deal in range(2, 4) for each in pair(TTT, "a", "c", deal, deal > 2, 1)]
    path = database(tmp_path, episodes)
    [(score, low, high)] = query(path, "SELECT score, low, high FROM per_game WHERE agent = 'a'")
    assert 0 <= low < score < high <= 1


def test_self_play_and_dropped_deals_move_no_rating(tmp_path: Path) -> None:
    counted = [each for deal in range(4) for each in pair(TTT, "a", "b", deal, deal > 0, 0.5)]
    noise = [
        *(episode(TTT, "aa", deal, 0, scores=[1, 0]) for deal in range(9)),
        episode(TTT, "ab", 8, 0, scores=[1, 0]),
    ]
    found = []
    for name, episodes in (("plain", counted), ("noisy", counted + noise)):
        folder = tmp_path / name
        folder.mkdir()
        found.append(query(database(folder, episodes), "FROM ratings ORDER BY agent"))
    assert found[0] == found[1]
    assert [row[1] for row in found[0]] != [0.0, 0.0]


@pytest.mark.parametrize("beaten", [True, False])
def test_the_best_by_rating_is_warned_of_if_another_beats_it_and_all(
    tmp_path: Path, beaten: bool
) -> None:
    """a always beats c and d, b scores 5/8 against them; b scores 3/4 against a, or draws.

    b beats a and leads the rest, so nobody beats b alone: against it a has -1/4, c -1/8.
    """
    episodes = []
    for deal in range(20):
        wins = deal % 2 and beaten
        episodes += pair(TTT, "b", "a", deal, 1 if wins else 0.5, 1 if wins else 0.5)
        for prey in "cd":
            episodes += pair(TTT, "a", prey, deal, 1, 1)
            episodes += pair(TTT, "b", prey, deal, 1 if deal % 2 else 0.5, 0.5)
    path = database(tmp_path, episodes)
    rows = query(path, "SELECT agent, nash_average, nash_warning FROM leaderboard ORDER BY rating")
    found = {name: (average, warning) for name, average, warning in rows}
    assert rows[-1][0] == "a"
    assert found["b"] == (pytest.approx(0, abs=1e-5), None)
    if beaten:
        assert found["a"][0] == pytest.approx(-0.25, abs=1e-5)
        assert found["c"] == (pytest.approx(-0.125, abs=1e-5), None)
        assert found["a"][1] == "in no mixture that nobody beats, in 100% of resamples"
    else:
        assert found["a"] == (pytest.approx(0, abs=1e-5), None)


def test_a_match_of_three_seats_is_rated_by_its_pairs(tmp_path: Path) -> None:
    share = {"a": 1.0, "b": 0.5, "c": 0.0}
    seatings = ["abc", "bca", "cab"]
    episodes = [
        episode("trio", seated, deal, number, scores=[share[name] for name in seated])
        for deal in range(3)
        for number, seated in enumerate(seatings)
    ]
    path = database(tmp_path, episodes)
    ratings = dict(query(path, "SELECT agent, rating FROM ratings"))
    assert ratings["a"] > ratings["b"] > ratings["c"]
    assert ratings["a"] - ratings["b"] == pytest.approx(ratings["b"] - ratings["c"])


@pytest.mark.parametrize("each", [1, 3])
def test_a_share_of_best_moves_is_sure_by_deals_not_by_moves(tmp_path: Path, each: int) -> None:
    """Four deals, all right except one: the share is over deals, however many moves each has."""
    right = [True, False, True, True]
    moves = [decision("a", ply, 0) for ply in range(each)]
    episodes = [
        episode(TTT, "ab", deal, 0, scores=[1, 0], decisions=moves) for deal in range(len(right))
    ]
    judged = tmp_path / "judged.parquet"
    rows = ", ".join(
        f"('{one.episode_id}', {ply}, {best})"
        for one, best in zip(episodes, right, strict=True)
        for ply in range(each)
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT *, 0 AS seat, 0.0 AS regret, false AS trivial, 1.0 AS best_value, "
            f"1.0 AS value, 'exact' AS oracle FROM (VALUES {rows}) AS t(episode_id, ply, optimal)) "
            f"TO '{judged}' (FORMAT parquet)"
        )
    chunk, path = tmp_path / "chunk.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), episodes, "{}")
    build(path, ROWS, Sources(chunks=[chunk], judged=[judged]))
    assert query(path, "SELECT optimal_rate, reason FROM move_quality") == [(0.75, None)]
    assert query(path, "SELECT low, high FROM move_quality") == [
        low_high(share_interval(np.array(right, dtype=np.float64)))
    ]


def test_regret_by_ply_is_the_mean_regret_taken_apart_and_sure_by_deals(tmp_path: Path) -> None:
    """Two decisions of one ply per deal, by alternating seats, give one value per deal."""
    luck = np.random.default_rng(5)
    regrets = luck.choice([0.0, 0.5, 2.0], size=(6, 2, 3))
    episodes = [
        episode(
            TTT, seated, deal, seating, scores=[1, 0],
            decisions=[decision("a", ply, 0) for ply in range(3)],
        )
        for deal in range(6)
        for seating, seated in enumerate(("ab", "ba"))
    ]  # fmt: skip
    judged = tmp_path / "judged.parquet"
    rows = ", ".join(
        f"('{one.episode_id}', {ply}, {regrets[one.deal, one.seating, ply]})"
        for one in episodes
        for ply in range(3)
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT *, 0 AS seat, regret = 0 AS optimal, false AS trivial, "
            f"2.0 AS best_value, 2.0 - regret AS value, 'exact' AS oracle "
            f"FROM (VALUES {rows}) AS t(episode_id, ply, regret)) TO '{judged}' (FORMAT parquet)"
        )
    chunk, path = tmp_path / "chunk.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), episodes, "{}")
    build(path, ROWS, Sources(chunks=[chunk], judged=[judged]))
    deals = regrets.mean(axis=1).T
    found = query(path, "SELECT mean_regret, judged, deals FROM regret_by_ply")
    assert found == [pytest.approx((each.mean(), 12, 6)) for each in deals]
    intervals = query(path, "SELECT low, high FROM regret_by_ply")
    assert intervals == [low_high(mean_interval(each)) for each in deals]
    [(mean,)] = query(path, "SELECT mean_regret FROM move_quality")
    assert mean == pytest.approx(np.mean([row[0] for row in found]))


def test_every_column_of_the_tables_is_described(grid: tuple[Path, Any]) -> None:
    tables = ("cell_intervals", "game_intervals", "seat_intervals", "score_intervals",
              "quality_intervals", "regret_intervals", "ratings", "first_moves")  # fmt: skip
    for table in tables:
        described = query(
            grid[0], f"SELECT comment FROM duckdb_columns() WHERE table_name = '{table}'"
        )
        assert all(len(str(comment).split(" | ")) == 3 for (comment,) in described)
