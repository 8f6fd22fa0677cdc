"""Limits that hold over all jobs of a run: requests in flight, requests and tokens per minute.

On one host, the jobs share what is free. On a cluster, whose hosts do not see each other's
requests, each job keeps a fixed part.

Jobs share a folder of small files for each model. Why no library does this: one ``filelock`` costs
80 µs where ``flock`` costs 4 µs, and counting would still be ours. ``pyrate-limiter`` does not
limit requests in flight; its one bucket for unrelated processes stores a row per token (1.4 ms for
1,000), refuses requests larger than a minute's tokens and cannot take back unused tokens.
"""

import asyncio
import hashlib
import os
import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.backends.pace import AHEAD_S, Booking, Pace
from gamegrid.backends.retry import Stop
from gamegrid.backends.shared_file import SharedFile, make_private

POLL_S = 0.01
PER_MINUTE = ("requests_per_minute", "tokens_per_minute")
"""The keys of a model's entry that limit its pace."""
JOBS_AT_ONCE = "GAMEGRID_JOBS_AT_ONCE"
"""The variable that tells jobs of a cluster how many of them may ask hosted models at once: they
get the environment of the process that submits them."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A request that waits to be sent: its prompt in characters and its most reply tokens."""

    prompt: int
    max_tokens: int | None
    granted: asyncio.Future[Booking] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def has_place(self) -> bool:
        """Whether a place was given, even if the request was cancelled before it learned so."""
        done = self.granted.done() and not self.granted.cancelled()
        return done and self.granted.exception() is None

    def refuse(self, error: Exception) -> None:
        """Raise the error in the request that waits; a refusal as an error of its own."""
        if not self.granted.done():
            own = BackendError(str(error)) if isinstance(error, BackendError) else error
            self.granted.set_exception(own)


