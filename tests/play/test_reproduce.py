"""Episodes are played again from the records; bots decide again if they can do so on any host."""

from pathlib import Path

import pytest

from gamegrid.agents.agent import Decision, Turn, kinds
from gamegrid.agents.random import RandomAgent
from gamegrid.agents.search import SearchAgent
from gamegrid.play.reproduce import Counts, Difference, check
from played_grids import played
from store_samples import query

BOTS = {
    "random": {"type": "random"},
    "taking": {"type": "preference", "prefer": ["Bet", "Call", "b2", "cooperate"]},
    "best": {"type": "optimal"},
    "nearly": {"type": "noisy_optimal", "epsilon": 0.5},
    "avenger": {"type": "scripted", "strategy": "tit_for_tat"},
    "seeker": {"type": "mcts", "simulations": 2},
}


async def first(self: object, turn: Turn) -> Decision:
    """Play the first legal move, which no bot does."""
    return Decision(action=turn.legal[0])


def replay(folder: Path) -> Counts:
    counts = Counts()
    for path in sorted((folder / "results/chunks").rglob("*.parquet")):
        check(path, folder / "results/journal", [], counts)
    return counts


def test_bots_decide_again_as_they_did_and_searches_are_held_to_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    games = ["tic_tac_toe", "kuhn_poker", "repeated_prisoners_dilemma"]
    schedule = {"each": list(BOTS), "against": ["random"]}
    path = played(tmp_path, monkeypatch, games=games, deals=1, agents=BOTS, schedule=schedule)
    found = replay(tmp_path)
    by_agent = dict(query(path, "SELECT agent, count(*) FROM decisions GROUP BY agent"))
    assert by_agent.keys() == BOTS.keys()
    assert found.held == by_agent.pop("seeker")
    assert found.repeated == sum(by_agent.values())
    assert {name for name, kind in kinds().items() if not kind.repeatable} == {
        "llm", "mcts", "ismcts",
    }  # fmt: skip


def test_a_move_that_a_bot_would_not_make_is_seen_wherever_it_is_on_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chunks are whole, and their replies, observations and returns match the moves."""
    agents = {name: BOTS[name] for name in ("random", "taking")}
    with monkeypatch.context() as patch:
        patch.setattr(RandomAgent, "decide", first)
        played(tmp_path, monkeypatch, games=["tic_tac_toe"], deals=2, agents=agents)
    with pytest.raises(Difference, match=r"ply \d, seat \d: action is 0, computed \d"):
        replay(tmp_path)


def test_a_search_s_move_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = {name: BOTS[name] for name in ("random", "seeker")}
    with monkeypatch.context() as patch:
        patch.setattr(SearchAgent, "decide", first)
        played(tmp_path, monkeypatch, games=["tic_tac_toe"], deals=2, agents=agents)
    assert replay(tmp_path).held > 0
