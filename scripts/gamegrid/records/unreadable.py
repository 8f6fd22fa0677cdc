"""Bounds how often a question is bought whose answers cannot be read.

Such an answer may have been paid for, and the next one is likely to be just like it. Without a
bound, every rerun would buy it again.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from gamegrid.backends.backend import Attempt, BackendError
from gamegrid.backends.faults import Blame

log = logging.getLogger(__name__)

MOST = 6
"""Unreadable answers to one question, over all runs. Two runs get three each."""


class Unreadable:
    """The unreadable answers on file, by the journal keys of their questions."""

    def __init__(self) -> None:
        self._answers = Counter[str]()
        self._files = dict[str, Path]()

    def read(self, path: Path) -> None:
        """Count the answers in a file of failed attempts, and skip its damaged lines."""
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    entry = json.loads(line)
                    attempts = [Attempt(**each) for each in entry["attempts"]]
                    filed = json.dumps(entry["key"], sort_keys=True, separators=(",", ":"))
                except (ValueError, KeyError, TypeError, RecursionError):
                    log.warning("%s: line %d is damaged and is not counted", path, number)
                    continue
                self.add(filed, attempts, path)

    def add(self, filed: str, attempts: Iterable[Attempt], path: Path) -> None:
        """Count the answers among the attempts of a question, which are in the file ``path``."""
        if count := sum(map(_is_unreadable, attempts)):
            self._answers[filed] += count
            self._files[filed] = path

    def check(self, filed: str, model: str) -> None:
        """Raise BackendError if a question has had as many unreadable answers as are allowed."""
        if (count := self._answers[filed]) >= MOST:
            raise BackendError(
                f"{model}: {count} answers to this question could not be read and may have been "
                f"billed, so it is not asked again. They are in {self._files[filed]}; move that "
                "file away to ask again."
            )


def _is_unreadable(attempt: Attempt) -> bool:
    """Return whether an attempt got an answer with a status of success that could not be read."""
    status = attempt.status or 0
    return attempt.kind == Blame.MAYBE_BILLED and 200 <= status < 300
