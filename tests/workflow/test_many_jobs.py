"""Snakemake's own work stays in proportion to the number of jobs."""

from pathlib import Path

from workflow_runs import Grid, snakemake

JOBS = 8
GRID: Grid = {
    "seed": 1,
    "deals": JOBS,
    "chunk": 1,
    "games": ["kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}


def looks(folder: Path, *arguments: str) -> int:
    """Count how often Snakemake looked for jobs to start."""
    run = snakemake(folder, GRID, "--until", "play", "--verbose", *arguments)
    assert len(run.played) == JOBS, run.output
    return run.output.count("Ready jobs: ")


def test_jobs_to_start_are_looked_for_only_when_one_has_ended(tmp_path: Path) -> None:
    assert looks(tmp_path) <= JOBS + 1


def test_a_limit_of_starts_that_somebody_sets_is_kept(tmp_path: Path) -> None:
    assert looks(tmp_path, "--max-jobs-per-timespan", "4/1s") > JOBS + 1
