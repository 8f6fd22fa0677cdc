"""The private parts of Snakemake that the workflow uses exist and behave as it expects."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake.api
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan, SharedFSUsage

from gamegrid.errors import UserError
from gamegrid.jobs import snakemake_internals


def test_snakemake_can_name_the_jobs_to_run() -> None:
    assert hasattr(snakemake.dag.DAG, "needrun_jobs")


@pytest.mark.parametrize(("limit", "kept"), [("100/1s", False), ("50/1s", True)])
def test_only_a_limit_below_the_default_is_kept(limit: str, kept: bool) -> None:
    limiter = JobRateLimiter(MaxJobsPerTimespan.parse_choice(limit))
    workflow = SimpleNamespace(scheduler=SimpleNamespace(job_rate_limiter=limiter))
    snakemake_internals.lift_default_rate_limit(workflow)
    assert (workflow.scheduler.job_rate_limiter is limiter) is kept


def arrays(rules: str | None) -> Any:
    """Return a workflow about to submit two play jobs that request different amounts of memory."""
    jobs = [
        SimpleNamespace(rule=SimpleNamespace(name="play"), resources={"mem_mb": mem_mb})
        for mem_mb in (1000, 2000)
    ]
    return SimpleNamespace(
        executor_settings=SimpleNamespace(array_jobs=rules, array_limit=10),
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
        global_resources={"_nodes": SimpleNamespace(value=5)},
    )


def test_arrays_of_unlike_jobs_are_refused() -> None:
    snakemake_internals.refuse_arrays(arrays(None))
    with pytest.raises(UserError, match="mem_mb"):
        snakemake_internals.refuse_arrays(arrays("play"))


def test_other_executors_have_no_arrays() -> None:
    snakemake_internals.refuse_arrays(SimpleNamespace(executor_settings=None))


@pytest.mark.parametrize(
    ("local", "limits", "asking"),
    [
        (True, {"api": 2}, None),
        (False, {}, 3),
        (False, {"api": 2, "_nodes": 9}, 2),
        (False, {"api": SimpleNamespace(value=9), "_nodes": SimpleNamespace(value=1)}, 1),
        (False, {"api": None}, 3),
    ],
)
def test_jobs_that_ask_at_once_are_counted(
    local: bool, limits: dict[str, Any], asking: int | None
) -> None:
    jobs = [SimpleNamespace(resources={"api": api}) for api in (1, 1, 1, 0)]
    workflow = SimpleNamespace(
        local_exec=local,
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
        global_resources=limits,
    )
    assert snakemake_internals.asking_at_once(workflow) == asking


class Executor:
    """A remote executor that submits nothing, and remembers what it reports."""

    def __init__(self) -> None:
        self.reported = list[str]()

    def run_job(self, job: Any) -> None:
        raise ValueError("no such account")

    def report_job_error(self, info: Any, msg: str) -> None:
        self.print_job_error(info, msg)

    def print_job_error(self, info: Any, msg: str | None = None, **more: Any) -> None:
        self.reported.append(f"{info.job}: {msg}")


class Job:
    def __init__(self, *jobs: "Job") -> None:
        self.jobs = jobs
        self.said = list[str | None]()

    def __str__(self) -> str:
        return "job"

    def is_group(self) -> bool:
        return bool(self.jobs)

    def log_error(self, msg: str | None = None, **more: Any) -> None:
        self.said.append(msg)


def remote() -> tuple[Executor, Any]:
    executor = Executor()
    workflow = SimpleNamespace(
        local_exec=False, scheduler=SimpleNamespace(_executor=executor), executor_plugin=None
    )
    snakemake_internals.report_lost_submissions(workflow)
    return executor, workflow


def test_an_exception_of_a_submission_is_reported() -> None:
    executor, _ = remote()
    executor.run_job(Job())
    assert executor.reported == ["job: Job submission failed with exception: no such account"]
    said = snakemake_internals.in_words(executor.reported[0].removeprefix("job: "))
    assert said == "the job was not submitted: no such account"


def test_each_job_of_a_group_is_told_what_the_executor_says_of_the_group() -> None:
    executor, _ = remote()
    jobs = Job(), Job()
    executor.run_job(Job(*jobs))
    assert [len(job.said) for job in jobs] == [1, 1]
    assert all("no such account" in str(job.said) for job in jobs)


def test_other_executors_ask_slurm_for_nothing() -> None:
    _, workflow = remote()
    assert snakemake_internals.to_submit(workflow, []) == []


def on_slurm(*jobs: Any) -> Any:
    """Return a run on SLURM whose profile gives jobs of ``play`` another time limit."""
    return SimpleNamespace(
        executor_plugin=SimpleNamespace(name="slurm"),
        executor_settings=SimpleNamespace(qos=None),
        resource_settings=SimpleNamespace(overwrite_resources={"play": {"runtime": 99}}),
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
    )


def planned(rule: str, *, local: bool = False, **resources: Any) -> Any:
    named = SimpleNamespace(name=rule)
    return SimpleNamespace(rule=named, is_local=local, threads=1, resources=resources)


def test_slurm_is_asked_for_what_is_submitted() -> None:
    jobs = [
        planned("judge", mem_mb=7, slurm_account="a"),
        planned("tables", local=True, mem_mb=9),
        planned("judge", mem_mb=8, slurm_cluster="elsewhere"),
    ]
    [found] = snakemake_internals.to_submit(on_slurm(*jobs), [("play", {"mem_mb": 1}, 2)])
    assert (found.rule, found.mem_mb, found.accounts) == ("judge", 7, ("a",))


def test_check_asks_for_the_jobs_of_the_grid_as_the_profile_completes_them() -> None:
    check = planned("check", local=True, mem_mb=9, runtime=60, slurm_partition="cpu,gpu")
    cells = [("play", {"mem_mb": 2000, "runtime": 240, "gpu": 1}, 4)]
    [found] = snakemake_internals.to_submit(on_slurm(check), cells)
    assert found.partitions == ("cpu", "gpu")
    assert (found.rule, found.mem_mb, found.minutes) == ("play", 2000, 99)
    assert (found.gpus, found.cpus) == (1, 4)


def test_records_are_seen_where_snakemake_writes_them(tmp_path: Path) -> None:
    assert not snakemake_internals.has_records(tmp_path)
    folder = tmp_path / ".snakemake/metadata"
    folder.mkdir(parents=True)
    assert not snakemake_internals.has_records(tmp_path)
    (folder / "a").write_text("{}")
    assert snakemake_internals.has_records(tmp_path)


def stored(provider: str | None, prefix: str | None, *shared: str) -> Any:
    """Return a workflow with a default storage; ``shared`` is what its jobs share."""
    settings = SimpleNamespace(
        default_storage_provider=provider,
        default_storage_prefix=prefix,
        shared_fs_usage=[SharedFSUsage[name] for name in shared],
    )
    path_modifier = SimpleNamespace(replace_prefix=lambda path: f"a/{path}")
    modifier = SimpleNamespace(path_modifier=path_modifier)
    return SimpleNamespace(storage_settings=settings, modifier=modifier)


@pytest.mark.parametrize(
    ("provider", "prefix", "address"),
    [
        (None, None, None),
        ("s3", "s3://games/grid", "s3://games/grid/a/results"),
        ("fs", "/shared/grid/", "/shared/grid/a/results"),
    ],
)
def test_results_are_where_snakemake_stores_files(
    provider: str | None, prefix: str | None, address: str | None
) -> None:
    workflow = stored(provider, prefix, "INPUT_OUTPUT")
    assert snakemake_internals.remote_results(workflow) == address


@pytest.mark.parametrize(
    ("provider", "prefix", "said"),
    [
        (None, None, "shared-fs-usage: without input-output"),
        ("fs", "grid", "fs with the prefix 'grid' cannot keep replies"),
        ("http", "https://games.example", "Use s3 with s3://… or fs with /…"),
    ],
)
def test_jobs_that_would_lose_their_replies_are_refused(
    provider: str | None, prefix: str | None, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        snakemake_internals.remote_results(stored(provider, prefix, "SOURCES"))
