"""Keeps the HTTP answers that a library receives, as they were before it translated them.

The library drops and rewrites what a provider states: its finish reasons, errors in a body of
status 200, and whole replies that it fails to translate.
"""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


_HEARD: ContextVar[list[Heard] | None] = ContextVar("heard", default=None)
"""The answers to the call that the current task makes."""


@contextmanager
def listening() -> Iterator[list[Heard]]:
    """Collect the answers to all requests of this task, in order."""
    heard: list[Heard] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


def listen_to(client: type[Any]) -> None:
    """Make a class of httpx clients keep its answers for whoever is listening.

    Every request of the library passes its ``send``; only some of its clients accept hooks.
    """
    if getattr(client.send, "__wrapped__", None) is not None:
        return
    send = client.send

    @functools.wraps(send)
    async def send_and_keep(*positional: Any, **named: Any) -> Any:
        response = await send(*positional, **named)
        heard = _HEARD.get()
        if heard is not None and response.is_closed:  # not a stream that is still to be read
            headers = {name.lower(): value for name, value in response.headers.items()}
            heard.append(Heard(response.status_code, headers, response.text))
        return response

    client.send = send_and_keep
