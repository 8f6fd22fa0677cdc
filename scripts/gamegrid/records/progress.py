"""The progress of a chunk: lines in its log and on the terminal, and a file for ``status``."""

import json
import logging
import os
import socket
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records import received

log = logging.getLogger(__name__)

SECONDS = 5.0
"""Minimum time between two reports, in seconds."""

ESTIMATED_FROM = 0.1
"""The time left is estimated once this share of the episodes is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkState:
    """The state of a running chunk.

    ``done`` counts the episodes that ended, ``errors`` those of them that a transport error ended.
    ``asked`` counts replies bought, ``replayed`` replies taken from the journal.
    """

    chunk: str
    episodes: int
    done: int
    errors: int
    asked: int
    replayed: int
    elapsed_s: float
    finished: bool
    host: str
    pid: int
    """The job's process id, valid while the job runs."""
    causes: dict[str, int] = field(default_factory=dict)
    """How many episodes each transport error ended."""

    def line(self) -> str:
        """Return the state as a line of text."""
        bought = f", {self.asked} replies bought" if self.asked else ""
        reused = f", {self.replayed} from the journal" if self.replayed else ""
        errors = f", {self.errors} not finished" if self.errors else ""
        rest = ""
        if self.episodes * ESTIMATED_FROM <= self.done < self.episodes:
            rest = f", about {self.elapsed_s * (self.episodes / self.done - 1):.0f} s left"
        share = f"{self.done} of {self.episodes} episodes"
        return f"{self.chunk}: {share} in {self.elapsed_s:.0f} s{bought}{reused}{errors}{rest}"


_STATE = TypeAdapter(ChunkState)


def read(path: Path) -> ChunkState | None:
    """Return the state in a progress file; None without one. Raises UserError for another file."""
    if not path.exists():
        return None
    try:
        return _STATE.validate_python(received.read_json(path))
    except ValueError as error:
        raise UserError(f"{path} cannot be read. Remove it; the job writes it anew.") from error


class Progress:
    """Counts the episodes of a chunk that ended, and reports them every few seconds."""

    def __init__(self, chunk: str, path: Path, episodes: int):
        self._chunk = chunk
        self._path = path
        self._episodes = episodes
        self._began = self._reported = time.monotonic()
        self._done = 0
        self._causes = Counter[str]()
        self._write(self._state(0, 0, finished=False))

    def episode(self, error: str | None, asked: int, replayed: int) -> None:
        """Count an episode that ended, perhaps by a transport error.

        ``asked`` and ``replayed`` are the chunk's totals so far.
        """
        self._done += 1
        if error is not None:
            self._causes[error] += 1
        if time.monotonic() - self._reported > SECONDS:
            self._report(self._state(asked, replayed, finished=False))

    def finish(self, asked: int, replayed: int) -> None:
        """Report that the chunk is finished."""
        self._report(self._state(asked, replayed, finished=True))

    def _state(self, asked: int, replayed: int, finished: bool) -> ChunkState:
        return ChunkState(
            chunk=self._chunk,
            episodes=self._episodes,
            done=self._done,
            errors=self._causes.total(),
            causes=dict(self._causes),
            asked=asked,
            replayed=replayed,
            elapsed_s=time.monotonic() - self._began,
            finished=finished,
            host=socket.gethostname(),
            pid=os.getpid(),
        )

    def _report(self, state: ChunkState) -> None:
        self._reported = time.monotonic()
        log.info("%s", state.line())
        self._write(state)

    def _write(self, state: ChunkState) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._path) as temporary:
            temporary.write_text(json.dumps(asdict(state)))
