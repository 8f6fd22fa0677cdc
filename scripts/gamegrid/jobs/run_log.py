"""What a user sees of Snakemake's log: the causes of failures, once each, and few other lines."""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from gamegrid.jobs.display import Display
from gamegrid.jobs.snakemake_internals import (
    PART_OF_ARRAY,
    Failure,
    Kind,
    Stream,
    exit_of,
    failure,
    in_words,
    kind,
)

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]+) ", re.MULTILINE)
"""The beginning of an entry in the log of a job; see ``run``."""
SCRIPT = re.compile(r"\S*/\.snakemake/scripts/\S+")
"""The copy of a rule's script, whose name is another in each job."""
TAIL = 5
"""Lines of another log that are shown if no entry says what is wrong."""
LONGEST = 1_000_000
"""Bytes at the end of a log that are read."""


class RunLog(logging.Handler):
    """Takes the place of Snakemake's own lines on the terminal.

    Each cause of failed jobs is said once, with the rule and the place of its log. ``stage`` names
    the rules that run now.
    """

    def __init__(self, display: Display, stream: Stream, *, only_errors: bool) -> None:
        super().__init__()
        self._display = display
        self._stream = stream
        self._only_errors = only_errors
        self._rules = dict[int, str]()
        self._exception = ""
        self._refusal = ""
        self._failed = set[tuple[str, int]]()
        self.causes = Counter[str]()
        """How many jobs failed with each cause."""

    @property
    def stage(self) -> str:
        """The rules that run now, each once, in the order in which they began."""
        return ", ".join(dict.fromkeys(list(self._rules.values())))

    def emit(self, record: logging.LogRecord) -> None:
        """Say what a record means to a user, or nothing."""
        try:
            self._tell(record)
        except Exception:
            self.handleError(record)

    def _tell(self, record: logging.LogRecord) -> None:
        match kind(record):
            case Kind.BEGUN:
                self._rules[record.jobid] = record.rule_name  # type: ignore[attr-defined]
            case Kind.ENDED:
                self._rules.pop(record.job_id, None)  # type: ignore[attr-defined]
            case Kind.EXCEPTION:
                self._exception = exit_of(record)
            case Kind.REFUSED:
                self._refusal = in_words(record.getMessage())
            case Kind.FAILED:
                for failed in failure(record):
                    self._rules.pop(failed.jobid, None)
                    self._fail(failed)
            case Kind.ECHO if self.causes:
                pass
            case Kind.NOISE:
                pass
            case _:
                if record.levelno >= logging.ERROR or not self._only_errors:
                    self._stream.say(record, self._display)

    def _fail(self, failed: Failure) -> None:
        if failed.message.startswith(PART_OF_ARRAY):
            failed = replace(failed, message=self._refusal)
        cause = cause_of(failed, self._exception)
        self._exception = ""
        same = failed.message if failed.ended else SCRIPT.sub("", cause)
        if (same, failed.jobid) in self._failed:
            return  # the profile's ``retries`` gave it another chance
        self._failed.add((same, failed.jobid))
        self.causes[same] += 1
        if self.causes[same] == 1:
            gap = "\n" if "\n" in cause else " "
            written = [log for log in failed.logs if _end_of(Path(log)).strip()]
            where = f"{gap}(log: {written[0]})" if written else ""
            self._display.say(f"gamegrid: {failed.rule}: {cause}{where}", *self._stream.red)

    def repeated(self) -> list[str]:
        """Return a line for each cause of several failures."""
        return [
            f"gamegrid: {count} jobs failed for this reason: {cause.splitlines()[-1]}"
            for cause, count in self.causes.items()
            if count > 1
        ]


def cause_of(failed: Failure, exception: str) -> str:
    """Return why a job failed: the last error in its logs, else what its executor says of it."""
    texts = [_end_of(Path(log)) for log in failed.logs]
    for text in () if failed.ended else texts:
        if entry := last_error(text):
            return entry
    said = [failed.message or exception or "it failed and its log does not say why"]
    for text in texts:
        lines = [line for line in text.splitlines() if line.strip()]
        said += [f"  {line}" for line in lines[-TAIL:]]
    return "\n".join(said)


def last_error(text: str) -> str:
    """Return the last error of a job's log, without its time; empty if there is none."""
    found, end = "", len(text)
    for entry in reversed(list(ENTRY.finditer(text))):
        if entry[1] in ("ERROR", "CRITICAL"):
            found = text[entry.end() : end].strip()
            break
        end = entry.start()
    return found


def _end_of(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LONGEST))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""  # it may never have been written


def new_causes(known: Counter[str], seen: Iterable[Counter[str]]) -> list[str]:
    """Return the causes that are not known yet, and count all anew in ``known``."""
    total = sum(seen, Counter[str]())
    fresh = [cause for cause in total if cause not in known]
    known.clear()
    known.update(total)
    return fresh
