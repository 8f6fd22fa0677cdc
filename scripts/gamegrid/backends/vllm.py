"""``vllm_`` models: the vLLM engine in this process, serving many episodes.

The engine runs inside the job, so a killed job leaves no engine process behind. Only one thread
uses it: that thread takes requests from a queue, steps the engine and delivers finished requests
to the event loop.
"""

import asyncio
import itertools
import math
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from gamegrid import paths
from gamegrid.backends import local
from gamegrid.backends.backend import (
    BackendError,
    BackendKind,
    Capabilities,
    Completion,
    Decode,
    Environment,
    FinishReason,
    ModelEntry,
    Request,
    Sampling,
    Usage,
    refuse_adapter,
)
from gamegrid.backends.finish_reasons import Ending, ending
from gamegrid.backends.local import EncodedChoice, Prompt, Prompts

PREFIX = "vllm"

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine runs in the job's process
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_HOST_IP": "127.0.0.1",  # its rendezvous is local
    # The rest is for CPUs only.
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # bound threads are 5 to 10 times slower in this process
    "OMP_NUM_THREADS": "1",
}
"""Environment variables set before vLLM is imported, unless the user has set them."""

CPU_ARGUMENTS = {
    "dtype": "float32",
    "enforce_eager": True,  # compiling takes longer than it saves
    "block_size": 32,  # the default of 128 excludes short prompts from the prefix cache
    # A seeded request with a chunked prompt crashes the engine, because torch's CPU generators
    # cannot be advanced. max_num_batched_tokens makes room for whole prompts.
    "enable_chunked_prefill": False,
}
MIN_BATCHED_TOKENS = 2048

SEQUENCES = 256
"""vLLM's default number of concurrent requests on most machines."""
DETERMINISTIC_ARGUMENTS = {"max_num_seqs": 1, "enable_prefix_caching": False}
"""One request at a time, without a prefix cache: no other request affects the rounding."""

OWN_KEYS = {
    "model": "model_path",
    "tokenizer": "tokenizer_path",
    "revision": "revision",
    "trust_remote_code": "trust_remote_code",
    "device_ids": "gpus",
}
"""Engine arguments that have their own key in the entry."""


PARALLEL = ("tensor_parallel_size", "pipeline_parallel_size")
"""Engine arguments whose product is the number of GPUs that the engine uses."""
UTILIZATION = "gpu_memory_utilization"
"""The engine argument that limits its memory: a part of all memory of its GPU."""

PICKLED_FORMATS = ("pt", "npcache", "auto", "hf")
"""Values of vLLM's load_format with which it may read weights that are pickles."""

DRIVER_REMEDY = (
    "vLLM needs an NVIDIA GPU that the job may use, and a driver at least as new as the CUDA "
    "version of its torch: compare `nvidia-smi` with "
    "`python -c 'import torch; print(torch.version.cuda)'`, or set the model's api_base to a "
    "server that runs it."
)
START_REMEDIES = (
    (
        re.compile(r"out of memory|[Ff]ree memory on device|No available memory|KV cache memory"),
        "Lower max_model_len, set quantization or tensor_parallel_size in the entry's engine, or "
        "choose a smaller model. If models of one job share a GPU, their gpu_memory_utilization "
        "must add up to less than 1.",
    ),
    (
        re.compile(r"NVIDIA driver|CUDA driver|libcuda|no kernel image|No CUDA GPUs|device type"),
        DRIVER_REMEDY,
    ),
)
"""Patterns in an engine's error and their remedies; the first match applies."""


class EngineTurns:
    """The engines of this process, which take turns and are freed together.

    vLLM keeps the current forward pass and the device groups in global variables. So two engines
    must not run at once, and shutting one down would end all others.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._turn = threading.Lock()
        self._running = 0
        self._retired: list[Any] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn of the calling thread's engine, and hold it."""
        # The next engine holds the first lock, so an engine cannot take two turns in a row while
        # another waits.
        with self._next:
            self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    def start(self, make: Callable[[], Any]) -> Any:
        """Start an engine. Call this within a turn."""
        engine = make()
        self._running += 1
        return engine

    def retire(self, engine: Any) -> None:
        """Retire an engine; the last one frees them all. Call this within a turn."""
        self._running -= 1
        self._retired.append(engine)
        if self._running:
            return
        for retired in self._retired:
            retired.engine_core.shutdown()
        self._retired.clear()


