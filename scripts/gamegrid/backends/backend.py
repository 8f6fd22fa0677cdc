"""The interface of backends, and the requests, completions and model entries they share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gamegrid import plugins


def _whole_or_share(value: Any) -> Any:
    """Refuse a number of GPUs that is neither whole nor between 0 and 1."""
    if isinstance(value, int | float) and not (
        0 < value < 1 or (value >= 0 and float(value).is_integer())
    ):
        raise PydanticCustomError(
            "gpus",
            "{found} is neither a whole number of GPUs nor a share of one between 0 and 1, such "
            "as 0.5",
            {"found": str(value)},
        )
    return value


GpuNumber = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[float, Field(gt=0, lt=1)],
    BeforeValidator(_whole_or_share),
]
"""A number of whole GPUs, or the share of one that a model uses."""


class ModelEntry(BaseModel):
    """One entry of a model file: where a model is and how to run it.

    ``name`` is the full model id, whose prefix names the backend. All other keys are optional. If
    a key is missing, the engine or the provider decides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    name: str = Field(description="the full model id")
    model_path: str | None = Field(
        default=None, description="folder of a local model; for hf_ models also a GGUF file"
    )
    adapter_path: str | None = Field(
        default=None, description="folder of a PEFT adapter, for hf_ and vllm_ models"
    )
    tokenizer_path: str | None = Field(
        default=None, description="folder of the tokenizer, if it is a different one"
    )
    api_base: str | None = Field(
        default=None, description="address of a server that runs the model"
    )
    description: str | None = Field(default=None, description="for people")
    max_connections: int | None = Field(
        default=None, ge=1, description="requests in flight at once, over all jobs"
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="requests per minute, over all jobs"
    )
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="tokens per minute, over all jobs"
    )
    timeout: float | None = Field(default=None, gt=0, description="seconds allowed per attempt")
    input_price: float | None = Field(
        default=None, ge=0, description="USD per million prompt tokens"
    )
    output_price: float | None = Field(
        default=None, ge=0, description="USD per million reply tokens"
    )
    max_output_tokens: int | None = Field(
        default=None,
        ge=1,
        description="the most tokens of a reply if an agent sets no max_tokens; for budget_usd",
    )
    gpus: GpuNumber | None = Field(
        default=None,
        description="GPUs that the model uses alone, or its share of one; 0 keeps it on the CPU",
    )
    gpu_model: str | None = Field(
        default=None, description="the GPU model, as the cluster names it"
    )
    mem_mb: int | None = Field(default=None, ge=1, description="host memory per job, in MB")
    runtime: int | None = Field(default=None, ge=1, description="minutes allowed per job")
    threads: int | None = Field(default=None, ge=1, description="CPU cores per job")
    revision: str | None = Field(default=None, description="branch, tag or commit of a hub model")
    trust_remote_code: bool = Field(
        default=False, description="run code that the model's folder contains"
    )
    deterministic: bool = Field(
        default=False, description="set from the agent's key of that name, never in a model file"
    )
    engine: dict[str, Any] = Field(
        default_factory=dict,
        description="vLLM engine arguments; hf_ models accept dtype, quantization and "
        "stop_after_answer only",
    )


class Decode(StrEnum):
    """How a model decides on a move.

    ``GENERATE``: it writes text, which is parsed. ``CONSTRAINED``: it writes text that must be one
    of the choices. ``SCORE``: it writes nothing; the likelihoods of the choices are computed.
    """

    GENERATE = "generate"
    CONSTRAINED = "constrained"
    SCORE = "score"


class FinishReason(StrEnum):
    """Why the model stopped. Only ``STOP`` means that the reply is complete."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    REFUSED = "refused"
    """The model declined, as the provider states separately from the reply."""
    CONTEXT_OVERFLOW = "context_overflow"
    TOOL_CALLS = "tool_calls"
    """The model called a tool, although none was offered, instead of ending its reply."""
    UNKNOWN = "unknown"
    """The provider states a reason that no document explains."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Sampling settings. A key that is None is not sent."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    thinking_budget: int | None = None
    extra_body: dict[str, Any] | None = None
    chat_template_kwargs: dict[str, Any] | None = None


