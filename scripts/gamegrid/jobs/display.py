"""One live line on a terminal, and lines that are said above it."""

import threading
from typing import Any

from gamegrid.terminal import ERASE, LastingStream, columns_of, plain, wrapped


class Display:
    """Writes lines, and on a terminal one more that is rewritten in place."""

    def __init__(self, stream: Any) -> None:
        # A terminal may close, or a pipe's reader end, while replies are paid for: the run goes on.
        self._stream = LastingStream(stream)
        self._lock = threading.RLock()
        self._drawn = ""

    @property
    def live(self) -> bool:
        """Whether a line can be rewritten in place."""
        return columns_of(self._stream) is not None

    def say(self, text: str, colour: str = "", reset: str = "") -> None:
        """Write lines of text, wrapped at the width of a terminal."""
        columns = columns_of(self._stream)
        shown = plain(text) if columns is None else wrapped(plain(text), columns)
        with self._lock:
            self._erase()
            painted = shown if columns is None else f"{colour}{shown}{reset}"
            self._write(f"{painted}\n")
            self._draw()

    def draw(self, line: str) -> None:
        """Rewrite the live line, cut to the width of the terminal; nothing without a terminal."""
        with self._lock:
            self._erase()
            self._drawn = plain(line)
            self._draw()

    def _erase(self) -> None:
        if self._drawn and self.live:
            self._write(ERASE)

    def _draw(self) -> None:
        columns = columns_of(self._stream)
        if columns is not None and self._drawn:
            self._write(cut(self._drawn, columns - 1))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def cut(line: str, columns: int) -> str:
    """Return a line of at most so many columns, which loses whole parts at its end."""
    while len(line) > columns and ", " in line:
        line = line.rpartition(", ")[0]
    return line[:columns]