ENGINES = EngineTurns()


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in the entry, or None. Loads nothing."""
    return _check(entry, Path.cwd())


def _check(entry: ModelEntry, working: Path) -> str | None:
    if (problem := refuse_adapter(entry)) is not None:
        return problem
    for key, own in OWN_KEYS.items():
        if key in entry.engine:
            return f"{entry.name}: engine may not contain {key!r}; use the entry's {own}."
    for key in DETERMINISTIC_ARGUMENTS:
        if entry.deterministic and key in entry.engine:
            return f"{entry.name}: engine may not contain {key!r}, which deterministic sets."
    if (problem := _check_gpus(entry)) is not None:
        return problem
    format_ = entry.engine.get("load_format")
    if format_ in PICKLED_FORMATS and not entry.trust_remote_code:
        return (
            f"{entry.name}: engine: load_format {format_!r} reads pickles, which can run code; "
            "convert the model to safetensors, or set trust_remote_code in its entry."
        )
    folder = _folder(entry, working)
    if entry.model_path is None and not paths.there(folder, Path.is_dir):
        return (
            f"{entry.name}: no model_path, and {str(folder)!r} is not a folder; "
            "set model_path to its folder in the model's entry. Download a model of the hub with: "
            f"{local.fetch(folder)}"
        )
    return local.check_folder(entry.name, "model_path", folder) or local.check_tokenizer(entry)


def _check_gpus(entry: ModelEntry) -> str | None:
    """Return a sentence if the engine would use other GPUs than the entry has, or None."""
    sizes = {key: entry.engine[key] for key in PARALLEL if key in entry.engine}
    known = all(isinstance(size, int) for size in sizes.values())
    used = math.prod(sizes.values()) if known else 1
    told = " and ".join(f"{key} {size}" for key, size in sizes.items()) or "no tensor_parallel_size"
    if entry.gpus is None:
        if used > 1:
            return (
                f"{entry.name}: engine has {told}, and the entry no gpus. Set gpus: {used}, so "
                "that the job gets these GPUs, or gpus: 0 for vLLM's CPU build."
            )
    elif entry.gpus and used != math.ceil(entry.gpus):
        return (
            f"{entry.name}: gpus is {entry.gpus}, and engine has {told}: it would use {used}. Set "
            "both to the same number of GPUs."
        )
    limit = entry.engine.get(UTILIZATION)
    if entry.gpus and entry.gpus < 1 and isinstance(limit, int | float) and limit > entry.gpus:
        return (
            f"{entry.name}: engine has {UTILIZATION} {limit}, more than the share of a GPU that "
            f"gpus gives the model ({entry.gpus}). Remove it, or raise gpus."
        )
    return None


def _folder(entry: ModelEntry, working: Path) -> Path:
    if entry.model_path is not None:
        return Path(entry.model_path)
    return paths.resolve(entry.name.removeprefix(f"{PREFIX}_"), working)


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """A command to the engine: complete a prompt, or score one of its choices."""

    id: str
    prompt: Prompt
    sampling: Sampling
    scored: EncodedChoice | None = None


@dataclass(frozen=True, slots=True)
class Abandon:
    """A command to the engine: drop a request, because nobody waits for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """A command to the engine: stop."""


EngineCommand = EngineRequest | Abandon | Shutdown


@dataclass(frozen=True, slots=True)
class Finished:
    """The engine's result for a request."""

    ids: list[int]
    reason: FinishReason
    cached_tokens: int | None
    likelihood: float = math.nan
    """The natural logarithm of the scored choice's probability."""


Delivery = tuple[str, Finished | BackendError]


