"""``hf_`` models: Hugging Face transformers in this process, on CPU or GPU, in batches.

Requests of all running episodes share a batch, which they join and leave between two tokens. Each
request has its own sampling, so the other requests of a batch do not change its reply, up to
rounding: in float32 that changes a move only where two tokens are equally likely to seven digits.
"""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gamegrid.backends import hf_sources, hub, local
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
from gamegrid.backends.hf_dtypes import DTYPES
from gamegrid.backends.hf_loading import (
    CLOSED,
    PREFIX,
    STOP_AFTER_ANSWER,
    choose_dtype,
    hub_model,
    load,
    remark,
    repository,
)
from gamegrid.backends.hf_serving import Inbox, PendingRequest, Serving

MAX_BATCH = 64
ENGINE_KEYS = ("dtype", "quantization", STOP_AFTER_ANSWER)


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in the entry, or None. Loads nothing."""
    if entry.api_base is not None:
        return f"{entry.name}: api_base is not for hf_ models, which run inside the job."
    if entry.name.removeprefix(f"{PREFIX}_") == "" and entry.model_path is None:
        return f"{entry.name}: no model named; write hf_<hub id> or set model_path."
    if entry.gpus is not None and entry.gpus > 1:
        return (
            f"{entry.name}: gpus is {entry.gpus}, and a hf_ model uses one GPU at most. Set it to "
            "1 or to a share, or use a vllm_ model, which can use several."
        )
    if (problem := _check_engine(entry)) is not None:
        return problem
    if (problem := hf_sources.check(entry)) is not None:
        return problem
    wanted = hub_model(entry)
    if wanted is not None and hub.offline() and not hub.is_cached(wanted):
        return (
            f"{entry.name}: {wanted.repo!r} is not in the Hugging Face cache, and HF_HUB_OFFLINE "
            f"forbids a download. {hub.remedy()}"
        )
    return local.check_tokenizer(entry)


def _check_engine(entry: ModelEntry) -> str | None:
    for key in entry.engine:
        if key not in ENGINE_KEYS:
            allowed = f" hf_ models accept only {', '.join(ENGINE_KEYS)}."
            return local.unknown_key(entry.name, key, ENGINE_KEYS) + allowed
    if entry.engine.get("dtype", "auto") not in DTYPES:
        return (
            f"{entry.name}: engine dtype is {entry.engine['dtype']!r}; "
            f"allowed are {', '.join(DTYPES)}."
        )
    if not isinstance(stop := entry.engine.get(STOP_AFTER_ANSWER, False), bool):
        return f"{entry.name}: engine {STOP_AFTER_ANSWER} is {stop!r}; allowed are true and false."
    return None


class HuggingFace:
    """One transformers model.

    ``max_connections`` below 64 limits the batch size. A deterministic model answers one request
    at a time, in one thread, and reads every prompt from its first token.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        most = 1 if entry.deterministic else MAX_BATCH
        self._most = min(most, entry.max_connections or most)
        # One thread loads and generates: the event loop stays free.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=entry.name)
        self._stop = threading.Event()
        self._gpu = 0
        self._inbox: Inbox | None = None
        self._serving: asyncio.Future[None] | None = None

    def set_gpu(self, index: int) -> None:
        """Load the model onto this GPU, counted from 0 among those that the process sees."""
        self._gpu = index

    def choose_dtype(self) -> str:
        """Return the dtype in which the entry or this machine computes. Raises BackendError."""
        problem = check(self._entry)
        if problem is not None:
            raise BackendError(problem)
        return choose_dtype(self._entry, self._gpu)

    def set_dtype(self, dtype: str) -> None:
        """Compute in this dtype from the opening on."""
        engine = {**self._entry.engine, "dtype": dtype}
        self._entry = self._entry.model_copy(update={"engine": engine})

    async def open(self) -> None:
        """Load tokenizer and weights in the worker thread. Raises BackendError."""
        problem = check(self._entry)
        if problem is not None:
            raise BackendError(problem)
        loop = asyncio.get_running_loop()
        model = await loop.run_in_executor(self._worker, load, self._entry, self._gpu)
        if self._stop.is_set():
            raise BackendError(CLOSED.format(self._entry.name))
        self._inbox = Inbox()
        reuse = not self._entry.deterministic
        serving = Serving(model, self._inbox, self._stop, self._most, reuse=reuse)
        self._serving = loop.run_in_executor(self._worker, serving.run)

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Its latency includes the wait for a place."""
        local.refuse_unsupported(self._entry.name, request.sampling)
        if self._inbox is None or self._stop.is_set():
            raise BackendError(f"{self._entry.name}: the model is not open.")
        loop = asyncio.get_running_loop()
        job = PendingRequest(request, loop.create_future(), loop, time.monotonic())
        self._inbox.put(job)
        return await job.future

    async def close(self) -> None:
        """Abort what runs, fail waiting requests, stop the thread and free the weights."""
        self._stop.set()
        if self._inbox is not None and self._serving is not None:
            self._inbox.close()
            await self._serving
        self._serving = None
        await asyncio.to_thread(self._worker.shutdown)
        local.free_memory()


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
        any_gpu=True,
    ),
    check=check,
    unsupported_reason=local.unsupported_reason,
    create=_create,
    remark=remark,
    hub=repository,
)
