"""The ``litellm_`` backend: models behind an HTTP API, from any provider.

It asks servers with OpenAI's interface at an ``api_base`` directly, and all others through the
LiteLLM library. Keys, retries, limits, timeouts and the reading of answers are handled here, in
the same way for both.
"""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gamegrid.backends import litellm_library, openai_http
from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    BackendKind,
    Capabilities,
    Completion,
    Decode,
    Environment,
    Message,
    ModelEntry,
    Request,
    Sampling,
    refuse_adapter,
)
from gamegrid.backends.billing import FREE, Tab, may_be_billed
from gamegrid.backends.concurrency import START, Adaptive
from gamegrid.backends.faults import Fault
from gamegrid.backends.limits import HostLimits, divided, jobs_at_once
from gamegrid.backends.litellm_library import NO_KEY, LiteLLMLibrary
from gamegrid.backends.openai_http import OpenAIHttp
from gamegrid.backends.pace import Booking
from gamegrid.backends.providers import (
    KEY_VARIABLES,
    PREFIX,
    Secrets,
    find_key,
    read_settings,
    split_name,
)
from gamegrid.backends.retry import Retries, RetryPolicy, Stop, Tried
from gamegrid.backends.shared_file import host_folder
from gamegrid.backends.transport import Address, Prepared, Transport

