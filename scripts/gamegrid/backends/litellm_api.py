"""The ``litellm_`` backend: models behind an HTTP API, spoken to through the LiteLLM library.

LiteLLM only translates between providers. Keys, retries, limits, time-outs and the reading of
answers are handled here, once: the library's own retries resend paid requests, and its defaults
pass faulty answers off as good ones.
"""

import asyncio
import importlib
import json
import os
import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any
from weakref import WeakSet

from dotenv import dotenv_values

from gamegrid.backends.base import (
    Backend,
    BackendError,
    BackendKind,
    Capabilities,
    Completion,
    FinishReason,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from gamegrid.errors import nearest

PREFIX = "litellm"

KEY_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "together_ai": ("TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "openrouter": ("OPENROUTER_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
}
"""The variables a provider's key is looked for in, the first one set wins."""

NO_KEY = "no-key-needed"
"""Sent to an api_base when no key is set: the client refuses to send none at all."""

LIBRARY_ENVIRONMENT: Mapping[str, str] = {
    # Without these the import downloads price tables and may swap them in the middle of a run.
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # In its development mode the import copies a .env file, keys and all, into os.environ.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
}

DEFAULT_TIMEOUT_S = 600.0
DEFAULT_IN_FLIGHT = 32
MAX_ATTEMPTS = 6
MAX_BILLED_RETRIES = 2
FIRST_DELAY_S = 0.5
MAX_DELAY_S = 60.0

RETRIED_STATUSES = frozenset({408, 409, 425, 429})
OWN_LIMIT_STATUSES = frozenset({None, 400, 413, 422})
OVERFLOW_CODES = frozenset({"context_length_exceeded"})
FILTER_CODES = frozenset({"content_policy_violation", "content_filter"})
UNFINISHED = frozenset({"abort", "error"})
"""Finish reasons by which a server says that it broke off; the library shows them as ``stop``."""

BODY_PROVIDERS = frozenset({"openai", "hosted_vllm"})
"""Where extra body keys reach an api_base as they are."""
BODY_RETRIES = frozenset({"huggingface"})
"""Where a number of retries ends up in the request body; there the library retries nothing."""
ESTIMATED_USAGE = frozenset({"replicate"})
ESTIMATED_REASONING_TOKENS = frozenset({"anthropic", "replicate"})
"""Where the library counts tokens itself; a guess is not what the provider stated."""

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
URL_LOGIN = re.compile(r"//[^/@\s]+@")

_OPEN: WeakSet["LiteLLMBackend"] = WeakSet()
"""The backends that share the library's one client cache; the last to close empties it."""


class Blame(Enum):
    """What a failed attempt means for the request and for all others."""

    UNBILLED = auto()
    """Worth trying again; nothing was bought."""
    MAYBE_BILLED = auto()
    """Worth a few tries: the answer may have been paid for and lost on the way."""
    REQUEST = auto()
    """This request can never succeed."""
    ACCOUNT = auto()
    """No request can succeed: key, permission, model name or quota."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt. ``retry_after_s``: seconds the provider asked to wait."""

    blame: Blame
    text: str
    retry_after_s: float | None = None


def split_name(name: str) -> tuple[str, str]:
    """Return provider and model of a model id; a bare ``litellm_gpt-4`` is OpenAI's."""
    provider, slash, model = name.removeprefix(f"{PREFIX}_").partition("/")
    return (provider, model) if slash else ("openai", provider)


def read_settings(directory: Path) -> dict[str, str]:
    """Return the environment over the ``.env`` file in ``directory``; empty values are unset.

    The file is only read: nothing of it enters ``os.environ``, which child processes inherit.
    """
    settings = dotenv_values(directory / ".env", interpolate=False) | os.environ
    return {name: value for name, value in settings.items() if value}


def find_key(provider: str, settings: Mapping[str, str]) -> str | None:
    """Return the provider's key, None if none is set."""
    names = KEY_VARIABLES.get(provider, (f"{provider.upper()}_API_KEY",))
    return next((settings[name] for name in names if name in settings), None)


def check(entry: ModelEntry) -> str | None:
    """Return one sentence on what is wrong with the entry, or None. Loads and asks nothing."""
    return _check(entry, read_settings(Path.cwd()))


def _check(entry: ModelEntry, settings: Mapping[str, str]) -> str | None:
    provider, model = split_name(entry.name)
    if not provider or not model:
        return f"{entry.name}: a model id has the form litellm_<provider>/<model>."
    if entry.tokens_per_minute is not None:
        return f"{entry.name}: tokens_per_minute is not honoured by this version; remove it."
    if entry.api_base is not None:
        if not entry.api_base.startswith(("http://", "https://")):
            return f"{entry.name}: api_base is {entry.api_base!r}; it must begin with http(s)://."
        return None
    if provider in KEY_VARIABLES and find_key(provider, settings) is None:
        names = " or ".join(KEY_VARIABLES[provider])
        return f"{entry.name}: no key; set {names} in the environment or in .env."
    return None


class LiteLLMBackend:
    """One model behind an API. Made by ``create``, opened at the first request."""

    def __init__(self, entry: ModelEntry, directory: Path) -> None:
        self._entry = entry
        self._settings = read_settings(directory)
        self._provider, self._model = split_name(entry.name)
        self._key = find_key(self._provider, self._settings)
        self._timeout_s = entry.timeout or DEFAULT_TIMEOUT_S
        self._slots = asyncio.Semaphore(entry.max_in_flight or DEFAULT_IN_FLIGHT)
        self._pace = _Pace(entry.requests_per_minute)
        self._stopped: str | None = None
        self._litellm: Any = None
        self._supported: frozenset[str] | None = None

    async def open(self) -> None:
        """Import the library; no request is made. Raises BackendError."""
        mistake = _check(self._entry, self._settings)
        if mistake is not None:
            raise BackendError(mistake)
        os.environ.update(LIBRARY_ENVIRONMENT)
        try:
            # The import takes seconds, in which other backends' episodes go on.
            litellm: Any = await asyncio.to_thread(importlib.import_module, "litellm")
        except ImportError:
            raise BackendError(
                f"{self._entry.name}: the litellm library is missing; "
                "install it with: pip install 'gamegrid[litellm]'"
            ) from None
        litellm.suppress_debug_info = True
        litellm.drop_params = False
        self._require_provider(litellm)
        listed = litellm.get_supported_openai_params(self._model, self._provider)
        self._supported = None if listed is None else frozenset(listed)
        self._litellm = litellm
        _OPEN.add(self)

    def _require_provider(self, litellm: Any) -> None:
        try:
            litellm.get_llm_provider(f"{self._provider}/{self._model}")
        except litellm.exceptions.BadRequestError:
            known = [str(getattr(name, "value", name)) for name in litellm.provider_list]
            raise BackendError(
                f"{self._entry.name}: LiteLLM has no provider {self._provider!r}."
                f"{nearest(self._provider, known)} "
                "A model behind an OpenAI-compatible api_base is named litellm_openai/<model>."
            ) from None

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Raises BackendError when it cannot be had."""
        arguments = self._arguments(request)
        async with self._slots:
            return await self._persist(arguments)

    async def close(self) -> None:
        """Close the connections, unless another open backend still needs them."""
        if self not in _OPEN:
            return
        _OPEN.discard(self)
        if not _OPEN:
            await self._litellm.close_litellm_async_clients()
            self._litellm.in_memory_llm_clients_cache.flush_cache()

    async def _persist(self, arguments: Mapping[str, Any]) -> Completion:
        """Ask until there is an answer, within the limits on retries."""
        billed = 0
        for attempt in range(1, MAX_ATTEMPTS + 1):
            await self._pace.wait()
            if self._stopped is not None:
                raise BackendError(self._stopped)
            outcome = await self._attempt(arguments)
            if isinstance(outcome, Completion):
                return replace(outcome, transport_attempts=attempt)
            text = self._scrub(f"{self._entry.name}: {outcome.text}")
            match outcome.blame:
                case Blame.ACCOUNT:
                    self._stopped = text
                    raise BackendError(text)
                case Blame.REQUEST:
                    raise BackendError(text)
                case Blame.MAYBE_BILLED:
                    billed += 1
                case Blame.UNBILLED:
                    pass
            if attempt == MAX_ATTEMPTS or billed > MAX_BILLED_RETRIES:
                break
            await asyncio.sleep(_delay_s(attempt, outcome.retry_after_s))
        raise BackendError(f"{text} Given up after {attempt} attempts.")

    async def _attempt(self, arguments: Mapping[str, Any]) -> Completion | Fault:
        """Send the request once. Errors become values here, so that none is ever chained."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._litellm.acompletion(**arguments)
        except TimeoutError:
            return Fault(Blame.MAYBE_BILLED, f"no answer within {self._timeout_s:g} s.")
        except Exception as error:
            return self._read_error(error)
        return self._read_answer(response, time.monotonic() - started)

    def _arguments(self, request: Request) -> dict[str, Any]:
        """Return what the library is called with. Raises BackendError for what it cannot send."""
        arguments: dict[str, Any] = {
            "model": f"{self._provider}/{self._model}",
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "timeout": self._timeout_s,
        }
        if self._provider not in BODY_RETRIES:
            arguments |= {"num_retries": 0, "max_retries": 0}
        if self._entry.api_base is not None:
            arguments["api_base"] = self._entry.api_base
            arguments["api_key"] = self._key or NO_KEY
        elif self._key is not None:
            arguments["api_key"] = self._key
        return arguments | self._sampling(request.sampling)

    def _sampling(self, sampling: Sampling) -> dict[str, Any]:
        """Return the sampling keys that are set, in the library's words."""
        wanted: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "reasoning_effort": sampling.reasoning_effort,
        }
        sent = {name: value for name, value in wanted.items() if value is not None}
        for name in sent:
            self._require(name, name)
        if sampling.seed is not None and self._takes_seed():
            sent["seed"] = sampling.seed
        if sampling.thinking_budget is not None:
            self._require("thinking_budget", "thinking")
            sent["thinking"] = {"type": "enabled", "budget_tokens": sampling.thinking_budget}
        body = self._extra_body(sampling)
        return sent | {"extra_body": body} if body else sent

    def _extra_body(self, sampling: Sampling) -> dict[str, Any]:
        body = dict(sampling.extra_body or {})
        if body and self._provider == "anthropic":
            raise BackendError(f"{self._entry.name}: extra_body cannot be sent to this provider.")
        if sampling.chat_template_kwargs is not None:
            if self._entry.api_base is None or self._provider not in BODY_PROVIDERS:
                raise BackendError(
                    f"{self._entry.name}: chat_template_kwargs needs a model with an api_base, "
                    "named litellm_openai/<model> or litellm_hosted_vllm/<model>."
                )
            body["chat_template_kwargs"] = sampling.chat_template_kwargs
        return body

    def _require(self, key: str, parameter: str) -> None:
        """Refuse an agent's key that the provider does not take; it must never be dropped."""
        if self._supported is not None and parameter not in self._supported:
            raise BackendError(
                f"{self._entry.name}: this model does not take {key!r}; remove it from the agent."
            )

    def _takes_seed(self) -> bool:
        """Return whether a seed may be sent; the grid's own wish, so left out where unknown."""
        if self._supported is None:
            return self._entry.api_base is not None
        return "seed" in self._supported

    def _read_answer(self, response: Any, latency_s: float) -> Completion | Fault:
        """Return the completion in a response, or the fault of one that holds none."""
        raw = response.model_dump()
        if not raw.get("choices"):
            return Fault(Blame.MAYBE_BILLED, "the answer has no choices.")
        choice = raw["choices"][0]
        native = (choice.get("provider_specific_fields") or {}).get("native_finish_reason")
        if native in UNFINISHED:
            return Fault(Blame.MAYBE_BILLED, f"the server broke off its answer ({native}).")
        text = choice["message"].get("content") or ""
        usage = self._read_usage(raw.get("usage") or {}, text)
        if usage == Usage():
            raw["usage"] = None  # zeros the library made up, or its own estimate
        return Completion(
            text=text,
            finish_reason=_finish_reason(choice.get("finish_reason")),
            reasoning=choice["message"].get("reasoning_content") or None,
            model_served=raw.get("model") or None,
            usage=usage,
            latency_s=latency_s,
            raw=raw,
        )

    def _read_usage(self, stated: Mapping[str, Any], text: str) -> Usage:
        """Return the token counts. The library writes 0 where a provider stated nothing."""
        if self._provider in ESTIMATED_USAGE:
            return Usage()
        prompt_tokens = stated.get("prompt_tokens") or None
        completion_tokens = stated.get("completion_tokens")
        if not completion_tokens and (text or prompt_tokens is None):
            completion_tokens = None
        reasoning = (stated.get("completion_tokens_details") or {}).get("reasoning_tokens")
        estimated = self._provider in ESTIMATED_REASONING_TOKENS
        return Usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            reasoning_tokens=None if estimated else reasoning,
            cached_tokens=(stated.get("prompt_tokens_details") or {}).get("cached_tokens"),
        )

    def _read_error(self, error: Exception) -> Completion | Fault:
        """Return what a failed call means: the model's own limit, or a fault of the transport."""
        import httpx

        # The library reports lost connections and unreadable answers as status 500, too. What
        # was truly answered, if anything, is in the error of the HTTP client underneath.
        causes = tuple(_causes(error))
        answered = next((c.response for c in causes if isinstance(c, httpx.HTTPStatusError)), None)
        status = None if answered is None else answered.status_code
        message, codes = ("", frozenset[str]()) if answered is None else _error_body(answered)
        exceptions = self._litellm.exceptions
        if status in OWN_LIMIT_STATUSES:
            overflow = isinstance(error, exceptions.ContextWindowExceededError)
            if overflow or codes & OVERFLOW_CODES:
                return self._ended(FinishReason.CONTEXT_OVERFLOW, error)
            filtered = isinstance(error, exceptions.ContentPolicyViolationError)
            if filtered or codes & FILTER_CODES:
                return self._ended(FinishReason.CONTENT_FILTER, error)
        if answered is not None:
            return self._read_status(answered, message, codes)
        if isinstance(error, exceptions.UnsupportedParamsError):
            return Fault(Blame.REQUEST, self._quote(error))
        if isinstance(error, exceptions.AuthenticationError):
            return Fault(Blame.ACCOUNT, f"{self._quote(error)} {self._key_advice()}")
        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        if any(isinstance(cause, unsent) for cause in causes):
            where = self._entry.api_base or "the provider"
            return Fault(Blame.UNBILLED, f"no connection to {where}.")
        cause = _plainest(causes)
        said = f"{type(cause).__name__}: {self._quote(cause)}"
        return Fault(Blame.MAYBE_BILLED, f"the answer was lost or unreadable ({said}).")

    def _read_status(self, answered: Any, message: str, codes: frozenset[str]) -> Fault:
        """Return the fault behind an HTTP error status."""
        status = int(answered.status_code)
        said = f"({status}: {self._quote(message)})" if message else f"({status})"
        if status == 401:
            return Fault(Blame.ACCOUNT, f"the key was refused {said}. {self._key_advice()}")
        if status == 402 or "insufficient_quota" in codes:
            return Fault(Blame.ACCOUNT, f"the account's quota is used up {said}.")
        if status == 403:
            return Fault(Blame.ACCOUNT, f"the key may not use this model {said}.")
        if status == 404:
            return Fault(Blame.ACCOUNT, f"there is no such model or address {said}.")
        if status in RETRIED_STATUSES or status >= 500:
            wait_s = _retry_after_s(answered.headers)
            return Fault(Blame.UNBILLED, f"the server is unable to answer {said}.", wait_s)
        return Fault(Blame.REQUEST, f"the request was refused {said}.")

    def _key_advice(self) -> str:
        default = (f"{self._provider.upper()}_API_KEY",)
        names = " or ".join(KEY_VARIABLES.get(self._provider, default))
        return f"Check {names} in the environment or in .env."

    def _ended(self, reason: FinishReason, error: Exception) -> Completion:
        """Return the empty completion of a question the model could or would not answer."""
        return Completion(text="", finish_reason=reason, raw={"error": self._quote(error)})

    def _quote(self, said: object) -> str:
        """Return the first line of what was said, without secrets and not too long."""
        lines = (line.strip() for line in self._scrub(str(said)).splitlines())
        line = next((line for line in lines if line), "")
        return line if len(line) <= 300 else f"{line[:300]}…"

    def _scrub(self, text: str) -> str:
        """Return the text without any secret: providers quote refused keys in their errors."""
        secrets = {v for n, v in self._settings.items() if len(v) >= 8 and SECRET_NAME.search(n)}
        secrets |= {self._key} if self._key else set()
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return URL_LOGIN.sub("//***@", text)


