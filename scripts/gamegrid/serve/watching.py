"""Watch a results folder: how far its grid is, and the newest database and page of it.

While the grid runs, an interim database of the chunks that are finished is built in a folder of the
server's own, never in the results. Nothing is built while nobody looks.
"""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gamegrid.errors import UserError
from gamegrid.jobs import interim, status
from gamegrid.jobs.status import Part
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.records import received
from gamegrid.records.spending import spending
from gamegrid.report import page
from gamegrid.report.page import Frame
from gamegrid.serve.background import Background

DATABASE = "gamegrid.duckdb"
PAGE = "report.html"
PROGRESS_S = 2.0
"""Seconds between two looks at the progress files."""
BUILD_S = 20.0
"""Seconds between two interim databases, at least."""
SHARE = 0.1
"""The most of one core that looking and building take, on average."""
WATCHED_S = 60.0
"""A page that was open less than this many seconds ago is still being looked at."""


@dataclass(frozen=True, slots=True)
class Configured:
    """A grid as the user wrote it, to be planned again in another process."""

    raw: Mapping[str, Any]
    working: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class GridProgress:
    """How far a grid is. Amounts are in USD; None if not known."""

    parts: tuple[Part, ...]
    whole: bool
    """Whether all jobs of the grid are counted, not only those that have begun."""
    budget_usd: float | None = None
    billed_usd: float | None = None
    maybe_usd: float | None = None

    @property
    def done(self) -> int:
        """Number of episodes that ended."""
        return sum(part.done for part in self.parts)

    @property
    def episodes(self) -> int:
        """Number of episodes, of the grid or of the jobs that have begun."""
        return sum(part.episodes for part in self.parts)

    @property
    def running(self) -> int:
        """Number of jobs at work."""
        return sum(part.running for part in self.parts)

    @property
    def spent_usd(self) -> float | None:
        """What the replies on file cost; None if the price of some is unknown."""
        known = [part.usd for part in self.parts if part.usd is not None]
        return sum(known) if len(known) == len(self.parts) else None

    @property
    def left_s(self) -> float | None:
        """Seconds left at the pace so far; None if not known of every matchup."""
        known = [part.left_s for part in self.parts if part.left_s is not None]
        if len(known) < len(self.parts):
            return None
        return sum(known) / max(1, self.running)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which content a file has, judged from outside."""

    inode: int
    modified_ns: int
    size: int

    @classmethod
    def of(cls, path: Path) -> "Stamp | None":
        """Return the stamp of a file; None if there is none."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(found.st_ino, found.st_mtime_ns, found.st_size)


@dataclass(frozen=True, slots=True)
class Built:
    """A database with its page. ``held`` says how much of the grid it holds; None for all of it."""

    database: Path
    page: Path
    held: str | None
    version: int


