"""Deals that drop out because of how they went are bounded in every table that has an interval."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegrid import plugins
from gamegrid.store.database import build
from gamegrid.store.grid_rows import GameRow
from store_samples import GAMES, database, episode, money, query
from test_grid_rows import play

QUITTER = """
from dataclasses import dataclass
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision
from gamegrid.records.record_types import DecisionStatus


class Settings(AgentSettings):
    type: Literal["quitter"] = "quitter"


@dataclass
class Quitter:
    def sit(self, place):
        return self

    async def decide(self, turn):
        me, cooperate = turn.place.seat, turn.game.dilemma.cooperate
        if sum(joint[1 - me] != cooperate for joint in turn.joint_moves()) >= 6:
            return Decision(action=None, status=DecisionStatus.FORFEIT)
        return Decision(action=turn.draw("quitter").choice(turn.legal))


AGENT = AgentKind(
    type="quitter",
    settings=Settings,
    unsupported_reason=lambda settings, game: None,
    build=lambda name, settings, tools: Quitter(),
)
"""
"""Plays at random, and forfeits after six defections of its opponent."""


def results(folder: Path, monkeypatch: pytest.MonkeyPatch, **grid: Any) -> Path:
    """Play a grid and return its database."""
    monkeypatch.chdir(folder)
    (folder / "mine").mkdir()
    (folder / "mine/quitter.py").write_text(QUITTER)
    with plugins.using(()):
        own, sources = play(folder, {"plugins": ["mine"], **grid}, controls=False)
        build(folder / "gamegrid.duckdb", own, sources)
    return folder / "gamegrid.duckdb"


def bounded() -> list[GameRow]:
    """The sample games, with the bounds of kuhn_poker's returns."""
    return [replace(game, lowest_return=-2.0, highest_return=2.0) for game in GAMES]


def test_forfeits_in_a_payoff_game_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two players that move at random get 22.5 of ten rounds, the mean of 0, 1, 3 and 5 times ten.

    The quitter's bad deals drop out, so its interval over the others lies above that.
    """
    agents = {"quitter": {"type": "quitter"}, "random": {"type": "random"}}
    game = "repeated_prisoners_dilemma"
    path = results(tmp_path, monkeypatch, games=[game], deals=60, agents=agents)
    columns = "low, worst_low, worst_high, dropped_deals"
    for table in ("per_game", "head_to_head"):
        [(low, worst_low, worst_high, dropped)] = query(
            path, f"SELECT {columns} FROM {table} WHERE agent = 'quitter'"
        )
        assert dropped > 6
        assert low > 22.5
        assert worst_low < 22.5 < worst_high


def test_a_cut_off_that_removes_long_games_is_bounded_and_withholds_ranks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always betting gains 1/4 per deal of kuhn_poker against random moves, by enumeration.

    Cut off after two of three moves, deals in which the first player passes and calls are dropped,
    and the interval over the others lies below 1/4.
    """
    agents = {"bet": {"type": "preference", "prefer": ["Bet"]}, "random": {"type": "random"}}
    path = results(
        tmp_path, monkeypatch, games=["kuhn_poker"], deals=1000, max_plies=2, agents=agents
    )
    [(rank, reason, high, worst_low, worst_high)] = query(
        path,
        "SELECT rank, rank_reason, high, worst_low, worst_high FROM per_game WHERE agent = 'bet'",
    )
    assert high < 0.25
    assert worst_low < 0.25 < worst_high
    assert (rank, reason) == (None, "dropped deals may decide it")
    [(high, worst_low, worst_high)] = query(path, "SELECT high, worst_low, worst_high FROM paired")
    assert worst_low < 0.5 < worst_high
    for seat, exact in ((0, 0.5), (1, 0.0)):
        [(worst_low, worst_high)] = query(
            path,
            f"SELECT worst_low, worst_high FROM seat_effect WHERE agent = 'bet' AND seat = {seat}",
        )
        assert worst_low < exact < worst_high


def test_a_rank_that_no_dropped_deal_can_change_stays(tmp_path: Path) -> None:
    """a wins all of ten deals and c none; one deal of a against c is unknown."""
    played = [
        one
        for deal in range(10)
        for pair in (("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 1.0))
        for one in money("kuhn_poker", pair[0], pair[1], deal, pair[2], pair[2])
    ]
    broken = episode("kuhn_poker", "ac", 10, 0, status="error")
    path = database(tmp_path, [*played, broken], games=bounded())
    assert query(path, "SELECT agent, rank, rank_reason FROM per_game ORDER BY agent") == [
        ("a", 1, None),
        ("b", 2, None),
        ("c", 3, None),
    ]


def test_without_dropped_deals_there_are_no_bounds(tmp_path: Path) -> None:
    played = [one for deal in range(5) for one in money("kuhn_poker", "a", "b", deal, 1, deal)]
    path = database(tmp_path, played, games=bounded())
    for table in ("per_game", "head_to_head", "paired", "seat_effect"):
        found = query(path, f"SELECT DISTINCT dropped_deals, worst_low, worst_high FROM {table}")
        assert found == [(0, None, None)]
