"""What every backend promises: ``complete(request) -> completion``, open and close."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field


class ModelEntry(BaseModel):
    """One entry of a model file: where a model is and how it may be driven.

    ``name`` is the full model id, its prefix naming the backend. Everything else is optional;
    a key left out leaves the matter to the engine or the provider.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    name: str = Field(description="the full model id")
    model_path: str | None = Field(default=None, description="the folder of a local model")
    tokenizer_path: str | None = Field(default=None, description="its tokenizer's, if another")
    api_base: str | None = Field(default=None, description="address of a server that runs it")
    description: str | None = Field(default=None, description="for people")
    max_connections: int | None = Field(
        default=None, ge=1, description="requests at once, over all jobs of a host"
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="over all jobs of a host"
    )
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="over all jobs of a host"
    )
    timeout: float | None = Field(default=None, gt=0, description="seconds per attempt")
    input_price: float | None = Field(default=None, ge=0, description="USD per million tokens")
    output_price: float | None = Field(default=None, ge=0, description="USD per million tokens")
    gpus: int | None = Field(default=None, ge=0, description="GPUs that a job holds")
    gpu_model: str | None = Field(default=None, description="their model, as a cluster names it")
    mem_mb: int | None = Field(default=None, ge=1, description="memory of the host for its jobs")
    runtime: int | None = Field(default=None, ge=1, description="minutes that a job of it may take")
    threads: int | None = Field(default=None, ge=1, description="CPU cores for its jobs")
    revision: str | None = Field(default=None, description="branch, tag or commit of a hub model")
    trust_remote_code: bool = Field(default=False, description="run code that comes with a model")
    deterministic: bool = Field(
        default=False, description="set from the agent's key of that name, never in a model file"
    )
    engine: dict[str, Any] = Field(
        default_factory=dict, description="vLLM engine arguments; dtype alone for hf_ models"
    )


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost, in USD per million.

    ``cached``: of prompt tokens that the provider reads from its cache; None as any others.
    """

    input: float
    output: float
    cached: float | None = None

    def usd(
        self, prompt_tokens: float, completion_tokens: float, cached_tokens: float = 0
    ) -> float:
        """The price of so many tokens; the cached ones are among those of the prompt."""
        saved = 0.0 if self.cached is None else self.input - self.cached
        asked = prompt_tokens * self.input - min(cached_tokens, prompt_tokens) * saved
        return (asked + completion_tokens * self.output) / 1e6


class Decode(StrEnum):
    """How a model states its move.

    ``GENERATE``: in words of its own, which are parsed. ``CONSTRAINED``: in words of its own, held
    to the choices of the request. ``SCORE``: not at all; the choices' likelihoods are read off.
    """

    GENERATE = "generate"
    CONSTRAINED = "constrained"
    SCORE = "score"


class FinishReason(StrEnum):
    """Why the model stopped. Anything but ``STOP`` means the reply is not a whole answer."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    REFUSED = "refused"
    """The model declined, and the provider says so apart from the reply."""
    CONTEXT_OVERFLOW = "context_overflow"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What is asked of the sampler. ``None`` means the key is not sent at all."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    thinking_budget: int | None = None
    extra_body: dict[str, Any] | None = None
    chat_template_kwargs: dict[str, Any] | None = None


def shallow(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name; nothing in them is copied, which takes long."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one model, complete in itself: equal requests are the same question.

    ``choices`` are the legal labels, at least one, in the game's own order; None exactly where
    ``decode`` is ``GENERATE``. A constrained reply is one of them as it stands, ``Action: <label>``
    or JSON with the key ``action``: all that the parser reads. A scored one has ``likelihoods``.
    """

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    decode: Decode = Decode.GENERATE
    choices: tuple[str, ...] | None = None

    def stated(self) -> dict[str, Any]:
        """Return the request as it is filed.

        Keys of decoding are left out where the model generates: replies filed before there were
        such keys stay valid.
        """
        found = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
            "sampling": shallow(self.sampling),
        }
        if self.decode is Decode.GENERATE:
            return found
        return found | {"decode": self.decode, "choices": self.choices}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the engine or provider stated them; ``None`` where it said nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request as it was sent, so that money can be accounted for.

    ``at``: UTC, ISO 8601 without zone. ``kind``: answered, unbilled, maybe_billed, request or
    account. ``status``: HTTP status of a failed attempt, None where nothing was answered. ``body``:
    what arrived and could not be read.
    """

    at: str
    seconds: float
    kind: str
    status: int | None = None
    said: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's whole answer to one request.

    ``reasoning`` is text a provider delivers apart from the reply (``<think>`` blocks inside the
    text are the parser's business). ``raw`` is the body as delivered, for the journal.
    ``latency_s`` is in seconds and counts the successful attempt only. ``fingerprint`` is what the
    provider says of the configuration that answered. ``sent``: the parameters as they were sent,
    without the messages. ``maybe_billed``: failed attempts that may have been paid for.
    ``likelihoods``, of scored requests only: to each choice the natural logarithm of the
    probability that the model's whole reply is that choice, its end included; ``text`` is then the
    likeliest choice.
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
    """A completion, and whether it came from the journal instead of the model."""

    completion: Completion
    replayed: bool


class BackendError(Exception):
    """Transport trouble or an engine that cannot run: never the model's fault, never scored.

    The text is fit for a person: it names the model, what went wrong and how to mend it, and
    holds no secret. ``attempts``: the requests that were sent in vain.
    """

    def __init__(self, text: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(text)
        self.attempts = attempts


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
    every run. ``refused``: sampling keys it never accepts, each with the reason.
    """

    hosted: bool
    chunk_deals: int | None
    in_flight: int
    environment: Environment = CORE
    decodes: frozenset[Decode] = frozenset({Decode.GENERATE})
    deterministic: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """One model made ready to answer. Used by many episodes of one event loop at once."""

    async def open(self) -> None:
        """Load or connect; called once, at the first request. Raises BackendError."""

    async def complete(self, request: Request) -> Completion:
        """Answer one request; safe to call concurrently. Raises BackendError."""

    async def close(self) -> None:
        """Release engine, threads and sockets; safe after a failed open."""


@runtime_checkable
class Stoppable(Protocol):
    """A backend that holds requests back, for limits or another attempt."""

    def stop(self) -> None:
        """Refuse what was not sent yet; what is in flight is still answered."""


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
    asks that server; None if this one does. ``hub`` returns the Hugging Face repository that an
    entry's model is downloaded from, or None if there is none.

    Raises ValueError for a prefix that no model id can begin with.
    """

    prefix: str
    capabilities: Capabilities
    check: Callable[[ModelEntry], str | None]
    create: Callable[[ModelEntry, Path], Backend]
    served: str | None = None
    hub: Callable[[ModelEntry], str | None] = lambda _: None
    unsupported_reason: Callable[[ModelEntry, Sampling, Decode], str | None] | None = None

    def __post_init__(self) -> None:
        if not self.prefix.isalnum():
            raise ValueError(f"the prefix {self.prefix!r} must be letters and digits only")