class Vllm:
    """One vLLM engine. Methods run in the event loop, except those for its thread."""

    def __init__(self, entry: ModelEntry, working: Path) -> None:
        self._entry = entry
        self._working = working
        self._folder = _folder(entry, working)
        self._commands: queue.SimpleQueue[EngineCommand] = queue.SimpleQueue()
        self._waiting: dict[str, asyncio.Future[Finished]] = {}
        self._numbers = itertools.count()
        self._prompts: Prompts | None = None
        self._thread: threading.Thread | None = None
        self._ended = f"{entry.name}: the model is not open."
        """The reason why requests are refused; empty while the engine runs."""

    async def open(self) -> None:
        """Start the engine in its thread. Raises BackendError."""
        problem = _check(self._entry, self._working)
        if problem is not None:
            raise BackendError(problem)
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        engine = EngineThread(self, self._entry, self._folder, loop, ready)
        # A daemon thread, so that an aborted job does not wait for it.
        self._thread = threading.Thread(target=engine.run, name=self._entry.name, daemon=True)
        self._thread.start()
        await ready

    def begin(self, ready: "asyncio.Future[None]", prompts: Prompts) -> None:
        """Accept requests from now on."""
        self._prompts = prompts
        self._ended = ""
        if not ready.done():  # the caller may have given up
            ready.set_result(None)

    def fail(self, ready: "asyncio.Future[None]", error: BackendError) -> None:
        """Raise the error in the caller of ``open``."""
        if not ready.done():
            ready.set_exception(error)

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Its latency includes the wait in the engine."""
        local.refuse_unsupported(self._entry.name, request.sampling)
        if self._prompts is None or self._ended:
            raise BackendError(self._ended)
        prompt = self._prompts.prepare(request)
        if isinstance(prompt, Completion):
            return replace(prompt, model_served=self._folder.name)
        began = time.monotonic()
        if request.decode is Decode.SCORE:
            completion = await self._score(self._prompts, prompt, request.sampling)
        else:
            finished = await self._ask(prompt, request.sampling)
            completion = self._completion(self._prompts, prompt, finished)
        return replace(completion, latency_s=time.monotonic() - began)

    async def _score(self, prompts: Prompts, prompt: Prompt, sampling: Sampling) -> Completion:
        results = await asyncio.gather(*(self._ask(prompt, sampling, c) for c in prompt.choices))
        likelihoods = {
            choice.label: finished.likelihood
            for choice, finished in zip(prompt.choices, results, strict=True)
        }
        return prompts.scored(prompt, likelihoods, self._folder.name)

    async def _ask(
        self, prompt: Prompt, sampling: Sampling, scored: EncodedChoice | None = None
    ) -> Finished:
        number = str(next(self._numbers))
        future: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._commands.put(EngineRequest(number, prompt, sampling, scored))
        try:
            return await future
        except asyncio.CancelledError:
            self._waiting.pop(number, None)
            self._commands.put(Abandon(number))
            raise

    def _completion(self, prompts: Prompts, prompt: Prompt, finished: Finished) -> Completion:
        text = prompts.decode(finished.ids)
        reply = prompts.reply(prompt, text)
        if prompt.choices:
            labels = [choice.label for choice in prompt.choices if choice.text == text]
            if not labels:
                raise BackendError(
                    f"{self._entry.name}: vLLM returned {text!r}, which is not one of the choices; "
                    f"use decode: generate."
                )
            reply = f"{local.CUE} {labels[0]}"
        return Completion(
            text=reply,
            finish_reason=finished.reason,
            model_served=self._folder.name,
            usage=Usage(
                prompt_tokens=len(prompt.ids),
                completion_tokens=len(finished.ids),
                cached_tokens=finished.cached_tokens,
            ),
            raw={"text": text, "token_ids": finished.ids},
        )

    async def close(self) -> None:
        """Abort running requests, end the thread and free the engine."""
        if self._thread is not None:
            self._commands.put(Shutdown())
            await asyncio.to_thread(self._thread.join)
            local.free_memory()
        self._thread = None
        self.end(f"{self._entry.name}: closed before it could answer.")

    def take(self) -> list[EngineCommand]:
        """Return all waiting commands without blocking. Called by the engine's thread."""
        commands = []
        while not self._commands.empty():
            commands.append(self._commands.get())
        return commands

    def wait(self) -> EngineCommand:
        """Wait for the next command. Called by the engine's thread."""
        return self._commands.get()

    def deliver(self, answers: Sequence[Delivery]) -> None:
        """Pass results to the requests that wait for them."""
        for number, result in answers:
            future = self._waiting.pop(number, None)
            if future is None or future.done():
                continue
            if isinstance(result, BackendError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def end(self, reason: str) -> None:
        """Fail every waiting and every later request with this reason."""
        self._ended = self._ended or reason
        self.deliver([(number, BackendError(reason)) for number in list(self._waiting)])


class EngineThread:
    """The code of the engine's thread, from start to end."""

    def __init__(
        self,
        owner: Vllm,
        entry: ModelEntry,
        folder: Path,
        loop: asyncio.AbstractEventLoop,
        ready: "asyncio.Future[None]",
    ) -> None:
        self._owner = owner
        self._entry = entry
        self._folder = folder
        self._loop = loop
        self._ready = ready
        self._defaults: dict[str, Any] = {}
        """The model's sampling settings, which the engine would read from disk each time."""
        self._asked: dict[str, EngineRequest] = {}
        """Requests in the engine, by id."""

    def run(self) -> None:
        """Build the engine, serve requests until stopped, and free the engine."""
        try:
            engine, prompts = self._start()
        except BackendError as error:
            self._post(self._owner.fail, self._ready, error)
        except Exception as error:
            self._post(
                self._owner.fail, self._ready, BackendError(_start_failure(self._entry.name, error))
            )
        else:
            self._post(self._owner.begin, self._ready, prompts)
            self._serve(engine, prompts)

    def _start(self) -> tuple[Any, Prompts]:
        prepare(self._entry)
        # Not the engine's tokenizer, because two threads cannot share one.
        tokenizer = local.load_tokenizer(self._entry, str(self._folder))
        with ENGINES.turn():
            engine = ENGINES.start(lambda: build(self._entry, self._folder))
        # Read once, because each call reads the model's generation defaults from disk.
        self._defaults = engine.model_config.get_diff_sampling_param()
        stated = engine.model_config.try_get_generation_config()
        prompts = Prompts(
            self._entry.name,
            tokenizer,
            limit=engine.model_config.max_model_len,
            encoder=False,
            stated_ends=local.listed(stated.get("eos_token_id")),
            stop_strings=local.listed(stated.get("stop_strings")),
        )
        return engine, prompts

    def _serve(self, engine: Any, prompts: Prompts) -> None:
        reason = f"{self._entry.name}: closed before it could answer."
        try:
            self._step_until_stopped(engine, prompts)
        except Exception as error:
            reason = f"{self._entry.name}: the engine has died ({local.brief(error)})."
        self._post(self._owner.end, reason)
        with ENGINES.turn():
            ENGINES.retire(engine)

    def _step_until_stopped(self, engine: Any, prompts: Prompts) -> None:
        while True:
            commands = self._owner.take() if self._asked else [self._owner.wait()]
            with ENGINES.turn():
                answers = []
                for command in commands:
                    match command:
                        case EngineRequest():
                            answers += self._add(engine, prompts, command)
                        case Abandon():
                            if self._asked.pop(command.id, None) is not None:
                                engine.abort_request([command.id])
                        case Shutdown():
                            return
                outputs = engine.step() if self._asked else []
            answers += [self._answer(output) for output in outputs if output.finished]
            if answers:
                self._post(self._owner.deliver, answers)

    def _add(self, engine: Any, prompts: Prompts, ask: EngineRequest) -> list[Delivery]:
        """Add a request to the engine. A refused request fails alone."""
        from vllm.exceptions import VLLMClientError

        try:
            if ask.scored is None:
                ids = ask.prompt.ids
                params = sampling_params(self._defaults, ask, prompts)
            else:
                ids = [*ask.prompt.ids, *ask.scored.ids]
                params = scoring_params()
            engine.add_request(ask.id, {"prompt_token_ids": ids}, params)
        except (ValueError, VLLMClientError) as error:
            sentence = f"{self._entry.name}: vLLM refused the request ({local.brief(error)})."
            return [(ask.id, BackendError(sentence))]
        self._asked[ask.id] = ask
        return []

    def _answer(self, output: Any) -> Delivery:
        ask, result = self._asked.pop(output.request_id), output.outputs[0]
        end = ending(result.finish_reason)
        if end not in (Ending.STOP, Ending.LENGTH):
            sentence = f"{self._entry.name}: vLLM aborted the request ({result.finish_reason})."
            return ask.id, BackendError(sentence)
        finished = Finished(list(result.token_ids), end.finish_reason, output.num_cached_tokens)
        if ask.scored is None:
            return ask.id, finished
        own = output.prompt_logprobs[len(ask.prompt.ids) :]
        values = [at[token].logprob for at, token in zip(own, ask.scored.ids, strict=True)]
        return ask.id, replace(finished, likelihood=math.fsum(values))

    def _post(self, function: Any, *arguments: Any) -> None:
        """Run a function in the event loop, unless the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            if not self._loop.is_closed():
                raise


def prepare(entry: ModelEntry) -> None:
    """Import vLLM with gamegrid's settings. Raises BackendError if it cannot be imported."""
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    try:
        import vllm  # noqa: F401
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):  # vLLM is installed but a library is missing
            raise BackendError(
                f"{entry.name}: cannot load vLLM ({local.brief(error)}). {DRIVER_REMEDY}"
            ) from error
        raise BackendError(
            f"{entry.name}: vllm_ models need vLLM ({local.brief(error)}); "
            f"install it with: {paths.install('vllm')}"
        ) from error


