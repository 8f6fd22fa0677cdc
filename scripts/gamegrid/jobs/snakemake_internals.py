"""The only code that uses private parts of Snakemake, as of version 9.27.

- ``workflow.dag`` and ``workflow.executor_settings``: the SLURM executor makes arrays that may ask
  for the wrong resources or wait for ever, and only these say which jobs it is about to submit.
- ``workflow.local_exec`` and ``workflow.global_resources``: how many jobs of a cluster may ask
  hosted models at once.
- ``workflow.scheduler._executor``, its ``run_job`` and ``print_job_error``, and the texts of the
  SLURM executor: a submission that fails must end the run, and say why in one sentence.
- ``workflow.scheduler.job_rate_limiter``: Snakemake limits the jobs that start per second to 100 by
  default. With a limit, each search for jobs to start sets a timer for another search: after 600 of
  2,000 jobs the main process took 0.33 s per job, and rising. No option removes the limit.
- its handler of SIGTERM, which starts no more jobs, waits for those that run, and removes locks.
- the handlers of its logger by name, the fields of its records, and the texts of those without an
  event: a run shows one live line and the causes of failures instead of them. A profile's ``quiet``
  would silence the log file too, and hides failed jobs together with the others.
- ``workflow.deployment_settings``: whether jobs run in containers.
- ``workflow.modifier``: whether a Snakefile is read as a module, and the prefix of its paths.
- ``.snakemake/metadata`` and ``.snakemake/incomplete``: what Snakemake has on record of a file. It
  makes a file anew if the parameters on record are others than now, or if the file is marked
  incomplete, and treats files without a record as up to date.

``tests/jobs/test_snakemake_internals.py`` fails if another version of Snakemake lacks one of them.
"""

import json
import logging
import os
import re
import signal
import threading
from ast import literal_eval
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any

from gamegrid.errors import UserError
from gamegrid.jobs.slurm_site import Asked, asked
from gamegrid.plan.demand import check_arrays
from gamegrid.play import interrupt
from gamegrid.terminal import RED, RESET, LastingStream

if TYPE_CHECKING:
    from gamegrid.jobs.display import Display

RESULTS = "results"
API = "api"
"""The resource of jobs that ask hosted models."""
DEFAULT_JOBS_PER_SECOND = 100
TERMINAL = "DefaultStreamHandler"
LOG_FILE = "DefaultLogFileHandler"
NOISE = (
    "Assuming unrestricted shared filesystem usage", "Building DAG of jobs", "Using shell: ",
    "Activating conda environment: ", "Activating singularity image ",
    "Conda environments: ignored", "Singularity containers: ignored", "Group jobs: inactive",
    "Select jobs to execute", "Execute ", "Complete log(s): ", "Elapsed time: ",
    "Touching output file", "Removing temporary output", "Storing output in storage",
    "Job rate limit reached", "Submitted job ", "Submitted group job ", "Job ", "Group job ",
    "SLURM run ID: ", "Submitted array job ", "Trying to restart job ",
    "Cleaning up SLURM log files", "Falling back to 'sacct'",
)  # fmt: skip
"""Beginnings of lines at level INFO that say how Snakemake works, not what it does for the user."""
ECHOES = (
    "Exiting because a job execution failed", "WorkflowError:\nAt least one job did not complete",
)  # fmt: skip
"""Beginnings of errors that say no more than that some job has failed."""
REPEATED = ("Exception in run_job", "Exception in run_array_jobs", "Array job submission does not")
"""Beginnings of what the SLURM executor says once more of each job, or of each array."""
ARRAY_REFUSED = "SLURM sbatch failed for array job submission"
PART_OF_ARRAY = "Part of failed array"
NOT_SUBMITTED = "Job submission failed with exception: "
REFUSED = re.compile(r"The error message was '(.*?)'\.\n", re.DOTALL)
"""What sbatch said, in the executor's account of a submission that failed."""
SBATCH = re.compile(r"^sbatch: (?:error: )?(?:Batch job submission failed: )?", re.MULTILINE)
STATUS = re.compile(r"SLURM status is: '(\w+)[^']*'\.(?: Reasons?: (.*)\.)?")
MEANINGS = {
    "TIMEOUT": "its time limit is over (runtime)",
    "OUT_OF_MEMORY": "it needed more memory than it had asked for (mem_mb)",
    "CANCELLED": "somebody cancelled it",
    "NODE_FAIL": "its node failed",
    "PREEMPTED": "a job with a higher priority took its place",
    "DEADLINE": "its deadline is over",
    "BOOT_FAIL": "its node did not start",
}
"""What the states mean in which SLURM ends jobs; FAILED is not among them, which the job itself
explains."""
FURTHER = "For further error details see"
SLURM, CHECK = "slurm", "check"
OTHER_CLUSTER = ("cluster", "clusters", "slurm_cluster")
"""Resources that send a job to another cluster than that of the login node."""
JOB_EXCEPTION = "RuleException"
EXIT_STATUS = re.compile(
    r"returned non-zero (exit status \d+)|(died) with <Signals\.(\w+)|SpawnedJobError"
)
"""What an exception says of a job that has told the cause itself, if it could."""


