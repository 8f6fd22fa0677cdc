"""With the profile as shipped, each mistake of a first day on a cluster ends in its cause."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm_runs import (
    LONGEST_S,
    as_shipped,
    as_shipped_started,
    await_,
    records,
    write_profile,
)
from workflow_runs import Finished, Grid, write_grid

pytestmark = pytest.mark.slurm

BOTS: Grid = {
    "deals": 4,
    "chunk": 2,
    "games": ["kuhn_poker"],
    "agents": {"a": {"type": "random"}, "b": {"type": "random"}},
}
# Each run is refused before its engine starts.
TINY = {"type": "llm", "model": "vllm_tiny", "prompt": "terse", "max_tokens": 16}
MODEL: Grid = {
    "deals": 2,
    "games": ["kuhn_poker"],
    "models": ["models.yaml"],
    "agents": {"a": {"type": "random"}, "tiny": TINY},
}
ACCOUNT = "# slurm_account: project"


def said(run: Finished) -> list[str]:
    """Return what a run says, without the call and its profile."""
    assert "Traceback" not in run.output
    return [line for line in run.output.splitlines() if line.startswith("gamegrid: ")]


def write_model(folder: Path, more: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    entry = f"{{name: vllm_tiny, model_path: config/tiny, {more}}}"
    (folder / "models.yaml").write_text(f"models:\n  - {entry}\n", "utf-8")


MISTAKES = {
    "partition": ({"slurm_partition: cpu,gpu": "slurm_partition: cqu"}, "", "no partition 'cqu'"),
    "account": ({ACCOUNT: "slurm_account: prooj"}, "", "no account 'prooj'. Did you mean 'proj'?"),
    "QOS": ({ACCOUNT: "qos: shrt"}, "", "may not use the QOS 'shrt'. Did you mean 'short'?"),
    "time": ({"runtime: 60": "runtime: 600"}, "", "ask for 600 minutes, and the limit"),
    "time of the QOS": ({ACCOUNT: "qos: short"}, "", "the limit of the QOS short is 5"),
    "memory": ({"mem_mb: 4000": "mem_mb: 64000"}, "", "ask for 64000 MB, and a node"),
    "memory of a model": ({}, "mem_mb: 90000", "ask for 92000 MB, and a node"),
    "GPU type": ({}, "gpus: 1, gpu_model: h100", "GPUs of the type 'h100', and the nodes"),
    "GPUs of one node":
        ({}, "gpus: 3, engine: {tensor_parallel_size: 3}", "3 GPUs in one node, and a node of"),
    "a partition without GPUs":
        ({"slurm_partition: cpu,gpu": "slurm_partition: cpu"}, "gpus: 1", "ask for a GPU, and no"),
}  # fmt: skip


@pytest.mark.parametrize("target", ["tables", "check"])
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_before_anything_is_submitted(
    name: str, target: str, tmp_path: Path, say: Callable[[str], None]
) -> None:
    changes, model, sentence = MISTAKES[name]
    write_profile(tmp_path, **changes)
    write_grid(tmp_path, MODEL if model else BOTS)
    write_model(tmp_path, model)
    if target == "check" and not model and name in ("time", "memory"):
        pytest.skip("the profile's limit is for jobs without models, which check does not ask")
    run = as_shipped(tmp_path, "--", target)
    assert run.code == 1, run.output
    [line] = said(run)
    say(f"{name}: {line}")
    assert sentence in line
    assert records(tmp_path) == []


@pytest.mark.parametrize("arrays", [False, True])
def test_what_slurm_refuses_is_told_once(
    arrays: bool, tmp_path: Path, say: Callable[[str], None]
) -> None:
    """The site's own rules are not known before, such as the names of its constraints."""
    changes = {ACCOUNT: "constraint: nosuch"}
    if arrays:
        changes["# slurm-array-jobs: play"] = "slurm-array-jobs: play"
    write_profile(tmp_path, **changes)
    write_grid(tmp_path, BOTS)
    run = as_shipped(tmp_path, "--until", "play", "--", "tables")
    assert run.code == 1, run.output
    first, *_, repeated, last = said(run)
    say(first)
    assert first == "gamegrid: play: SLURM refuses the job: Invalid feature specification"
    assert repeated.startswith("gamegrid: 2 jobs failed for this reason: SLURM refuses the job")
    assert last.startswith("gamegrid: the run failed. Snakemake's log: ")
    assert run.output.count("Invalid feature") == 2
    assert "sbatch call" not in run.output


def test_a_submission_that_the_plugin_cannot_make_ends_the_run(tmp_path: Path) -> None:
    write_profile(tmp_path, **{ACCOUNT: "slurm_extra: \"'--qos=short'\""})
    write_grid(tmp_path, BOTS)
    run = as_shipped(tmp_path, "--until", "play", "--", "tables")
    assert run.code == 1, run.output
    assert said(run)[0].startswith("gamegrid: play: the job was not submitted: The --quality")


def test_a_reason_for_which_no_job_starts_is_told(tmp_path: Path) -> None:
    """The QOS may run no job, so SLURM accepts the jobs and starts none."""
    write_profile(tmp_path, **{ACCOUNT: "slurm_account: proj\n  qos: full"})
    write_grid(tmp_path, BOTS)
    with as_shipped_started(tmp_path, "--until", "play", "--", "tables") as run:
        assert run.stdout is not None
        line = next(line for line in run.stdout if "does not start" in line)
        assert "QOSGrpJobsLimit" in line
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=LONGEST_S)
    await_(lambda: {record.state for record in records(tmp_path)} == {"CANCELLED"})
