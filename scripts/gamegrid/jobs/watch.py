"""Counts what a run plays, buys and spends, from the files that its jobs write.

Episodes come from the jobs' progress files, replies and money from the ends of their journals: the
first reply shows at once.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gamegrid.backends.tariff import Tariff
from gamegrid.errors import UserError
from gamegrid.jobs.estimate import calls_of, episodes_by_file
from gamegrid.jobs.staleness import Work, works
from gamegrid.plan.plan import Plan
from gamegrid.play.bundle import unplayed
from gamegrid.records import ledger
from gamegrid.records.journal import Line, parse
from gamegrid.records.progress import ChunkState
from gamegrid.records.progress import read as read_progress
from gamegrid.records.spending import filed
from gamegrid.terminal import duration

WINDOW_S = 60.0
"""The pace is that of the last minute."""
ENOUGH = 0.1
"""The share of episodes whose replies tell better than random play how many there will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The state of a run. ``episodes`` are those of the whole grid, ``done`` those that are played.

    ``usd`` and ``replies`` are what this run has bought; ``usd`` is None if a price is unknown.
    ``per_minute`` and ``left_s`` are None as long as they cannot be known.
    """

    episodes: int
    done: int
    unfinished: int
    """Episodes that a transport error ended."""
    replies: int
    usd: float | None
    per_minute: float | None
    left_s: float | None

    def line(self) -> str:
        """Return the state in one line."""
        over = self.done + self.unfinished >= self.episodes
        said = [f"{self.done:,} of {self.episodes:,} episodes"]
        if self.per_minute is not None and not over:
            said.append(f"{self.replies:,} replies at {self.per_minute:,.0f}/min")
        if self.usd:
            said.append(f"{self.usd:,.2f} USD")
        if self.unfinished:
            said.append(f"{self.unfinished:,} not finished")
        if self.left_s is not None and not over:
            said.append(f"about {duration(self.left_s)} left")
        return ", ".join(said)


class Tail:
    """The lines that are added to a file after this was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def lines(self) -> Iterator[bytes]:
        """Yield the complete lines that are new."""
        try:
            with self._path.open("rb") as file:
                # A job removes the torn last line of one that was killed.
                self._at = min(self._at, self._path.stat().st_size)
                file.seek(self._at)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text.rfind(b"\n") + 1
        self._at += whole
        yield from text[:whole].splitlines()


class Watch:
    """Looks at a run of ``todo``, the jobs that play; all others of the plan are finished."""

    def __init__(
        self,
        plan: Plan,
        results: Path,
        todo: Sequence[Work],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._todo, self._now = plan, todo, now
        planned = episodes_by_file(plan, results)
        self._episodes = sum(planned.values())
        self._of = {work.path: planned[results / work.file] for work in todo}
        self._before = self._episodes - sum(self._of.values())
        self._progress = {work.path: results / "progress" / f"{work.path}.json" for work in todo}
        self._old = {path: _age(file) for path, file in self._progress.items()}
        self._states = dict[str, ChunkState]()
        self._seen = dict(self._old)
        self._tails = {
            work.path: Tail(results / "journal" / f"{work.path}.jsonl")
            for work in todo
            if plan.needs.models_of(work.cell)
        }
        self._tariffs = {work.path: _tariffs(plan, work) for work in todo}
        self._replies, self._units = 0, 0
        self._unpriced = False
        self._expected: float | None = None
        self._samples = deque[tuple[float, int, int]]()

    @property
    def causes(self) -> Counter[str]:
        """How many episodes each transport error has ended so far."""
        total = Counter[str]()
        for state in self._states.values():
            total.update(state.causes)
        return total

    def expect(self) -> None:
        """Compute from random play how many replies the run needs; this may take seconds."""
        asking = [work for work in self._todo if work.path in self._tails]
        self._expected = calls_of(self._plan, asking)

    def look(self) -> Sight:
        """Return the state now. Raises UserError for a progress file that cannot be read."""
        self._read()
        running = sum(
            self._of[path] - state.episodes + state.done for path, state in self._states.items()
        )
        unfinished = sum(state.errors for state in self._states.values())
        replayed = sum(state.replayed for state in self._states.values())
        done = running - unfinished
        used = self._replies + replayed
        self._sample(used, running)
        return Sight(
            episodes=self._episodes,
            done=self._before + done,
            unfinished=unfinished,
            replies=self._replies,
            usd=None if self._unpriced else ledger.usd(self._units),
            per_minute=self._pace(1) * 60 if self._replies else None,
            left_s=self._left_s(used, running),
        )

    def _read(self) -> None:
        for path, file in self._progress.items():
            if (age := _age(file)) != self._seen[path] and (state := read_progress(file)):
                self._seen[path], self._states[path] = age, state
        for path, tail in self._tails.items():
            for line in tail.lines():
                if reply := parse(line):
                    self._replies += 1
                    self._count(reply, self._tariffs[path])

    def _count(self, reply: Line, tariffs: Mapping[str, Tariff] | None) -> None:
        if tariffs is None:
            self._unpriced = True
        elif tariffs:
            self._units += filed(reply, tariffs.get).usd

    def _sample(self, used: int, episodes: int) -> None:
        now = self._now()
        self._samples.append((now, used, episodes))
        while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW_S:
            self._samples.popleft()

    def _pace(self, column: int) -> float:
        """Return replies (column 1) or episodes (2) a second, lately."""
        first, last = self._samples[0], self._samples[-1]
        seconds = last[0] - first[0]
        return (last[column] - first[column]) / seconds if seconds > 0 else 0.0

    def _left_s(self, used: int, episodes: int) -> float | None:
        """Return the seconds left: by replies if there are any, else by episodes."""
        total = sum(self._of.values())
        share = episodes / total if total else 1.0
        if used and self._tails:
            expected = used / share if share >= ENOUGH else self._expected
            pace = self._pace(1)
            return max(0.0, expected - used) / pace if expected and pace else None
        pace = self._pace(2)
        return (total - episodes) / pace if pace else None


def _age(file: Path) -> int:
    """Return when a file was written; 0 without one."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _tariffs(plan: Plan, work: Work) -> Mapping[str, Tariff] | None:
    """Return the tariffs of a job's models; None if a price is unknown."""
    try:
        return plan.needs.tariffs(work.cell)
    except UserError:
        return None


def playing(plan: Plan, results: Path, outputs: Sequence[str]) -> list[Work]:
    """Return the jobs that play, of all that write these files."""
    files = set(outputs)
    bundled = [
        chunk
        for bundle in plan.bundles
        if f"{results.name}/{bundle.file}" in files
        for chunk in bundle.chunks
    ]
    alone = [work for work in works(plan) if f"{results.name}/{work.file}" in files]
    return [*unplayed(plan, bundled, results), *alone]
