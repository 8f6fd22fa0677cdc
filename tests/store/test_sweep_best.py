"""The best variant of a sweep: who counts as a variant, and what the table says of the best."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gamegrid.records.record_types import EpisodeRecord
from gamegrid.store.grid_rows import AgentRow
from store_samples import agent, database, money, pair, query

TTT = "tic_tac_toe"
COLUMNS = "sweep, game, candidates, best"


def model(name: str, prompt: str, temperature: float = 0.0) -> AgentRow:
    params = {"prompt": prompt, "prompt_digest": prompt, "temperature": temperature}
    return agent(name, model="m", params=json.dumps(params))


SWEPT = tuple(agent(name, sweep="mcts") for name in "ab")
OTHERS = (agent("c"), agent("d"))


def played(name: str, one: str, wins: float, seed: int, two: str = "c") -> list[EpisodeRecord]:
    luck = np.random.default_rng(seed)
    return [
        each
        for deal in range(20)
        for each in pair(name, one, two, deal, *(luck.random(2) < wins).astype(float))
    ]


def test_the_best_variant_is_corrected_in_each_game_and_over_them(tmp_path: Path) -> None:
    episodes = [
        *played(TTT, "a", 0.5, 1), *played(TTT, "b", 0.9, 2),
        *played("hex_4", "a", 0.6, 3), *played("hex_4", "b", 0.8, 4),
    ]  # fmt: skip
    path = database(tmp_path, episodes, (*SWEPT, *OTHERS))
    rows = query(path, f"SELECT {COLUMNS} FROM sweep_best")
    assert rows == [("mcts", game, 2, "b") for game in (None, "hex_4", TTT)]
    board = dict(query(path, "SELECT agent, score FROM leaderboard"))
    games = dict(query(path, "SELECT game, high FROM per_game WHERE agent = 'b'"))
    lows = dict(query(path, "SELECT game, low FROM per_game WHERE agent = 'b'"))
    for game, found, corrected, low, high, same in query(
        path, "SELECT game, found, corrected, low, high, same_choice FROM sweep_best"
    ):
        assert low < corrected <= found + 1e-12 < high
        assert 0.5 < same <= 1
        if game is None:
            assert found == pytest.approx(board["b"])
        else:
            assert high == pytest.approx(games[game])
            assert low < lows[game]


def test_models_that_differ_in_their_template_alone_are_variants(tmp_path: Path) -> None:
    """d has another temperature. A sweep's own variants are no second group."""
    agents = (model("a", "terse"), model("b", "gra"), model("d", "gra", 1.0), agent("c"))
    episodes = [each for name in "abd" for each in played(TTT, name, 0.5, ord(name))]
    (tmp_path / "one").mkdir()
    path = database(tmp_path / "one", episodes, agents)
    assert query(path, "SELECT sweep, game, candidates FROM sweep_best") == [("a, b", TTT, 2)]
    swept = tuple(replace(each, sweep="m") if each.model else each for each in agents)
    (tmp_path / "two").mkdir()
    path = database(tmp_path / "two", episodes, swept)
    assert query(path, "SELECT sweep, game, candidates FROM sweep_best") == [("m", TTT, 3)]


def test_variants_that_met_other_opponents_do_not_compare(tmp_path: Path) -> None:
    episodes = [*played(TTT, "a", 0.5, 1), *played(TTT, "b", 0.5, 2, two="d")]
    path = database(tmp_path, episodes, (*SWEPT, *OTHERS))
    columns = f"{COLUMNS}, found, corrected, low, high, reason"
    assert query(path, f"SELECT {columns} FROM sweep_best") == [
        ("mcts", TTT, 2, None, None, None, None, None, "other opponents")
    ]


def test_margin_games_are_judged_by_strict_returns(tmp_path: Path) -> None:
    luck = np.random.default_rng(5)
    episodes = [
        each
        for name, mean in (("a", 0.0), ("b", 2.0))
        for deal in range(6)
        for each in money("kuhn_poker", name, "c", deal, *luck.normal(mean, 1, 2))
    ]
    path = database(tmp_path, episodes, (*SWEPT, *OTHERS))
    (row,) = query(path, "SELECT game, scoring, best, found, low, high FROM sweep_best")
    ((strict, high),) = query(path, "SELECT strict_return, high FROM per_game WHERE agent = 'b'")
    assert row[:3] == ("kuhn_poker", "margin", "b")
    assert (row[3], row[5]) == pytest.approx((strict, high))
    assert row[4] < strict


def test_without_a_sweep_there_are_no_rows(tmp_path: Path) -> None:
    assert query(database(tmp_path, played(TTT, "a", 0.5, 1)), "FROM sweep_best") == []
