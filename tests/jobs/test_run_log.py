"""Failed jobs are told once for each cause, whatever Snakemake's log says around them."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from gamegrid.jobs import run_log
from gamegrid.jobs.display import Display
from gamegrid.jobs.run_log import RunLog, last_error
from gamegrid.jobs.snakemake_internals import Stream

ENDED = (
    "SLURM-job '{}' failed, SLURM status is: '{}'. Detailed failure reason unavailable (status "
    "command is not 'sacct').\nFor further error details see the log files.\n"
)
REFUSED = (
    "SLURM sbatch failed. The error message was 'sbatch: error: no such partition: cqu\nsbatch: "
    "error: Batch job submission failed: Invalid partition'.\n    sbatch call:\n sbatch -p cqu {}\n"
)
EXIT = "RuleException:\nCalledProcessError in file x, line 1:\nCommand 'python x' {}."


class Told:
    """A log of a run, and what it writes."""

    def __init__(self, *, only_errors: bool = False) -> None:
        self.written = io.StringIO()
        stream = Stream(logging.StreamHandler(io.StringIO()))
        self.log = RunLog(Display(self.written), stream, only_errors=only_errors)

    def record(self, text: str, level: int = logging.INFO, **more: Any) -> None:
        record = logging.makeLogRecord({"msg": text, "levelno": level, **more})
        self.log.handle(record)

    def fail(self, log: Path | None = None, said: str = "", jobid: int = 1) -> None:
        self.record(
            "Error in rule play", logging.ERROR, event=LogEvent.JOB_ERROR, rule_name="play",
            jobid=jobid, rule_msg=said or None, log=[str(log)] if log else [],
        )  # fmt: skip

    def exception(self, end: str) -> None:
        self.record(
            EXIT.format(end), logging.ERROR, event=LogEvent.ERROR, exception="RuleException"
        )

    @property
    def lines(self) -> list[str]:
        return self.written.getvalue().splitlines()


def job_log(folder: Path, name: str, *entries: str) -> Path:
    path = folder / name
    path.write_text("".join(f"2026-01-02 03:04:05,678 {entry}\n" for entry in entries))
    return path


def test_equal_causes_are_told_once_and_counted(tmp_path: Path) -> None:
    told = Told()
    for number in range(3):
        log = job_log(tmp_path, f"{number}.log", "INFO began", "ERROR no room", "INFO ended")
        told.exception("returned non-zero exit status 1")
        told.fail(log, jobid=number)
    told.record("Exiting because a job execution failed. Look above", logging.ERROR)
    told.record(
        "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR,
        event=LogEvent.ERROR, exception="WorkflowError",
    )  # fmt: skip
    assert told.lines == [f"gamegrid: play: no room (log: {tmp_path}/0.log)"]
    assert told.log.repeated() == ["gamegrid: 3 jobs failed for this reason: no room"]


def test_tracebacks_of_two_jobs_are_one_cause(tmp_path: Path) -> None:
    told = Told()
    for name in ("tmpabc.play.py", "tmpxyz.play.py"):
        script = f"{tmp_path}/.snakemake/scripts/{name}"
        told.fail(job_log(tmp_path, f"{name}.log", f"ERROR a bug\nTraceback\n  {script}\nOops"))
    assert len(told.log.causes) == 1
    assert "Oops" in told.lines


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        ("died with <Signals.SIGKILL: 9>", "the job was killed by SIGKILL"),
        ("returned non-zero exit status 137", "the job ended with exit status 137"),
    ],
)
def test_a_job_that_could_say_nothing_is_told_by_its_end(end: str, cause: str) -> None:
    told = Told()
    told.exception(end)
    told.fail()
    assert told.lines == [f"gamegrid: play: {cause}"]


def test_a_job_of_which_an_executor_says_nothing_is_told_by_its_log(tmp_path: Path) -> None:
    told = Told()
    for number in range(2):
        log = job_log(tmp_path, f"{number}.log", "ERROR no room")
        told.fail(log, said="For further error details see the cluster log.", jobid=number)
    assert told.lines == [f"gamegrid: play: no room (log: {tmp_path}/0.log)"]
    assert told.log.repeated() == ["gamegrid: 2 jobs failed for this reason: no room"]


def test_what_a_cluster_says_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """The SLURM executor states the job's status and adds its log to the rule's."""
    told = Told()
    (tmp_path / "slurm.log").write_text("line\n" * 20 + "slurmstepd: error: oom_kill event\n")
    told.fail(tmp_path / "slurm.log", said=ENDED.format(7, "OUT_OF_MEMORY"))
    assert told.lines[0].startswith("gamegrid: play: SLURM status is: 'OUT_OF_MEMORY', it needed")
    assert "  slurmstepd: error: oom_kill event" in told.lines
    assert len(told.lines) == 1 + run_log.TAIL + 1


def test_a_job_that_slurm_ended_is_told_by_its_state_and_not_by_its_log(tmp_path: Path) -> None:
    """The job is told to stop, and its log says only that."""
    told = Told()
    for number in range(2):
        log = job_log(tmp_path, f"{number}.log", "ERROR interrupted")
        told.fail(log, said=ENDED.format(number, "TIMEOUT"), jobid=number)
    assert told.lines[0].endswith("SLURM status is: 'TIMEOUT', its time limit is over (runtime)")
    assert sum("TIMEOUT" in line for line in told.lines) == 1
    assert list(told.log.causes.values()) == [2]


def test_a_job_that_slurm_calls_failed_is_told_by_its_log(tmp_path: Path) -> None:
    told = Told()
    told.fail(job_log(tmp_path, "a.log", "ERROR no room"), said=ENDED.format(1, "FAILED"))
    assert told.lines == [f"gamegrid: play: no room (log: {tmp_path}/a.log)"]


def test_what_slurm_refuses_is_one_sentence_and_one_cause(tmp_path: Path) -> None:
    """A refused job has no log yet, or an empty one, and is tried again."""
    told = Told()
    (tmp_path / "empty.log").touch()
    for jobid in (1, 2, 1, 2):
        told.record(f"Exception in run_job for rule play: {jobid}", logging.ERROR)
        told.fail(tmp_path / "empty.log", said=REFUSED.format(jobid), jobid=jobid)
    sentence = "SLURM refuses the job: no such partition: cqu; Invalid partition"
    assert told.lines == [f"gamegrid: play: {sentence}"]
    assert told.log.repeated() == [f"gamegrid: 2 jobs failed for this reason: {sentence}"]


def test_a_refused_array_is_told_by_what_is_said_of_the_array() -> None:
    told = Told()
    said = REFUSED.replace("failed.", "failed for array job submission (tasks 1-2).")
    told.record(said, logging.ERROR)
    for jobid in (1, 2):
        told.fail(said="Part of failed array sbatch submission (tasks 1-2); see log.", jobid=jobid)
    assert told.lines == [
        "gamegrid: play: SLURM refuses the job: no such partition: cqu; Invalid partition"
    ]


def test_only_what_concerns_a_user_is_shown() -> None:
    told = Told()
    told.record("Building DAG of jobs...")
    told.record("Select jobs to execute...")
    told.record("Finished", event=LogEvent.JOB_FINISHED, job_id=1)
    told.record("stats", event=LogEvent.RUN_INFO)
    assert told.lines == []
    told.record("Will exit after finishing currently running jobs (scheduler).")
    told.record("disk quota", logging.WARNING)
    told.record("MissingInputException: x", logging.ERROR, event=LogEvent.ERROR, exception="X")
    assert len(told.lines) == 3


def test_errors_are_shown_when_all_else_is_quiet() -> None:
    told = Told(only_errors=True)
    told.record("Will exit after finishing currently running jobs (scheduler).")
    told.fail(said="gone")
    assert told.lines == ["gamegrid: play: gone"]


def test_the_rules_that_run_are_known() -> None:
    told = Told()
    for jobid, rule in ((1, "play"), (2, "play"), (3, "judge")):
        told.record("", event=LogEvent.JOB_INFO, jobid=jobid, rule_name=rule)
    assert told.log.stage == "play, judge"
    told.record("", event=LogEvent.JOB_FINISHED, job_id=1)
    told.fail(jobid=2)
    assert told.log.stage == "judge"


def test_the_last_error_ends_where_the_next_entry_begins() -> None:
    log = (
        "2026-01-02 03:04:05,678 ERROR one\n2026-01-02 03:04:05,679 ERROR two\nmore of two\n"
        "2026-01-02 03:04:05,680 WARNING three\n"
    )
    assert last_error(log) == "two\nmore of two"
    assert last_error("2026-01-02 03:04:05,678 INFO fine\n") == last_error("") == ""
