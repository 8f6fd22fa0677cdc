"""Results of other settings are refused; results of the configured grid are not."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs import snakemake_internals, staleness, workflow
from gamegrid.jobs.preconditions import check_before_play, check_results, remove_bundles
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.record_types import Task

GRID: dict[str, Any] = {
    "seed": 3,
    "games": ["tic_tac_toe"],
    "agents": {"a": {"type": "random"}, "b": {"type": "optimal"}},
    "deals": 2,
    "positions": 2,
}


def note(results: Path, work: staleness.Work) -> None:
    """Give Snakemake a record of a job's file, whose params it compares itself."""
    records = results.parent / snakemake_internals.RECORDS
    record = snakemake_internals._record_path(records, f"results/{work.file}")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text("{}")


def make(folder: Path, **changes: Any) -> Plan:
    return plan.make({**GRID, **changes}, folder)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a chunk file of episodes and one of single moves, without Snakemake's records."""
    monkeypatch.chdir(tmp_path)
    made, folder = make(tmp_path), tmp_path / "results"
    [chunk] = made.chunks
    moves = made.single_moves[Task.POSITION, "tic_tac_toe", "a"]
    for job, block in ((chunk, chunk.block), (moves, None)):
        play_chunk(
            Job(
                config=GRID,
                task=Task.EPISODE if block else Task.POSITION,
                game="tic_tac_toe",
                matchup=job.cell.matchup.name,
                block=block,
                results=folder,
                output=folder / job.file,
                threads=1,
            )
        )
    return folder


def test_results_of_the_same_grid_are_accepted(results: Path) -> None:
    check_results(make(results.parent), results)
    check_results(make(results.parent, deals=3), results)
    check_before_play(make(results.parent), results)


def test_results_of_another_seed_are_accepted_if_the_user_says_so(results: Path) -> None:
    made = make(results.parent, seed=4, mix_results=True)
    for work in staleness.works(made):
        note(results, work)
    check_results(made, results)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, "made with seed 3, not 4"),
        ({"max_plies": 5}, r"1 chunk files .*results/chunks/tic_tac_toe/a--b/"),
        ({"positions": 3}, r"1 chunk files .*results/positions/tic_tac_toe/a.parquet"),
    ],
    ids=["stamp", "episodes", "single moves"],
)
def test_results_of_other_settings_are_refused(
    changes: dict[str, Any], message: str, results: Path
) -> None:
    with pytest.raises(UserError, match=message):
        check_results(make(results.parent, **changes), results)


def test_snakemake_s_records_tell_it_what_to_play_again(results: Path) -> None:
    changed = make(results.parent, max_plies=5)
    for work in staleness.works(changed):
        note(results, work)
    check_results(changed, results)


def test_a_key_or_folder_is_needed_only_where_models_are_asked(tmp_path: Path) -> None:
    gone = {"type": "llm", "model": "vllm_gone"}
    (tmp_path / "models.yaml").write_text("models: [{name: vllm_gone, model_path: no/such/folder}]")
    agents = {**GRID["agents"], "gone": gone}
    needing = {"agents": agents, "models": ["models.yaml"]}
    with pytest.raises(UserError, match="no/such/folder"):
        check_before_play(make(tmp_path, **needing), tmp_path / "results")
    check_before_play(make(tmp_path, **needing, run_mode="replay"), tmp_path / "results")


def test_a_file_that_a_bundle_made_is_refused_alone_if_its_settings_are_others(
    results: Path,
) -> None:
    """Snakemake has records of others, but not of the files of bundles."""
    changed = make(results.parent, max_plies=5)
    note(results, changed.single_moves[Task.POSITION, "tic_tac_toe", "a"])
    check_results(make(results.parent), results)
    with pytest.raises(UserError, match=r"1 chunk files .*results/chunks/tic_tac_toe/a--b/"):
        check_results(changed, results)
    [chunk] = changed.chunks
    note(results, chunk)
    check_results(changed, results)
    # A bundle has made the file anew since Snakemake's record of it.
    later = time.time_ns() + 10**9
    os.utime(results / chunk.file, ns=(later, later))
    with pytest.raises(UserError, match="1 chunk files"):
        check_results(changed, results)


def test_a_bundle_looks_at_the_settings_of_its_files_itself(results: Path) -> None:
    changed = make(results.parent, chunk=1, max_jobs=1, max_plies=5, positions=0)
    assert changed.bundles
    check_results(changed, results)


def test_a_bundle_whose_chunk_file_is_gone_runs_again(results: Path) -> None:
    made = make(results.parent, chunk=1, max_jobs=1)
    [bundle] = made.bundles
    file = results / bundle.file
    file.parent.mkdir(parents=True)
    file.touch()
    for chunk in bundle.chunks:
        (results / chunk.file).touch()
    remove_bundles(made, results)
    assert file.exists()
    (results / bundle.chunks[0].file).unlink()
    remove_bundles(made, results)
    assert not file.exists()


def test_a_grid_of_more_jobs_than_snakemake_can_plan_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "MOST_JOBS", 2)
    local = {f"m{n}": {"type": "llm", "model": f"hf_m{n}"} for n in range(3)}
    raw = {"games": ["nim"], "agents": local, "models": [], "max_jobs": 1, "deals": 2}
    with pytest.raises(UserError, match="3 jobs would play this grid, and Snakemake can plan 2"):
        workflow.prepare(raw, tmp_path, tmp_path / "results", main=True)
