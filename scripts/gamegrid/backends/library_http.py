"""Watches the HTTP clients that the LiteLLM library uses, while it answers a request.

The library builds clients of several kinds, some of them within providers' own packages, and has no
setting that reaches all. So ``watch`` replaces the method through which each kind sends. Outside an
attempt, and for other users of these clients, the methods work as before.

Within an attempt no client follows a redirect, and all bodies are read within the limits of
``bodies``. The attempt keeps the last answer, so that it is not lost if the library fails on it.
"""

import functools
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from gamegrid.backends.bodies import ASKED_ENCODING, Body, BodyError
from gamegrid.backends.exchange import Exchange

PIECE = 2**16
REPLACED_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that describe the body on the wire, which the clients must not decode again."""


class Redirected(Exception):
    """An answer that sends the client elsewhere. The exchange has its status."""


@dataclass(slots=True)
class Attempt:
    """One attempt of the library. ``deadline`` is a time of the monotonic clock."""

    deadline: float
    exchange: Exchange


_ATTEMPT: ContextVar[Attempt | None] = ContextVar("_ATTEMPT", default=None)


@contextmanager
def attempt(seconds: float) -> Iterator[Exchange]:
    """Guard all that the library sends within this context, and in threads that it starts."""
    watched = Attempt(time.monotonic() + seconds, Exchange())
    token = _ATTEMPT.set(watched)
    try:
        yield watched.exchange
    finally:
        _ATTEMPT.reset(token)


def watch() -> None:
    """Replace the methods, once in this process."""
    import httpx
    import requests

    if not hasattr(httpx.AsyncClient.send, "__wrapped__"):
        _replace(httpx.AsyncClient, _asynchronous)
        _replace(httpx.Client, _synchronous)
        _replace(requests.Session, _by_requests)


def _replace(client: Any, watched: Callable[[Any], Any]) -> None:
    client.send = watched(client.send)


def _asynchronous(send: Any) -> Any:
    @functools.wraps(send)
    async def send_watched(client: Any, request: Any, **options: Any) -> Any:
        watched = _ATTEMPT.get()
        if watched is None:
            return await send(client, request, **options)
        with _sending(watched, request):
            once = options | {"stream": True, "follow_redirects": False}
            response = await send(client, request, **once)
            try:
                body = _begin(watched, response.status_code, response.headers)
                async for piece in response.aiter_raw():
                    if not _feed(watched, body, piece):
                        break
                watched.exchange.end()
            finally:
                await response.aclose()
            return _whole(response, body)

    return send_watched


def _synchronous(send: Any) -> Any:
    @functools.wraps(send)
    def send_watched(client: Any, request: Any, **options: Any) -> Any:
        watched = _ATTEMPT.get()
        if watched is None:
            return send(client, request, **options)
        with _sending(watched, request):
            once = options | {"stream": True, "follow_redirects": False}
            response = send(client, request, **once)
            try:
                body = _begin(watched, response.status_code, response.headers)
                for piece in response.iter_raw():
                    if not _feed(watched, body, piece):
                        break
                watched.exchange.end()
            finally:
                response.close()
            return _whole(response, body)

    return send_watched


def _by_requests(send: Any) -> Any:
    @functools.wraps(send)
    def send_watched(session: Any, request: Any, **options: Any) -> Any:
        watched = _ATTEMPT.get()
        if watched is None:
            return send(session, request, **options)
        with _sending(watched, request):
            once = options | {"stream": True, "allow_redirects": False}
            response = send(session, request, **once)
            try:
                body = _begin(watched, response.status_code, response.headers)
                for piece in response.raw.stream(PIECE, decode_content=False):
                    if not _feed(watched, body, piece):
                        break
                watched.exchange.end()
            finally:
                response.close()
            for name in REPLACED_HEADERS:
                response.headers.pop(name, None)
            response.raw = io.BytesIO(body.bytes)
            return response

    return send_watched


@contextmanager
def _sending(watched: Attempt, request: Any) -> Iterator[None]:
    """Prepare a request, and note the first error of sending it and of reading its answer."""
    watched.exchange.ask(request.method, str(request.url))
    request.headers["Accept-Encoding"] = ASKED_ENCODING
    try:
        yield
    except Exception as error:
        watched.exchange.failure = error
        raise


def _begin(watched: Attempt, status: int, headers: Any) -> Body:
    """Note the head of an answer. Raises Redirected."""
    body = watched.exchange.begin(status, headers)
    if 300 <= status < 400:
        raise Redirected
    return body


def _feed(watched: Attempt, body: Body, piece: bytes) -> bool:
    """Add a piece; return whether more is wanted. Raises BodyError, also if the time is up."""
    if time.monotonic() > watched.deadline:
        # Only threads get here: a coroutine is cancelled earlier.
        raise BodyError("did not arrive whole in time")
    return body.feed(piece)


def _whole(response: Any, body: Body) -> Any:
    """Return an answer like this one with its body, read and decoded."""
    import httpx

    kept = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in REPLACED_HEADERS
    ]
    whole = httpx.Response(
        response.status_code,
        headers=kept,
        content=body.bytes,
        request=response.request,
        extensions=response.extensions,
    )
    whole.elapsed = response.elapsed
    return whole