def shallow(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, without the slow copying of ``asdict``."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A complete question to one model. Equal requests are the same question.

    ``choices`` are the legal labels in the game's order, at least one; None if and only if
    ``decode`` is ``GENERATE``. A constrained reply is a bare label, ``Action: <label>``, or JSON
    with the key ``action``; agents read all three. A scored reply also has ``likelihoods``.
    """

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    decode: Decode = Decode.GENERATE
    choices: tuple[str, ...] | None = None

    def stated(self) -> dict[str, Any]:
        """Return the request as the journal records it.

        The keys for decoding are omitted if the model generates, so that replies recorded before
        these keys existed stay valid.
        """
        stated = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
            "sampling": shallow(self.sampling),
        }
        if self.decode is Decode.GENERATE:
            return stated
        return stated | {"decode": self.decode, "choices": self.choices}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the engine or provider stated them; None if it stated none."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to send a request, recorded to account for its cost.

    ``at``: UTC time in ISO 8601 without zone. ``seconds``: its duration. ``kind``: answered,
    unbilled, maybe_billed, request or account. ``status``: HTTP status of a failed attempt, None
    without an answer. ``said``: what went wrong. ``body``: an answer that could not be read.
    """

    at: str
    seconds: float
    kind: str
    status: int | None = None
    said: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's complete answer to one request.

    ``reasoning`` is text that a provider delivers separately from the reply; the parser handles
    ``<think>`` blocks within the text. ``raw`` is the body as delivered, for the journal.
    ``latency_s`` is the duration of the successful attempt in seconds. ``fingerprint`` is the
    provider's identifier of the configuration that answered. ``sent`` holds the parameters sent,
    without the messages. ``maybe_billed`` counts failed attempts that may have been billed.
    ``likelihoods``, for scored requests only, maps each choice to the natural logarithm of the
    probability that the model's whole reply, with its end, is that choice. ``text`` is then the
    most likely choice.
    """

    text: str
    finish_reason: FinishReason
    reasoning: str | None = None
    model_served: str | None = None
    usage: Usage = field(default_factory=Usage)
    latency_s: float | None = None
    transport_attempts: int = 1
    raw: Any = None
    likelihoods: dict[str, float] | None = None
    fingerprint: str | None = None
    sent: dict[str, Any] | None = None
    maybe_billed: int = 0
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedCompletion:
    """A completion, and whether it was replayed from the journal instead of bought."""

    completion: Completion
    replayed: bool


class BackendError(Exception):
    """A transport failure or an engine that cannot run. It is never scored against the model.

    The text is for users: it names the model, the problem and the remedy, and contains no secret.
    ``attempts`` are the failed attempts.
    """

    def __init__(self, text: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(text)
        self.attempts = attempts


def refuse_adapter(entry: ModelEntry) -> str | None:
    """Return a sentence if an entry has an adapter, which a server would ignore, else None."""
    if entry.adapter_path is None:
        return None
    return (
        f"{entry.name}: adapter_path is for models that the job itself loads (hf_, vllm_), and "
        "would be ignored here. Remove it; a server loads its adapters itself."
    )


@dataclass(frozen=True, slots=True)
class Environment:
    """The software environment of a job: ``envs/NAME.yaml``.

    Environments nest. One of greater ``weight`` holds every library of the lighter ones, so a job
    with several backends runs in the heaviest of theirs.
    """

    name: str
    weight: int


CORE = Environment("core", weight=0)
"""What every job needs: no library for models."""


def heaviest(environments: Iterable[Environment]) -> str:
    """Return the name of the environment that holds the libraries of all of these."""
    return max([CORE, *environments], key=lambda environment: environment.weight).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a backend can do, declared without loading its engine.

    ``hosted``: a provider or a server runs the model, so the job needs no GPU and no memory for
    it. ``chunk_deals``: the smallest default number of deals per job; it doubles until a job can
    keep all requests busy. None puts the whole cell into one job, because the engine takes long to
    start. ``in_flight``: the number of concurrent requests if the model's entry does not set one.
    ``environment``: the environment that holds the backend's libraries. ``decodes``: the ways of
    deciding that it supports. ``deterministic``: it can return equal replies to equal requests in
    every run. ``refused``: sampling keys it never accepts, each with the reason. ``any_gpu``: its
    engine can be told which of the job's GPUs to use; it then implements ``PicksGpu``. Any other
    engine uses the first ones.
    """

    hosted: bool
    chunk_deals: int | None
    in_flight: int
    environment: Environment = CORE
    decodes: frozenset[Decode] = frozenset({Decode.GENERATE})
    deterministic: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    any_gpu: bool = False


class Backend(Protocol):
    """One model, used concurrently by many episodes of one event loop."""

    async def open(self) -> None:
        """Load the model or connect to it. Called once, before the first request.

        Raises BackendError.
        """

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Safe to call concurrently. Raises BackendError.

        ``budget_usd`` reserves the price of one attempt for it. A backend of a paid model that
        sends a request again after a failure implements ``billing.Metered`` as well.
        """

    async def close(self) -> None:
        """Release the engine, threads and sockets. Safe to call after a failed ``open``."""


@runtime_checkable
class Stoppable(Protocol):
    """A backend that holds requests back, for limits or retries, and can stop sending them."""

    def stop(self) -> None:
        """Refuse requests that were not sent yet. Requests in flight are still answered."""


@runtime_checkable
class ChoosesDtype(Protocol):
    """A backend that decides in which number format it computes, if the entry leaves it open.

    The job keeps the choice on record: replies in another format would differ.
    """

    def choose_dtype(self) -> str:
        """Return the entry's format, or else the one for this machine. Raises BackendError."""

    def set_dtype(self, dtype: str) -> None:
        """Compute in this format. Called before ``open``."""


@runtime_checkable
class PicksGpu(Protocol):
    """A backend whose model uses one GPU, and which can be told which of the job's it is."""

    def set_gpu(self, index: int) -> None:
        """Use this GPU, counted from 0 among those that the process sees.

        Called before ``choose_dtype`` and ``open``, if the model's entry asks for a GPU.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendKind:
    """A backend as its file declares it in ``BACKEND``.

    ``prefix`` is the first part of a model id (``hf`` of ``hf_gpt2``) and has no underscore.
    ``check`` returns one sentence about a mistake in the entry (a missing folder, an unknown key),
    or None; it loads nothing. ``create`` builds a closed backend. Both get the entry with absolute
    paths; ``create`` also gets the working directory (for ``.env``). ``unsupported_reason`` returns
    a sentence about an agent's setting that the model does not accept, or None. It may load a
    library, so a dry run skips it.
    ``served`` replaces the prefix in the id of a model with an ``api_base``, if another backend
    asks that server; None if this one does. ``remark`` returns what ``check`` tells of a model that
    is ready, or None; it gets the dtype on record for these results, if there is one, and may load
    a library. ``hub`` returns the Hugging Face repository that an
    entry's model is downloaded from, or None if there is none.

    Raises ValueError for a prefix that no model id can begin with.
    """

    prefix: str
    capabilities: Capabilities
    check: Callable[[ModelEntry], str | None]
    create: Callable[[ModelEntry, Path], Backend]
    served: str | None = None
    remark: Callable[[ModelEntry, str | None], str | None] = lambda _entry, _dtype: None
    hub: Callable[[ModelEntry], str | None] = lambda _: None
    unsupported_reason: Callable[[ModelEntry, Sampling, Decode], str | None] | None = None

    def __post_init__(self) -> None:
        if not self.prefix.isalnum():
            raise ValueError(f"the prefix {self.prefix!r} must be letters and digits only")

    def make(self, entry: ModelEntry, working: Path) -> Backend:
        """Return what ``create`` creates. Raises UserError if a plug-in creates no backend."""
        created = self.create(entry, working)
        plugins.check_made(plugins.BACKEND, self.prefix, "create", created, Backend)
        return created
