"""Patches for the pinned LiteLLM library, where it has no setting for what gamegrid needs."""

import functools
import inspect
import logging
import sys
import warnings
from typing import Any


def mend() -> None:
    """Patch how the library sends requests, and how it treats paid replies."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    # It repeats a request whose connection broke, although the work may be done.
    AsyncHTTPHandler.single_connection_post_request = _resend_nothing
    _retry_nothing()
    _show_no_proxy_a_key()
    # It warns of what gamegrid says itself, and quotes answers unchecked.
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
    _send_no_temperature_unasked()
    _miss_no_service_tier()


def _send_no_temperature_unasked() -> None:
    """Remove the temperature that the library adds for newer Gemini models."""
    from litellm.llms.vertex_ai.gemini import vertex_and_google_ai_studio_gemini as gemini

    map_parameters = inspect.unwrap(gemini.VertexGeminiConfig.map_openai_params)

    @functools.wraps(map_parameters)
    def map_as_asked(config: Any, non_default_params: Any, *more: Any, **named: Any) -> Any:
        mapped = map_parameters(config, non_default_params, *more, **named)
        if "temperature" not in non_default_params:
            mapped.pop("temperature", None)
        return mapped

    gemini.VertexGeminiConfig.map_openai_params = map_as_asked


def _miss_no_service_tier() -> None:
    """Accept a reply in Groq's format without a service tier, on which the library fails."""
    from litellm.llms.openai_like.chat.transformation import OpenAILikeChatConfig

    transform = inspect.unwrap(OpenAILikeChatConfig.transform_response)

    @functools.wraps(transform)
    def transform_whole(*positional: Any, **named: Any) -> Any:
        reply = transform(*positional, **named)
        if not hasattr(reply, "service_tier"):
            reply.service_tier = None
        return reply

    OpenAILikeChatConfig.transform_response = transform_whole


def _retry_nothing() -> None:
    """Switch off OpenAI's retries, also for providers whose settings lose ``max_retries``."""
    from litellm.llms.openai.openai import OpenAIChatCompletion

    get_client = OpenAIChatCompletion._get_openai_client

    @functools.wraps(get_client)
    def get_client_without_retries(handler: Any, *positional: Any, **named: Any) -> Any:
        return get_client(handler, *positional, **(named | {"max_retries": 0}))

    OpenAIChatCompletion._get_openai_client = get_client_without_retries


def _show_no_proxy_a_key() -> None:
    """Use the environment's proxies for https only: over http, a proxy could read the key."""
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    find_proxy = LiteLLMAiohttpTransport._proxy_from_env

    @functools.wraps(find_proxy)
    def find_blind_proxy(transport: Any, url: Any) -> str | None:
        return find_proxy(transport, url) if url.scheme == "https" else None

    LiteLLMAiohttpTransport._proxy_from_env = find_blind_proxy


async def _resend_nothing(_handler: Any, **_request: Any) -> None:
    """Raise again the error that the library is handling when it calls this."""
    error = sys.exception()
    assert error is not None
    raise error
