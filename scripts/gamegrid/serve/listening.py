"""Listen on the loopback interface, and nowhere else."""

import socket
from contextlib import suppress

from gamegrid.errors import UserError

PORT = 7575
"""The port unless another one is named; any free one if it is taken."""
ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def sockets(port: int | None) -> list[socket.socket]:
    """Return listening sockets of one port: on 127.0.0.1 and, where there is IPv6, on ::1.

    Raises UserError if ``port`` is taken or not allowed.
    """
    (family, address), *others = ADDRESSES
    first = _first(family, address, port)
    listening = [first]
    for family, address in others:
        with suppress(OSError):  # no IPv6 here, or the port is taken there
            listening.append(_bound(family, address, first.getsockname()[1]))
    return listening


def _first(family: socket.AddressFamily, address: str, port: int | None) -> socket.socket:
    try:
        return _bound(family, address, PORT if port is None else port)
    except PermissionError as error:
        raise UserError(f"--port: {port} is not allowed to users; take one from 1024.") from error
    except OverflowError as error:
        raise UserError(f"--port: {port} is not between 1024 and 65535.") from error
    except OSError as error:
        if port is None:
            return _bound(family, address, 0)
        raise UserError(
            f"--port: {port} is taken by another program. Name another one, or leave --port out "
            f"to take a free one."
        ) from error


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises OSError."""
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        opened.listen(64)
    except BaseException:
        opened.close()
        raise
    return opened