__all__ = [
    "BACKEND",
    "KEY_VARIABLES",
    "NO_KEY",
    "check",
    "create",
    "split_name",
    "unsupported_reason",
]

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT_S = 600.0
FIRST_DELAY_S = 0.5
MAX_ATTEMPTS = 6
LONG_PAUSE_S = 5.0
"""The first pause that may be this long is told on the terminal, the others in the log."""


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in the entry, or None, without imports or requests."""
    return _check(entry, read_settings(Path.cwd()))


def _check(entry: ModelEntry, settings: Mapping[str, str]) -> str | None:
    provider, model = split_name(entry.name)
    if not provider or not model:
        return f"{entry.name}: a model id has the form litellm_<provider>/<model>."
    if (problem := refuse_adapter(entry)) is not None:
        return problem
    if entry.api_base is not None:
        if not entry.api_base.startswith(("http://", "https://")):
            address = shown(entry.api_base)
            return f"{entry.name}: api_base is {address!r}; it must begin with http:// or https://."
        return None
    if provider in KEY_VARIABLES and find_key(provider, settings) is None:
        names = " or ".join(KEY_VARIABLES[provider])
        return (
            f"{entry.name}: no key; set {names} in the environment, or write "
            f"{KEY_VARIABLES[provider][0]}=YOUR_KEY into the file .env beside results/"
        )
    return None


def unsupported_reason(
    entry: ModelEntry, sampling: Sampling, decode: Decode = Decode.GENERATE
) -> str | None:
    """Return a sentence on a setting that the model does not accept, or None.

    Sends nothing. Imports the LiteLLM library, in seconds, for a model that needs it.
    """
    address = _address(entry, {})
    transport = _transport(address)
    question = Request(
        model=entry.name,
        messages=(Message("user", ""),),
        sampling=sampling,
        decode=decode,
        choices=None if decode is Decode.GENERATE else ("a",),
    )
    try:
        if isinstance(transport, LiteLLMLibrary):
            transport.use(litellm_library.load(entry.name))
            transport.verify(transport.prepare(question))
        else:
            transport.prepare(question)
    except BackendError as trouble:
        return str(trouble)
    return None


def _address(entry: ModelEntry, settings: Mapping[str, str], connections: int = 1) -> Address:
    provider, model = split_name(entry.name)
    key = find_key(provider, settings)
    return Address(
        entry=entry,
        provider=provider,
        model=model,
        key=key,
        timeout_s=entry.timeout or DEFAULT_TIMEOUT_S,
        secrets=Secrets(settings, key, entry.api_base),
        connections=connections,
    )


def _transport(address: Address) -> Transport:
    if address.entry.api_base is not None and address.provider in openai_http.PROVIDERS:
        return OpenAIHttp(address)
    return LiteLLMLibrary(address)


class LiteLLMBackend:
    """One model behind an API, built by ``create`` and opened at the first request."""

    def __init__(self, entry: ModelEntry, directory: Path) -> None:
        if jobs := jobs_at_once():
            entry = divided(entry, jobs)
            log.info(
                "%s: its limits are divided by the %d jobs that may ask at once", entry.name, jobs
            )
        self._own = TemporaryDirectory(prefix="gamegrid-") if jobs else None
        self._entry = entry
        self._settings = read_settings(directory)
        self._gate = Adaptive(entry.max_connections)
        self._stop = Stop(self._gate.refuse)
        address = _address(entry, self._settings, self._gate.ceiling)
        self._transport = _transport(address)
        self._limits = HostLimits(
            entry,
            # Without the login and the keys that an address may hold.
            f"{shown(entry.api_base or '')} {address.provider} {address.model}",
            self._stop,
            Path(self._own.name) if self._own else host_folder(),
        )
        self._policy = RetryPolicy(first_delay_s=FIRST_DELAY_S, max_attempts=MAX_ATTEMPTS)
        self._secrets = address.secrets
        self._retries = Retries(entry.name, self._policy, self._stop, address.secrets)
        self._told_pause = False
        self._served: tuple[str | None, str | None] | None = None
        self._told_served = False

    async def open(self) -> None:
        """Prepare to send, without any request. Raises BackendError."""
        mistake = _check(self._entry, self._settings)
        if mistake is not None:
            raise BackendError(mistake)
        await self._transport.open()
        self._limits.open()

    async def complete(self, request: Request) -> Completion:
        """Answer one request. Raises BackendError if that fails."""
        return await self.complete_on(request, FREE)

    async def complete_on(self, request: Request, tab: Tab) -> Completion:
        """Answer one request, and reserve each attempt on the tab. Raises BackendError."""
        prompt = sum(len(message.content) for message in request.messages)

        again = False

        async def attempt() -> Tried:
            nonlocal again
            # Anew for each attempt, because the model may have refused a parameter since.
            prepared = self._transport.prepare(request)
            first, again = again, True
            return await self._attempt(prepared, prompt, request.sampling.max_tokens, tab, first)

        completion = await self._retries.persist(attempt)
        self._compare_served(completion)
        return completion

    def stop(self) -> None:
        """Refuse requests that wait to be sent. Requests in flight are still answered."""
        self._stop.tell(f"{self._entry.name}: the job is ending.", logging.INFO)

    async def close(self) -> None:
        """Close the connections and free this job's share of the limits."""
        await self._transport.close()
        self._limits.close()
        if self._own:
            self._own.cleanup()

    async def _attempt(
        self, prepared: Prepared, prompt: int, reply: int | None, tab: Tab, first: bool
    ) -> Tried:
        """Wait for the limits, reserve the price, then send the request once.

        ``first``: whether to wait before all requests that were not sent yet.
        """
        window = await self._gate.enter(first)
        try:
            await tab.reserve()
            try:
                async with self._limits.turn(prompt, reply) as booking:
                    self._stop.check()
                    at, began = datetime.now(UTC), time.monotonic()
                    outcome = await self._transport.send(prepared)
                    tried = Tried(at, time.monotonic() - began, outcome, prepared.sent)
                    self._learn(outcome, window, booking)
            except BackendError:
                tab.free()  # nothing was sent
                raise
            if isinstance(outcome, Fault):
                billed = may_be_billed(outcome.blame, outcome.status, outcome.text)
                tab.lost() if billed else tab.free()
            return tried
        finally:
            self._gate.leave()

    def _learn(self, outcome: Completion | Fault, window: int, booking: Booking) -> None:
        """Adapt the limits to the outcome of an attempt."""
        if isinstance(outcome, Completion):
            self._gate.succeeded()
            booking.usage = outcome.usage
        elif outcome.busy and self._gate.complained(window):
            self._rest(outcome)

    def _rest(self, fault: Fault) -> None:
        """Ask the model nothing for a while, or never again after too many refusals in a row."""
        refusals, policy = self._gate.refusals, self._policy
        said = self._secrets.scrub(f"{self._entry.name}: {fault.text}")
        if (fault.retry_after_s or 0.0) > policy.longest_wait_s:
            return  # the request is given up
        if refusals >= policy.max_refusals:
            self._stop.tell(
                f"{said} Given up after {refusals} refusals in a row. Set requests_per_minute in "
                "the model's entry, or run the same command later."
            )
            return
        pause_s = policy.pause_s(self._gate.level, fault.retry_after_s)
        self._gate.close(pause_s)
        is_news = pause_s >= LONG_PAUSE_S and not self._told_pause
        self._told_pause |= is_news
        log.log(
            logging.WARNING if is_news else logging.INFO,
            "%s No request is sent to this model for %.1f s.", said, pause_s,
        )  # fmt: skip

    def _compare_served(self, completion: Completion) -> None:
        """Warn once if a different model answers than at first; each reply records its model."""
        served = (completion.model_served, completion.fingerprint)
        first = self._served = self._served or served
        if served != first and served[0] is not None and not self._told_served:
            self._told_served = True
            log.warning(
                "%s: the provider answered with %s (fingerprint %s) and now answers with %s "
                "(fingerprint %s); see calls.model_served and calls.fingerprint.",
                self._entry.name, *first, *served,
            )  # fmt: skip


def create(entry: ModelEntry, directory: Path) -> Backend:
    """Return a closed backend for the entry. Reads ``.env`` from ``directory``."""
    return LiteLLMBackend(entry, directory)


BACKEND = BackendKind(
    prefix=PREFIX,
    capabilities=Capabilities(
        hosted=True,
        chunk_deals=20,
        in_flight=START,
        environment=Environment("litellm", weight=1),
        decodes=frozenset({Decode.GENERATE, Decode.CONSTRAINED}),
    ),
    check=check,
    create=create,
    unsupported_reason=unsupported_reason,
)
