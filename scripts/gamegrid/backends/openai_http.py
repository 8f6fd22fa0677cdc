"""Direct transport to servers with OpenAI's interface at an ``api_base``.

It needs about 0.2 ms of CPU time per call, a tenth of a provider library, and keeps the body as
delivered.
"""

import asyncio
import importlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from gamegrid import paths, quick_json
from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import BackendError, Completion, Request
from gamegrid.backends.bodies import ASKED_ENCODING, BodyError
from gamegrid.backends.chat_answers import read_body
from gamegrid.backends.exchange import Exchange
from gamegrid.backends.faults import Asked, Blame, Fault
from gamegrid.backends.notes import Notes
from gamegrid.backends.parameters import Parameters
from gamegrid.backends.transport import CONTROLLED, Address, Patience, Prepared, move_schema

if TYPE_CHECKING:
    import aiohttp

PROVIDERS = frozenset({"openai", "hosted_vllm", "custom_openai"})
"""Providers whose ``api_base`` has OpenAI's interface."""

VLLM = "hosted_vllm"
"""The provider whose servers accept a plain list of choices (vLLM 0.11 and later)."""

CONNECT_S = 15.0
KEEP_ALIVE_S = 4.0
"""Below the 5 s after which common servers close idle connections and lose a request in flight."""


def chat_url(api_base: str) -> str:
    """Return the address of chat completions for an api_base.

    A bare host gets the usual ``/v1``. A path is kept, and a complete address stays unchanged.
    """
    parts = urlsplit(api_base)
    path = parts.path.rstrip("/") or "/v1"
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return urlunsplit(parts._replace(path=path, fragment=""))


class OpenAIHttp:
    """One model at one address. Requires ``address.entry.api_base``."""

    def __init__(self, address: Address) -> None:
        assert address.entry.api_base is not None
        self._address = address
        self._url = chat_url(address.entry.api_base)
        self._parameters = Parameters(address.name)
        self._note = Notes(address.name)
        self._shown = shown(self._url)
        self._key_advice = address.key_advice
        self._aiohttp: Any = None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Create the session. Raises BackendError if aiohttp is missing."""
        try:
            self._aiohttp = await asyncio.to_thread(importlib.import_module, "aiohttp")
        except ImportError:
            raise BackendError(
                f"{self._address.name}: the aiohttp library is missing; "
                f"install it with: {paths.install('litellm')}"
            ) from None
        aiohttp = self._aiohttp
        headers = {"Content-Type": "application/json", "Accept-Encoding": ASKED_ENCODING}
        if self._address.key is not None and "@" not in urlsplit(self._url).netloc:
            headers["Authorization"] = f"Bearer {self._address.key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._address.connections, keepalive_timeout=KEEP_ALIVE_S
            ),
            # ``send`` limits the time of a whole attempt.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            auto_decompress=False,  # ``Body`` does it, within its limits
            trust_env=False,
        )

    def prepare(self, request: Request) -> Prepared:
        """Return the body to send. Raises BackendError for a key that the model does not accept."""
        sent = {"model": self._address.model} | self._parameters.fitted(self._wanted(request))
        said = [{"role": m.role, "content": m.content} for m in request.messages]
        body = {"model": self._address.model, "messages": said} | sent
        return Prepared(quick_json.body(body), sent)

    async def send(self, prepared: Prepared) -> Completion | Fault:
        """Post once and read the answer."""
        assert self._session is not None, "the transport is not open"
        began = time.monotonic()
        exchange = Exchange()
        try:
            async with (
                Patience(self._address.timeout_s),
                self._session.post(
                    self._url, data=prepared.payload, allow_redirects=False
                ) as response,
            ):
                body = exchange.begin(response.status, response.headers)
                async for piece in response.content.iter_any():
                    if not body.feed(piece):
                        break
                exchange.end()
        except TimeoutError as error:
            outcome = exchange.broken(self._timed_out(error), self._address, prepared.sent)
        except Exception as error:
            # A server can make its client raise anything, and the answer may be paid for.
            outcome = exchange.broken(self._broken(error), self._address, prepared.sent)
        else:
            outcome = self._read(exchange, time.monotonic() - began, prepared.sent)
        return self._parameters.settle(outcome, prepared.sent)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _read(
        self, exchange: Exchange, latency_s: float, sent: Mapping[str, Any]
    ) -> Completion | Fault:
        if exchange.refused:
            return exchange.refusal(self._address, sent)
        secrets = self._address.secrets
        text = secrets.scrub_answer(exchange.text)
        asked = Asked(secrets, self._key_advice, sent)
        return exchange.understood(
            lambda: read_body(text, latency_s, secrets, asked=asked, note=self._note),
            self._address,
        )

    def _wanted(self, request: Request) -> dict[str, Any]:
        """Return the keys that are set, under the protocol's names."""
        sampling = request.sampling
        if sampling.thinking_budget is not None:
            raise BackendError(
                f"{self._address.name}: OpenAI's interface has no 'thinking_budget'; remove it "
                "from the agent, or use the server's own key in extra_body."
            )
        wanted = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
            "reasoning_effort": sampling.reasoning_effort,
            "chat_template_kwargs": sampling.chat_template_kwargs,
        }
        parameters = {name: value for name, value in wanted.items() if value is not None}
        if request.choices is not None:
            parameters |= self._constraint(request.choices)
        extra = sampling.extra_body or {}
        if clash := sorted(extra.keys() & (CONTROLLED | parameters.keys())):
            raise BackendError(
                f"{self._address.name}: extra_body may not set {clash[0]!r}; remove it there."
            )
        if self._address.provider == VLLM:
            # Without them, thinking that special tokens mark would be taken for the answer.
            parameters["skip_special_tokens"] = False
        return parameters | extra

    def _constraint(self, choices: Sequence[str]) -> dict[str, Any]:
        """Return the key that restricts a reply to the choices."""
        if self._address.provider == VLLM:
            return {"structured_outputs": {"choice": list(choices)}}
        return {"response_format": move_schema(choices)}

    def _timed_out(self, error: TimeoutError) -> Fault:
        if isinstance(error, self._aiohttp.ConnectionTimeoutError):
            return Fault(Blame.UNBILLED, f"no connection to {self._shown} within {CONNECT_S:g} s.")
        return Fault(Blame.MAYBE_BILLED, f"no whole answer within {self._address.timeout_s:g} s.")

    def _broken(self, error: Exception) -> Fault:
        """Return the fault of a connection that failed or broke, or of an endless body."""
        aiohttp, quote = self._aiohttp, self._address.secrets.quote
        if isinstance(error, BodyError):
            return Fault(Blame.MAYBE_BILLED, f"the answer {error}.")
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            text = f"no connection to {self._shown}: its certificate is not trusted."
            return Fault(Blame.ACCOUNT, f"{text} ({quote(error)})")
        if isinstance(error, aiohttp.InvalidURL):
            return Fault(Blame.ACCOUNT, f"api_base {self._shown!r} is not an address.")
        if isinstance(error, aiohttp.ClientConnectorError):
            said = quote(error.os_error)
            return Fault(Blame.UNBILLED, f"no connection to {self._shown} ({said}).")
        said = f"{type(error).__name__}: {quote(error)}"
        return Fault(Blame.MAYBE_BILLED, f"the answer was lost on the way ({said}).")
