"""``hf_`` models: Hugging Face transformers in this process, on CPU or GPU, in batches.

Requests of all running episodes gather while the model is busy and form the next batch. Each
request has its own sampling, so the other requests of a batch do not change its reply: exactly in
float32, and up to rounding in lower precision and on a GPU.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from gamegrid.backends import hub, local
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    BackendKind,
    Capabilities,
    Completion,
    Decode,
    Environment,
    ModelEntry,
    Request,
)
from gamegrid.backends.hf_answers import CLOSED, answer
from gamegrid.backends.hf_loading import PREFIX, LoadedModel, hub_model, load, repository

MAX_BATCH = 64
GATHER_S = 0.002
"""Seconds per round of waiting for more requests. Episodes need a moment to ask again, and would
otherwise wait for a whole batch."""
DTYPES = ("auto", "bfloat16", "float16", "float32")


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in the entry, or None. Loads nothing."""
    if entry.api_base is not None:
        return f"{entry.name}: api_base is not for hf_ models, which run inside the job."
    if entry.name.removeprefix(f"{PREFIX}_") == "" and entry.model_path is None:
        return f"{entry.name}: no model named; write hf_<hub id> or set model_path."
    for key in entry.engine:
        if key != "dtype":
            return local.unknown_key(entry.name, key, ("dtype",)) + " hf_ models accept only dtype."
    if entry.engine.get("dtype", "auto") not in DTYPES:
        return (
            f"{entry.name}: engine dtype is {entry.engine['dtype']!r}; "
            f"allowed are {', '.join(DTYPES)}."
        )
    if entry.model_path is not None:
        problem = local.check_folder(entry.name, "model_path", Path(entry.model_path))
        if problem is not None:
            return problem
    wanted = hub_model(entry)
    if wanted is not None and hub.offline() and not hub.is_cached(wanted):
        return (
            f"{entry.name}: {wanted.repo!r} is not in the Hugging Face cache, and HF_HUB_OFFLINE "
            f"forbids a download. {hub.remedy()}"
        )
    return local.check_tokenizer(entry)


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A waiting request and the future for its completion."""

    request: Request
    future: "asyncio.Future[Completion]"
    asked: float
    """The time of the request, from time.monotonic()."""


class HuggingFace:
    """One transformers model.

    ``max_connections`` below 64 limits the batch size. A deterministic model answers one request
    at a time, in one thread.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        most = 1 if entry.deterministic else MAX_BATCH
        self._max_batch = min(most, entry.max_connections or most)
        # One thread loads and generates: the event loop stays free and batches do not overlap.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=entry.name)
        self._stop = threading.Event()
        self._waiting: list[PendingRequest] = []
        self._arrived = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Load tokenizer and weights in the worker thread. Raises BackendError."""
        problem = check(self._entry)
        if problem is not None:
            raise BackendError(problem)
        loop = asyncio.get_running_loop()
        model = await loop.run_in_executor(self._worker, load, self._entry)
        if self._stop.is_set():
            raise BackendError(CLOSED.format(self._entry.name))
        self._pump = asyncio.create_task(self._answer_batches(model))

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Its latency includes the wait for a batch."""
        local.refuse_unsupported(self._entry.name, request.sampling)
        if self._pump is None or self._stop.is_set():
            raise BackendError(f"{self._entry.name}: the model is not open.")
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append(PendingRequest(request, future, time.monotonic()))
        self._arrived.set()
        return await future

    async def close(self) -> None:
        """Abort the running batch, fail waiting requests, stop the thread and free the weights."""
        self._stop.set()
        if self._pump is not None:
            self._arrived.set()
            await asyncio.wait([self._pump])
        self._pump = None
        await asyncio.to_thread(self._worker.shutdown)
        local.free_memory()

    async def _answer_batches(self, model: LoadedModel) -> None:
        """Answer waiting requests in batches until closed."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if self._stop.is_set():
                break
            await self._gather()
            batch = self._take()
            answers = await loop.run_in_executor(
                self._worker, answer, model, [job.request for job in batch], self._stop
            )
            self._deliver(batch, answers)
        self._fail_waiting()

    async def _gather(self) -> None:
        """Wait until a round brings no more requests or the batch is full."""
        seen = 0
        while seen < len(self._waiting) < self._max_batch:
            seen = len(self._waiting)
            await asyncio.sleep(GATHER_S)

    def _take(self) -> list[PendingRequest]:
        waiting = [job for job in self._waiting if not job.future.done()]  # some were cancelled
        batch, self._waiting = waiting[: self._max_batch], waiting[self._max_batch :]
        if not self._waiting:
            self._arrived.clear()
        return batch

    def _deliver(
        self, batch: Sequence[PendingRequest], answers: Sequence[Completion | BackendError]
    ) -> None:
        now = time.monotonic()
        for job, result in zip(batch, answers, strict=True):
            if job.future.done():
                continue
            if isinstance(result, BackendError):
                job.future.set_exception(result)
            else:
                job.future.set_result(replace(result, latency_s=now - job.asked))

    def _fail_waiting(self) -> None:
        for job in self._waiting:
            if not job.future.done():
                job.future.set_exception(BackendError(CLOSED.format(self._entry.name)))
        self._waiting = []


def _create(entry: ModelEntry, _: Path) -> Backend:
    return HuggingFace(entry)


BACKEND = BackendKind(
    prefix=PREFIX,
    capabilities=Capabilities(
        hosted=False,
        chunk_deals=None,
        in_flight=MAX_BATCH,
        environment=Environment("hf", weight=2),
        decodes=frozenset(Decode),
        deterministic=True,
        refused=local.REFUSED,
    ),
    check=check,
    unsupported_reason=local.unsupported_reason,
    create=_create,
    hub=repository,
)