class Live:
    """The newest state of one results folder. ``watch`` keeps it new until it is cancelled."""

    def __init__(self, results: Path, grid: Configured | None, scratch: Path, frame: Frame) -> None:
        self.results = results
        self.progress: GridProgress | None = None
        self.built: Built | None = None
        self.building = False
        self._grid = grid
        self._plan: Plan | None = plan.make(grid.raw, grid.working) if grid else None
        self._scratch = scratch
        self._frame = frame
        self._background = Background()
        self._looked = self._wanted = float("-inf")
        self._unreadable: str | None = None
        self._unbuilt: str | None = None
        self._version = 0
        self._final: Stamp | None = None
        """The stamp of the final database that the newest page of it shows."""
        self._chunks: Sequence[tuple[Path, Stamp]] = ()
        self._again = 0.0
        """When an interim database may be built again."""

    def look(self, results: bool) -> None:
        """Note that somebody looks: at the progress or, with ``results``, at the results too.

        Whoever looks at the progress alone has not seen any results, and no look is recorded.
        """
        self._looked = time.monotonic()
        if results:
            self._wanted = self._looked

    @property
    def trouble(self) -> str | None:
        """Why progress or results cannot be shown, in one sentence; None if they can."""
        return self._unreadable or self._unbuilt

    @property
    def database(self) -> Path | None:
        """The newest database: the final one, or an interim one that is newer."""
        final = self.results / DATABASE
        if self.built is not None and self.built.held is not None:
            stamp, partial = Stamp.of(final), Stamp.of(self.built.database)
            if partial and (stamp is None or partial.modified_ns > stamp.modified_ns):
                return self.built.database
        return final if final.exists() else None

    @property
    def held(self) -> str | None:
        """How much of the grid the newest database holds, in words; None for all of it."""
        partial = self.built is not None and self.database == self.built.database
        return self.built.held if self.built is not None and partial else None

    def state(self) -> dict[str, Any]:
        """Return what the page's script shows, as JSON."""
        progress = self.progress
        return {
            "progress": progress
            and {
                "done": progress.done,
                "episodes": progress.episodes,
                "whole": progress.whole,
                "running": progress.running,
                "failed": sum(part.failed for part in progress.parts),
                "spent_usd": progress.spent_usd,
                "budget_usd": progress.budget_usd,
                "billed_usd": progress.billed_usd,
                "maybe_usd": progress.maybe_usd,
                "left_s": progress.left_s,
                "parts": [asdict(part) for part in progress.parts],
            },
            "results": self.built and {"version": self.built.version, "held": self.built.held},
            "building": self.building,
            "trouble": self.trouble,
        }

    async def watch(self) -> None:
        """Look again and again, while somebody watches."""
        try:
            while True:
                pause = PROGRESS_S
                if _recent(self._looked):
                    pause = await self._once()
                await asyncio.sleep(pause)
        finally:
            self._background.close()

    async def _once(self) -> float:
        """Look once. Returns the pause until the next look, in seconds."""
        self._unreadable, cpu_s = None, 0.0
        try:
            self.progress, cpu_s = await asyncio.to_thread(self._read)
        except UserError as error:
            self._unreadable = str(error)
        else:
            await self._build()
        return max(PROGRESS_S, cpu_s / SHARE)

    def _read(self) -> tuple[GridProgress | None, float]:
        """Return the progress, and the time on a core that reading it took. Raises UserError."""
        began = time.thread_time()
        return self._progress(), time.thread_time() - began

    def _progress(self) -> GridProgress | None:
        received.check_folder(self.results)
        if self._plan is None:
            parts = status.begun(self.results)
            return GridProgress(parts=tuple(parts), whole=False) if parts else None
        parts = status.parts(self._plan, self.results)
        limit = self._plan.budget_usd
        spent = spending(self.results) if limit is not None else None
        return GridProgress(
            parts=tuple(parts),
            whole=True,
            budget_usd=limit,
            billed_usd=spent.billed if spent else None,
            maybe_usd=spent.maybe if spent else None,
        )

    async def _build(self) -> None:
        """Draw a new final database at once, and an interim one when it is due."""
        final = self.results / DATABASE
        stamp = Stamp.of(final)
        if stamp is not None and stamp != self._final:
            self._final = stamp
            await self._draw(final, None)
        elif self._grid is not None and self._due():
            chunks = await asyncio.to_thread(self._finished)
            newest = max((each.modified_ns for _, each in chunks), default=0)
            if chunks != self._chunks and newest > (stamp.modified_ns if stamp else 0):
                self._chunks = chunks
                await self._draw(self._folder() / DATABASE, self._grid)

    def _due(self) -> bool:
        """Return whether interim results are wanted, possible, and may be built again."""
        unfinished = self.progress is not None and self.progress.done < self.progress.episodes
        return unfinished and _recent(self._wanted) and time.monotonic() >= self._again

    def _finished(self) -> Sequence[tuple[Path, Stamp]]:
        """Return the chunk files of the grid that are there, with their stamps."""
        paths = (self.results / chunk.file for chunk in self._plan.chunks) if self._plan else ()
        return [(path, stamp) for path in paths if (stamp := Stamp.of(path))]

    def _folder(self) -> Path:
        """Return the folder of the next page. That of the last one may still be read."""
        if self._version > 1:
            shutil.rmtree(self._scratch / str(self._version - 1), ignore_errors=True)
        return self._scratch / str(self._version + 1)

    async def _draw(self, database: Path, grid: Configured | None) -> None:
        """Draw the page of a database; with ``grid``, build the database first."""
        output = self._folder() / PAGE
        self.building = True
        try:
            done = await self._background.do(
                build, self.results, database, output, grid, self._frame
            )
        finally:
            self.building = False
        self._again = time.monotonic() + max(BUILD_S, done.cpu_s / SHARE)
        self._unbuilt = done.failed
        if done.failed is None:
            self._version += 1
            self.built = Built(database, output, done.answer, self._version)


def _recent(moment: float) -> bool:
    return time.monotonic() - moment < WATCHED_S


def build(
    results: Path, database: Path, output: Path, grid: Configured | None, frame: Frame
) -> str | None:
    """Draw the page of a database; with ``grid``, build the interim database before.

    Returns how much of the grid the database holds; None for all of it. Raises UserError.
    """
    held = None
    if grid is not None:
        prepared = plan.make(grid.raw, grid.working)
        held = interim.build_database(prepared, results, database.parent)
    page.build(database, output, frame)
    return held
