"""``check`` says how the models of each job share GPUs, and refuses jobs that need more."""

from dataclasses import replace
from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs import check, gpu_places
from gamegrid.paths import WORKFLOW
from gamegrid.plan.plan import Plan
from gamegrid.play import gpus
from model_plans import make

TINY = str(WORKFLOW / "config/tiny")


def made(folder: Path, **numbers: float | None) -> Plan:
    """Return a plan of a round robin of local models with so many GPUs each."""
    entries = [
        {"name": name, "model_path": TINY} | ({} if number is None else {"gpus": number})
        for name, number in numbers.items()
    ]
    agents = {name.partition("_")[2]: {"model": name} for name in numbers}
    return make(folder, entries, **agents)


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the host has one GPU."""
    monkeypatch.setattr(gpus, "_uuids", dict)
    monkeypatch.setenv(gpus.VISIBLE, "0")


def test_each_kind_of_job_is_told_in_words(tmp_path: Path) -> None:
    assert set(gpu_places.lines(made(tmp_path, hf_a=0.4, vllm_b=0.6))) == {
        "GPUs: a job with hf_a takes 1 GPU, and uses 0.4 of it",
        "GPUs: a job with vllm_b takes 1 GPU, and uses 0.6 of it",
        "GPUs: a job with hf_a and vllm_b takes 1 GPU: vllm_b (0.6) and hf_a (0.4) share one",
    }


def test_a_model_with_gpus_of_its_own_is_told_beside_one_with_a_share(tmp_path: Path) -> None:
    [*_, line] = sorted(gpu_places.lines(made(tmp_path, hf_a=0.4, hf_c=1)), key=len)
    assert line == (
        "GPUs: a job with hf_a and hf_c takes 2 GPUs: hf_c has 1 of its own; hf_a uses 0.4 of one"
    )


def test_many_kinds_of_jobs_are_counted(tmp_path: Path) -> None:
    told = gpu_places.lines(made(tmp_path, hf_a=1, hf_b=1, hf_c=1, hf_d=1))
    assert len(told) == gpu_places.NAMED + 1
    assert told[-1] == "GPUs: and 5 more kinds of jobs"  # 4 against bots, 6 pairs


def test_models_without_gpus_are_not_told(tmp_path: Path) -> None:
    assert gpu_places.lines(made(tmp_path, hf_a=None, hf_b=0)) == []


@pytest.mark.usefixtures("one_gpu")
def test_a_job_with_too_few_gpus_is_refused_before_it_is_submitted(tmp_path: Path) -> None:
    found = {f.model: f for f in check.look(made(tmp_path, hf_a=1, hf_b=1), tmp_path)}
    assert found["hf_a"].trouble == (
        "its job with hf_b needs 2 GPUs (gpus: in the model file); 1 is visible here. Let them "
        "share one (such as gpus: 0.5), or leave the matchup out of the schedule."
    )
    elsewhere = check.look(made(tmp_path, hf_a=1, hf_b=1), tmp_path, gpus_here=False)
    assert [finding.trouble for finding in elsewhere] == [None, None]
    shared = made(tmp_path, hf_a=0.5, hf_b=0.5)
    ready = check.look(shared, tmp_path)
    assert [finding.trouble for finding in ready] == [None, None]
    assert "hf_a (0.5) and hf_b (0.5) share one" in check.confirm(shared, ready)


@pytest.mark.usefixtures("one_gpu")
def test_a_model_that_reserves_no_gpu_is_told(tmp_path: Path) -> None:
    [finding] = check.look(made(tmp_path, hf_a=None), tmp_path)
    assert finding.trouble is None
    assert finding.line().endswith("its entry states no gpus, so a job reserves no GPU for it")
    [finding] = check.look(made(tmp_path, hf_a=0), tmp_path)
    assert "reserves" not in finding.line()


def test_a_replay_holds_no_gpu(tmp_path: Path) -> None:
    plan = made(tmp_path, hf_a=1)
    config = plan.config.model_copy(update={"run_mode": "replay"})
    assert gpu_places.gpu_jobs(plan) != []
    assert gpu_places.gpu_jobs(replace(plan, config=config)) == []


def test_a_job_that_one_process_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a--b: vllm_a and vllm_b would load onto the same GPU"):
        made(tmp_path, vllm_a=1, vllm_b=1)
