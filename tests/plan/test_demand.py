"""A job's resource requests follow from the entries of all models that play in it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.plan.demand import JOB_MB, JOB_MINUTES, LOCAL_MODEL_MB, Demand, check_arrays
from model_plans import make


def demands(folder: Path, entries: list[dict[str, Any]], **agents: str) -> dict[str, Demand]:
    """Return what the jobs of each matchup request."""
    made = make(folder, entries, **{name: {"model": model} for name, model in agents.items()})
    return {cell.matchup.name: made.needs.demand(cell) for cell in made.grid.cells}


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


@pytest.mark.parametrize(("gpus", "nodes", "tasks"), [(0, None, None), (1, None, 0), (2, 1, 0)])
def test_the_gpus_of_a_job_are_on_one_host_for_one_process(
    gpus: int, nodes: int | None, tasks: int | None
) -> None:
    found = Demand(gpu=gpus)
    assert (found.nodes, found.tasks_per_gpu) == (nodes, tasks)


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
    with pytest.raises(UserError, match=r"p--q: .*\(a100 and h100\); change gpu_model .* or leave"):
        demands(tmp_path, entries, p="hf_p", q="hf_q")


def test_shares_of_a_gpu_are_packed_and_snakemake_counts_whole_ones(tmp_path: Path) -> None:
    entries = [
        {"name": "hf_p", "model_path": ".", "gpus": 0.5},
        {"name": "vllm_q", "model_path": ".", "gpus": 0.5},
        {"name": "hf_r", "model_path": ".", "gpus": 0.75},
    ]
    found = demands(tmp_path, entries, p="hf_p", q="vllm_q", r="hf_r")
    counts = {name: demand.gpu for name, demand in found.items() if "random" not in name}
    assert counts == {"p--q": 1, "p--r": 2, "q--r": 2}
    assert {demand.gpu for name, demand in found.items() if "random" in name} == {1}
    assert all(isinstance(demand.gpu, int) for demand in found.values())


def test_a_matchup_that_no_job_can_place_is_refused_with_a_remedy(tmp_path: Path) -> None:
    entries = [{"name": f"vllm_{name}", "model_path": ".", "gpus": 1} for name in "pq"]
    with pytest.raises(UserError, match=r"p--q: vllm_p and vllm_q would load .*api_base\), or"):
        demands(tmp_path, entries, p="vllm_p", q="vllm_q")


def test_a_replay_asks_for_no_engine(tmp_path: Path) -> None:
    entry = {"name": "hf_small", "model_path": ".", "gpus": 1}
    made = make(tmp_path, [entry], x={"model": "hf_small"})
    replay = replace(made, config=made.config.model_copy(update={"run_mode": "replay"}))
    assert {replay.needs.demand(cell) for cell in replay.grid.cells} == {Demand()}


JOB = {"mem_mb": JOB_MB, "runtime": JOB_MINUTES, "gpu": 0, "_cores": 1, "_nodes": 1, "api": 0}
LIMITS = {"_nodes": 4, "_cores": None, "api": 1}


@pytest.mark.parametrize("rules", ["play", "judge; play", "all"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mem_mb": 9000}, "jobs of play ask for different mem_mb (2000 and 9000)"),
        ({"gpu_model": "a100"}, "jobs of play ask for different gpu_model (none and a100)"),
        ({"_cores": 8}, "jobs of play ask for different cores (1 and 8)"),
    ],
)
def test_an_array_of_unequal_jobs_is_refused(
    rules: str, changed: dict[str, Any], said: str
) -> None:
    jobs = [("play", JOB), ("ask_probes", {**JOB, "mem_mb": 1}), ("play", JOB | changed)]
    with pytest.raises(UserError) as refusal:
        check_arrays(rules, 1000, jobs, LIMITS)
    assert said in str(refusal.value)
    check_arrays("ask_probes, judge", 1000, jobs, LIMITS)


def test_an_array_that_would_wait_for_ever_is_refused() -> None:
    """The executor waits for all jobs of the rule, or for as many as one array holds."""
    check_arrays("play", 1000, [("play", JOB)] * 4, LIMITS)
    check_arrays("play", 4, [("play", JOB)] * 5, LIMITS)
    check_arrays("play", 1000, [("play", JOB | {"api": 9})], LIMITS)  # one job makes no array
    with pytest.raises(
        UserError, match=r"5 jobs of play .* jobs allows 5 at once, and it allows 4"
    ):
        check_arrays("play", 1000, [("play", JOB)] * 5, LIMITS)
    with pytest.raises(UserError, match="api allows 2 at once, and it allows 1"):
        check_arrays("play", 1000, [("play", JOB | {"api": 1})] * 2, LIMITS)
