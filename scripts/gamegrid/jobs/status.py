"""Report how far a running grid is, from its jobs' progress files and from the journals.

It only reads, so it never disturbs a run.
"""

import os
import socket
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gamegrid.backends.tariff import Tariff
from gamegrid.errors import UserError
from gamegrid.jobs.estimate import episodes_by_file
from gamegrid.jobs.staleness import State, standings
from gamegrid.plan.grid import Cell, Chunk
from gamegrid.plan.plan import Plan
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.records import ledger
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.journal import files, read
from gamegrid.records.progress import read as read_progress
from gamegrid.records.spending import filed, spending
from gamegrid.terminal import duration

LOOK_S = 2.0
"""Seconds between two looks at a terminal that watches; a file or a pipe gets fewer."""
LINE_S = 60.0
"""Seconds between two looks in a file or a pipe."""
IDLE_LOOKS = 5
"""Looks without a job at work that end watching: between two jobs there may be none."""
BAR = 30
"""Characters of the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """One job. It played ``played`` episodes in ``elapsed_s`` seconds; others were taken over."""

    episodes: int
    done: int
    failed: int
    """Episodes whose model could not be reached; the next run plays them again."""
    running: bool
    played: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The progress of one matchup, or of one agent's single moves, in one game."""

    name: str
    episodes: int
    done: int
    failed: int
    running: int
    """Number of running jobs."""
    left_s: float | None
    """Seconds of work left for one job at the pace so far; None if nothing was played yet."""
    usd: float | None
    """Cost of its replies on file; None if a price is unknown."""

    @classmethod
    def of(cls, name: str, jobs: Sequence[JobStatus], usd: float | None) -> "Part":
        """Add up the jobs of a cell."""
        episodes, done = sum(job.episodes for job in jobs), sum(job.done for job in jobs)
        played, elapsed_s = sum(job.played for job in jobs), sum(job.elapsed_s for job in jobs)
        left = episodes - done
        pace = elapsed_s / played if played else None
        return cls(
            name=name,
            episodes=episodes,
            done=done,
            failed=sum(job.failed for job in jobs),
            running=sum(job.running for job in jobs),
            left_s=0.0 if left == 0 else None if pace is None else pace * left,
            usd=usd,
        )


def parts(plan: Plan, results: Path) -> list[Part]:
    """Report on every matchup of every game. Raises UserError for a damaged journal."""
    jobs, cells = defaultdict[str, list[JobStatus]](list), dict[str, Cell]()
    planned: list[Chunk | SingleMoves] = [*plan.chunks, *plan.single_moves.values()]
    episodes, found = episodes_by_file(plan, results), standings(plan, results)
    for each in planned:
        file, name = results / each.file, str(Path(each.path).parent)
        cells[name] = each.cell
        current = found[each.file].state is State.CURRENT
        jobs[name].append(_job(results, each.path, episodes[file], current))
    return [
        Part.of(name, jobs[name], _usd(_tariffs(plan, cell), results / "journal" / name))
        for name, cell in cells.items()
    ]


def begun(results: Path) -> list[Part]:
    """Report on every matchup with a job that has begun, without knowing the grid.

    Costs are unknown. Raises UserError for a damaged progress file.
    """
    jobs = defaultdict[str, list[JobStatus]](list)
    for progress in sorted((results / "progress").glob("*/*/*.json")):
        path = progress.relative_to(results / "progress").with_suffix("")
        if state := read_progress(progress):
            single = path.name in FOLDERS.values()
            chunk = Path(path.name) / path.parent if single else Path("chunks") / path
            there = (results / f"{chunk}.parquet").exists()
            jobs[str(path.parent)].append(_job(results, str(path), state.episodes, there))
    return [Part.of(name, each, None) for name, each in jobs.items()]


def _job(results: Path, path: str, episodes: int, there: bool) -> JobStatus:
    """Read one job's progress file; ``there`` says whether the run will keep its chunk file."""
    progress = results / "progress" / f"{path}.json"
    found = read_progress(progress)
    state: Mapping[str, Any] = asdict(found) if found else {}
    played, failed = state.get("done", 0), state.get("errors", 0)
    taken_over = episodes - state["episodes"] if state else 0
    if state.get("finished") and not there and not failed:  # somebody deleted the chunk file
        played = taken_over = 0
    return JobStatus(
        episodes=episodes,
        done=episodes - failed if there else taken_over + played - failed,
        failed=failed,
        running=not there and bool(state) and not state["finished"] and _alive(state),
        played=played,
        elapsed_s=state.get("elapsed_s", 0.0),
    )


