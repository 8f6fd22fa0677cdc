"""``vllm_`` models: the vLLM engine in this process, serving many episodes.

The engine runs inside the job, so a killed job leaves no engine process behind. Only one thread
uses it: that thread takes requests from a queue, steps the engine and delivers finished requests
to the event loop.
"""

import asyncio
import itertools
import json
import math
import os
import queue
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

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
)
from gamegrid.backends.choice_trees import Trie, beginnings, trie
from gamegrid.backends.finish_reasons import Ending, ending
from gamegrid.backends.local import Prompt, Prompts

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
DETERMINISTIC_ARGUMENTS = {"max_num_seqs": 1}
"""One sequence at a time: no other one affects the rounding. See ``Forget``, too."""

MOST_LOGPROBS = 128
"""The most tokens whose likelihoods vLLM states for one request."""

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
    (
        re.compile(r"does not support LoRA"),
        "Remove adapter_path, or use an hf_ model, which takes adapters of all models.",
    ),
    (
        re.compile(r"float32 is not supported for quantization method"),
        "Set engine: {dtype: bfloat16}: these weights are read in 16 bits only, and a CPU computes "
        "in float32 unless the entry says otherwise.",
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
    for key, own in OWN_KEYS.items():
        if key in entry.engine:
            return f"{entry.name}: engine may not contain {key!r}; use the entry's {own}."
    for key in DETERMINISTIC_ARGUMENTS:
        if entry.deterministic and key in entry.engine:
            return f"{entry.name}: engine may not contain {key!r}, which deterministic sets."
    if entry.engine.get("logprobs_mode", "raw_logprobs") != "raw_logprobs":
        return (
            f"{entry.name}: engine: logprobs_mode may only be 'raw_logprobs', the likelihoods that "
            "decode: score compares; remove it."
        )
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
    return (
        local.check_folder(entry.name, "model_path", folder)
        or local.check_tokenizer(entry)
        or local.check_adapter(entry)
    )


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
    """A command to the engine: continue some tokens, with these settings of vLLM."""

    id: str
    tokens: list[int]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Abandon:
    """A command to the engine: drop a request, because nobody waits for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Forget:
    """A command to the engine: forget what it has read for earlier requests.

    What the prefix cache holds decides which tokens are read together, and so the rounding.
    """


@dataclass(frozen=True, slots=True)
class Shutdown:
    """A command to the engine: stop."""


EngineCommand = EngineRequest | Abandon | Forget | Shutdown


@dataclass(frozen=True, slots=True)
class Finished:
    """The engine's result for a request."""

    ids: list[int]
    reason: FinishReason
    cached_tokens: int | None
    likelihoods: Mapping[int, float] = field(default_factory=dict)
    """The natural logarithm of the probability of each next token that was asked about."""


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
        self._alone: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if entry.deterministic else nullcontext()
        )
        """Held while a request is answered that no other one may affect."""
        self._prompts: Prompts | None = None
        self._defaults: Mapping[str, Any] = {}
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

    def begin(
        self, ready: "asyncio.Future[None]", prompts: Prompts, defaults: Mapping[str, Any]
    ) -> None:
        """Accept requests from now on. ``defaults`` are the sampling settings of the model."""
        self._prompts, self._defaults = prompts, defaults
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
        if self._prompts is None:
            raise BackendError(self._ended)
        prompt = self._prompts.prepare(request)
        if isinstance(prompt, Completion):
            return replace(prompt, model_served=self._folder.name)
        began = time.monotonic()
        async with self._alone:
            if self._entry.deterministic:
                self._commands.put(Forget())
            completion = await self._answer(self._prompts, prompt, request)
        return replace(completion, latency_s=time.monotonic() - began)

    async def _answer(self, prompts: Prompts, prompt: Prompt, request: Request) -> Completion:
        match request.decode:
            case Decode.GENERATE:
                return await self._write(prompts, prompt, request.sampling)
            case Decode.CONSTRAINED:
                return await self._choose(prompts, prompt, request.sampling)
            case Decode.SCORE:
                return await self._score(prompts, prompt)

    async def _write(self, prompts: Prompts, prompt: Prompt, sampling: Sampling) -> Completion:
        """Let the model write freely."""
        settings = reply_settings(self._defaults, sampling, prompt, prompts)
        finished = await self._ask(prompt.ids, settings)
        text = prompts.decode(finished.ids)
        reply = prompts.reply(prompt, text)
        return self._completion(prompt, reply, text, finished)

    async def _choose(self, prompts: Prompts, prompt: Prompt, sampling: Sampling) -> Completion:
        """Let the model write one of the choices, in the tokens that it would use itself.

        Held to the text alone, as vLLM's grammars do, it may begin a choice with a token that no
        choice begins with, such as half a word, and end at a choice that it would not have chosen.
        So it is asked for one token at a time, where choices differ. The prefix cache keeps what it
        has read.
        """
        allowed = trie(choice.ids for choice in prompt.choices)
        draws = random.Random(sampling.seed)
        ids: list[int] = []
        cached: int | None = None
        while allowed:
            token = next(iter(allowed))
            if len(allowed) > 1:
                # With one seed for all tokens, one and the same draw would decide on each.
                seed = None if sampling.seed is None else draws.getrandbits(63)
                settings = token_settings(self._defaults, replace(sampling, seed=seed), allowed)
                asked = await self._ask([*prompt.ids, *ids], settings)
                cached = asked.cached_tokens if cached is None else cached
                [token] = asked.ids
                if token not in allowed:
                    raise BackendError(
                        f"{self._entry.name}: vLLM wrote a token that begins none of the choices; "
                        "use decode: generate."
                    )
            ids.append(token)
            allowed = allowed[token]
        text = prompts.decode(ids)
        [label] = [choice.label for choice in prompt.choices if choice.ids == tuple(ids)]
        finished = Finished(ids, FinishReason.STOP, cached)
        return self._completion(prompt, f"{local.CUE} {label}", text, finished)

    async def _score(self, prompts: Prompts, prompt: Prompt) -> Completion:
        """Return the likelihoods of all choices.

        A request asks for those of all tokens that may follow one beginning of choices. Only the
        first one reads the prompt: it is the first to be scheduled, and the others find the prompt
        in the prefix cache, also within one step.
        """
        asked = [
            (before, tokens)
            for before, following in beginnings(trie(choice.ids for choice in prompt.choices))
            for tokens in _portions(following)
        ]
        answers = await asyncio.gather(
            *(self._ask([*prompt.ids, *before], score_settings(tokens)) for before, tokens in asked)
        )
        known = {
            (*before, token): answer.likelihoods[token]
            for (before, tokens), answer in zip(asked, answers, strict=True)
            for token in tokens
        }
        likelihoods = {
            choice.label: math.fsum(known[choice.ids[: end + 1]] for end in range(len(choice.ids)))
            for choice in prompt.choices
        }
        return prompts.scored(prompt, likelihoods, self._folder.name, answers[0].cached_tokens)

    async def _ask(self, tokens: list[int], settings: Mapping[str, Any]) -> Finished:
        if self._ended:
            raise BackendError(self._ended)
        number = str(next(self._numbers))
        future: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._commands.put(EngineRequest(number, tokens, settings))
        try:
            return await future
        except asyncio.CancelledError:
            self._waiting.pop(number, None)
            self._commands.put(Abandon(number))
            raise

    def _completion(self, prompt: Prompt, reply: str, text: str, finished: Finished) -> Completion:
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
        self._adapter: Any = None
        """vLLM's name of the adapter, which goes with each request; None without one."""
        self._asked: set[str] = set()
        """The ids of requests in the engine."""

    def run(self) -> None:
        """Build the engine, serve requests until stopped, and free the engine."""
        try:
            engine, prompts, defaults = self._start()
        except BackendError as error:
            self._post(self._owner.fail, self._ready, error)
        except Exception as error:
            self._post(
                self._owner.fail, self._ready, BackendError(_start_failure(self._entry.name, error))
            )
        else:
            self._post(self._owner.begin, self._ready, prompts, defaults)
            self._serve(engine)

    def _start(self) -> tuple[Any, Prompts, Mapping[str, Any]]:
        """Return the engine, the maker of its prompts, and the model's sampling settings."""
        prepare(self._entry)
        # Not the engine's tokenizer, because two threads cannot share one.
        tokenizer = local.load_tokenizer(self._entry, str(self._folder))
        with ENGINES.turn():
            engine = ENGINES.start(lambda: build(self._entry, self._folder))
            if self._entry.adapter_path is not None:
                self._adapter = self._load_adapter(engine, self._entry.adapter_path)
        stated = engine.model_config.try_get_generation_config()
        prompts = Prompts(
            self._entry.name,
            tokenizer,
            limit=engine.model_config.max_model_len,
            encoder=False,
            stated_ends=local.listed(stated.get("eos_token_id")),
            stop_strings=local.listed(stated.get("stop_strings")),
        )
        # Read once, because each call reads the model's generation defaults from disk.
        return engine, prompts, engine.model_config.get_diff_sampling_param()

    def _load_adapter(self, engine: Any, folder: str) -> Any:
        """Load the adapter before the first request. Raises BackendError if it does not fit."""
        from vllm.lora.request import LoRARequest

        adapter = LoRARequest("adapter", 1, folder)
        try:
            _refuse_other_shapes(Path(folder), self._folder)
            engine.add_lora(adapter)
        except Exception as error:
            ENGINES.retire(engine)
            raise BackendError(
                f"{self._entry.name}: vLLM cannot add the adapter in {folder!r} to the model "
                f"({local.brief(error)}). Correct adapter_path or model_path, or use an hf_ model."
            ) from error
        return adapter

    def _serve(self, engine: Any) -> None:
        reason = f"{self._entry.name}: closed before it could answer."
        try:
            self._step_until_stopped(engine)
        except Exception as error:
            reason = f"{self._entry.name}: the engine has died ({local.brief(error)})."
        self._post(self._owner.end, reason)
        with ENGINES.turn():
            ENGINES.retire(engine)

    def _step_until_stopped(self, engine: Any) -> None:
        while True:
            commands = self._owner.take() if self._asked else [self._owner.wait()]
            with ENGINES.turn():
                answers = []
                for command in commands:
                    match command:
                        case EngineRequest():
                            answers += self._add(engine, command)
                        case Abandon():
                            if command.id in self._asked:
                                self._asked.remove(command.id)
                                engine.abort_request([command.id])
                        case Forget():
                            engine.reset_prefix_cache()
                        case Shutdown():
                            return
                outputs = engine.step() if self._asked else []
            answers += [self._answer(output) for output in outputs if output.finished]
            if answers:
                self._post(self._owner.deliver, answers)

    def _add(self, engine: Any, ask: EngineRequest) -> list[Delivery]:
        """Add a request to the engine. A refused request fails alone."""
        from vllm.exceptions import VLLMClientError

        try:
            engine.add_request(
                ask.id,
                {"prompt_token_ids": ask.tokens},
                sampling_params(ask.settings),
                lora_request=self._adapter,
            )
        except (ValueError, VLLMClientError) as error:
            sentence = f"{self._entry.name}: vLLM refused the request ({local.brief(error)})."
            return [(ask.id, BackendError(sentence))]
        self._asked.add(ask.id)
        return []

    def _answer(self, output: Any) -> Delivery:
        number, result = output.request_id, output.outputs[0]
        self._asked.remove(number)
        end = ending(result.finish_reason)
        if end not in (Ending.STOP, Ending.LENGTH):
            sentence = f"{self._entry.name}: vLLM aborted the request ({result.finish_reason})."
            return number, BackendError(sentence)
        first = result.logprobs[0] if result.logprobs else {}
        likelihoods = {token: stated.logprob for token, stated in first.items()}
        ids = list(result.token_ids)
        return number, Finished(ids, end.finish_reason, output.num_cached_tokens, likelihoods)

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
        **_adapter_arguments(entry),
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


