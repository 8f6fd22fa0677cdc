"""The only code that uses private parts of Snakemake, as of version 9.27.

- ``workflow.dag`` and ``workflow.executor_settings``: the SLURM executor makes arrays that may ask
  for the wrong resources or wait for ever, and only these say which jobs it is about to submit.
- ``workflow.scheduler.job_rate_limiter``: Snakemake limits the jobs that start per second to 100 by
  default. With a limit, each search for jobs to start sets a timer for another search: after 600 of
  2,000 jobs the main process took 0.33 s per job, and rising. No option removes the limit.
- its handler of SIGTERM, which starts no more jobs, waits for those that run, and removes locks.
- ``.snakemake/metadata`` and ``.snakemake/incomplete``: what Snakemake has on record of a file. It
  makes a file anew if the parameters on record are others than now, or if the file is marked
  incomplete, and treats files without a record as up to date.

``tests/jobs/test_snakemake_internals.py`` fails if another version of Snakemake lacks one of them.
"""

import json
import os
import signal
from ast import literal_eval
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from gamegrid.plan.demand import check_arrays
from gamegrid.play import interrupt

DEFAULT_JOBS_PER_SECOND = 100


def refuse_arrays(workflow: Any) -> None:
    """Refuse SLURM arrays that cannot work, once the jobs to run are known. Raises UserError."""
    rules = getattr(workflow.executor_settings, "array_jobs", None)
    if not rules:
        return
    jobs = [(job.rule.name, job.resources) for job in workflow.dag.needrun_jobs()]
    limits = {
        name: getattr(limit, "value", limit) for name, limit in workflow.global_resources.items()
    }
    check_arrays(rules, workflow.executor_settings.array_limit, jobs, limits)


def lift_default_rate_limit(workflow: Any) -> None:
    """Remove Snakemake's default limit of jobs per second; keep a lower one, which a user set."""
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and limiter.max_jobs >= DEFAULT_JOBS_PER_SECOND * limiter.timespan:
        workflow.scheduler.job_rate_limiter = None


def wait_for_jobs_on_every_signal() -> None:
    """Let Snakemake end on each signal as it does on SIGTERM, instead of at once.

    If the terminal closes, it gets SIGHUP together with its jobs, which wait for paid replies.
    """
    graceful = signal.getsignal(signal.SIGTERM)
    if callable(graceful):
        for number in interrupt.unhandled():
            if number != signal.SIGINT:  # Snakemake handles it
                signal.signal(number, graceful)


RECORDS = ".snakemake/metadata"
INCOMPLETE = ".snakemake/incomplete"
RELIABLE_FORMAT = 6
"""The first format of records whose parameters Snakemake compares."""


def has_records(working: Path) -> bool:
    """Return whether Snakemake has records of files that it wrote in ``working``."""
    records = working / RECORDS
    return records.is_dir() and any(records.iterdir())


def is_incomplete(working: Path, file: str) -> bool:
    """Return whether Snakemake has marked a file as written in part."""
    return _record_path(working / INCOMPLETE, file).exists()


def recorded_params(working: Path, file: str) -> tuple[str, ...] | None:
    """Return the text parameters that a file was made with; None if nothing is on record.

    ``file`` is the path as the rule names it, relative to ``working``.
    """
    try:
        record = json.loads(_record_path(working / RECORDS, file).read_text("utf-8"))
        if record["record_format_version"] < RELIABLE_FORMAT or record["params"] is None:
            return None
        values = [literal_eval(text) for text in record["params"]]
    except (OSError, ValueError, KeyError, TypeError, SyntaxError):
        return None
    return tuple(value for value in values if isinstance(value, str))


def _record_path(folder: Path, file: str) -> Path:
    """Return where Snakemake keeps a record: the name in base 64, cut to names that are allowed."""
    longest = os.pathconf("/", "PC_NAME_MAX") - 1
    name = urlsafe_b64encode(file.encode()).decode()
    parts = [name[at : at + longest] for at in range(0, len(name), longest)]
    return folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
