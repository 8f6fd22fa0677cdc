"""Jobs of one machine share its GPUs, which a stand-in for nvidia-smi lists: 2 of them.

The models are real, and run on the CPU: this machine has no GPU that they could use.
"""

import shutil
from pathlib import Path

import pytest

from gpu_host import pretend
from workflow_runs import DATABASE, ROOT, Grid, query, snakemake


def grid(folder: Path, **gpus: float) -> Grid:
    """Return a round robin of models that are loaded in the job, each from its own folder."""
    entries = []
    for name, number in gpus.items():
        shutil.copytree(ROOT / "config/tiny", folder / name)
        entries.append(f"  - {{name: hf_{name}, model_path: {name}, gpus: {number}}}\n")
    (folder / "models.yaml").write_text(f"models:\n{''.join(entries)}", "utf-8")
    model = {"type": "llm", "prompt": "terse", "temperature": 0.0, "max_tokens": 16}
    return {
        "deals": 2,
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": {name: {**model, "model": f"hf_{name}"} for name in gpus},
    }


def test_jobs_at_once_take_what_their_models_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake is not told of the GPUs, so the jobs start together and wait for each other."""
    pretend(monkeypatch, tmp_path, 2)
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # the locks of other runs are not those of this one
    made = grid(tmp_path, half=0.5, rest=0.5, whole=1)
    told = snakemake(tmp_path, made, "--", "check")
    assert told.code == 0, told.output
    assert "hf_half (0.5) and hf_rest (0.5) share one" in told.output
    assert "hf_whole has 1 of its own; hf_half uses 0.5 of one" in told.output
    run = snakemake(tmp_path, made, *DATABASE)
    assert run.code == 0, run.output
    held = query(tmp_path, "SELECT DISTINCT matchup, gpus FROM episodes JOIN runs USING (run_id)")
    assert sorted(held) == [("half--rest", 1), ("half--whole", 2), ("rest--whole", 2)]
    assert query(tmp_path, "SELECT DISTINCT status FROM episodes") == [("complete",)]


def test_a_grid_with_a_job_that_needs_too_many_is_refused_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 1)
    told = snakemake(tmp_path, grid(tmp_path, one=1, other=1), "--", "check")
    assert told.code == 1
    assert "its job with hf_other needs 2 GPUs (gpus: in the model file); 1 is visible here." in (
        told.output
    )