def build(entry: ModelEntry, folder: Path) -> Any:
    """Start an engine in this thread. Raises BackendError for an unknown argument."""
    from vllm import EngineArgs, LLMEngine

    known = [field.name for field in fields(EngineArgs)]
    for key in entry.engine:
        if key not in known:
            raise BackendError(local.unknown_key(entry.name, key, known))
    return LLMEngine.from_engine_args(EngineArgs(**engine_arguments(entry, folder)))


def engine_arguments(entry: ModelEntry, folder: Path) -> dict[str, Any]:
    """Return the engine's arguments: defaults for the machine, overridden by the entry."""
    from vllm import EngineArgs
    from vllm.platforms import current_platform

    arguments: dict[str, Any] = {
        "model": str(folder),
        "tokenizer": entry.tokenizer_path or str(folder),
        "trust_remote_code": entry.trust_remote_code,
        "load_format": "safetensors",
        "disable_log_stats": True,
    }
    if entry.max_connections is not None:
        arguments["max_num_seqs"] = entry.max_connections
    if entry.gpus is not None and 0 < entry.gpus < 1 and not current_platform.is_cpu():
        # Not the share itself: the process needs memory outside the engines' budgets, too.
        arguments[UTILIZATION] = entry.gpus * EngineArgs.gpu_memory_utilization
    arguments |= entry.engine
    if entry.deterministic:
        arguments |= DETERMINISTIC_ARGUMENTS
    if not current_platform.is_cpu():
        return arguments
    arguments = {**CPU_ARGUMENTS, **arguments}
    longest = EngineArgs(**arguments).create_model_config().max_model_len
    return {"max_num_batched_tokens": max(MIN_BATCHED_TOKENS, longest), **arguments}


