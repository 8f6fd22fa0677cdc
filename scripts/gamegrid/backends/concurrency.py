"""How many requests one backend has in flight: as many as the server takes without complaint."""

import asyncio
from collections import deque

from gamegrid.backends.backend import BackendError

START = 32
CEILING = 256
"""Where no number is stated: what is begun with, and the most that is tried."""


class Adaptive:
    """A bound on requests in flight that grows with successes and is halved at complaints.

    Additive increase, multiplicative decrease: one more after as many successes as the bound, and
    half of it when the server says that it is asked too much, once for all requests that were in
    flight together. Until the first complaint the bound doubles instead. First come, first served.
    """

    def __init__(self, stated: int | None) -> None:
        self._ceiling = CEILING if stated is None else stated
        self._bound = min(START, self._ceiling) if stated is None else stated
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._successes = 0
        self._complained = False
        self._window = 0
        """Counts the halvings: a complaint about a request of an earlier window is old news."""

    @property
    def ceiling(self) -> int:
        """The most requests that will ever be in flight."""
        return self._ceiling

    @property
    def bound(self) -> int:
        """The most requests in flight at present."""
        return self._bound

    async def enter(self) -> int:
        """Wait for a place and return its window. Raises BackendError after ``refuse``."""
        if self._inside < self._bound and not self._waiting:
            self._inside += 1
            return self._window
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise
        return self._window

    def leave(self) -> None:
        """Give a place back."""
        self._inside -= 1
        self._admit()

    def succeeded(self) -> None:
        """A request of the present bound was answered."""
        self._successes += 1
        if not self._complained:
            self._bound = min(self._ceiling, self._bound + 1)
        elif self._successes >= self._bound:
            self._successes = 0
            self._bound = min(self._ceiling, self._bound + 1)

    def complained(self, window: int) -> None:
        """The server was asked too much by a request that entered in ``window``."""
        if window != self._window:
            return
        self._complained = True
        self._successes = 0
        self._window += 1
        self._bound = max(1, self._bound // 2)

    def refuse(self, reason: str) -> None:
        """Send everyone who waits away with BackendError."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(BackendError(reason))

    def _admit(self) -> None:
        while self._waiting and self._inside < self._bound:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
