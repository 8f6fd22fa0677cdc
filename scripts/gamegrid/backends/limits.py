"""Limits that hold over all jobs of a host: requests in flight, requests and tokens per minute.

Jobs share a folder of small files for each model. Why no library does this: one ``filelock`` costs
80 µs where ``flock`` costs 4 µs, and counting would still be ours. ``pyrate-limiter`` does not
limit requests in flight; its one bucket for unrelated processes stores a row per token (1.4 ms for
1,000), refuses requests larger than a minute's tokens and cannot take back unused tokens.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.backends.pace import AHEAD_S, Booking, Pace
from gamegrid.backends.retry import Stop
from gamegrid.backends.shared_file import SharedFile, make_private

POLL_S = 0.01


class HostLimits:
    """One job's part in the limits on a model, which ``identity`` names to all jobs of the host.

    Whoever takes a place holds the lock of the file ``gate``, which also holds the pace. Each job
    has a file that says how many requests it has in flight and whether it lacks its fair share. It
    keeps that file locked for life, so that the others see at once when it has died.
    """

    def __init__(self, entry: ModelEntry, identity: str, stop: Stop, folder: Path) -> None:
        self._places = entry.max_connections
        self._pace = Pace(entry)
        self._stop = stop
        self._folder = folder / hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._gate: SharedFile | None = None
        self._job: SharedFile | None = None
        self._next = asyncio.Lock()
        """Held by the job's next request; the others wait behind it in order."""
        self._freed = asyncio.Event()
        self._in_flight = 0
        self._jobs = 1

    def open(self) -> None:
        """Join the other jobs, unless nothing is limited. Raises BackendError."""
        if self._places is None and not self._pace.is_limited:
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
        async with self._next:
            booking = await self._book(self._gate, prompt, max_tokens)
        try:
            if booking.wait_s > 0:
                await self._stop.sleep(booking.wait_s)
            yield booking
        finally:
            self._in_flight -= 1
            self._tell()
            if self._places is None or self._jobs <= self._places:
                self._freed.set()  # else all jobs look for the place in turn, so that none starves
            if self._gate is not None and self._pace.is_limited:
                async with self._gate.locked():
                    self._pace.settle(self._gate, booking)

    async def _book(self, gate: SharedFile, prompt: int, max_tokens: int | None) -> Booking:
        """Wait until a place is free and the turn is near, and take both."""
        while True:
            self._stop.check()
            self._freed.clear()
            async with gate.locked():
                free, lacking = self._find_place()
                booking = self._pace.book(gate, prompt, max_tokens) if free else None
                self._in_flight += booking is not None
                self._tell(lacking)
            if booking is not None:
                return booking
            await Stop.wait(self._freed, AHEAD_S / 2 if free else POLL_S * self._jobs)

    def _find_place(self) -> tuple[bool, bool]:
        """Return whether one more request may be in flight, and whether this job lacks a place.

        Each job may have a fair share, and more while no other job lacks a place of its share.
        """
        if self._places is None:
            return True, False
        others = self._others()
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
        for path in self._folder.glob("job-*"):
            if path != self._job.path:
                other = SharedFile(path)
                if other.lock():
                    path.unlink()
                else:
                    said.append(other.read())
                other.close()
        return said

    def _tell(self, lacking: bool = False) -> None:
        if self._job is not None:
            self._job.write(self._in_flight, lacking)
