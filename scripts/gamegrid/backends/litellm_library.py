"""The LiteLLM library as a transport: it translates requests and answers, and nothing else.

The library's retries repeat paid requests and its defaults hide faulty answers, so this module
disables both, and all its look-ups in the network.
"""

import asyncio
import importlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakSet

from gamegrid import paths
from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    FinishReason,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.bodies import BodyError
from gamegrid.backends.chat_answers import (
    UNFINISHED,
    finish_reason,
    first_choice,
    reasoning_of,
    text_of,
)
from gamegrid.backends.exchange import Exchange
from gamegrid.backends.faults import OWN_LIMIT_STATUSES, Blame, Fault, ended, own_limit
from gamegrid.backends.library_http import attempt, watch
from gamegrid.backends.litellm_mends import mend
from gamegrid.backends.transport import Address, Prepared, move_schema, patience
from gamegrid.errors import nearest

LIBRARY_ENVIRONMENT: Mapping[str, str] = {
    # Otherwise the import downloads price tables, which may change during a run.
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # In development mode the import copies a .env file with its keys into os.environ.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
}

UNSUPPORTED = "litellm.UnsupportedParamsError: "

NO_KEY = "no-key-needed"
"""Sent to an api_base if no key is set, because the client requires a key."""

BODY_RETRIES = frozenset({"huggingface"})
"""Providers for which the number of retries would enter the request body. They never retry."""
CLAUDE_CLOUDS = frozenset({"bedrock", "vertex_ai", "azure_ai"})
"""Other providers that serve Claude with Anthropic's format."""
INCOMPLETE = frozenset({"MALFORMED_FUNCTION_CALL", "FINISH_REASON_UNSPECIFIED"})
"""Finish reasons of Gemini for incomplete answers, which the library reports as ``stop``."""
UNWATCHED = frozenset({"aiohttp_openai"})
"""Providers that the library asks with a client that ``library_http`` does not watch."""
ESTIMATED_USAGE = frozenset({"replicate"})
ESTIMATED_REASONING_TOKENS = frozenset({"anthropic", "replicate"})
"""Providers for which the library estimates these counts. Estimates are discarded."""

LATE_PARTS = (
    "litellm._service_logger",
    "litellm.litellm_core_utils.default_encoding",
    "litellm.proxy.openai_files_endpoints.common_utils",
)
"""Modules that the library imports during its first call, which would add to its latency."""

_OPEN: WeakSet["LiteLLMLibrary"] = WeakSet()
"""Open transports, which share the library's client cache. The last one to close empties it."""


def load(name: str) -> Any:
    """Import the library silently and offline. This takes a few seconds. ``name`` is the model id.

    Raises BackendError if the library is missing.
    """
    os.environ.update(LIBRARY_ENVIRONMENT)
    try:
        litellm: Any = importlib.import_module("litellm")
    except ImportError:
        raise BackendError(
            f"{name}: the litellm library is missing; install it with: {paths.install('litellm')}"
        ) from None
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    watch()
    mend()
    return litellm


def _load_whole(name: str) -> Any:
    """Import the library and the modules of its first call."""
    litellm = load(name)
    for part in LATE_PARTS:
        importlib.import_module(part)
    return litellm


