"""What a job asks of its host follows from the entries of all models that play in it."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.demand import JOB_MB, JOB_MINUTES, LOCAL_MODEL_MB, Demand
from gamegrid.errors import UserError
from gamegrid.plan import Plan
from test_plan import make


def demands(folder: Path, entries: list[dict[str, Any]], **agents: str) -> dict[str, Demand]:
    """What the jobs of each matchup ask for."""
    made = make(folder, entries, **{name: {"model": model} for name, model in agents.items()})
    return {cell.matchup.name: made.demand(cell) for cell in made.grid.cells}


def test_a_job_asks_for_what_all_its_models_need_together(tmp_path: Path) -> None:
    small = {"name": "hf_small", "model_path": ".", "gpus": 1, "mem_mb": 3000, "runtime": 30}
    large = {"name": "vllm_large", "model_path": ".", "gpus": 2, "gpu_model": "a100", "threads": 8}
    found = demands(tmp_path, [small, large], s="hf_small", v="vllm_large")
    assert found["random--s"] == Demand(gpu=1, mem_mb=JOB_MB + 3000, runtime=30)
    assert found["random--v"] == Demand(
        gpu=2, gpu_model="a100", mem_mb=JOB_MB + LOCAL_MODEL_MB, runtime=JOB_MINUTES, threads=8
    )
    assert found["s--v"] == Demand(
        gpu=3, gpu_model="a100", mem_mb=JOB_MB + 3000 + LOCAL_MODEL_MB, runtime=30, threads=8
    )


def test_two_agents_of_one_model_load_it_once(tmp_path: Path) -> None:
    entry = {"name": "hf_small", "model_path": ".", "gpus": 1}
    found = demands(tmp_path, [entry], x="hf_small", y="hf_small")
    assert found["x--y"] == found["random--x"]


def test_a_hosted_model_takes_no_memory_and_is_counted(tmp_path: Path) -> None:
    server = {"name": "vllm_org/tiny", "api_base": "http://127.0.0.1:8000/v1"}
    found = demands(tmp_path, [server], h="litellm_openai/gpt-4o", v="vllm_org/tiny")
    assert set(found.values()) == {Demand(api=1)}


def test_gpus_of_two_models_are_refused_in_one_job(tmp_path: Path) -> None:
    entries = [
        {"name": "hf_p", "model_path": ".", "gpus": 1, "gpu_model": "a100"},
        {"name": "hf_q", "model_path": ".", "gpus": 1, "gpu_model": "h100"},
    ]
    with pytest.raises(UserError, match=r"p--q: .*\(a100 and h100\); change gpu_model"):
        demands(tmp_path, entries, p="hf_p", q="hf_q")


def test_a_replay_asks_for_no_engine(tmp_path: Path) -> None:
    entry = {"name": "hf_small", "model_path": ".", "gpus": 1}
    made = make(tmp_path, [entry], x={"model": "hf_small"})
    replay = Plan(
        config=made.config.model_copy(update={"run_mode": "replay"}),
        grid=made.grid,
        models=made.models,
        prompts=made.prompts,
    )
    assert {replay.demand(cell) for cell in replay.grid.cells} == {Demand()}