def _adapter_arguments(entry: ModelEntry) -> dict[str, Any]:
    """Return the engine's arguments for the entry's adapter. Raises BackendError for a bad one."""
    if entry.adapter_path is None:
        return {}
    from vllm.config.lora import MaxLoRARanks

    try:
        stated = json.loads((Path(entry.adapter_path) / local.ADAPTER_CONFIG).read_text("utf-8"))
        rank = max(map(int, [stated["r"], *(stated.get("rank_pattern") or {}).values()]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackendError(
            f"{entry.name}: {local.ADAPTER_CONFIG} in {entry.adapter_path!r} states no rank 'r' "
            f"({local.brief(error)}); vllm_ models take adapters of LoRA only."
        ) from error
    room = [most for most in get_args(MaxLoRARanks) if most >= rank]
    if not room:
        raise BackendError(
            f"{entry.name}: the adapter in {entry.adapter_path!r} has rank {rank}; vLLM takes at "
            f"most {max(get_args(MaxLoRARanks))}. Use an hf_ model."
        )
    return {"enable_lora": True, "max_lora_rank": min(room)}


def _refuse_other_shapes(adapter: Path, model: Path) -> None:
    """Raise ValueError if an adapter's weights are for layers of other sizes than the model's.

    vLLM would take those that are too small, and leave the rest of a layer as it is.
    """
    from safetensors import safe_open

    sizes: dict[str, dict[str, list[int]]] = {}
    with safe_open(adapter / local.ADAPTER_WEIGHTS, "pt") as file:
        for name in file.keys():  # noqa: SIM118
            layer, _, part = name.removeprefix("base_model.model.").rpartition(".lora_")
            sizes.setdefault(f"{layer}.weight", {})[part] = file.get_slice(name).get_shape()
    for path in model.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            for name in sizes.keys() & set(file.keys()):
                part, whole = sizes[name], file.get_slice(name)
                if not {"A.weight", "B.weight"} <= part.keys() or "F" not in whole.get_dtype():
                    continue  # weights of few bits have other shapes
                own = [part["B.weight"][0], part["A.weight"][1]]
                if own != whole.get_shape():
                    raise ValueError(f"{name} is {whole.get_shape()}, the adapter's {own}")


def sampling_params(settings: Mapping[str, Any]) -> Any:
    """Return new sampling parameters for one request, because the engine modifies them."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        **settings,
        skip_clone=True,  # they are not shared
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def reply_settings(
    defaults: Mapping[str, Any], sampling: Sampling, prompt: Prompt, prompts: Prompts
) -> dict[str, Any]:
    """Return the settings for a reply in free text.

    ``defaults`` are the settings of the model's generation_config; vLLM's defaults, such as
    temperature 1, apply to the rest. vLLM reads the end tokens of the generation_config, but not
    its stop strings.
    """
    return {
        **_drawing(defaults, sampling),
        "max_tokens": prompt.max_tokens,
        "stop": list(prompts.stops) if prompts.chat else ["\n"],
        "stop_token_ids": sorted(prompts.ends),
    }


def token_settings(
    defaults: Mapping[str, Any], sampling: Sampling, allowed: Trie
) -> dict[str, Any]:
    """Return the settings for one token of those that are allowed."""
    return {
        **_drawing(defaults, sampling),
        "max_tokens": 1,
        "allowed_token_ids": list(allowed),
        "detokenize": False,
    }


def score_settings(tokens: Sequence[int]) -> dict[str, Any]:
    """Return the settings that make the engine state how likely each token is to come next."""
    return {
        "temperature": 0.0,
        "max_tokens": 1,  # vLLM does not accept 0
        "logprob_token_ids": list(tokens),
        "detokenize": False,
    }


def _drawing(defaults: Mapping[str, Any], sampling: Sampling) -> dict[str, Any]:
    """Return how tokens are drawn: as the request says, else as the model's defaults do."""
    said = {key: getattr(sampling, key) for key in ("temperature", "top_p", "seed")}
    return {**defaults, **{key: value for key, value in said.items() if value is not None}}


def _portions(following: Trie) -> Iterator[list[int]]:
    """Split the tokens that may follow into as many as one request can ask about."""
    tokens = list(following)
    for start in range(0, len(tokens), MOST_LOGPROBS):
        yield tokens[start : start + MOST_LOGPROBS]


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
