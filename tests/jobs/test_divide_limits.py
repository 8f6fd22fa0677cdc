"""The jobs of a cluster are told how many of them share the limits of hosted models."""

import os
from pathlib import Path

import pytest

from gamegrid.backends.limits import JOBS_AT_ONCE, jobs_at_once
from gamegrid.errors import UserError
from gamegrid.jobs.workflow import divide_limits
from model_plans import make

ENTRIES = [{"name": "litellm_openai/x", "api_base": "http://127.0.0.1:9/v1", "max_connections": 4}]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOBS_AT_ONCE, "")


@pytest.mark.parametrize(("jobs", "told"), [(None, None), (0, None), (1, 1), (4, 4)])
def test_jobs_learn_how_many_they_are(jobs: int | None, told: int | None, tmp_path: Path) -> None:
    divide_limits(make(tmp_path, ENTRIES, one={"model": "litellm_openai/x"}), jobs)
    assert jobs_at_once() == told


def test_more_jobs_than_requests_in_flight_are_refused(tmp_path: Path) -> None:
    made = make(tmp_path, ENTRIES, one={"model": "litellm_openai/x"})
    with pytest.raises(UserError, match=r"max_connections is 4, and 5 jobs .* Set api=4 or less"):
        divide_limits(made, 5)
    assert not os.environ[JOBS_AT_ONCE]
