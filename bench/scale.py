"""Benchmarks of large grids: planning, cost per job, reruns, growth, tables, memory.

Most of the time goes into playing the grids. They must be played, because a rerun checks
Snakemake's records of how each file was made, and only a job that ran leaves a record. So the two
large grids are played only once, and at a tenth of their size with ``--quick``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from bench.measure import Figure, Sample
from bench.runs import Grid, folder_of, snakemake, write_grid

JOBS = 2000
EPISODES = 100_000
GAMES = 25
PLANNED_GAMES = 30
MATCHUPS = 12


def figures(runs: int) -> Iterator[Figure]:
    """Run all measurements."""
    yield from plans(runs)
    size = 1.0 if runs > 1 else 0.1
    many = [recorded() for _ in range(runs)]
    yield _absolute("scale: jobs for 100,000 bot episodes", 20, "jobs", many)
    yield Figure(
        name="scale: 100,000 recorded episodes, per second of a core",
        baseline="a fixed target: tic_tac_toe, random against random, snakemake included",
        wanted=2000,
        measured=median(run["episodes_per_cpu_s"] for run in many),
        runs=[{"run": run} for run in many],
    )
    grid = large(int(GAMES * size))
    wide = large_grid(grid, runs)
    cells = len(grid["games"]) * MATCHUPS
    yield _absolute(f"scale: s of all tables of {cells} cells of 200 deals", 60, "tables_s", [wide])
    yield _absolute(f"scale: s of planning one more agent to {cells} cells", 10, "grown_s", [wide])
    jobs = int(JOBS * size)
    small = small_jobs(jobs, runs)
    yield _absolute(f"scale: CPU s a job of {jobs:,}, snakemake included", 1, "job_cpu_s", [small])
    yield _absolute(f"scale: s of a rerun of {jobs:,} finished jobs", 10, "rerun_s", [small])
    yield _absolute(
        "scale: GB at most of all processes together", 4, "most_gb", [*many, wide, small], max
    )


def _absolute(
    name: str,
    wanted: float,
    key: str,
    samples: Sequence[Sample],
    middle: Callable[[Iterable[float]], float] = median,
) -> Figure:
    return Figure(
        name=name,
        baseline="a fixed target",
        wanted=wanted,
        at_most=True,
        measured=middle(sample[key] for sample in samples),
        runs=[{"run": sample} for sample in samples],
    )


def plans(runs: int) -> Iterator[Figure]:
    """Plan grids of 10, 30 and 100 agents in 30 games with 200 deals, and play nothing."""
    for agents in (10, 30, 100):
        each = {"each": _names(agents), "against": ["z"]}
        for name, grid in (
            ("each against one", {"schedule": each}),
            ("each against one, chunk: 20", {"schedule": each, "chunk": 20}),
            ("round robin", {"schedule": "round_robin"}),
        ):
            with folder_of(many_cells(agents, grid)) as folder:
                dry = [snakemake(folder, "-n", "--", "tables") for _ in range(runs)]
            title = f"{agents} agents, {name}"
            yield _absolute(f"scale: CPU s of planning {title}", 60, "cpu_s", dry)
            yield _absolute(f"scale: GB of planning {title}", 0.6, "most_gb", dry, max)


def many_cells(agents: int, more: Grid) -> Grid:
    """Return a grid of this many random agents in 30 games, 200 deals each."""
    games = [f"generated_matrix(seed={number})" for number in range(PLANNED_GAMES)]
    bots = {name: {"type": "random"} for name in (*_names(agents), "z")}
    return {"deals": 200, "games": games, "agents": bots, **more}


def _names(agents: int) -> list[str]:
    return [f"a{number:03}" for number in range(agents)]


def chunks(number: int) -> Grid:
    """Return a grid with this number of chunks, one deal each."""
    bots = {name: {"type": "random"} for name in ("a", "b")}
    return {"deals": number, "chunk": 1, "games": ["kuhn_poker"], "agents": bots}


def large(games: int) -> Grid:
    """Return a grid of games x ``MATCHUPS`` x 200 deals of random agents."""
    names = [f"generated_matrix(seed={number})" for number in range(games)]
    schedule = {"each": list("abc"), "against": list("wxyz")}
    bots = {name: {"type": "random"} for name in "abcwxyz"}
    return {"deals": 200, "games": names, "agents": bots, "schedule": schedule}


def recorded() -> Sample:
    """Run a large grid of bots with default-sized jobs, including its database."""
    bots = {name: {"type": "random"} for name in ("a", "b")}
    grid = {"deals": EPISODES // 2, "games": ["tic_tac_toe"], "agents": bots}
    with folder_of(grid) as folder:
        played = snakemake(folder, "--until", "play")
        jobs = len(list((folder / "results/chunks").rglob("*.parquet")))
        built = snakemake(folder, "--", "results/gamegrid.duckdb")
        return {
            "play": played,
            "build": built,
            "jobs": jobs,
            "episodes_per_cpu_s": EPISODES / played["cpu_s"],
            "most_gb": max(played["most_gb"], built["most_gb"]),
        }


def small_jobs(jobs: int, runs: int) -> Sample:
    """Run this many small jobs with everything derived from them, then runs with nothing to do."""
    with folder_of(chunks(jobs)) as folder:
        played = snakemake(folder, "--until", "play")
        rest = snakemake(folder)
        reruns = [snakemake(folder) for _ in range(runs)]
        return {
            "play": played,
            "rest": rest,
            "reruns": reruns,
            "job_cpu_s": played["cpu_s"] / jobs,
            "rerun_s": median(rerun["wall_s"] for rerun in reruns),
            "most_gb": max(run["most_gb"] for run in (played, rest, *reruns)),
        }


def large_grid(grid: Grid, runs: int) -> Sample:
    """Run a grid of many cells with its tables, then plan it with one more agent."""
    with folder_of(grid) as folder:
        played = snakemake(folder, "--until", "play")
        tables = snakemake(folder, "--", "tables")
        rerun = snakemake(folder, "--", "tables")
        write_grid(folder, _with(grid, "d"))
        grown = [snakemake(folder, "-n", "--", "tables") for _ in range(runs)]
        return {
            "play": played,
            "tables": tables,
            "rerun": rerun,
            "grown": grown,
            "tables_s": tables["wall_s"],
            "grown_s": median(plan["wall_s"] for plan in grown),
            "most_gb": max(run["most_gb"] for run in (played, tables, rerun, *grown)),
        }


def _with(grid: Grid, agent: str) -> Grid:
    schedule = {**grid["schedule"], "each": [*grid["schedule"]["each"], agent]}
    agents = {**grid["agents"], agent: {"type": "random"}}
    return {**grid, "agents": agents, "schedule": schedule}
