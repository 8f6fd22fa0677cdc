"""Single-move jobs: who is asked what, and what changes the moves."""

import json
from pathlib import Path
from typing import Any

import pytest

from gamegrid.plan import plan
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.records.record_types import Task

BOTS = {"a": {"type": "random"}, "b": {"type": "optimal"}}
GRID = {
    "games": ["tic_tac_toe", "kuhn_poker", "pig_20"],
    "agents": BOTS,
    "deals": 2,
    "positions": 3,
    "probes": 2,
}


def moves(folder: Path, **changes: Any) -> dict[tuple[Task, str, str], SingleMoves]:
    return dict(plan.make({**GRID, **changes}, folder).single_moves)


def test_each_agent_is_asked_in_the_games_that_its_oracle_can_judge(tmp_path: Path) -> None:
    assert set(moves(tmp_path)) == {
        (Task.POSITION, "tic_tac_toe", "a"),
        (Task.POSITION, "tic_tac_toe", "b"),
        (Task.POSITION, "pig_20", "a"),
        (Task.POSITION, "pig_20", "b"),
        (Task.PROBE, "kuhn_poker", "a"),
        (Task.PROBE, "kuhn_poker", "b"),
    }
    assert moves(tmp_path, positions=0, probes=0) == {}


def test_the_key_games_of_an_agent_limits_it(tmp_path: Path) -> None:
    third = {"type": "random", "games": ["kuhn_poker"]}
    every = moves(tmp_path, agents={**BOTS, "c": third})
    assert [key for key in every if key[2] == "c"] == [(Task.PROBE, "kuhn_poker", "c")]


def test_likelihoods_are_a_whole_policy_in_one_sample(tmp_path: Path) -> None:
    tiny = {"type": "llm", "model": "hf_tiny", "prompt": "terse"}
    agents = {"a": {"type": "random"}, "s": {**tiny, "decode": "score"}, "g": tiny}
    kuhn = {"games": ["kuhn_poker"], "agents": agents}
    assert {each.agent: each.number for each in moves(tmp_path, **kuhn).values()} == {
        "a": 2,
        "s": 1,
        "g": 2,
    }
    assert moves(tmp_path, **kuhn, probes=0) == {}


def test_episodes_and_decisions_are_counted(tmp_path: Path) -> None:
    """Kuhn poker has twelve information states, in each of which one seat decides."""
    every = moves(tmp_path)
    position, probe = every[Task.POSITION, "tic_tac_toe", "a"], every[Task.PROBE, "kuhn_poker", "a"]
    assert (position.episodes, position.decisions) == (3, 3)
    assert (probe.episodes, probe.decisions) == (24, 24)


def test_places_on_disk_are_those_of_replies_on_file(tmp_path: Path) -> None:
    places = {each.path: each.file for each in moves(tmp_path).values()}
    assert places["tic_tac_toe/a/positions"] == "positions/tic_tac_toe/a.parquet"
    assert places["kuhn_poker/b/probes"] == "probes/kuhn_poker/b.parquet"


@pytest.mark.parametrize(("key", "task"), [("positions", Task.POSITION), ("probes", Task.PROBE)])
def test_params_state_the_task_and_change_with_its_number_alone(
    key: str, task: Task, tmp_path: Path
) -> None:
    def params(**changes: Any) -> dict[Task, str]:
        made = plan.make({**GRID, **changes}, tmp_path)
        return {
            each.task: made.identity.single_move_params(each)
            for each in made.single_moves.values()
            if each.agent == "a" and each.game.name != "pig_20"
        }

    before, after = params(), params(**{key: 5})
    assert json.loads(before[task])["task"] == task
    assert {each for each in before if before[each] != after[each]} == {task}
    assert params(deals=9) == before
