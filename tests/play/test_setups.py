"""Setups: ids never collide, and single-move replies keep their place in the journal."""

from pathlib import Path
from typing import Any

from gamegrid.plan import plan
from gamegrid.play.episode import Setup
from gamegrid.play.setups import episode_setups, single_move_setups
from gamegrid.records.record_types import Task

GRID: dict[str, Any] = {
    "seed": 7,
    "games": ["tic_tac_toe", "kuhn_poker", "blackjack", "pig_20"],
    "agents": {"a": {"type": "random"}, "b": {"type": "random"}},
    "deals": 4,
    "positions": 4,
    "probes": 4,
}


def setups(folder: Path) -> list[Setup]:
    made = plan.make(GRID, folder)
    every = [
        setup
        for chunk in made.chunks
        for setup in episode_setups(made, chunk.cell, chunk.block, "run")
    ]
    for moves in made.single_moves.values():
        every += single_move_setups(made, moves, "run")
    return every


def test_no_two_tasks_share_an_id(tmp_path: Path) -> None:
    ids = [setup.episode_id for setup in setups(tmp_path)]
    assert len(ids) == len(set(ids))
    assert {"tic_tac_toe:a:position:3", "kuhn_poker:b:probe:7:2"} < set(ids)


def test_single_moves_are_one_decision_of_one_agent(tmp_path: Path) -> None:
    for setup in setups(tmp_path):
        if setup.task is not Task.EPISODE:
            assert set(setup.seats) == {setup.matchup}
            assert setup.max_plies == 1


def test_replies_are_filed_by_number_and_sample(tmp_path: Path) -> None:
    """The journal keeps the keys of earlier versions, so that no reply is paid for twice."""
    by_id = {setup.episode_id: setup.place(1) for setup in setups(tmp_path)}
    position, probe = by_id["tic_tac_toe:a:position:3"], by_id["kuhn_poker:b:probe:7:2"]
    assert (position.matchup, position.deal, position.seating) == ("a", 3, 0)
    assert (probe.matchup, probe.deal, probe.seating) == ("b", 2, 7)
