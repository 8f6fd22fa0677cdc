"""kill -9 at any moment: nothing is lost, nothing is bought twice."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loopback import Endpoint
from model_grids import grid, question, questions
from processes import jobs_in, kill, start, until, working_in
from workflow_runs import Grid, command, data, environment, snakemake, write_grid

SHORT, CAMPAIGN = 5, 30
"""Number of kills in the nightly tests and in the long campaign."""
DAILY = (0, 2, 4)
"""One kill of each victim; in one of them the job holds a model's engine."""
DELAY_S = 0.05


def small(endpoint: Endpoint, folder: Path, local: bool) -> Grid:
    """Two jobs with a hosted model, or with a model that the job loads, and one with bots."""
    hosted = grid(endpoint, folder, deals=6, chunk=3)
    agents = {name: hosted["agents"][name] for name in ("random", "one")}
    if local:
        agents["one"] = {"type": "llm", "model": "hf_tiny", "prompt": "terse", "max_tokens": 16}
        hosted["models"] = ["config/models.yaml"]
    return {**hosted, "agents": agents | {"optimal": {"type": "optimal"}},
            "schedule": {"each": ["random"], "against": ["one", "optimal"]}}  # fmt: skip


@dataclass(frozen=True)
class Undisturbed:
    """The results and durations of runs that nobody kills, by whether the model is local."""

    data: dict[bool, dict[str, list[tuple[Any, ...]]]] = field(default_factory=dict)
    seconds: dict[bool, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Play a run with each kind of model that nobody kills."""
    found = Undisturbed()
    for local in (False, True):
        folder = tmp_path_factory.mktemp("undisturbed")
        with Endpoint(delay=DELAY_S) as endpoint:
            write_grid(folder, small(endpoint, folder, local))
            began = time.monotonic()
            run = start(folder)
            said, _ = run.communicate()
            assert run.returncode == 0, said
        found.seconds[local], found.data[local] = time.monotonic() - began, data(folder)
    return found


@pytest.mark.parametrize(
    "number",
    [
        *DAILY,
        *(
            pytest.param(n, marks=pytest.mark.nightly if n < SHORT else pytest.mark.faults)
            for n in range(CAMPAIGN)
            if n not in DAILY
        ),
    ],
)
def test_a_kill_at_any_moment_changes_nothing(
    number: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Kill the job, snakemake or both; in every fifth case the job holds a model's engine."""
    luck, victim, local = Random(number), Victim(number % 3), number % SHORT == SHORT - 1
    moment = luck.uniform(0, undisturbed.seconds[local])
    with Endpoint(delay=DELAY_S) as endpoint:
        while not (death := _killed(endpoint, tmp_path, local, victim, moment)):
            moment /= 2  # the run was over before
            shutil.rmtree(tmp_path / "run")
        folder = tmp_path / "run"
        # A job ends by itself once its snakemake is gone; nothing else of the run may remain.
        assert until(lambda: not working_in(folder))
        if any((folder / ".snakemake/locks").glob("*")):
            assert snakemake(folder, None, "--unlock").code == 0
        again = start(folder)
        said, _ = again.communicate()
        assert again.returncode == 0, said
        asked = questions(endpoint)
    assert data(folder) == undisturbed.data[local]
    # Replies in flight to a killed job may have been billed; the next run buys them again.
    bought_twice = {question for question, times in asked.items() if times > 1}
    assert bought_twice <= death.under_way
    assert max(asked.values(), default=1) <= 2
    assert not working_in(folder)


class Victim(IntEnum):
    """What the test kills."""

    JOB = 0
    SNAKEMAKE = 1
    BOTH = 2


@dataclass(frozen=True)
class Death:
    """A kill that hit a process; ``under_way`` holds the questions with no reply on file."""

    under_way: frozenset[str]


def _killed(
    endpoint: Endpoint, tmp_path: Path, local: bool, victim: Victim, moment: float
) -> Death | None:
    """Start a run in an empty folder and kill; return None if there was nothing to kill."""
    folder = tmp_path / "run"
    write_grid(folder, small(endpoint, folder, local))
    endpoint.requests.clear()
    run = start(folder)
    time.sleep(moment)
    if victim is Victim.JOB:
        until(lambda: bool(jobs_in(folder)) or run.poll() is not None)
    there = jobs_in(folder) if victim is Victim.JOB else [run.pid]
    if run.poll() is not None or not there:
        run.communicate()
        return None
    match victim:
        case Victim.JOB:
            kill(there[0])
        case Victim.SNAKEMAKE:
            kill(run.pid)
        case Victim.BOTH:
            os.killpg(run.pid, signal.SIGKILL)
    if victim is not Victim.SNAKEMAKE:
        until(lambda: there[0] not in working_in(folder))
    asked = set(questions(endpoint))
    filed = _filed(folder)
    run.communicate()
    assert run.returncode != 0
    return Death(frozenset() if victim is Victim.SNAKEMAKE else frozenset(asked - filed))


def _filed(folder: Path) -> set[str]:
    """Return the questions, as sent, whose replies are in a journal."""
    paths = (folder / "results/journal").rglob("*.jsonl")
    lines = [line for path in paths for line in path.read_text().splitlines(keepends=True)]
    whole = [json.loads(line)["completion"]["sent"] for line in lines if line.endswith("\n")]
    return {question(sent) for sent in whole if sent}


def test_ctrl_c_waits_for_replies_in_flight(tmp_path: Path) -> None:
    """The signal goes to the whole process group, as a terminal sends it."""
    with Endpoint(delay=1.0) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, deals=12, chunk=12))
        run = subprocess.Popen(
            command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 240
        while len(endpoint.requests) < 5 and time.monotonic() < end:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=120)
        assert run.returncode != 0
        assert "Traceback" not in said
        end = time.monotonic() + 60
        while _journal_lines(tmp_path) < len(endpoint.requests) and time.monotonic() < end:
            time.sleep(0.1)
        assert _journal_lines(tmp_path) == len(endpoint.requests)
        endpoint.delay = 0.0
        again = snakemake(tmp_path, None)
        assert again.code == 0, again.output
        counts = Counter(repr(sorted(body.items(), key=str)) for body in endpoint.requests)
        assert max(counts.values()) == 1


def _journal_lines(folder: Path) -> int:
    paths = (folder / "results/journal").rglob("*.jsonl")
    return sum(path.read_text().count("\n") for path in paths)