def _alive(state: Mapping[str, Any]) -> bool:
    """Return whether the job's process runs; on another host it counts as running."""
    if state["host"] != socket.gethostname():
        return True
    try:
        os.kill(state["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _tariffs(plan: Plan, cell: Cell) -> Mapping[str, Tariff] | None:
    """Return the tariffs of the cell's models; None if a price is unknown."""
    try:
        return plan.needs.tariffs(cell)
    except UserError:
        return None


def _usd(tariffs: Mapping[str, Tariff] | None, journal: Path) -> float | None:
    if tariffs is None:
        return None
    if not tariffs:
        return 0.0
    lines = (line for path in files(journal) for line in read(path))
    return ledger.usd(sum(filed(line, tariffs.get).usd for line in lines))


def show(plan: Plan, results: Path) -> str:
    """Return lines about the whole grid, and one for each matchup that is partly played."""
    all_parts = parts(plan, results)
    shown = [p for p in all_parts if p.failed or p.running or 0 < p.done < p.episodes]
    begun = sum(part.done > 0 or part.running > 0 for part in all_parts)
    finished = sum(part.done == part.episodes for part in all_parts)
    ends = f"{finished} of {len(all_parts)} matchups finished, {len(all_parts) - begun} not begun"
    lines = [*plan.about, _bar(all_parts), _summary(all_parts), ends, *_budget(plan, results)]
    return "\n".join([*lines, *map(_line, shown)])


def watch(plan: Plan, results: Path) -> Iterator[str]:
    """Yield what ``show`` returns, again and again, until no job has been at work for a while."""
    idle = 0
    while idle < IDLE_LOOKS:
        found = parts(plan, results)
        idle = 0 if any(part.running for part in found) else idle + 1
        yield show(plan, results)
        if all(part.done == part.episodes for part in found):
            return


def _budget(plan: Plan, results: Path) -> list[str]:
    """Return a line on the budget, if there is one and any job has begun to keep it."""
    limit, spent = plan.budget_usd, spending(results)
    if limit is None or spent is None:
        return []
    said = [f"{spent.billed:.4g} of {limit:g} USD are billed"]
    if spent.maybe:
        said.append(f"{spent.maybe:.4g} may be (gamegrid journal release takes them out)")
    if spent.in_flight:
        said.append(f"{spent.in_flight:.4g} at most are in flight")
    return [f"budget_usd: {', '.join(said)}"]


def _bar(all_parts: Sequence[Part]) -> str:
    done, episodes = sum(part.done for part in all_parts), sum(part.episodes for part in all_parts)
    share = done / episodes if episodes else 1.0
    full = int(share * BAR)
    bar = "#" * full + "·" * (BAR - full)
    return f"[{bar}] {done} of {episodes} episodes ({int(100 * share)} %)"


def _summary(all_parts: Sequence[Part]) -> str:
    """Return running jobs, unfinished episodes, money and the time left."""
    running, failed = sum(p.running for p in all_parts), sum(p.failed for p in all_parts)
    said = [f"jobs at work: {running}"]
    if failed:
        said.append(f"not finished, for the next run to play again: {failed}")
    said += _money([part.usd for part in all_parts])
    said += _time([part.left_s for part in all_parts], running)
    return ", ".join(said)


def _time(left: Sequence[float | None], running: int) -> list[str]:
    known = sum(seconds for seconds in left if seconds is not None)
    unknown = sum(seconds is None for seconds in left)
    said = []
    if known:
        how = f"at {running} jobs" if running > 1 else "at one job"
        said.append(f"about {duration(known / max(1, running))} left {how}")
    if unknown:
        said.append(f"the pace of {_matchups(unknown)} is not known yet")
    return said


def _money(spent: Sequence[float | None]) -> list[str]:
    """Return the known cost, and how many matchups have no known price."""
    known = sum(usd for usd in spent if usd is not None)
    unknown = sum(usd is None for usd in spent)
    said = [f"{known:.2f} USD spent"] if known else []
    return said + ([f"the prices of {_matchups(unknown)} are unknown"] if unknown else [])


def _matchups(number: int) -> str:
    return f"{number} matchup{'' if number == 1 else 's'}"


def _line(part: Part) -> str:
    said = [f"{part.done} of {part.episodes}"]
    if part.failed:
        said.append(f"{part.failed} not finished")
    if part.usd != 0:
        said.append("cost unknown" if part.usd is None else f"{part.usd:.2f} USD")
    if part.left_s:
        said.append(f"about {duration(part.left_s)} left")
    return f"  {part.name}: {', '.join(said)}"
