"""Retries, in one layer: how often to repeat a request, and when to stop all requests."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gamegrid.backends.backend import Attempt, BackendError, Completion
from gamegrid.backends.faults import Blame, Fault
from gamegrid.backends.providers import Secrets

log = logging.getLogger(__name__)

ANSWERED = "answered"
DOUBLINGS = 20
"""Pauses are longest long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Limits on retries; times in seconds.

    ``max_attempts``: the number of attempts, not counting refusals by a busy server.
    ``max_billed``: the number of retries after attempts that may have been billed.
    ``max_refusals``: the number of a busy server's refusals in a row that end all requests.
    ``max_own_refusals``: the number of its refusals that end a request while others are answered.
    ``longest_wait_s``: the longest wait that a provider may ask for.
    """

    first_delay_s: float
    max_attempts: int = 6
    max_billed: int = 2
    max_refusals: int = 10
    max_own_refusals: int = 30
    max_delay_s: float = 60.0
    longest_wait_s: float = 300.0

    def delay_s(self, attempt: int, asked_s: float | None) -> float:
        """Return the seconds to wait after the given attempt, the first being 1.

        The delay is exponential with full jitter, in addition to what the provider asked for, so
        that requests refused together do not return together.
        """
        return (asked_s or 0.0) + random.uniform(0.0, self._most_s(attempt))

    def pause_s(self, level: int, asked_s: float | None) -> float:
        """Return the seconds that a model is not asked after a refusal; each level doubles them.

        At least half of each pause is certain. Otherwise the pauses together might be shorter than
        the minute over which most providers count requests.
        """
        most = self._most_s(level)
        return (asked_s or 0.0) + random.uniform(most / 2, most)

    def _most_s(self, times: int) -> float:
        return min(self.max_delay_s, self.first_delay_s * 2.0 ** min(times - 1, DOUBLINGS))


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt: its time, its duration in seconds, its outcome, and the parameters sent."""

    at: datetime
    seconds: float
    outcome: Completion | Fault
    sent: dict[str, Any]


class Stop:
    """A signal, sent once, that no further request to a model can succeed.

    ``refuse`` is called with the reason, to wake requests that wait elsewhere.
    """

    def __init__(self, refuse: Callable[[str], None]) -> None:
        self._refuse = refuse
        self._told = asyncio.Event()
        self._reason: str | None = None

    def tell(self, reason: str, level: int = logging.INFO) -> str:
        """Refuse all requests from now on and wake those that wait. Returns the first reason.

        The reason ends episodes, and the run shows it once for all of them.
        """
        if self._reason is None:
            self._reason = reason
            log.log(level, "%s No more requests are sent to this model.", reason)
            self._told.set()
            self._refuse(reason)
        return self._reason

    def check(self) -> None:
        """Raise BackendError if the signal was sent."""
        if self._reason is not None:
            raise BackendError(self._reason)

    async def sleep(self, seconds: float) -> None:
        """Wait, or raise BackendError as soon as the signal is sent."""
        await self.pause(seconds)
        self.check()

    async def pause(self, seconds: float) -> None:
        """Wait, or return as soon as the signal is sent."""
        await self.wait(self._told, seconds)

    @staticmethod
    async def wait(event: asyncio.Event, seconds: float) -> None:
        """Return when the event is set or the time has passed."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


class Retries:
    """Repeats a request until it is answered, within the limits of a policy."""

    def __init__(self, name: str, policy: RetryPolicy, stop: Stop, secrets: Secrets) -> None:
        self._name = name
        self._policy = policy
        self._stop = stop
        self._secrets = secrets

    async def persist(self, attempt: Callable[[], Awaitable[Tried]]) -> Completion:
        """Return the completion, with the parameters sent and all attempts added.

        Raises BackendError, with the attempts, if there is none.
        """
        attempts: list[Attempt] = []
        refusals = 0
        while True:
            tried = await self._try(attempt)
            if isinstance(tried, str):
                raise BackendError(tried, tuple(attempts))
            outcome = tried.outcome
            attempts.append(self._note(tried))
            billed = sum(each.kind == Blame.MAYBE_BILLED for each in attempts)
            busy = isinstance(outcome, Fault) and outcome.busy
            refusals += busy
            if isinstance(outcome, Completion):
                return replace(
                    outcome,
                    transport_attempts=len(attempts),
                    maybe_billed=billed,
                    attempts=tuple(attempts),
                    sent=tried.sent,
                )
            if refusal := self._refusal(outcome, len(attempts), billed, refusals):
                raise BackendError(refusal, tuple(attempts))
            if not busy:  # else no request is sent for a while, see ``Adaptive.close``
                delay_s = self._policy.delay_s(len(attempts) - refusals, outcome.retry_after_s)
                await self._stop.pause(delay_s)

    async def _try(self, attempt: Callable[[], Awaitable[Tried]]) -> Tried | str:
        """Make an attempt, or return the reason why nothing is sent."""
        try:
            self._stop.check()
            return await attempt()
        except BackendError as refused:
            return str(refused)

    def _refusal(self, fault: Fault, attempts: int, billed: int, refusals: int) -> str | None:
        """Return why a request is given up; None if it is retried."""
        text = self._secrets.scrub(f"{self._name}: {fault.text}")
        policy = self._policy
        match fault.blame:
            case Blame.ACCOUNT:
                return self._stop.tell(text)
            case Blame.REQUEST:
                return text
            case Blame.UNBILLED | Blame.MAYBE_BILLED:
                if (wait_s := fault.retry_after_s or 0.0) > policy.longest_wait_s:
                    return (
                        f"{text} It asks to wait {wait_s:.0f} s, and at most "
                        f"{policy.longest_wait_s:.0f} s are allowed. Run the same command later."
                    )
                failures_left = policy.max_attempts - (attempts - refusals)
                refusals_left = policy.max_own_refusals - refusals
                if min(failures_left, refusals_left) > 0 and billed <= policy.max_billed:
                    return None
                paid = f", {billed} of which may have been billed" if billed else ""
                return f"{text} Given up after {attempts} attempts{paid}."

    def _note(self, tried: Tried) -> Attempt:
        fault = tried.outcome if isinstance(tried.outcome, Fault) else None
        body = None if fault is None else fault.body
        return Attempt(
            at=tried.at.replace(tzinfo=None).isoformat(timespec="milliseconds"),
            seconds=round(tried.seconds, 4),
            kind=ANSWERED if fault is None else fault.blame.value,
            status=None if fault is None else fault.status,
            said=None if fault is None else self._secrets.scrub(fault.text),
            body=None if body is None else self._secrets.scrub(body),
        )