class LiteLLMLibrary:
    """One model of one provider. Call ``use`` or ``open`` first."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._litellm: Any = None
        self._supported: frozenset[str] | None = None

    async def open(self) -> None:
        """Import the library, without any request. Raises BackendError."""
        # The import takes seconds, during which episodes of other backends continue.
        self.use(await asyncio.to_thread(_load_whole, self._address.name))
        _OPEN.add(self)

    def use(self, litellm: Any) -> None:
        """Look up the model's parameters. Raises BackendError for an unknown provider."""
        provider, model = self._address.provider, self._address.model
        if provider in UNWATCHED:
            raise BackendError(
                f"{self._address.name}: the provider {provider} is not supported. "
                "Name a model behind an OpenAI-compatible api_base litellm_openai/<model>."
            )
        try:
            litellm.get_llm_provider(f"{provider}/{model}")
        except litellm.exceptions.BadRequestError:
            known = [str(getattr(name, "value", name)) for name in litellm.provider_list]
            raise BackendError(
                f"{self._address.name}: LiteLLM has no provider {provider!r}."
                f"{nearest(provider, known)} "
                "Name a model behind an OpenAI-compatible api_base litellm_openai/<model>."
            ) from None
        listed = litellm.get_supported_openai_params(model, provider)
        self._supported = None if listed is None else frozenset(listed)
        self._litellm = litellm

    def prepare(self, request: Request) -> Prepared:
        """Return the library's arguments. Raises BackendError for a setting that cannot be sent."""
        address, entry = self._address, self._address.entry
        name = f"{address.provider}/{address.model}"
        parameters = self._parameters(request)
        arguments: dict[str, Any] = {
            "model": name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "timeout": address.timeout_s,
        }
        if address.provider not in BODY_RETRIES:
            arguments |= {"num_retries": 0, "max_retries": 0}
        if entry.api_base is not None:
            arguments["api_base"] = entry.api_base
            arguments["api_key"] = address.key or NO_KEY
        elif address.key is not None:
            arguments["api_key"] = address.key
        return Prepared(arguments | parameters, {"model": name} | parameters)

    def verify(self, prepared: Prepared) -> None:
        """Raise BackendError for a value that the model does not accept, as far as is known."""
        parameters = {name: value for name, value in prepared.sent.items() if name != "model"}
        provider, model = self._address.provider, self._address.model
        from litellm.utils import get_optional_params

        try:
            get_optional_params(model=model, custom_llm_provider=provider, **parameters)
        except self._litellm.exceptions.UnsupportedParamsError as error:
            said = str(error.message).partition("To drop")[0].removeprefix(UNSUPPORTED)
            refusal = f"{self._address.name}: {self._address.secrets.quote(said)}"
        else:
            return
        raise BackendError(refusal)

    async def send(self, prepared: Prepared) -> Completion | Fault:
        """Send once and read the answer."""
        began = time.monotonic()
        limit_s = self._address.timeout_s
        with attempt(2 * limit_s) as exchange:
            try:
                async with patience(limit_s):
                    # A copy, because the library modifies its arguments.
                    response = await self._litellm.acompletion(**prepared.payload)
            except TimeoutError:
                late = Fault(Blame.MAYBE_BILLED, f"no answer within {limit_s:g} s.")
                return exchange.broken(late, self._address)
            except Exception as error:
                failed = error
                return exchange.understood(
                    lambda: self._read_error(failed, exchange), self._address
                )
        latency_s = time.monotonic() - began
        return exchange.understood(lambda: self._read_answer(response, latency_s), self._address)

    async def close(self) -> None:
        """Close the connections, unless another open transport still needs them."""
        if self not in _OPEN:
            return
        _OPEN.discard(self)
        if not _OPEN:
            await self._litellm.close_litellm_async_clients()
            self._litellm.in_memory_llm_clients_cache.flush_cache()

    def _parameters(self, request: Request) -> dict[str, Any]:
        """Return the keys that are set, under the library's names."""
        sampling = request.sampling
        wanted: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "reasoning_effort": sampling.reasoning_effort,
        }
        sent = {name: value for name, value in wanted.items() if value is not None}
        for name in sent:
            self._require(name, name)
        self._require_max_tokens(sampling)
        if sampling.seed is not None and self._takes_seed():
            sent["seed"] = sampling.seed
        if sampling.thinking_budget is not None:
            self._require("thinking_budget", "thinking")
            sent["thinking"] = {"type": "enabled", "budget_tokens": sampling.thinking_budget}
        if request.choices is not None:
            self._require_schemas()
            sent["response_format"] = move_schema(request.choices)
        body = self._extra_body(sampling)
        return sent | {"extra_body": body} if body else sent

    def _require_max_tokens(self, sampling: Sampling) -> None:
        """Require Anthropic's max_tokens, for which the library would send the model's limit."""
        provider, model = self._address.provider, self._address.model
        cloud = provider in CLAUDE_CLOUDS and "claude" in model
        if sampling.max_tokens is None and (cloud or provider == "anthropic"):
            raise BackendError(
                f"{self._address.name}: this model needs 'max_tokens'; set it on the agent."
            )

    def _extra_body(self, sampling: Sampling) -> dict[str, Any]:
        name = self._address.name
        if sampling.extra_body and self._address.provider == "anthropic":
            raise BackendError(
                f"{name}: this provider does not accept extra_body; remove it from the agent."
            )
        if sampling.chat_template_kwargs is not None:
            raise BackendError(
                f"{name}: chat_template_kwargs needs a model with an api_base, "
                "named litellm_openai/<model> or litellm_hosted_vllm/<model>."
            )
        return dict(sampling.extra_body or {})

    def _require(self, key: str, parameter: str) -> None:
        """Refuse a key that the provider does not accept, because it must not be dropped."""
        if self._supported is not None and parameter not in self._supported:
            raise BackendError(
                f"{self._address.name}: this model does not accept {key!r}; "
                "remove it from the agent."
            )

    def _require_schemas(self) -> None:
        """Refuse constrained decoding for a model that is not known to follow a schema."""
        provider, model = self._address.provider, self._address.model
        if not self._litellm.supports_response_schema(model, provider):
            raise BackendError(
                f"{self._address.name}: decode: constrained needs a model that is known to follow "
                "a schema; use decode: generate."
            )

    def _takes_seed(self) -> bool:
        """Return whether to send a seed. The user did not ask for it, so it is optional."""
        if self._supported is None:
            return self._address.entry.api_base is not None
        return "seed" in self._supported

    def _read_answer(self, response: Any, latency_s: float) -> Completion | Fault:
        """Return the completion in a response, or a fault if there is none."""
        delivered = json.dumps(response.model_dump())
        raw = json.loads(self._address.secrets.scrub_answer(delivered))
        choice = first_choice(raw)
        if choice is None:
            return Fault(Blame.MAYBE_BILLED, "the answer has no choices.", status=200)
        native = (choice.get("provider_specific_fields") or {}).get("native_finish_reason")
        if native in UNFINISHED:
            text = f"the server broke off its answer ({native})."
            return Fault(Blame.MAYBE_BILLED, text, status=200)
        stated = finish_reason(choice.get("finish_reason"))
        message = choice["message"]
        refusal = (message.get("provider_specific_fields") or {}).get("refusal")
        text = text_of(message.get("content")) or (refusal if isinstance(refusal, str) else "")
        if native in INCOMPLETE:
            stated = FinishReason.LENGTH
        usage = self._read_usage(raw.get("usage") or {}, text)
        if usage == Usage():
            raw["usage"] = None  # zeros or estimates of the library
        return Completion(
            text=text,
            finish_reason=FinishReason.REFUSED if refusal else stated,
            reasoning=reasoning_of(message),
            model_served=raw.get("model") or None,
            fingerprint=raw.get("system_fingerprint") or None,
            usage=usage,
            latency_s=latency_s,
            raw=raw,
        )

    def _read_usage(self, stated: Mapping[str, Any], text: str) -> Usage:
        """Return the token counts. The library reports 0 if the provider stated none."""
        provider = self._address.provider
        if provider in ESTIMATED_USAGE:
            return Usage()
        prompt_tokens = stated.get("prompt_tokens") or None
        completion_tokens = stated.get("completion_tokens")
        if not completion_tokens and (text or prompt_tokens is None):
            completion_tokens = None
        beyond = (stated.get("total_tokens") or 0) - (prompt_tokens or 0)
        if prompt_tokens and completion_tokens is not None and beyond > completion_tokens:
            completion_tokens = beyond  # the count omits reasoning before a filter
        reasoning = (stated.get("completion_tokens_details") or {}).get("reasoning_tokens")
        return Usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            reasoning_tokens=None if provider in ESTIMATED_REASONING_TOKENS else reasoning,
            cached_tokens=(stated.get("prompt_tokens_details") or {}).get("cached_tokens"),
        )

    def _read_error(self, error: Exception, exchange: Exchange) -> Completion | Fault:
        """Interpret a failed call: a limit of the model becomes a completion, all else a fault."""
        # The library reports lost connections and unreadable answers as status 500, so the status
        # comes from the exchange.
        secrets, exceptions = self._address.secrets, self._litellm.exceptions
        if not exchange.refused or exchange.status in OWN_LIMIT_STATUSES:
            if isinstance(error, exceptions.ContextWindowExceededError):
                return ended(FinishReason.CONTEXT_OVERFLOW, error, secrets)
            if isinstance(error, exceptions.ContentPolicyViolationError):
                return ended(FinishReason.CONTENT_FILTER, error, secrets)
        if exchange.refused:
            return exchange.refusal(self._address)
        failure = self._read_failure(error, exchange)
        return (
            failure if isinstance(failure, Completion) else exchange.broken(failure, self._address)
        )

    def _read_failure(self, error: Exception, exchange: Exchange) -> Completion | Fault:
        """Interpret a call that failed without an error status."""
        causes = tuple(_causes(exchange.failure or error))
        secrets, exceptions = self._address.secrets, self._litellm.exceptions
        refused = isinstance(error, exceptions.BadRequestError)
        if refused and (reason := own_limit(str(error), frozenset())):
            return ended(reason, error, secrets)
        if isinstance(error, exceptions.UnsupportedParamsError):
            return Fault(Blame.REQUEST, secrets.quote(error))
        if isinstance(error, exceptions.AuthenticationError):
            return Fault(Blame.ACCOUNT, f"{secrets.quote(error)} {self._address.key_advice}")
        if exchange.status is None and _is_unsent(causes):
            api_base = self._address.entry.api_base
            where = "the provider" if api_base is None else shown(api_base)
            return Fault(Blame.UNBILLED, f"no connection to {where}.")
        if limit := next((cause for cause in causes if isinstance(cause, BodyError)), None):
            return Fault(Blame.MAYBE_BILLED, f"the answer {limit}.")
        cause = _plainest(causes)
        said = f"{type(cause).__name__}: {secrets.quote(cause)}"
        if not exchange.sent:
            return Fault(Blame.REQUEST, f"the LiteLLM library could not send it ({said}).")
        return Fault(Blame.MAYBE_BILLED, f"the answer was lost or unreadable ({said}).")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_unsent(causes: tuple[BaseException, ...]) -> bool:
    """Return whether no connection was made, as opposed to one lost during a request."""
    import httpx
    from aiohttp import ClientConnectorError, ClientOSError

    # The library also reports a reset connection as one that was not made.
    broken = (c for c in causes if isinstance(c, ClientOSError))
    if any(not isinstance(cause, ClientConnectorError) for cause in broken):
        return False
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return any(isinstance(cause, unsent) for cause in causes)


def _plainest(causes: tuple[BaseException, ...]) -> BaseException:
    """Return the first cause that is not a client library's wrapper, else the outermost."""
    wrappers = ("litellm", "openai")
    named = (c for c in causes if type(c).__module__.split(".")[0] not in wrappers)
    return next(named, causes[0])
