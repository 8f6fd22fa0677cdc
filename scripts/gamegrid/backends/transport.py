"""What the two ways of reaching a hosted model have in common."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from gamegrid.backends.backend import Completion, ModelEntry, Request
from gamegrid.backends.faults import Fault
from gamegrid.backends.providers import Secrets, key_variables

LATE_S = 0.05
"""A loop that is later than this was busy with something else."""

MOVE = "action"
"""The key of a constrained reply in JSON, which the parser reads."""

CONTROLLED = frozenset({"model", "messages", "stream", "n"})
"""Body keys that are not an agent's to set: what is asked, and that one whole answer comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Whom a transport asks, and how long one attempt may take in seconds."""

    entry: ModelEntry
    provider: str
    model: str
    key: str | None
    timeout_s: float
    secrets: Secrets
    connections: int
    """The most that may be open at once."""

    @property
    def name(self) -> str:
        """The model's id, for messages."""
        return self.entry.name

    @property
    def key_advice(self) -> str:
        """The sentence on where the key comes from."""
        return f"Check {' or '.join(key_variables(self.provider))} in the environment or in .env."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to be sent, any number of times. ``sent``: its parameters."""

    payload: Any
    sent: dict[str, Any]


def move_schema(choices: Sequence[str]) -> dict[str, Any]:
    """Return the ``response_format`` that holds a reply to one of the choices."""
    schema = {
        "type": "object",
        "properties": {MOVE: {"type": "string", "enum": list(choices)}},
        "required": [MOVE],
        "additionalProperties": False,
    }
    named = {"name": "move", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Allow so long for an attempt, as ``asyncio.timeout`` does, less what this process took.

    A loop that was busy sees an answer and the end of the time at once: an answer that came in time
    is paid for and must be read. So as much time is added as the loop was late, at most as much
    again as there was. Raises TimeoutError.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    last = end + max(seconds, LATE_S)
    async with asyncio.timeout(None) as limit:
        handle = loop.call_at(end, lambda: expire())

        def expire() -> None:
            nonlocal end, handle
            late = loop.time() - end
            if late > LATE_S and end < last:
                end = min(end + 2 * late, last)
                handle = loop.call_at(end, expire)
            else:
                limit.reschedule(loop.time())

        try:
            yield
        finally:
            handle.cancel()


class Transport(Protocol):
    """A way to reach one model."""

    async def open(self) -> None:
        """Make ready; no request is made. Raises BackendError."""

    def prepare(self, request: Request) -> Prepared:
        """Translate a request. Raises BackendError for what the model does not take."""

    async def send(self, prepared: Prepared) -> Completion | Fault:
        """Send once. Errors become values, so that none is ever chained to another."""

    async def close(self) -> None:
        """Close the connections."""
