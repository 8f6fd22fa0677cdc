"""Limits that hold over all jobs of a host: requests in flight, requests and tokens per minute.

All processes of a user share one small file per model. A request in flight holds a lock on one byte
of it, which the system takes back from a process that dies; the pace is kept in two numbers. The
file lies in the memory of the host and never on a network file system.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import random
import stat
import struct
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gamegrid.backends.backend import BackendError, Usage
from gamegrid.backends.retry import Stop

POLL_S = 0.01
"""Between looks for what another process has given back."""
AHEAD_S = 0.25
"""Turns are booked at most so long ahead: a process that dies wastes no more than these."""
LONGEST_LOOK_S = 1.0
LONGEST_DEBT_S = 3600.0
"""No booking lies further ahead; a number beyond it is from before the host was restarted."""
CHARACTERS_PER_TOKEN = 4.0
"""The usual rule of thumb for the length of a prompt."""
UNKNOWN_REPLY_TOKENS = 256
"""Booked for a reply where neither ``max_tokens`` nor an earlier reply says anything."""
NEWEST = 0.05
"""The weight of the newest reply in the running mean of their lengths."""

PACE = struct.Struct("dd")
FLOCK = struct.Struct("hhqqi4x")
"""The system's ``struct flock`` on 64-bit Linux: type, whence, start, length, process."""
PACE_LOCK, HUNGRY, MEMBERS, SLOTS = 0, 1, 1 << 10, 1 << 20
"""Bytes that are locked; nothing is written there beyond the first 16."""
MOST_MEMBERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a model's entry states; None where there is no limit."""

    in_flight: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


