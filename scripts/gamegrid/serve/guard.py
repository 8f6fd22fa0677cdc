"""Who may ask the server for what.

The server listens on the loopback interface, which every program and every web page of the machine
can reach. So each request must carry the key of the address that ``gamegrid view`` printed, name a
loopback host, and come from a page of this server if it changes anything.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gamegrid.errors import UserError

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine. A page elsewhere may resolve its own name to it (DNS rebinding)."""
KEY = "key"
"""The query parameter that holds the key in the printed address."""
TOKEN = "X-Gamegrid-Token"
"""The header of requests that change something."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""Headers of every answer. A page replaces the first one with its own policy."""


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Pass:
    """The secrets of one server. ``key`` opens its pages; ``token`` is written into them."""

    key: str = field(default_factory=_secret, repr=False)
    token: str = field(default_factory=_secret, repr=False)

    def cookie(self, request: web.Request) -> str:
        """Return the name of the cookie with the key. Cookies of all ports share one jar."""
        return f"gamegrid-view-{re.sub(r'[^0-9a-z]', '-', request.host)}"


def guarded(opened: Pass) -> Middleware:
    """Return the middleware that refuses what ``refusal`` names and adds ``HEADERS``."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await _answer(request, handler, opened)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return guard


def refusal(request: web.Request, opened: Pass) -> tuple[int, str] | None:
    """Return the status and the sentence that refuse a request; None if it may be answered."""
    if _host(request) not in HOSTS:
        return 421, "This server answers to 127.0.0.1 and localhost only."
    if request.method not in ("GET", "HEAD", "POST"):
        return 405, "This server answers GET, and POST for playing."
    given = request.query.get(KEY) or request.cookies.get(opened.cookie(request), "")
    if not _same(given, opened.key):
        return 403, "Open the whole address that gamegrid view printed; it ends in a key."
    if request.method == "POST":
        if request.headers.get("Origin") != f"http://{request.host}":
            return 403, "Only a page of this server may do that."
        if not _same(request.headers.get(TOKEN, ""), opened.token):
            return 403, "This page belongs to an earlier server. Open it again."
    return None


async def _answer(request: web.Request, handler: Handler, opened: Pass) -> web.StreamResponse:
    if refused := refusal(request, opened):
        status, sentence = refused
        return web.Response(status=status, text=f"{sentence}\n")
    if request.method == "GET" and KEY in request.query:
        return _admitted(request, opened)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=f"{error.reason}\n")
    except UserError as error:
        return web.Response(status=400, text=f"{error}\n")


def _admitted(request: web.Request, opened: Pass) -> web.Response:
    """Keep the key in a cookie and leave it out of the address."""
    answer = web.Response(status=303, headers={"Location": request.path})
    answer.set_cookie(opened.cookie(request), opened.key, httponly=True, samesite="Lax")
    return answer


def _host(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
