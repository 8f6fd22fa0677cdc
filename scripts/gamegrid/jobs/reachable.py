"""Whether a server answers at an address. No key is sent, and no redirect is followed."""

import re
import socket
import ssl
import time
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

ANSWER_S = 5.0
"""Seconds in which a server must begin to answer."""
STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})")
LONGEST_LINE = 256
OK = 200


def silence(address: str) -> str | None:
    """Return why a server is not usable at an address; None if it answers, even with an error."""
    try:
        status = _status(address, time.monotonic() + ANSWER_S)
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error or type(error).__name__)
    if status is None:
        return "what answers there is not an HTTP server"
    return f"it redirects to another address, status {status}" if 300 <= status < 400 else None


def _status(address: str, deadline: float) -> int | None:
    """Return the status of a request for the list of models; None without an HTTP answer.

    Raises OSError, or ValueError for an address that cannot be one.
    """
    parts = urlsplit(address)
    host = parts.hostname
    if not host:
        raise ValueError("it names no host")
    secure = parts.scheme == "https"
    if secure and "https" in getproxies() and not proxy_bypass(host):
        return OK  # only the proxy knows
    port = parts.port or (443 if secure else 80)
    path = quote(f"{parts.path.rstrip('/') or '/v1'}/models", safe="/%:@!$&'()*+,;=~")
    shown_host = f"[{host}]" if ":" in host else host
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {shown_host}:{port}\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection((host, port), timeout=ANSWER_S) as plain:
        wrap = ssl.create_default_context().wrap_socket
        with wrap(plain, server_hostname=host) if secure else plain as connection:
            connection.sendall(request.encode("ascii", "replace"))
            return _first_line(connection, deadline)


def _first_line(connection: socket.socket, deadline: float) -> int | None:
    """Return the status in the first line of an answer. Raises TimeoutError."""
    head = b""
    while b"\n" not in head and len(head) < LONGEST_LINE:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        connection.settimeout(left_s)
        piece = connection.recv(LONGEST_LINE)
        if not piece:
            break
        head += piece
    found = STATUS_LINE.match(head)
    return int(found[1]) if found else None
