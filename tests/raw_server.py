"""A local HTTP server that sends exactly the bytes a test gives it, however wrong they are."""

import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its first line, and all its bytes."""

    line: str
    raw: bytes


class RawServer:
    """Answers every request with the pieces of ``answer``, then closes the connection.

    ``answer`` may yield pieces without end: it stops when the client goes away or the server ends.
    """

    def __init__(self, answer: Callable[[Asked], Iterable[bytes]]) -> None:
        self.answer = answer
        self.requests: list[Asked] = []
        self.sent = 0
        """Number of bytes handed to the system so far."""
        self._ended = False
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)

    @property
    def root(self) -> str:
        """The base address without a path."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            asked = _read(connection)
            if asked is None:
                return
            self.requests.append(asked)
            for piece in self.answer(asked):
                if self._ended:
                    return
                connection.sendall(piece)
                self.sent += len(piece)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def _read(connection: socket.socket) -> Asked | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            return None
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    stated = LENGTH.search(head)
    length = int(stated[1]) if stated else 0
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return Asked(head.split(b"\r\n")[0].decode("latin-1"), head + b"\r\n\r\n" + body)


def response(
    body: bytes, *headers: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    """Return an answer with these headers; ``length`` is what it claims instead of its length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", "Connection: close", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