def sampling_params(defaults: Mapping[str, Any], ask: EngineRequest, prompts: Prompts) -> Any:
    """Return new sampling parameters for one request, because the engine modifies them.

    ``defaults`` are the settings of the model's generation_config; vLLM's defaults, such as
    temperature 1, apply to the rest. vLLM reads the end tokens of the generation_config, but not
    its stop strings.
    """
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    chosen = dict(defaults)
    for key in ("temperature", "top_p", "seed"):
        value = getattr(ask.sampling, key)
        if value is not None:
            chosen[key] = value
    texts = [choice.text for choice in ask.prompt.choices]
    return SamplingParams(
        **{**chosen, "max_tokens": ask.prompt.max_tokens},
        stop=None if texts else list(prompts.stops) if prompts.chat else ["\n"],
        stop_token_ids=None if texts else sorted(prompts.ends),
        structured_outputs=StructuredOutputsParams(choice=texts) if texts else None,
        skip_clone=True,  # they are not shared
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def scoring_params() -> Any:
    """Return parameters that make the engine state the likelihood of each prompt token."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=0.0,
        max_tokens=1,  # vLLM does not accept 0
        prompt_logprobs=0,  # for the prompt's tokens only
        detokenize=False,
        skip_clone=True,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _start_failure(name: str, error: Exception) -> str:
    """Return a sentence on an engine that could not start, with a remedy if one is known.

    vLLM and torch distinguish these cases only by the text of the error.
    """
    sentence = f"{name}: the engine could not start ({local.brief(error)})."
    for words, remedy in START_REMEDIES:
        if isinstance(error, MemoryError) or words.search(str(error)):
            return f"{sentence} {remedy}"
    return sentence


BACKEND = BackendKind(
    prefix=PREFIX,
    capabilities=Capabilities(
        hosted=False,
        chunk_deals=None,
        in_flight=SEQUENCES,
        environment=Environment("vllm", weight=3),
        decodes=frozenset(Decode),
        deterministic=True,
        refused=local.REFUSED,
    ),
    check=check,
    unsupported_reason=local.unsupported_reason,
    create=Vllm,
    served="litellm_hosted_vllm/",
)
