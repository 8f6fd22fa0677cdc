"""Jobs that play several chunks give the results of jobs that play one, and redo what changed."""

from pathlib import Path

import pytest

from workflow_runs import DATABASE, Finished, Grid, data, snakemake

pytestmark = pytest.mark.nightly

GRID: Grid = {
    "seed": 1,
    "deals": 4,
    "chunk": 2,
    "games": ["kuhn_poker", "tic_tac_toe"],
    "agents": {name: {"type": "random"} for name in "abc"},
}
BUNDLED: Grid = {**GRID, "max_jobs": 4}


def chunks(folder: Path) -> dict[Path, int]:
    """The chunk files, and when each was written."""
    files = (folder / "results/chunks").rglob("*.parquet")
    return {file.relative_to(folder): file.stat().st_mtime_ns for file in files}


def rerun(folder: Path, grid: Grid, *arguments: str) -> tuple[Finished, set[str]]:
    """Build the database of a grid; return what Snakemake did, and the chunk files that are new."""
    before = chunks(folder)
    run = snakemake(folder, grid, *(arguments or DATABASE))
    assert run.code == 0, run.output
    return run, {str(file) for file, age in chunks(folder).items() if before.get(file) != age}


def test_a_job_of_several_chunks_redoes_only_what_a_change_affects(tmp_path: Path) -> None:
    one, several = tmp_path / "one", tmp_path / "several"
    rerun(one, GRID)
    run, new = rerun(several, BUNDLED, "--", "tables")
    assert run.jobs.count("play_bundle") == 4
    assert chunks(one).keys() == chunks(several).keys() == {Path(file) for file in new}
    assert data(one) == data(several)
    assert rerun(several, BUNDLED)[0].jobs == []

    gone = several / "results/chunks/kuhn_poker/a--b/00000-00001.parquet"
    gone.unlink()
    run, new = rerun(several, BUNDLED, "--", "tables")
    assert new == {"results/chunks/kuhn_poker/a--b/00000-00001.parquet"}
    assert run.jobs.count("play_bundle") == 1

    # Below the limit each chunk is a job again, and above it a bundle: nothing is played.
    for grid in ({**GRID, "max_jobs": 2000}, BUNDLED):
        assert rerun(several, grid)[1] == set()
        assert data(one) == data(several)
    _, new = rerun(several, {**BUNDLED, "deals": 6})
    assert {Path(file).stem for file in new} == {"00004-00005"}

    # Files that a bundle made with other settings are not taken for those of the grid.
    (several / "results/chunks/kuhn_poker/a--b/00000-00001.parquet").unlink()
    refused = snakemake(several, {**GRID, "max_plies": 1})
    assert refused.code == 1
    assert "played with other settings than configured" in refused.output
    run, new = rerun(several, {**BUNDLED, "max_plies": 1})
    assert new == {str(file) for file in chunks(several) if file.stem != "00004-00005"}
