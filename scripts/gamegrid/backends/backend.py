"""What every backend promises: ``complete(request) -> completion``, open and close."""

from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a backend can do, declared without loading its engine.

    ``chunk_deals``: the least default of deals per job, doubled until there are enough for all
    requests in flight (None: the whole cell, as engines are dear to start). ``in_flight``: how many
    requests are, where the entry does not say.
    ``environment``: the file in envs/ (without .yaml) that holds its libraries. ``decodes``: the
    ways of deciding it knows. ``deterministic``: whether it can promise equal replies to equal
    requests from run to run. ``refused``: sampling keys it never takes, each with the reason.
    """

    local: bool
    chunk_deals: int | None
    in_flight: int
    environment: str
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

    ``prefix`` is the first part of a model id (``hf`` of ``hf_gpt2``). ``check`` looks, without
    loading anything, for a mistake in the entry (a missing folder, an unknown key) and returns
    one sentence or None. ``create`` builds a closed backend. Both get the entry with its paths
    resolved to absolute ones, and the working directory (for ``.env``). ``unsupported_reason``
    looks for a setting of an agent that the model does not take; it may load a library, so a dry
    run leaves it out.
    ``served`` is how the id of a model with an ``api_base`` begins instead of with the prefix,
    where another backend asks it; None where the kind looks after ``api_base`` itself. ``hub``
    returns the Hugging Face repository that an entry's model is downloaded from, None where it is
    had otherwise.
    """

    prefix: str
    capabilities: Capabilities
    check: Callable[[ModelEntry], str | None]
    create: Callable[[ModelEntry, Path], Backend]
    served: str | None = None
    hub: Callable[[ModelEntry], str | None] = lambda entry: None
    unsupported_reason: Callable[[ModelEntry, Sampling, Decode], str | None] | None = None
