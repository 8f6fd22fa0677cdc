"""Keeps the HTTP answer that a library receives, as it was before the library translated it.

The library drops and rewrites what a provider states: its finish reasons, errors in a body of
status 200, and whole replies that it fails to translate.
"""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Heard:
    """The last answer to a call of the library; ``status`` None until there is one.

    Header names are in lower case.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def note(self, response: Any) -> None:
        """Keep a response of httpx, unless it is a stream that is still to be read."""
        if response.is_closed:
            self.status = response.status_code
            self.headers = {name.lower(): value for name, value in response.headers.items()}
            self.text = response.text


_HEARD: ContextVar[Heard | None] = ContextVar("_HEARD", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """Keep the answer to what this task sends, and the threads that it starts."""
    heard = Heard()
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


def listen() -> None:
    """Make all clients of httpx keep their answers for whoever is listening.

    Every request of the library passes their ``send``; only some of its clients accept hooks.
    """
    import httpx

    if not hasattr(httpx.AsyncClient.send, "__wrapped__"):
        _replace(httpx.AsyncClient, _kept)
        _replace(httpx.Client, _kept_by_threads)


def _replace(client: Any, kept: Any) -> None:
    client.send = kept(client.send)


def _kept(send: Any) -> Any:
    @functools.wraps(send)
    async def send_and_keep(*positional: Any, **named: Any) -> Any:
        response = await send(*positional, **named)
        if (heard := _HEARD.get()) is not None:
            heard.note(response)
        return response

    return send_and_keep


def _kept_by_threads(send: Any) -> Any:
    @functools.wraps(send)
    def send_and_keep(*positional: Any, **named: Any) -> Any:
        response = send(*positional, **named)
        if (heard := _HEARD.get()) is not None:
            heard.note(response)
        return response

    return send_and_keep
