"""Counts what a run plays and buys where jobs share no file system, from the results folder's list.

Jobs send their replies as files whose names say how many they hold, and a chunk file at the end. So
a list of names is enough, and nothing is downloaded. How far a job is within its chunk is only
known on its own host.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from gamegrid.jobs.estimate import episodes_by_file
from gamegrid.jobs.staleness import Work
from gamegrid.jobs.watch import Sight
from gamegrid.plan.plan import Plan
from gamegrid.records import chain
from gamegrid.records.remote import Remote

JOURNAL = ".jsonl"


class RemoteWatch:
    """Looks at a run of ``todo``, the jobs that play; all others of the plan are finished.

    ``causes`` is empty: why episodes are unfinished is known once chunk files are read.
    """

    def __init__(
        self,
        plan: Plan,
        results: Path,
        todo: Sequence[Work],
        remote: Remote,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look at what is there before the run. Raises UserError if it cannot be listed."""
        planned = episodes_by_file(plan, results)
        self._episodes = sum(planned.values())
        self._of = {str(work.file): planned[results / work.file] for work in todo}
        self._folders = sorted({str(PurePosixPath(file).parts[0]) for file in self._of})
        self._remote, self._now = remote, now
        self._old = self._files()
        self._replies_before = self._replies()
        self._began = now()
        self.causes = Counter[str]()

    def expect(self) -> None:
        """Do nothing: without the progress of jobs, the time left is not estimated."""

    def look(self) -> Sight:
        """Return the state now. Raises UserError if the folder cannot be listed.

        While a job replaces its files of replies by one, some replies may be counted twice.
        """
        files, replies = self._files(), self._replies() - self._replies_before
        left = [file for file in self._of if files.get(file) == self._old.get(file)]
        minutes = (self._now() - self._began) / 60
        return Sight(
            episodes=self._episodes,
            done=self._episodes - sum(self._of[file] for file in left),
            unfinished=0,
            replies=replies,
            usd=None,
            per_minute=replies / minutes if replies > 0 and minutes else None,
            left_s=None,
        )

    def _files(self) -> dict[str, object]:
        """Return the jobs' chunk files and what tells an old one from one that replaced it."""
        there = {}
        for folder in self._folders:
            there.update(self._remote.versions(folder))
        return {file: there[file] for file in self._of if file in there}

    def _replies(self) -> int:
        names = map(PurePosixPath, self._remote.versions("journal"))
        heads = [chain.named_head(name.stem) for name in names if name.suffix == JOURNAL]
        return sum(head.lines for head in heads if head is not None)
