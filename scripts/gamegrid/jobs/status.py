"""How far a running grid is, from the small files its jobs keep up to date, and from the journals.

It looks and changes nothing: a run goes on as if it had not been asked.
"""

import json
import os
import socket
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.backends.backend import Price
from gamegrid.errors import UserError
from gamegrid.jobs.estimate import asked_alone
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan
from gamegrid.play.budget import cost_usd
from gamegrid.records.journal import files, read

BAR = 30
"""Characters of the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. ``played`` episodes took ``elapsed_s`` seconds; others came from another file."""

    episodes: int
    done: int
    failed: int
    """Episodes that transport trouble ended; the next run plays them again."""
    running: bool
    played: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How far one matchup in one game is, or what one agent is asked alone of one game."""

    name: str
    episodes: int
    done: int
    failed: int
    running: int
    """Jobs at work."""
    left_s: float | None
    """Seconds of work left for one job at the pace so far; None before there is one."""
    usd: float | None
    """What its replies on file cost, free ones included; None where a price is unknown."""

    @classmethod
    def of(cls, name: str, jobs: Sequence[Job], usd: float | None) -> "Part":
        """Put the jobs of a cell together."""
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


def parts(made: Plan, results: Path) -> list[Part]:
    """Look at every matchup of every game. Raises UserError for a damaged journal."""
    jobs, cells = defaultdict[str, list[Job]](list), dict[str, Cell]()
    for chunk in made.chunks:
        name = str(Path(chunk.path).parent)
        cells[name] = chunk.cell
        there = (results / "chunks" / f"{chunk.path}.parquet").exists()
        jobs[name].append(_job(results, chunk.path, made.episodes(chunk), there))
    asked = asked_alone(made, results).items()
    for (key, cell), (file, episodes) in zip(made.alone_cells.items(), asked, strict=True):
        block, game, agent = key
        name = f"{game}/{agent}"
        cells[name] = cell
        jobs[name].append(_job(results, f"{name}/{block}", episodes, file.exists()))
    return [
        Part.of(name, jobs[name], _usd(_prices(made, cell), results / "journal" / name))
        for name, cell in cells.items()
    ]


def _job(results: Path, path: str, episodes: int, there: bool) -> Job:
    """One job by its progress file; ``there`` tells whether its own file is."""
    progress = results / "progress" / f"{path}.json"
    state: Mapping[str, Any] = json.loads(progress.read_text()) if progress.exists() else {}
    played, failed = state.get("done", 0), state.get("errors", 0)
    taken_over = episodes - state["episodes"] if state else 0
    if state.get("finished") and not there and not failed:  # somebody has deleted the file
        played = taken_over = 0
    return Job(
        episodes=episodes,
        done=episodes - failed if there else taken_over + played - failed,
        failed=failed,
        running=not there and bool(state) and not state["finished"] and _alive(state),
        played=played,
        elapsed_s=state.get("elapsed_s", 0.0),
    )


def _alive(state: Mapping[str, Any]) -> bool:
    """Whether the job's process is there; of another host, what it wrote last is believed."""
    if state["host"] != socket.gethostname():
        return True
    try:
        os.kill(state["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _prices(made: Plan, cell: Cell) -> Mapping[str, Price] | None:
    """What the cell's models cost; None where that is unknown, which only a budget refuses."""
    try:
        return made.prices(cell)
    except UserError:
        return None


def _usd(prices: Mapping[str, Price] | None, journal: Path) -> float | None:
    if prices is None:
        return None
    if not prices:
        return 0.0
    return sum(cost_usd(line, prices) for path in files(journal) for line in read(path))


def show(made: Plan, results: Path) -> str:
    """Tell of the whole grid in a few lines, and of each matchup that is begun and not finished."""
    found = parts(made, results)
    shown = [p for p in found if p.failed or p.running or 0 < p.done < p.episodes]
    begun = sum(part.done > 0 or part.running > 0 for part in found)
    finished = sum(part.done == part.episodes for part in found)
    ends = f"{finished} of {len(found)} matchups finished, {len(found) - begun} not begun"
    return "\n".join([_bar(found), _told(found), ends, *map(_line, shown)])


def _bar(found: Sequence[Part]) -> str:
    done, episodes = sum(part.done for part in found), sum(part.episodes for part in found)
    share = done / episodes if episodes else 1.0
    full = int(share * BAR)
    bar = "#" * full + "·" * (BAR - full)
    return f"[{bar}] {done} of {episodes} episodes ({int(100 * share)} %)"


def _told(found: Sequence[Part]) -> str:
    """Jobs at work, trouble, money, and the time left."""
    running, failed = sum(p.running for p in found), sum(p.failed for p in found)
    said = [f"jobs at work: {running}"]
    if failed:
        said.append(f"not finished, for the next run to play again: {failed}")
    said += _money([part.usd for part in found])
    said += _time([part.left_s for part in found], running)
    return ", ".join(said)


def _time(left: Sequence[float | None], running: int) -> list[str]:
    known = sum(seconds for seconds in left if seconds is not None)
    unknown = sum(seconds is None for seconds in left)
    said = []
    if known:
        how = f"at {running} jobs" if running > 1 else "at one job"
        said.append(f"about {_duration(known / max(1, running))} left {how}")
    if unknown:
        said.append(f"pace not known yet of {unknown} matchups")
    return said


def _money(spent: Sequence[float | None]) -> list[str]:
    """What is spent as far as it is known; nothing where nothing costs anything."""
    known = sum(usd for usd in spent if usd is not None)
    unknown = sum(usd is None for usd in spent)
    said = [f"{known:.2f} USD spent"] if known else []
    return said + ([f"prices not known of {unknown} matchups"] if unknown else [])


def _line(part: Part) -> str:
    said = [f"{part.done} of {part.episodes}"]
    if part.failed:
        said.append(f"{part.failed} not finished")
    if part.usd != 0:
        said.append("cost unknown" if part.usd is None else f"{part.usd:.2f} USD")
    if part.left_s:
        said.append(f"about {_duration(part.left_s)} left")
    return f"  {part.name}: {', '.join(said)}"


def _duration(seconds: float) -> str:
    """A time as people say it, to two digits."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"
