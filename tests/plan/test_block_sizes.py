"""The default size of blocks: few enough jobs, and blocks that take over smaller ones whole."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.plan import plan
from gamegrid.plan.block_sizes import FEW_JOBS, LARGEST, block_sizes
from gamegrid.plan.plan import Plan

GAMES = ["tic_tac_toe", "kuhn_poker", "hex", "nim", "pig"]


def make(folder: Path, models: int, deals: int, **more: Any) -> Plan:
    agents: dict[str, Any] = {
        f"m{n}": {"type": "llm", "model": f"litellm_openai/m{n}"} for n in range(models)
    }
    agents["random"] = {"type": "random"}
    grid = {"deals": deals, "games": GAMES, "agents": agents, "schedule": "round_robin"}
    return plan.make({**grid, **more}, folder)


def sizes(made: Plan) -> set[int]:
    return {chunk.stop - chunk.start for chunk in made.chunks if chunk.start == 0}


@pytest.mark.parametrize(("models", "deals"), [(2, 50_000), (12, 2_000), (30, 640), (40, 200)])
def test_a_grid_of_any_size_has_few_jobs_or_one_for_each_cell(
    tmp_path: Path, models: int, deals: int
) -> None:
    made = make(tmp_path, models, deals)
    assert len(made.chunks) <= max(FEW_JOBS, len(made.grid.cells))
    assert block_sizes(made.config, made.grid, made.needs).jobs == len(made.chunks)


def test_no_block_grows_beyond_what_a_job_can_play(tmp_path: Path) -> None:
    made = make(tmp_path, 1, 30_000_000)
    assert len(made.chunks) > FEW_JOBS
    assert max(sizes(made)) <= LARGEST


def test_a_small_grid_keeps_the_size_that_suits_its_backends(tmp_path: Path) -> None:
    made = make(tmp_path, 3, 400)
    for chunk in made.chunks:
        if chunk.start == 0:
            assert chunk.stop == min(400, made.needs.deals(chunk.cell))


def test_blocks_of_a_larger_grid_are_made_of_whole_blocks_of_a_smaller_one(tmp_path: Path) -> None:
    few, many = sizes(make(tmp_path, 2, 5_120)), sizes(make(tmp_path, 12, 5_120))
    assert max(few) < max(many)
    assert all(larger % smaller == 0 for smaller in few for larger in many if larger != 5_120)


def test_a_size_that_the_grid_states_stays(tmp_path: Path) -> None:
    made = make(tmp_path, 12, 2_000, chunk=20)
    assert len(made.chunks) == 100 * len(made.grid.cells) > FEW_JOBS
    assert sizes(made) == {20}
