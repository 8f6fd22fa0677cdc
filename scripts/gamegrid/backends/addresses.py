"""Addresses of servers: how to show them, and which of their parts are secret."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

SECRET_PARAMETER = re.compile(
    r"key|token|secret|sig|password|passwd|pwd|pass|credential|auth|code|policy|session",
    re.IGNORECASE,
)
"""Names of query parameters that hold keys, logins or signatures."""
HIDDEN = "***"


def shown(address: str) -> str:
    """Return an address without its login and without the values of its query."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.partition("?")[0].rpartition("@")[2]
    _login, at, host = parts.netloc.rpartition("@")
    names = [part.partition("=")[0] for part in re.split("[&;]", parts.query) if part]
    query = "&".join(f"{name}={HIDDEN}" for name in names)
    return urlunsplit((parts.scheme, f"{HIDDEN}@{host}" if at else host, parts.path, query, ""))


def secret_parts(address: str) -> Iterator[str]:
    """Yield the login of an address and the secret values of its query, also percent-decoded."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    login = parts.netloc.rpartition("@")[0]
    user, _, password = login.partition(":")
    # Some servers take a key as the user's name, with no password.
    for text in (password, user if not password or len(user) >= 16 else "", login):
        yield from {text, unquote(text)} - {""}
    for name, value in parse_qsl(parts.query, keep_blank_values=False):
        if SECRET_PARAMETER.search(name):
            yield value
    for part in re.split("[&;]", parts.query):
        name, _, value = part.partition("=")
        if value and SECRET_PARAMETER.search(unquote_plus(name)):
            yield value