class Kind(Enum):
    """What a record of Snakemake's log is to a user of this workflow."""

    BEGUN = "begun"
    """A job began; it has ``jobid`` and ``rule_name``."""
    ENDED = "ended"
    """A job ended well; it has ``job_id``."""
    FAILED = "failed"
    """Jobs failed; see ``failure``."""
    EXCEPTION = "exception"
    """The exit status of a job, told before the job is said to have failed."""
    REFUSED = "refused"
    """SLURM refused an array, told before its jobs are said to have failed; see ``in_words``."""
    ECHO = "echo"
    """Says no more than that some job has failed."""
    NOISE = "noise"
    """Says how Snakemake works."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed job: its rule, its logs, and what the executor says of it."""

    rule: str
    jobid: int
    logs: tuple[str, ...]
    message: str
    ended: bool = False
    """Whether the executor ended the job, so that its log does not hold the cause."""


def kind(record: logging.LogRecord) -> Kind:
    """Return what a record is."""
    event, text = getattr(record, "event", None), record.getMessage()
    match getattr(event, "value", None):
        case "job_info":
            return Kind.BEGUN
        case "job_finished":
            return Kind.ENDED
        case "job_error" | "group_error":
            return Kind.FAILED
        case "error" if getattr(record, "exception", "") == JOB_EXCEPTION:
            return Kind.EXCEPTION if EXIT_STATUS.search(text) else Kind.OTHER
        case "error" | None if text.startswith(ARRAY_REFUSED):
            return Kind.REFUSED
        case "error" | None if text.startswith(REPEATED):
            return Kind.NOISE
        case "error" | None:
            if record.levelno >= logging.WARNING:
                return Kind.ECHO if text.startswith(ECHOES) else Kind.OTHER
            return Kind.NOISE if text.startswith(NOISE) or text == "None" else Kind.OTHER
        case _:
            return Kind.NOISE


def exit_of(record: logging.LogRecord) -> str:
    """Return how a job ended that an exception tells of."""
    found = EXIT_STATUS.search(record.getMessage())
    if found and found[3]:
        return f"the job was killed by {found[3]}"
    return f"the job ended with {found[1]}" if found and found[1] else "the job failed"


def failure(record: logging.LogRecord) -> list[Failure]:
    """Return the jobs that a record says have failed. A group's record is followed by its jobs'."""
    stated = record.__dict__
    if "job_error_info" in stated:
        return []
    said = stated.get("rule_msg") or ""
    status = STATUS.search(said)
    ended = not status or status[1] in MEANINGS
    logs = tuple(log for log in stated["log"] or () if log)
    return [
        Failure(stated["rule_name"], stated["jobid"], logs, in_words(said), bool(said) and ended)
    ]


def in_words(said: str) -> str:
    """Return what an executor says of a failed job, without what differs from job to job."""
    said = said.partition(FURTHER)[0].strip()
    if found := STATUS.search(said):
        meaning = MEANINGS.get(found[1])
        reason = found[2] if found[2] and found[2] != "Unknown" else ""
        more = ", ".join(part for part in (meaning, reason) if part)
        return f"SLURM status is: '{found[1]}'" + (f", {more}" if more else "")
    if found := REFUSED.search(f"{said}\n"):
        lines = dict.fromkeys(SBATCH.sub("", found[1]).splitlines())
        return f"SLURM refuses the job: {'; '.join(lines)}"
    if said.startswith(NOT_SUBMITTED):
        return f"the job was not submitted: {' '.join(said.removeprefix(NOT_SUBMITTED).split())}"
    return said


