"""What every backend promises: ``complete(request) -> completion``, open and close."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field


class ModelEntry(BaseModel):
    """One entry of a model file: where a model is and how it may be driven.

    ``name`` is the full model id, its prefix naming the backend. Everything else is optional;
    a key left out leaves the matter to the engine or the provider.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    name: str
    model_path: str | None = None
    tokenizer_path: str | None = None
    api_base: str | None = None
    description: str | None = None
    max_in_flight: int | None = Field(default=None, ge=1)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    timeout: float | None = Field(default=None, gt=0, description="seconds per attempt")
    input_price: float | None = Field(default=None, ge=0, description="USD per million tokens")
    output_price: float | None = Field(default=None, ge=0, description="USD per million tokens")
    gpus: int | None = Field(default=None, ge=0)
    gpu_model: str | None = None
    revision: str | None = None
    trust_remote_code: bool = False
    engine: dict[str, Any] = Field(default_factory=dict, description="vLLM engine arguments")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one model, complete in itself: equal requests are the same question."""

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling


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
    """

    text: str
    finish_reason: FinishReason
    reasoning: str | None = None
    model_served: str | None = None
    usage: Usage = field(default_factory=Usage)
    latency_s: float | None = None
    transport_attempts: int = 1
    raw: Any = None
    fingerprint: str | None = None
    sent: dict[str, Any] | None = None
    maybe_billed: int = 0
    attempts: tuple[Attempt, ...] = ()


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

    ``chunk_deals``: default deals per job (None: the whole cell, as engines are dear to start).
    ``environment``: the file in envs/ (without .yaml) that holds its libraries.
    """

    local: bool
    chunk_deals: int | None
    environment: str


class Backend(Protocol):
    """One model made ready to answer. Used by many episodes of one event loop at once."""

    async def open(self) -> None:
        """Load or connect; called once, at the first request. Raises BackendError."""

    async def complete(self, request: Request) -> Completion:
        """Answer one request; safe to call concurrently. Raises BackendError."""

    async def close(self) -> None:
        """Release engine, threads and sockets; safe after a failed open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendKind:
    """A backend as its file declares it in ``BACKEND``.

    ``prefix`` is the first part of a model id (``hf`` of ``hf_gpt2``). ``check`` looks, without
    loading anything, for a mistake in the entry (a missing folder, an unknown key) and returns
    one sentence or None. ``create`` builds a closed backend. Both get the entry with its paths
    resolved to absolute ones, and the working directory (for ``.env``). ``objection`` looks for a
    sampling key that the model does not take; it may load a library, so a dry run leaves it out.
    """

    prefix: str
    capabilities: Capabilities
    check: Callable[[ModelEntry], str | None]
    create: Callable[[ModelEntry, Path], Backend]
    objection: Callable[[ModelEntry, Sampling], str | None] | None = None
