"""Answers requests in the worker thread of a model, from its opening until it is closed."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gamegrid.backends import local
from gamegrid.backends.backend import BackendError, Completion, Request
from gamegrid.backends.hf_answers import completion, failure, generate, prepare, score
from gamegrid.backends.hf_loading import CLOSED, LoadedModel
from gamegrid.backends.hf_running import Running, RunningRow
from gamegrid.backends.hf_sampling import BatchRow

GATHER_S = 0.002
"""Seconds per round of waiting for more requests. Episodes need a moment to ask again, and would
otherwise wait for a whole batch."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingRequest:
    """A waiting request, the future for its completion, and the loop of that future."""

    request: Request
    future: "asyncio.Future[Completion]"
    loop: asyncio.AbstractEventLoop
    asked: float
    """The time of the request, from time.monotonic()."""

    def deliver(self, result: Completion | BackendError) -> None:
        """Hand over the result, from any thread. A request that nobody waits for gets none."""
        if isinstance(result, Completion):
            result = replace(result, latency_s=time.monotonic() - self.asked)
        self.loop.call_soon_threadsafe(self._set, result)

    def _set(self, result: Completion | BackendError) -> None:
        if self.future.done():
            return
        if isinstance(result, BackendError):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)


class Inbox:
    """Requests on their way from the event loop to the worker thread."""

    def __init__(self) -> None:
        self._waiting: list[PendingRequest] = []
        self._changed = threading.Condition()
        self.closed = False

    def put(self, job: PendingRequest) -> None:
        """Add a request."""
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()

    def close(self) -> None:
        """Wake whoever waits; nothing is answered from now on."""
        with self._changed:
            self.closed = True
            self._changed.notify()

    def take(self, most: int) -> list[PendingRequest]:
        """Return up to ``most`` waiting requests, without those that were cancelled."""
        with self._changed:
            waiting = [job for job in self._waiting if not job.future.done()]
            self._waiting = waiting[most:]
            return waiting[:most]

    def wait(self, most: int) -> None:
        """Wait for a request, then until a round brings no more or ``most`` are there."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.closed)
        seen = 0
        while seen < len(self._waiting) < most and not self.closed:
            seen = len(self._waiting)
            time.sleep(GATHER_S)


class Serving:
    """The worker's loop. At most ``most`` requests are answered at a time."""

    def __init__(
        self, model: LoadedModel, inbox: Inbox, stop: threading.Event, most: int, *, reuse: bool
    ) -> None:
        self._model = model
        self._inbox = inbox
        self._stop = stop
        self._most = most
        self._reuse = reuse
        self._running = self._fresh()

    def run(self) -> None:
        """Answer until the inbox is closed, then fail what is left."""
        import torch

        while not self._inbox.closed:
            if not len(self._running):
                self._inbox.wait(self._most)
            new = self._inbox.take(self._most - len(self._running))
            try:
                with torch.inference_mode():
                    self._advance(new)
            except Exception as error:
                # The error affects only these requests; the next batch may be smaller.
                self._fail(list(dict.fromkeys([*self._running.tickets, *new])), error)
        closed = BackendError(CLOSED.format(self._model.prompts.name))
        for job in [*self._running.tickets, *self._inbox.take(2**31)]:
            job.deliver(closed)

    def _fresh(self) -> Running[PendingRequest]:
        return Running(self._model, self._most, reuse=self._reuse)

    def _advance(self, new: Sequence[PendingRequest]) -> None:
        """Begin what is new, and take one token of every reply."""
        if new:
            self._begin(new)
        self._running.drop([row for row in self._running.rows if row.ticket.future.done()])
        if len(self._running):
            self._finish(self._running.step())

    def _begin(self, jobs: Sequence[PendingRequest]) -> None:
        rows: list[tuple[PendingRequest, BatchRow]] = []
        scored = []
        for job in jobs:
            match prepare(self._model, job.request):
                case BatchRow() as row:
                    rows.append((job, row))
                case local.Prompt() as prompt:
                    scored.append((job, prompt))
                case answer:
                    job.deliver(answer)
        if rows:
            self._generate(rows)
        if scored:
            kept = self._running.prefixes if self._reuse else None
            replies = score(self._model, kept, [prompt for _, prompt in scored], self._stop)
            for (job, _), reply in zip(scored, replies, strict=True):
                job.deliver(reply)

    def _generate(self, rows: Sequence[tuple[PendingRequest, BatchRow]]) -> None:
        if self._model.plain:
            self._finish(self._running.admit(rows))
            return
        replies = generate(self._model, [row for _, row in rows], self._stop)
        for (job, _), reply in zip(rows, replies, strict=True):
            job.deliver(reply)

    def _finish(self, ended: Sequence[RunningRow[PendingRequest]]) -> None:
        for row in ended:
            row.ticket.deliver(completion(self._model, row.row, row.new, reused=row.reused))

    def _fail(self, jobs: Sequence[PendingRequest], error: Exception) -> None:
        sentence = failure(self._model.prompts.name, len(jobs), error)
        self._running = self._fresh()
        local.free_memory()
        for job in jobs:
            job.deliver(BackendError(sentence))
