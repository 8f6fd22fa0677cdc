"""Figures of large grids: what a job costs beside its episodes, planning, memory.

A finished grid of thousands of chunks is not played for its plan: one file stands for all, since
Snakemake looks at times and its own records alone.
"""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.measure import Figure, Sample, environment
from bench.runs import Grid, command, folder_of, snakemake, write_grid

JOBS = 200
"""Chunk jobs that are run for their own cost; more of them cost the same each."""
CHUNKS = 2000
EPISODES = 100_000
GAMES = 25
DATABASE = "results/gamegrid.duckdb"


def figures(runs: int) -> Iterator[Figure]:
    """Measure all of them."""
    jobs = [small_jobs() for _ in range(runs)]
    yield _absolute("scale: CPU s a chunk job, snakemake included", 1.0, "cpu_s_a_job", jobs)
    many = [recorded() for _ in range(runs)]
    yield _absolute("scale: jobs for 100,000 bot episodes", 20, "jobs", many)
    yield Figure(
        name="scale: 100,000 recorded episodes, per second of a core",
        baseline="an absolute wish: tic_tac_toe, random against random, snakemake included",
        wanted=2000,
        measured=median(run["episodes_per_cpu_s"] for run in many),
        runs=[{"run": run} for run in many],
    )
    yield _absolute("scale: GB of two largest processes, database included", 4.0, "gb", many)
    idle = [finished(chunks(CHUNKS)) for _ in range(runs)]
    yield _absolute("scale: s of a rerun of 2,000 finished jobs", 10.0, "rerun_s", idle)
    grown = [finished(large(), "e") for _ in range(runs)]
    yield _absolute("scale: s of planning one more agent in 25 games", 10.0, "grown_s", grown)


def _absolute(name: str, wanted: float, key: str, samples: Sequence[Sample]) -> Figure:
    return Figure(
        name=name,
        baseline="an absolute wish",
        wanted=wanted,
        at_most=True,
        measured=median(sample[key] for sample in samples),
        runs=[{"run": sample} for sample in samples],
    )


def chunks(number: int) -> Grid:
    """A grid of so many chunks of one deal."""
    bots = {name: {"type": "random"} for name in ("a", "b")}
    return {"deals": number, "chunk": 1, "games": ["kuhn_poker"], "agents": bots}


def large() -> Grid:
    """25 games x 12 matchups x 200 deals of random agents."""
    games = [f"generated_matrix(seed={number})" for number in range(GAMES)]
    schedule = {"each": list("abc"), "against": list("wxyz")}
    bots = {name: {"type": "random"} for name in "abcwxyz"}
    return {"deals": 200, "games": games, "agents": bots, "schedule": schedule}


def small_jobs() -> Sample:
    """CPU seconds of a run of many small jobs, by job."""
    with folder_of(chunks(JOBS)) as folder:
        spent = snakemake(folder, "--until", "play")
        return {**spent, "jobs": JOBS, "cpu_s_a_job": spent["cpu_s"] / JOBS}


def recorded() -> Sample:
    """A large grid of bots in jobs of the default size, and its database."""
    bots = {name: {"type": "random"} for name in ("a", "b")}
    grid = {"deals": EPISODES // 2, "games": ["tic_tac_toe"], "agents": bots}
    with folder_of(grid) as folder:
        played = snakemake(folder, "--until", "play")
        jobs = len(list((folder / "results/chunks").rglob("*.parquet")))
        built = snakemake(folder, "--", DATABASE)
        return {
            "play": played,
            "build": built,
            "jobs": jobs,
            "episodes_per_cpu_s": EPISODES / played["cpu_s"],
            "gb": 2 * max(played["most_gb"], built["most_gb"]),
        }


def finished(grid: Grid, further: str | None = None) -> Sample:
    """Seconds of a run with nothing to do, and of the plan for a ``further`` agent."""
    with folder_of(grid) as folder:
        _finish(folder, grid)
        sample: Sample = {"rerun_s": snakemake(folder, "--", DATABASE)["wall_s"]}
        if further:
            write_grid(folder, _with(grid, further))
            sample["grown_s"] = snakemake(folder, "-n", "--", DATABASE)["wall_s"]
        return sample


def _with(grid: Grid, agent: str) -> Grid:
    schedule = {**grid["schedule"], "each": [*grid["schedule"]["each"], agent]}
    agents = {**grid["agents"], agent: {"type": "random"}}
    return {**grid, "agents": agents, "schedule": schedule}


def _finish(folder: Path, grid: Grid) -> None:
    """Put a file where each chunk, verdict and the database belong, and have it recorded."""
    listed = subprocess.run(
        command("-n", "--quiet", "host", "--summary", "--", DATABASE),
        cwd=folder, env=environment(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    outputs = [line.split("\t")[0] for line in listed.stdout.splitlines()]
    for name in outputs:
        if name.startswith("results/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
    # Without any record of Snakemake's own, the files would be asked how they were played.
    records = folder / ".snakemake/metadata"
    records.mkdir(parents=True, exist_ok=True)
    (records / "none").touch()
    snakemake(folder, "--touch", "--", DATABASE)
