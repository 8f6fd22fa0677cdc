"""What a server says at an address: whether it answers, and which models it lists.

No redirect is followed. A key is sent only by ``visit``, to the address that the user gave it for.
"""

import json
import re
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from threading import Event, Timer
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

ANSWER_S = 5.0
"""Seconds in which a server must answer."""
LONGEST_LIST = 4_000_000
"""Bytes of a list of models that are read; the longest public one has about 500,000."""
REFUSED = (401, 403)
"""Statuses that refuse a key, or its absence."""
NO_VALUE = re.compile(r"[\x00-\x1f\x7f]")
"""What may not be in a header."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The answer to a request for the list of models.

    ``silence`` says why the server is not usable; None if it answers, even with an error.
    ``models`` are the ids that it lists, None if it lists none that can be read. ``refused`` says
    that it refused the key that was sent, or that none was sent. ``any_name`` says that it is known
    to answer to any name.
    """

    silence: str | None = None
    models: tuple[str, ...] | None = None
    refused: bool = False
    any_name: bool = False


def silence(address: str) -> str | None:
    """Return why a server is not usable at an address; None if it answers, even with an error."""
    return visit(address).silence


def visit(address: str, key: str | None = None) -> Visit:
    """Ask a server for its list of models."""
    try:
        answer = _get(address, key)
    except HTTPException:
        return Visit("what answers there is not an HTTP server")
    except (OSError, ValueError) as error:
        return Visit(str(getattr(error, "strerror", None) or error or type(error).__name__))
    if answer is None:
        return Visit()  # behind a proxy, which alone knows
    status, body = answer
    if 300 <= status < 400:
        return Visit(f"it redirects to another address, status {status}")
    return Visit(refused=True) if status in REFUSED else _listed(body)


def _listed(body: bytes) -> Visit:
    try:
        entries = json.loads(body)["data"]
        models = tuple(str(entry["id"]) for entry in entries)
    except (ValueError, KeyError, TypeError, RecursionError):
        return Visit()
    # llama.cpp's server has one model and ignores the name in a request.
    return Visit(models=models, any_name=any(e.get("owned_by") == "llamacpp" for e in entries))


def _get(address: str, key: str | None) -> tuple[int, bytes] | None:
    """Return status and body of a request for the list of models; None if a proxy is in between.

    Raises OSError, HTTPException for an answer that is not HTTP, and ValueError for an address or a
    key that cannot be one.
    """
    parts = urlsplit(address)
    host = parts.hostname
    if not host:
        raise ValueError("it names no host")
    secure = parts.scheme == "https"
    if secure and "https" in getproxies() and not proxy_bypass(host):
        return None
    port = parts.port or (443 if secure else 80)
    path = quote(f"{parts.path.rstrip('/') or '/v1'}/models", safe="/%:@!$&'()*+,;=~")
    shown_host = f"[{host}]" if ":" in host else host
    lines = [f"GET {path} HTTP/1.1", f"Host: {shown_host}:{port}", "Accept: */*"]
    if key is not None and "@" not in parts.netloc:
        if NO_VALUE.search(key):
            raise ValueError("the key holds a character that cannot be sent")
        lines.append(f"Authorization: Bearer {key}")
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    with socket.create_connection((host, port), timeout=ANSWER_S) as plain:
        wrap = ssl.create_default_context().wrap_socket
        with wrap(plain, server_hostname=host) if secure else plain as connection:
            connection.sendall(request.encode("ascii", "replace"))
            return _read(connection)


def _read(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of an answer. Raises OSError and HTTPException."""
    expired = Event()
    late = Timer(ANSWER_S, _hang_up, [connection, expired])
    late.daemon = True
    late.start()
    try:
        response = HTTPResponse(connection, method="GET")
        response.begin()
        body = response.read(LONGEST_LIST)
    except (OSError, HTTPException):
        if expired.is_set():
            raise TimeoutError("timed out") from None
        raise
    finally:
        late.cancel()
    return response.status, body


def _hang_up(connection: socket.socket, expired: Event) -> None:
    """Wake a reader that waits for a server which sends byte after byte."""
    expired.set()
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already
