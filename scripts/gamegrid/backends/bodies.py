"""Bodies of HTTP answers, with limits: no server can fill this process's memory."""

import base64
import json
import zlib
from typing import Any

LONGEST_BODY = 8 * 2**20
"""Bytes of an answer, on the wire and decompressed. A reply of 128,000 tokens has 3 MB if every
character is escaped."""
LONGEST_REFUSAL = 64 * 2**10
"""Bytes that are read of an answer with an error status; nothing beyond them is needed."""
LONGEST_KEPT = 2**18
"""Characters that are kept of an answer that could not be read."""

ASKED_ENCODING = "identity"
"""Sent as Accept-Encoding, so that an answer is as long as it is on the wire."""
INFLATED = (["gzip"], ["x-gzip"], ["deflate"])
"""Content encodings that some servers use although they were not asked to."""
GZIP = b"\x1f\x8b"
HEADER = 2
"""Bytes that tell gzip, zlib and bare deflate apart."""


class BodyError(Exception):
    """A body that cannot be read. Its text follows the words 'the answer'."""


class Body:
    """The body of one answer, fed piece by piece as it arrives.

    ``encoding`` is the answer's Content-Encoding header. The body of an error status is cut at its
    limit. Any other body beyond its limit raises BodyError.
    """

    def __init__(self, status: int, encoding: str | None) -> None:
        self._cut = status >= 300
        self._limit = LONGEST_REFUSAL if self._cut else LONGEST_BODY
        self._whole = bytearray()
        self._wire = 0
        names = (name.strip().lower() for name in (encoding or "").split(","))
        self._encodings = [name for name in names if name not in ("", ASKED_ENCODING)]
        self._inflate = _Inflater() if self._encodings in INFLATED else None

    def feed(self, piece: bytes) -> bool:
        """Add a piece and return whether more is wanted. Raises BodyError."""
        self._wire += len(piece)
        room = self._limit - len(self._whole)
        decoded = piece if self._inflate is None else self._inflate.feed(piece, room + 1)
        self._whole += decoded[:room]
        if len(decoded) <= room and self._wire <= self._limit:
            return True
        if self._cut:
            return False
        raise BodyError(f"is longer than {self._limit // 2**20} MiB")

    def end(self) -> None:
        """Check the whole body. Raises BodyError for one that cannot be decoded."""
        if self._cut:
            return
        if self._encodings and self._inflate is None:
            raise BodyError(f"has the unknown encoding {', '.join(self._encodings)[:40]!r}")
        if self._inflate is not None and self._wire and not self._inflate.ended:
            raise BodyError("breaks off within compressed data")

    @property
    def bytes(self) -> bytes:
        """What has arrived so far, decompressed."""
        return bytes(self._whole)

    @property
    def text(self) -> str:
        """What has arrived so far, as text; base64 if it has an unknown encoding."""
        if self._encodings and self._inflate is None:
            return base64.b64encode(self._whole).decode()
        return as_text(self.bytes)


class _Inflater:
    """Decompresses gzip, of one or several members, and deflate, with or without its header."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: Any = None
        self.ended = False
        """Whether all members that were begun are whole."""

    def feed(self, piece: bytes, most: int) -> bytes:
        """Return what the piece adds, at most ``most`` bytes. Raises BodyError."""
        rest, self._head = self._head + piece, b""
        inflated = bytearray()
        try:
            while rest and len(inflated) < most:
                if self._stream is None:
                    if len(rest) < HEADER:
                        self._head = rest
                        break
                    self._stream = zlib.decompressobj(_window(rest))
                inflated += self._stream.decompress(rest, most - len(inflated))
                rest, self.ended = self._stream.unused_data, self._stream.eof
                if self.ended:
                    self._stream = None
        except zlib.error as error:
            raise BodyError(f"is not the compressed data it claims to be ({error})") from None
        return bytes(inflated)


def _window(head: bytes) -> int:
    """Return zlib's parameter for data that begins like this: gzip, zlib or neither header."""
    if head.startswith(GZIP):
        return zlib.MAX_WBITS | 16
    is_zlib = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:HEADER]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def as_text(body: bytes) -> str:
    """Return a JSON body as text, in any encoding that JSON may have."""
    return body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff")