class _Pace:
    """Spaces requests evenly: at most ``per_minute`` of them begin in any minute."""

    def __init__(self, per_minute: float | None) -> None:
        self._interval_s = 0.0 if per_minute is None else 60.0 / per_minute
        self._next = 0.0

    async def wait(self) -> None:
        """Return when the caller's turn has come."""
        now = time.monotonic()
        turn = max(now, self._next)
        self._next = turn + self._interval_s
        if turn > now:
            await asyncio.sleep(turn - now)


def _finish_reason(stated: str | None) -> FinishReason:
    match stated:
        case "length":
            return FinishReason.LENGTH
        case "content_filter":
            return FinishReason.CONTENT_FILTER
        case _:  # the library maps every provider's words onto OpenAI's; the rest are whole answers
            return FinishReason.STOP


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _plainest(causes: tuple[BaseException, ...]) -> BaseException:
    """Return the first cause that no client library has reworded, else the outermost."""
    wrappers = ("litellm", "openai")
    named = (c for c in causes if type(c).__module__.split(".")[0] not in wrappers)
    return next(named, causes[0])


def _error_body(answered: Any) -> tuple[str, frozenset[str]]:
    """Return the message of an error answer and the codes it is labelled with."""
    try:
        body = json.loads(answered.text)
    except ValueError:
        return str(answered.text), frozenset()
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error), frozenset()
    codes = frozenset(str(error[name]) for name in ("code", "type") if error.get(name))
    return str(error.get("message") or ""), codes


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, given as seconds or as a date."""
    stated = headers.get("retry-after")
    if stated is None:
        return None
    try:
        return max(0.0, float(stated))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _delay_s(attempt: int, retry_after_s: float | None) -> float:
    """Return the seconds to wait after the given attempt, the first being 1.

    Exponential with full jitter, on top of what the provider asked for, so that requests
    refused together do not come back together.
    """
    jitter = random.uniform(0.0, FIRST_DELAY_S * 2 ** (attempt - 1))
    return min(MAX_DELAY_S, (retry_after_s or 0.0) + jitter)


def create(entry: ModelEntry, directory: Path) -> Backend:
    """Return a closed backend for the entry; ``.env`` is read from ``directory``."""
    return LiteLLMBackend(entry, directory)


BACKEND = BackendKind(
    prefix=PREFIX,
    capabilities=Capabilities(local=False, chunk_deals=20, environment="litellm"),
    check=check,
    create=create,
)
