"""The LiteLLM library as a transport: it translates requests and answers, and nothing else.

The library's retries repeat paid requests and its defaults hide faulty answers, so this module
disables both, and all its look-ups in the network.
"""

import asyncio
import importlib
import os
import time
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from gamegrid import paths
from gamegrid.backends.backend import BackendError, Completion, Request, Sampling
from gamegrid.backends.exchange import Exchange
from gamegrid.backends.faults import Blame, Fault
from gamegrid.backends.library_http import attempt, watch
from gamegrid.backends.litellm_answers import Reader
from gamegrid.backends.litellm_mends import mend
from gamegrid.backends.notes import Notes
from gamegrid.backends.parameters import Parameters
from gamegrid.backends.transport import Address, Patience, Prepared, move_schema
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
UNWATCHED = frozenset({"aiohttp_openai"})
"""Providers that the library asks with a client that ``library_http`` does not watch."""

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
        self._reader: Reader | None = None
        self._note = Notes(address.name)
        self._parameters = Parameters(address.name)

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
        self._reader = Reader(self._address, litellm.exceptions, self._note)

    def prepare(self, request: Request) -> Prepared:
        """Return the library's arguments. Raises BackendError for a setting that cannot be sent."""
        address, entry = self._address, self._address.entry
        name = f"{address.provider}/{address.model}"
        parameters = self._parameters.fitted(self._wanted(request))
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
        assert self._reader is not None, "the transport is not open"
        began = time.monotonic()
        limit_s = self._address.timeout_s
        with attempt(2 * limit_s) as exchange:
            try:
                async with Patience(limit_s):
                    # A copy, because the library modifies its arguments.
                    response = await self._litellm.acompletion(**prepared.payload)
            except TimeoutError:
                late = Fault(Blame.MAYBE_BILLED, f"no answer within {limit_s:g} s.")
                outcome = exchange.broken(late, self._address, prepared.sent)
            except Exception as error:
                outcome = self._understood(exchange, began, prepared, failed=error)
            else:
                outcome = self._understood(exchange, began, prepared, response)
        return self._parameters.settle(outcome, prepared.sent)

    def _understood(
        self,
        exchange: Exchange,
        began: float,
        prepared: Prepared,
        response: Any = None,
        *,
        failed: Exception | None = None,
    ) -> Completion | Fault:
        """Interpret the library's response, or the error that it raised."""
        assert self._reader is not None
        reader, sent, passed_s = self._reader, prepared.sent, time.monotonic() - began

        def interpret() -> Completion | Fault:
            if failed is None:
                return reader.read(response, exchange, passed_s, sent)
            return reader.read_error(failed, exchange, passed_s, sent)

        return exchange.understood(interpret, self._address)

    async def close(self) -> None:
        """Close the connections, unless another open transport still needs them."""
        if self not in _OPEN:
            return
        _OPEN.discard(self)
        if not _OPEN:
            await self._litellm.close_litellm_async_clients()
            self._litellm.in_memory_llm_clients_cache.flush_cache()

    def _wanted(self, request: Request) -> dict[str, Any]:
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