class Stream:
    """Snakemake's own handler for the terminal, which writes nothing by itself any more."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler
        self._own_filters = list(handler.filters)
        handler.addFilter(lambda _: False)

    @property
    def red(self) -> tuple[str, str]:
        """What to write before and after an error; empty if Snakemake writes without colours."""
        return ("", "") if getattr(self._handler, "nocolor", True) else (RED, RESET)

    def say(self, record: logging.LogRecord, display: "Display") -> None:
        """Write a record as Snakemake would, if it would."""
        if all(each.filter(record) for each in self._own_filters):  # type: ignore[union-attr]
            colours = self.red if record.levelno >= logging.ERROR else ("", "")
            display.say(self._handler.format(record), *colours)


def plays(workflow: Any) -> bool:
    """Return whether this is the process that starts the jobs of a run."""
    main = workflow.is_main_process and workflow.exec_mode.name == "DEFAULT"
    return main and not workflow.dryrun


def is_calm(workflow: Any) -> bool:
    """Return whether this process plays, and Snakemake is to be quiet about rules."""
    quiet = {each.name for each in workflow.output_settings.quiet or ()}
    return plays(workflow) and bool(quiet & {"RULES", "ALL"})


def is_silent(workflow: Any) -> bool:
    """Return whether Snakemake is to write nothing at all."""
    return any(each.name == "ALL" for each in workflow.output_settings.quiet or ())


def outlive_terminal(workflow: Any) -> None:
    """Let a run go on without its terminal, or without the program that reads its output.

    Snakemake's handler raises BrokenPipeError then, also where a job's end is reported, and the run
    waits for that job for ever.
    """
    from snakemake.logging import logger

    if plays(workflow):
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.name == TERMINAL:
                handler.setStream(LastingStream(handler.stream))


def take_terminal() -> Stream | None:
    """Return the handler for the terminal, silenced; None if a plug-in has replaced it.

    The log file gets everything, whatever ``quiet`` says.
    """
    from snakemake.logging import logger

    found = None
    for handler in logger.handlers:
        if handler.name == LOG_FILE:
            for part in (*handler.filters, handler.formatter):
                if hasattr(part, "quiet"):
                    part.quiet = set()
        elif handler.name == TERMINAL:
            found = Stream(handler)
    return found


def add_handler(handler: logging.Handler) -> None:
    """Let a handler get every record of Snakemake's log."""
    from snakemake.logging import logger

    logger.addHandler(handler)


def is_module(workflow: Any) -> bool:
    """Return whether the Snakefile that is being read is a module of another workflow."""
    return not workflow.modifier.is_main_snakefile()


def deployment_methods(workflow: Any) -> set[str]:
    """Return the values of ``--sdm``: how jobs get their software."""
    return {str(method) for method in workflow.deployment_settings.deployment_method}


def results_folder(workflow: Any) -> str:
    """Return the results folder of the Snakefile that is being read, below a module's prefix.

    Raises UserError if the module replaces the folder's name.
    """
    folder = str(workflow.modifier.path_modifier.replace_prefix(f"{RESULTS}/"))
    if Path(folder).name != RESULTS:
        raise UserError(
            f"module: replace_prefix turns {RESULTS}/ into {folder}. Use prefix instead: "
            f"prefix: 'a' writes to a/{RESULTS}/."
        )
    return folder


def outputs_to_make(workflow: Any) -> list[str]:
    """Return the output files of all jobs that a run is about to do."""
    return [str(file) for job in workflow.dag.needrun_jobs() for file in job.output]