def host_folder() -> Path:
    """Return the folder of this user on this host for what only lives until a restart."""
    memory = Path("/dev/shm")
    root = memory if os.access(memory, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    return root / f"gamegrid-{os.getuid()}"


class HostLimits:
    """One process's part in the limits on one model. ``identity`` names the model to all of them.

    ``reply_tokens`` is a request's ``max_tokens``. Nothing is touched where nothing is limited.
    """

    def __init__(self, bounds: Bounds, identity: str, stop: Stop, folder: Path) -> None:
        self._bounds = bounds
        self._stop = stop
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._path = folder / f"{digest}.limits"
        self._file = -1
        self._head = asyncio.Lock()
        """Held by the request that is next: the others of this process wait in order behind it."""
        self._slots: Slots | None = None
        self._pace: Pace | None = None

    def open(self) -> None:
        """Open the shared file. Raises BackendError if that cannot be."""
        bounds = self._bounds
        paced = bounds.requests_per_minute or bounds.tokens_per_minute
        if bounds.in_flight is None and not paced:
            return
        try:
            self._file = _open(self._path)
        except OSError as error:
            raise BackendError(
                f"{self._path}: limits cannot be kept over the jobs of this host "
                f"({error.strerror}). Make the folder writable for you alone, or remove it."
            ) from None
        if bounds.in_flight is not None:
            self._slots = Slots(self._file, bounds.in_flight, self._stop)
        if paced:
            self._pace = Pace(self._file, bounds, self._stop)

    def close(self) -> None:
        """Give everything back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @asynccontextmanager
    async def turn(self, prompt: int, reply_tokens: int | None) -> AsyncIterator["Turn"]:
        """Wait until a request may be sent, and hold its place while it is in flight.

        ``prompt`` is its length in characters. Raises BackendError if nothing may be sent any more.
        """
        turn = Turn()
        if self._file < 0:
            yield turn
            return
        slot = -1
        try:
            async with self._head:
                if self._slots is not None:
                    slot = await self._slots.take()
                wait_s = 0.0
                if self._pace is not None:
                    wait_s = await self._pace.book(turn, prompt, reply_tokens)
            if wait_s > 0:
                await self._stop.sleep(wait_s)
            yield turn
        finally:
            if slot >= 0 and self._slots is not None:
                self._slots.give_back(slot)
            if self._pace is not None:
                await self._pace.settle(turn)


@dataclass(slots=True)
class Turn:
    """A request's booking. ``usage`` is set by the caller once the tokens are known."""

    usage: Usage | None = None
    prompt_tokens: float = 0.0
    booked_tokens: float = 0.0


class Slots:
    """Requests in flight over all processes: ``count`` bytes, one locked by each request."""

    def __init__(self, file: int, count: int, stop: Stop) -> None:
        self._file = file
        self._count = count
        self._stop = stop
        order = list(range(count))
        random.shuffle(order)  # processes seldom try the same ones
        self._free: deque[int] = deque(order)
        """Those this process does not hold, likely free ones first."""
        self._freed = asyncio.Event()
        self._member = -1
        self._hungry = False
        self._share = count
        self._counted = 0.0

    async def take(self) -> int:
        """Wait for a place and return its number. Called by one request at a time."""
        while (slot := self._try()) is None:
            self._freed.clear()
            self._stop.check()
            await Stop.wait(self._freed, POLL_S)
        self._set_hungry(False)
        return slot

    def give_back(self, slot: int) -> None:
        """Free a place."""
        _unlock(self._file, SLOTS + slot)
        self._free.appendleft(slot)
        self._freed.set()
        if len(self._free) == self._count:
            self._leave()

    def _try(self) -> int | None:
        """Take a free place: up to a fair share always, beyond it if no other process lacks one."""
        held = self._count - len(self._free)
        self._join()
        fair = held < self._share
        if not fair and _is_locked(self._file, HUNGRY):
            return None
        for _ in range(len(self._free)):
            slot = self._free.popleft()
            if _try_lock(self._file, SLOTS + slot):
                return slot
            self._free.append(slot)
        self._set_hungry(fair)
        return None

    def _set_hungry(self, hungry: bool) -> None:
        """Let the others know that this process has less than its share and finds nothing."""
        if hungry and not self._hungry:
            self._hungry = _try_lock(self._file, HUNGRY, shared=True)
        elif self._hungry and not hungry:
            _unlock(self._file, HUNGRY)
            self._hungry = False

    def _join(self) -> None:
        """Be counted among those who want places, and count them now and then."""
        if self._member < 0:
            found = (n for n in range(MOST_MEMBERS) if _try_lock(self._file, MEMBERS + n))
            self._member = next(found, -1)
        now = time.monotonic()
        if now - self._counted >= AHEAD_S:
            others = _locked_by_others(self._file, MEMBERS, MOST_MEMBERS)
            self._share = max(1, self._count // (others + 1))
            self._counted = now

    def _leave(self) -> None:
        if self._member >= 0:
            _unlock(self._file, MEMBERS + self._member)
            self._member = -1


class Pace:
    """Requests and tokens per minute over all processes, spaced evenly.

    The file holds two moments of the host's monotonic clock: when the next request may begin as far
    as requests are limited, and as far as tokens are. A request moves both on by its own time.
    """

    def __init__(self, file: int, bounds: Bounds, stop: Stop) -> None:
        self._file = file
        self._stop = stop
        requests, tokens = bounds.requests_per_minute, bounds.tokens_per_minute
        self._per_request_s = 60.0 / requests if requests else 0.0
        self._per_token_s = 60.0 / tokens if tokens else 0.0
        self._mean_reply: float | None = None

    async def book(self, turn: Turn, prompt: int, reply_tokens: int | None) -> float:
        """Book the next turn and return the seconds until it begins."""
        turn.prompt_tokens = prompt / CHARACTERS_PER_TOKEN
        turn.booked_tokens = turn.prompt_tokens + self._expected(reply_tokens)
        while True:
            wait_s = await self._locked(lambda now, moments: self._advance(now, moments, turn))
            if wait_s <= AHEAD_S:
                return wait_s
            # Not for long: another request may turn out shorter than booked.
            await self._stop.sleep(min(wait_s - AHEAD_S / 2, LONGEST_LOOK_S))

    async def settle(self, turn: Turn) -> None:
        """Correct a booking by the tokens that were truly used, where they were stated."""
        usage = turn.usage
        if usage is None or usage.completion_tokens is None or not self._per_token_s:
            return
        said, asked = usage.completion_tokens, usage.prompt_tokens
        mean = self._mean_reply
        self._mean_reply = said if mean is None else mean + NEWEST * (said - mean)
        used = (turn.prompt_tokens if asked is None else asked) + said
        surplus_s = (turn.booked_tokens - used) * self._per_token_s
        await self._locked(lambda _, moments: self._return(moments, surplus_s))

    def _expected(self, reply_tokens: int | None) -> float:
        if self._mean_reply is not None:
            return self._mean_reply
        return UNKNOWN_REPLY_TOKENS if reply_tokens is None else reply_tokens

    def _advance(self, now: float, moments: tuple[float, float], turn: Turn) -> float:
        """Move the moments on if the turn is near; return the seconds until it."""
        requests, tokens = (max(now, moment) for moment in moments)
        begins = max(requests, tokens)
        if begins - now <= AHEAD_S:
            requests += self._per_request_s
            tokens += turn.booked_tokens * self._per_token_s
            os.pwrite(self._file, PACE.pack(requests, tokens), 0)
        return begins - now

    def _return(self, moments: tuple[float, float], surplus_s: float) -> float:
        """Take back time that was booked for tokens and not used."""
        requests, tokens = moments
        os.pwrite(self._file, PACE.pack(requests, tokens - surplus_s), 0)
        return surplus_s

    async def _locked(self, act: Callable[[float, tuple[float, float]], float]) -> float:
        while not _try_lock(self._file, PACE_LOCK):
            await asyncio.sleep(0.001)  # held for microseconds, unless its holder was stopped
        try:
            now = time.monotonic()
            return act(now, self._read(now))
        finally:
            _unlock(self._file, PACE_LOCK)

    def _read(self, now: float) -> tuple[float, float]:
        stored = os.pread(self._file, PACE.size, 0)
        moments = PACE.unpack(stored) if len(stored) == PACE.size else (0.0, 0.0)
        requests, tokens = (0.0 if m > now + LONGEST_DEBT_S else m for m in moments)
        return requests, tokens


def _open(path: Path) -> int:
    """Open the shared file in a folder that nobody else can write to. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "the folder is not yours alone")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


# Locks on single bytes. On Linux they belong to the open file: two of one process exclude each
# other, too. Elsewhere they belong to the process.


def _try_lock(file: int, byte: int, *, shared: bool = False) -> bool:
    """Lock a byte until it is unlocked or the process ends; False if another has it."""
    try:
        if sys.platform == "linux":
            kind = fcntl.F_RDLCK if shared else fcntl.F_WRLCK
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, FLOCK.pack(kind, os.SEEK_SET, byte, 1, 0))
        else:
            how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.lockf(file, how | fcntl.LOCK_NB, 1, byte)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(file: int, byte: int) -> None:
    if sys.platform == "linux":
        unlocked = FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, byte, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, unlocked)
    else:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _locked_by_others(file: int, start: int, count: int) -> int:
    """Return how many of ``count`` bytes from ``start`` others have locked."""
    # One by one: of several locks in a range the system tells any, not the first.
    return sum(_is_locked(file, byte) for byte in range(start, start + count))


def _is_locked(file: int, byte: int) -> bool:
    """Tell whether somebody else has locked a byte."""
    if sys.platform == "linux":
        asked = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
        kind = FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))[0]
        return bool(kind != fcntl.F_UNLCK)
    if _try_lock(file, byte):
        _unlock(file, byte)
        return False
    return True
