"""Runs without a shared file system: what is refused, and the records that their jobs read."""

from pathlib import Path

import pytest

import model_plans
from gamegrid.errors import UserError
from gamegrid.jobs import remote_run
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.records import stamp, value_record

HOSTED = {
    "name": "litellm_openai/m",
    "input_price": 1,
    "output_price": 2,
    "max_output_tokens": 100,
}


def bots(folder: Path, seed: int = 1) -> Plan:
    agents = {"a": {"type": "random"}, "b": {"type": "optimal"}}
    return plan.make({"seed": seed, "games": ["kuhn_poker"], "agents": agents}, folder)


def test_a_budget_that_no_job_could_keep_is_refused(tmp_path: Path) -> None:
    model_plans.make(tmp_path, [HOSTED], m={"model": HOSTED["name"]})
    grid = {
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": {"a": {"type": "random"}, "m": {"type": "llm", "model": HOSTED["name"]}},
    }
    remote_run.check(plan.make(grid, tmp_path))
    limited = {**grid, "budget_usd": 1.0}
    with pytest.raises(UserError, match=r"^budget_usd: jobs without a shared file system"):
        remote_run.check(plan.make(limited, tmp_path))
    remote_run.check(plan.make({**limited, "run_mode": "replay"}, tmp_path))


def test_jobs_of_several_chunks_are_refused(tmp_path: Path) -> None:
    agents = {"a": {"type": "random"}, "b": {"type": "optimal"}}
    grid = {"games": ["kuhn_poker"], "agents": agents, "deals": 30, "chunk": 10, "max_jobs": 2}
    with pytest.raises(UserError, match=r"^max_jobs: .* Set max_jobs to at least 3,"):
        remote_run.check(plan.make(grid, tmp_path))
    remote_run.check(plan.make({**grid, "max_jobs": 3}, tmp_path))


@pytest.mark.parametrize(("engine", "refused"), [({}, True), ({"dtype": "float32"}, False)])
def test_a_local_model_must_state_its_number_format(
    tmp_path: Path, engine: dict[str, str], refused: bool
) -> None:
    entry = {"name": "hf_m", "model_path": str(tmp_path), "engine": engine}
    made = model_plans.make(tmp_path, [entry], m={"model": "hf_m"})
    if not refused:
        remote_run.check(made)
        return
    with pytest.raises(UserError, match=r"^hf_m: .* engine: \{dtype: float32\}"):
        remote_run.check(made)


def test_the_records_of_a_run_are_written_once_and_outlive_the_machine(tmp_path: Path) -> None:
    there = tmp_path / "there/results"
    remote_run.begin(bots(tmp_path), tmp_path / "one/results", str(there))
    first = (there / value_record.NAME).read_text()
    assert value_record.read(there)["kuhn_poker"].before_play
    remote_run.begin(bots(tmp_path), tmp_path / "two/results", str(there))
    assert (there / value_record.NAME).read_text() == first
    assert stamp.read(tmp_path / "two/results") == {
        "seed": 1,
        "protocol": stamp.read(there)["protocol"],
    }
    with pytest.raises(UserError, match="was made with seed 1, not 2"):
        remote_run.begin(bots(tmp_path, seed=2), tmp_path / "three/results", str(there))
