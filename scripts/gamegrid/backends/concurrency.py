"""Adapts the number of requests in flight to what the server accepts."""

import asyncio
from collections import deque

from gamegrid.backends.backend import BackendError

START = 32
CEILING = 256
"""The first and the largest number of requests in flight if the entry states none."""


class Adaptive:
    """A bound on requests in flight that grows with successes and halves on complaints.

    Additive increase, multiplicative decrease: the bound grows by one after as many successes as
    the bound, and halves when the server reports overload, once for all requests that were in
    flight together. Until the first complaint it doubles instead. Requests are admitted in order.
    ``close`` admits none for a while.
    """

    def __init__(self, stated: int | None) -> None:
        self._ceiling = CEILING if stated is None else stated
        self._bound = min(START, self._ceiling) if stated is None else stated
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._successes = 0
        self._complained = False
        self._window = 0
        """The number of halvings. Complaints about requests of an earlier window are ignored."""
        self._refusals = 0
        self._level = 0
        self._closed = 0
        """The number of pauses that last."""

    @property
    def ceiling(self) -> int:
        """The largest value that the bound can reach."""
        return self._ceiling

    @property
    def bound(self) -> int:
        """The current limit on requests in flight."""
        return self._bound

    @property
    def refusals(self) -> int:
        """The number of complaints, at most one a window, since the last success."""
        return self._refusals

    @property
    def level(self) -> int:
        """The number of complaints, at most one a window, beyond that of successes; at least 0.

        It settles where a pause is about as long as the server needs to take one more request.
        """
        return self._level

    async def enter(self, first: bool = False) -> int:
        """Wait for a place and return the current window. Raises BackendError after ``refuse``.

        ``first``: whether to wait before all others, as a request does that was refused. So the
        refusals of a slow minute meet few requests, and none of them meets too many.
        """
        if self._is_open and not self._waiting:
            self._inside += 1
            return self._window
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise
        return self._window

    def leave(self) -> None:
        """Free a place."""
        self._inside -= 1
        self._admit()

    def succeeded(self) -> None:
        """Record that a request was answered."""
        self._successes += 1
        self._refusals = 0
        self._level = max(0, self._level - 1)
        if not self._complained:
            self._bound = min(self._ceiling, self._bound + 1)
        elif self._successes >= self._bound:
            self._successes = 0
            self._bound = min(self._ceiling, self._bound + 1)

    def complained(self, window: int) -> bool:
        """Record that the server reported overload for a request that entered in ``window``.

        Returns whether it is the first report for a request of this window.
        """
        if window != self._window:
            return False
        self._complained = True
        self._successes = 0
        self._window += 1
        self._bound = max(1, self._bound // 2)
        self._refusals += 1
        self._level += 1
        return True

    def close(self, seconds: float) -> None:
        """Admit nobody for so many seconds."""
        self._closed += 1
        asyncio.get_running_loop().call_later(seconds, self._open)

    def refuse(self, reason: str) -> None:
        """Raise BackendError in every waiting request."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(BackendError(reason))

    @property
    def _is_open(self) -> bool:
        return not self._closed and self._inside < self._bound

    def _open(self) -> None:
        self._closed -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._is_open:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
