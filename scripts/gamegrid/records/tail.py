"""Follows a file of lines while another part of the program, or another process, appends to it."""

from collections.abc import Iterator
from pathlib import Path


class Tail:
    """The lines that are added to a file after this was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def lines(self) -> Iterator[bytes]:
        """Yield the complete lines that are new."""
        try:
            with self._path.open("rb") as file:
                # A job removes the torn last line of one that was killed.
                self._at = min(self._at, self._path.stat().st_size)
                file.seek(self._at)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text.rfind(b"\n") + 1
        self._at += whole
        yield from text[:whole].splitlines()
