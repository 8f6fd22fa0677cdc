"""The money in flight: before a request is sent, its worst price is reserved for all jobs to see.

Requests that ask together are served together, under one lock of the shared sum. So a job takes the
lock about as often as the file system answers, however many requests it has in flight.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gamegrid.backends.backend import BackendError, Completion
from gamegrid.backends.billing import Bound, bill
from gamegrid.backends.shared_file import SharedFile
from gamegrid.backends.tariff import Tariff
from gamegrid.errors import UserError
from gamegrid.records.ledger import Account, Ledger, units, usd

log = logging.getLogger(__name__)

POLL_S = 0.05
"""How often to look whether another job has freed money."""
RECOUNT_S = 2.0
"""How often a job that waits for money looks for jobs that have died."""
RECOUNT_SHARE = 50
"""The least time between two such looks, in times of what one takes: it stops all jobs."""
LATEST_S = 0.02
"""How soon the outcome of a request is booked if no request follows it."""
FULL_DISK_S = 600.0
"""How long requests wait for room on a full disk."""

Recount = Callable[[], tuple[int, int]]
"""Adds up all ledgers: what is counted and what is in flight. Called under the lock of the sum."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that waits for ``amount`` units."""

    name: str
    amount: int
    granted: asyncio.Future[None]


class Till:
    """One job's ledger, and its part in the sum of all jobs. All calls come from one event loop."""

    def __init__(
        self,
        limit: int,
        sum_file: Path,
        ledger_file: Path,
        settle: Callable[[Ledger], None],
        recount: Recount,
    ) -> None:
        """Join the other jobs. ``limit`` is in units.

        ``settle`` brings a ledger up to date with its journal. Raises UserError if a file is
        damaged or cannot be written.
        """
        self._limit = limit
        self._ledger_file = ledger_file
        self._recount = recount
        self._wishes = deque[Wish]()
        self._notes = list[str]()
        self._wake: asyncio.Event | None = None
        self._server: asyncio.Task[None] | None = None
        self._late: asyncio.TimerHandle | None = None
        self._refusal: str | None = None
        self._short_since: float | None = None
        self._recount_s = 0.0
        self._full_since: float | None = None
        try:
            self._sum = SharedFile(sum_file)
            with self._sum.held():
                self._book = Ledger(ledger_file, wait=True)
                self._join(settle)
        except OSError as error:
            raise UserError(
                f"{ledger_file}: budget_usd cannot be kept there ({error.strerror})."
            ) from error

    def _join(self, settle: Callable[[Ledger], None]) -> None:
        account = self._book.account
        ended, before = account.closed, (account.counted, account.in_flight)
        settle(self._book)
        # The first job of a chunk adds nothing, and one that ended in order left the sum right.
        if not self._sum.is_empty and (ended or account == Account()):
            self._add(account.counted - before[0], account.in_flight - before[1])
        else:
            self._sum.write(*self._recount())

    @property
    def counted(self) -> int:
        """What this job's requests have cost, in units, with what may have been billed."""
        return self._book.account.counted

    async def reserve(self, name: str, amount: int) -> None:
        """Wait until an attempt can be paid for, and reserve its worst price.

        Raises BackendError if it cannot, even if every request in flight turns out to be free.
        """
        if self._refusal is not None:
            raise BackendError(self._refusal)
        wish = Wish(name, amount, asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        self._serve_now()
        await wish.granted

    def note(self, line: str) -> None:
        """Book the outcome of an attempt, as a line of the ledger."""
        self._notes.append(line)
        if self._wishes:
            self._serve_now()
        elif self._late is None:
            self._late = asyncio.get_running_loop().call_later(LATEST_S, self._serve_late)

    def stop(self, reason: str) -> None:
        """Refuse all requests that wait, and all later ones."""
        self._refusal = reason
        while self._wishes:
            self._refuse(self._wishes.popleft(), reason)

    def close(self) -> None:
        """Book what is left, and leave the other jobs."""
        if self._server is not None:
            self._server.cancel()
        if self._late is not None:
            self._late.cancel()
        try:
            with self._sum.held():
                self._exchange()
        except OSError as error:
            log.error("%s cannot be written (%s)", self._ledger_file, error.strerror)
        finally:
            self._book.close()
            self._sum.close()

    def _serve_now(self) -> None:
        if self._wake is None:
            self._wake = asyncio.Event()
            self._server = asyncio.create_task(self._serve(self._wake))
        self._wake.set()

    def _serve_late(self) -> None:
        self._late = None
        self._serve_now()

    async def _serve(self, wake: asyncio.Event) -> None:
        """Serve wishes and book outcomes for as long as the job lasts."""
        while True:
            if not wake.is_set():
                await self._sleep(wake)
            wake.clear()
            try:
                async with self._sum.locked():
                    self._exchange()
                    if self._is_short_for(max(RECOUNT_S, RECOUNT_SHARE * self._recount_s)):
                        self._recount_all()
                self._full_since = None
                self._book.sync()
            except OSError as error:
                await self._endure(error)
            except Exception as error:
                # Nobody awaits this task, so those who wait must learn of the error.
                self.stop(str(error))
                if not isinstance(error, UserError):
                    raise

    def _recount_all(self) -> None:
        """Add up all ledgers, which frees what dead jobs hold. The caller holds the lock."""
        began = time.monotonic()
        self._sum.write(*self._recount())
        self._short_since = time.monotonic()
        self._recount_s = self._short_since - began

    async def _sleep(self, wake: asyncio.Event) -> None:
        """Wait for something to do; while money is short, look for what other jobs free."""
        if not self._wishes:
            await wake.wait()
            return
        try:
            async with asyncio.timeout(POLL_S):
                await wake.wait()
        except TimeoutError:
            return

    def _is_short_for(self, seconds: float) -> bool:
        """Return whether requests have waited for money for so long."""
        now = time.monotonic()
        if not self._wishes:
            self._short_since = None
            return False
        self._short_since = self._short_since or now
        return now - self._short_since > seconds

    async def _endure(self, error: OSError) -> None:
        """Wait for room on a full disk; refuse all requests in the end."""
        now = time.monotonic()
        if self._full_since is None:
            self._full_since = now
            log.error("%s cannot be written (%s). Make room.", self._ledger_file, error.strerror)
        if now - self._full_since > FULL_DISK_S:
            self.stop(f"{self._ledger_file} cannot be written ({error.strerror}).")
        await asyncio.sleep(1.0)

    def _exchange(self) -> None:
        """Book outcomes and serve wishes. The caller holds the lock of the sum. Raises OSError.

        The ledger is written first. A job that is killed before it writes the sum has sent nothing
        yet, and the next start of its chunk adds up all ledgers.
        """
        account = self._book.account
        before = account.counted, account.in_flight
        if self._notes:
            self._book.write(self._notes)
            self._notes.clear()
            self._add(account.counted - before[0], account.in_flight - before[1])
        counted, in_flight = self._sum.read()
        granted = list[Wish]()
        while self._wishes:
            wish = self._wishes[0]
            if wish.granted.done():  # its request was cancelled
                pass
            elif counted + wish.amount > self._limit:
                self._refuse(wish, self._shortage(counted, wish.amount))
            elif counted + in_flight + wish.amount <= self._limit:
                granted.append(wish)
                in_flight += wish.amount
            else:
                break  # requests are served in order, so that none starves
            self._wishes.popleft()
        if granted:
            self._grant(granted, counted, in_flight)

    def _grant(self, granted: list[Wish], counted: float, in_flight: float) -> None:
        try:
            self._book.write([f"r {wish.name} {wish.amount}" for wish in granted])
        except OSError:
            self._wishes.extendleft(reversed(granted))
            raise
        self._sum.write(counted, in_flight)
        for wish in granted:
            wish.granted.set_result(None)

    def _add(self, counted: int, in_flight: int) -> None:
        """Add to the sum of all jobs."""
        before = self._sum.read()
        self._sum.write(before[0] + counted, before[1] + in_flight)

    def _shortage(self, counted: float, amount: int) -> str:
        return (
            f"budget_usd: a request was not sent: {usd(counted):.4g} of {usd(self._limit):g} USD "
            f"are billed or may be, and it could cost {usd(amount):.4g}. Raise budget_usd and run "
            f"the same command again."
        )

    @staticmethod
    def _refuse(wish: Wish, reason: str) -> None:
        if not wish.granted.done():
            wish.granted.set_exception(BackendError(reason))


@dataclass(slots=True)
class RequestTab:
    """The account of one request (see ``billing.Tab``), which settles it with the reply.

    ``most`` is the worst price of an attempt, in units. ``spend`` is told what each attempt cost.
    """

    _till: Till
    _spend: Callable[[int], None]
    _name: str
    _tariff: Tariff
    _limits: Bound
    _most: int
    _is_open: bool = False

    async def reserve(self) -> None:
        """Wait until an attempt can be paid for, and reserve its worst price.

        Raises BackendError if it cannot.
        """
        await self._till.reserve(self._name, self._most)
        self._is_open = True

    def free(self) -> None:
        """Book the attempt as certainly not billed."""
        if self._is_open:
            self._is_open = False
            self._till.note(f"f {self._name}")

    def lost(self) -> None:
        """Book the attempt as one that may have been billed."""
        if self._is_open:
            self._is_open = False
            self._till.note(f"m {self._name} {self._most}")
            self._spend(self._most)

    def settle(self, completion: Completion) -> None:
        """Book the reply, which is on file now, at its cost."""
        cost = bill(self._limits, self._tariff, completion)
        amount, maybe = units(cost.usd), units(cost.maybe)
        self._is_open = False
        self._till.note(f"s {self._name} {amount} {min(maybe, amount)}")
        self._spend(amount)
