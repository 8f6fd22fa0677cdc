"""The private parts of Snakemake that the workflow uses exist and behave as it expects."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake.api
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan

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


def test_records_are_seen_where_snakemake_writes_them(tmp_path: Path) -> None:
    assert not snakemake_internals.has_records(tmp_path)
    folder = tmp_path / ".snakemake/metadata"
    folder.mkdir(parents=True)
    assert not snakemake_internals.has_records(tmp_path)
    (folder / "a").write_text("{}")
    assert snakemake_internals.has_records(tmp_path)