def to_submit(workflow: Any, cells: Iterable[tuple[str, Mapping[str, Any], int]]) -> list[Asked]:
    """Return what a run asks SLURM for; nothing without SLURM.

    A run of the target ``check`` submits nothing. ``cells`` are the jobs that it checks, each as
    rule, resources and cores; the profile completes their resources.
    """
    if workflow.executor_plugin is None or workflow.executor_plugin.name != SLURM:
        return []
    qos = getattr(workflow.executor_settings, "qos", None)
    found = list[Asked]()
    for job in workflow.dag.needrun_jobs():
        if any(job.resources.get(name) for name in OTHER_CLUSTER):
            continue  # which the programs here do not ask
        if not job.is_local:
            found.append(asked(job.rule.name, job.resources, job.threads, qos))
        elif job.rule.name == CHECK:
            for rule, needs, cores in cells:
                own = workflow.resource_settings.overwrite_resources.get(rule, {})
                stated = {name: getattr(value, "value", value) for name, value in own.items()}
                found.append(asked(rule, {**job.resources, **needs, **stated}, cores, qos))
    return found


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


def asking_at_once(workflow: Any) -> int | None:
    """Return how many jobs that ask hosted models may run at once; None if all run on this host."""
    if workflow.local_exec:
        return None
    asking = [job for job in workflow.dag.needrun_jobs() if job.resources.get(API)]
    stated = (workflow.global_resources.get(name) for name in (API, "_nodes"))
    limits = (getattr(limit, "value", limit) for limit in stated)
    return min([len(asking), *(int(limit) for limit in limits if limit is not None)])


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
    if not callable(graceful):
        return
    ending = SimpleQueue[tuple[int, FrameType | None]]()

    def end() -> None:
        while True:
            graceful(*ending.get())

    # Snakemake's handler takes a lock that the main thread may hold: it must not wait for it there.
    threading.Thread(target=end, daemon=True, name="signals").start()
    for number in (signal.SIGTERM, *interrupt.unhandled()):
        if number != signal.SIGINT:  # Snakemake handles it
            signal.signal(number, lambda *signalled: ending.put(signalled))


def slurm_run(workflow: Any) -> str:
    """Return the name that SLURM has for all jobs of this run; empty without SLURM."""
    return str(getattr(workflow.scheduler._executor, "run_uuid", ""))


def report_lost_submissions(workflow: Any) -> None:
    """Let a remote executor report every job that it could not submit.

    Version 2.6 of the plugin for SLURM loses an exception in ``run_job``, and the run waits for
    that job for ever. For a group, Snakemake's own report leaves out what the executor says.
    """
    from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

    if workflow.local_exec:
        return
    executor = workflow.scheduler._executor
    submit, report = executor.run_job, executor.print_job_error

    def run_job(job: Any) -> None:
        try:
            submit(job)
        except Exception as error:
            executor.report_job_error(SubmittedJobInfo(job), msg=f"{NOT_SUBMITTED}{error}")

    def print_job_error(info: Any, msg: str | None = None, **more: Any) -> None:
        if info.job.is_group():
            for job in info.job.jobs:
                job.log_error(msg, **more)
        else:
            report(info, msg, **more)

    executor.run_job, executor.print_job_error = run_job, print_job_error


RECORDS = ".snakemake/metadata"
INCOMPLETE = ".snakemake/incomplete"
RELIABLE_FORMAT = 6
"""The first format of records whose parameters Snakemake compares."""


def working_folder(results: Path) -> Path:
    """Return the folder in which Snakemake keeps its records of a results folder.

    It is the one that holds the results folder, or, for a module with a prefix, one further up.
    """
    here = Path.cwd()
    within = results.resolve().is_relative_to(here.resolve())
    if within and has_records(here) and not has_records(results.parent):
        return here
    return results.parent


def has_records(working: Path) -> bool:
    """Return whether Snakemake has records of files that it wrote in ``working``."""
    records = working / RECORDS
    return records.is_dir() and any(records.iterdir())


def is_incomplete(working: Path, file: str) -> bool:
    """Return whether Snakemake has marked a file as written in part."""
    return _record_path(working / INCOMPLETE, file).exists()


def is_known(working: Path, file: str) -> bool:
    """Return whether Snakemake has a record of an existing file as it is now, complete or not.

    It writes the record once the file is made.
    """
    record = _record_path(working / RECORDS, file)
    if record.exists() and record.stat().st_mtime_ns >= (working / file).stat().st_mtime_ns:
        return True
    return is_incomplete(working, file)


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
