"""The interface of the two transports to hosted models, and what they share."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from gamegrid.backends.backend import Completion, ModelEntry, Request
from gamegrid.backends.faults import Fault
from gamegrid.backends.providers import Secrets, key_variables

LATE_S = 0.05
"""An event loop that is later than this was busy with other work."""

MOVE = "action"
"""The key of a constrained reply in JSON; the parser reads it."""

CONTROLLED = frozenset({"model", "messages", "stream", "n"})
"""Keys of the request body that an agent may not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A model's provider, key and connection settings. ``timeout_s`` limits one attempt."""

    entry: ModelEntry
    provider: str
    model: str
    key: str | None
    timeout_s: float
    secrets: Secrets
    connections: int
    """The maximum number of open connections."""

    @property
    def name(self) -> str:
        """The model id, for messages."""
        return self.entry.name

    @property
    def key_advice(self) -> str:
        """A sentence that names the sources of the key."""
        return f"Check {' or '.join(key_variables(self.provider))} in the environment or in .env."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that can be sent any number of times. ``sent``: its parameters."""

    payload: Any
    sent: dict[str, Any]


def move_schema(choices: Sequence[str]) -> dict[str, Any]:
    """Return the ``response_format`` that restricts a reply to the choices."""
    schema = {
        "type": "object",
        "properties": {MOVE: {"type": "string", "enum": list(choices)}},
        "required": [MOVE],
        "additionalProperties": False,
    }
    named = {"name": "move", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


class Patience:
    """Limit an attempt like ``asyncio.timeout``, but extend the limit while this process is busy.

    A busy event loop sees an answer and the timeout at the same moment. An answer that came in time
    is paid for and must be read, so the limit grows by twice the loop's delay, up to double the
    time. Raises TimeoutError.
    """

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        self._last = self._end + max(seconds, LATE_S)
        self._limit = asyncio.timeout(None)
        self._handle: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._handle = self._loop.call_at(self._end, self._expire)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            self._handle.cancel()
        await self._limit.__aexit__(kind, error, trace)

    def _expire(self) -> None:
        late = self._loop.time() - self._end
        if late > LATE_S and self._end < self._last:
            self._end = min(self._end + 2 * late, self._last)
            self._handle = self._loop.call_at(self._end, self._expire)
        else:
            self._limit.reschedule(self._loop.time())


class Transport(Protocol):
    """A way to send requests to one model."""

    async def open(self) -> None:
        """Prepare to send, without any request. Raises BackendError."""

    def prepare(self, request: Request) -> Prepared:
        """Translate a request. Raises BackendError for a setting that the model does not accept."""

    async def send(self, prepared: Prepared) -> Completion | Fault:
        """Send once. Errors are returned, so that none is chained to another."""

    async def close(self) -> None:
        """Close the connections."""
