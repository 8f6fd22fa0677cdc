"""A file with one JSON line per key, which stays as the job that came first wrote it.

Jobs that start together take turns to write, so each of them reads the same line. Snakemake does
not know such a file.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BufferedRandom
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import TypeAdapter

from gamegrid.errors import UserError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Line = TypeVar("Line", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class FirstLines(Generic[Line]):
    """What the lines are, the key of a line, and what to tell about a line that cannot be read."""

    line: TypeAdapter[Line]
    key: Callable[[Line], str]
    unfit: str
    """The sentences after the file's path."""

    def fix(self, path: Path, key: str, make: Callable[[], Line]) -> Line:
        """Return the line of a key. If there is none, write the one that ``make`` returns.

        Jobs that start together may each call ``make``, so that none waits while another loads its
        libraries; the first to have a line writes it. Raises UserError for a file that cannot be
        read.
        """
        if (fixed := self.read(path).get(key)) is not None:
            return fixed
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            fixed = self._whole(file, path).get(key)
            if fixed is None:
                fixed = made
                file.write(json.dumps(asdict(fixed)).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        return fixed

    def read(self, path: Path) -> dict[str, Line]:
        """Return the lines by key; empty without a file.

        An incomplete last line does not count. Raises UserError for a line that cannot be read.
        """
        return self._lines(path.read_bytes(), path) if path.exists() else {}

    def _whole(self, file: BufferedRandom, path: Path) -> dict[str, Line]:
        """Return the lines of an open file and cut off a line that a crash left incomplete."""
        file.seek(0)
        text = file.read()
        file.truncate(text.rfind(b"\n") + 1)
        return self._lines(text, path)

    def _lines(self, text: bytes, path: Path) -> dict[str, Line]:
        whole = text[: text.rfind(b"\n") + 1].splitlines()
        try:
            lines = [self.line.validate_json(line) for line in whole]
        except ValueError as error:
            raise UserError(f"{path} {self.unfit}") from error
        return {self.key(line): line for line in reversed(lines)}


def now() -> str:
    """Return the time as the lines state it: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