def divided(entry: ModelEntry, jobs: int) -> ModelEntry:
    """Return the entry with each limit divided by the jobs that may ask at once."""
    stated = {name: limit for name in PER_MINUTE if (limit := getattr(entry, name)) is not None}
    update: dict[str, float] = {name: limit / jobs for name, limit in stated.items()}
    if entry.max_connections is not None:
        update["max_connections"] = max(1, entry.max_connections // jobs)
    return entry.model_copy(update=update)


def jobs_at_once() -> int | None:
    """Return how many jobs of a cluster may ask hosted models at once; None on a single host."""
    told = os.environ.get(JOBS_AT_ONCE)
    return int(told) if told else None


def is_limited(entry: ModelEntry) -> bool:
    """Return whether a model has a limit that the jobs of a host share."""
    return entry.max_connections is not None or Pace(entry).is_limited


class HostLimits:
    """One job's part in the limits on a model, which ``identity`` names to all jobs of the host.

    Whoever takes a place holds the lock of the file ``gate``, which also holds the pace. Each job
    has a file that says how many requests it has in flight and whether it lacks its fair share. It
    keeps that file locked for life, so that the others see at once when it has died.
    """

    def __init__(self, entry: ModelEntry, identity: str, stop: Stop, folder: Path) -> None:
        self._entry = entry
        self._places = entry.max_connections
        self._pace = Pace(entry)
        self._stop = stop
        self._folder = folder / hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._gate: SharedFile | None = None
        self._job: SharedFile | None = None
        self._wishes = deque[_Wish]()
        """The requests that wait for a place, in order."""
        self._server: asyncio.Task[None] | None = None
        """Serves them together, under one lock of the gate."""
        self._freed = asyncio.Event()
        self._in_flight = 0
        self._tells = False
        """Whether the other jobs are about to be told what is in flight."""
        self._jobs = 1

    def open(self) -> None:
        """Join the other jobs, unless nothing is limited. Raises BackendError."""
        if not is_limited(self._entry):
            return
        try:
            make_private(self._folder.parent)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._gate = SharedFile(self._folder / "gate")
        except OSError as error:
            raise BackendError(
                f"{self._folder.parent}: cannot keep limits over the jobs of this host "
                f"({error.strerror}). Make the folder writable for you alone, or remove it."
            ) from None

    def close(self) -> None:
        """Free everything that this job holds."""
        if self._server is not None:
            self._server.cancel()
        for file in filter(None, (self._gate, self._job)):
            file.close()
        self._gate = self._job = None

    @asynccontextmanager
    async def turn(self, prompt: int, max_tokens: int | None) -> AsyncIterator[Booking]:
        """Wait until a request may be sent, and hold its place while it is in flight.

        ``prompt`` is its length in characters. Raises BackendError once nothing may be sent.
        """
        if self._gate is None:
            yield Booking()
            return
        booking = await self._booked(_Wish(prompt, max_tokens))
        try:
            if booking.wait_s > 0:
                await self._stop.sleep(booking.wait_s)
            yield booking
        finally:
            self._release()
            if self._gate is not None and self._pace.is_limited:
                async with self._gate.locked():
                    self._pace.settle(self._gate, booking)

    async def _booked(self, wish: _Wish) -> Booking:
        """Wait until a place is free and the turn is near, and take both."""
        self._wishes.append(wish)
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        try:
            return await wish.granted
        except asyncio.CancelledError:
            if wish.has_place:
                self._release()
            raise

    async def _serve(self) -> None:
        """Give places to waiting requests, in order, until none waits."""
        try:
            while self._wishes:
                self._stop.check()
                self._freed.clear()
                assert self._gate is not None
                async with self._gate.locked():
                    is_free = self._serve_under_lock(self._gate)
                if self._wishes:
                    await Stop.wait(self._freed, AHEAD_S / 2 if is_free else POLL_S * self._jobs)
        except Exception as error:
            # Nobody awaits this task, so those who wait must learn of the error.
            while self._wishes:
                self._wishes.popleft().refuse(error)

    def _serve_under_lock(self, gate: SharedFile) -> bool:
        """Grant as many wishes as may be sent now. Return whether a place is left.

        Until the lock is freed, other jobs may give places back but take none.
        """
        others = self._others() if self._places is not None else []
        is_free, is_lacking = True, False
        while self._wishes:
            wish = self._wishes[0]
            if not wish.granted.done():  # its request was cancelled
                is_free, is_lacking = self._find_place(others)
                booking = self._pace.book(gate, wish.prompt, wish.max_tokens) if is_free else None
                if booking is None:
                    break
                self._in_flight += 1
                wish.granted.set_result(booking)
            self._wishes.popleft()
        self._tell(is_lacking)
        return is_free

    def _release(self) -> None:
        """Give the place of a request back; the other jobs learn of it soon."""
        self._in_flight -= 1
        if self._places is None or self._jobs <= self._places:
            self._freed.set()  # else all jobs look for the place in turn, so that none starves
        if not self._tells:
            self._tells = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _find_place(self, others: Sequence[tuple[float, float]]) -> tuple[bool, bool]:
        """Return whether one more request may be in flight, and whether this job lacks a place.

        Each job may have a fair share, and more while no other job lacks a place of its share.
        ``others`` is what the other jobs say of themselves.
        """
        if self._places is None:
            return True, False
        self._jobs = 1 + sum(bool(in_flight or lacking) for in_flight, lacking in others)
        fair = self._in_flight < max(1, self._places // self._jobs)
        wanted = not fair and any(lacking for _, lacking in others)
        taken = self._in_flight + sum(in_flight for in_flight, _ in others)
        free = taken < self._places and not wanted
        return free, fair and not free

    def _others(self) -> list[tuple[float, float]]:
        """Return what the other live jobs say of themselves, and remove the files of dead ones."""
        if self._job is None:
            self._job = SharedFile(self._folder / f"job-{secrets.token_hex(8)}")
            self._job.lock()
        said = []
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if entry.name.startswith("job-")]
        for name in names:
            if name != self._job.path.name:
                other = SharedFile(self._folder / name)
                if other.lock():
                    other.path.unlink()
                else:
                    said.append(other.read())
                other.close()
        return said

    def _tell(self, lacking: bool = False) -> None:
        self._tells = False
        if self._job is not None:
            self._job.write(self._in_flight, lacking)
