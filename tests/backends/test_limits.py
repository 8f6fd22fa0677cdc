"""Limits hold over all jobs of a host, jobs share them, and a killed job frees its part."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends import limits
from gamegrid.backends.backend import BackendError, ModelEntry, Usage
from gamegrid.backends.limits import HostLimits
from gamegrid.backends.pace import LONGEST_DEBT_S
from gamegrid.backends.retry import Stop
from gamegrid.backends.shared_file import SharedFile, host_folder
from together import run_together

SCRIPTS = Path(limits.__file__).parents[2]

JOB = """
import asyncio, json, sys, time
from pathlib import Path
from gamegrid.backends.backend import ModelEntry, Usage
from gamegrid.backends.limits import HostLimits
from gamegrid.backends.retry import Stop

folder, bounds, seconds, latency, asked, said, most = json.loads(sys.argv[1])
host = HostLimits(ModelEntry(name="m", **bounds), "m", Stop(lambda reason: None), Path(folder))
host.open()
spans = []

async def ask(end):
    while time.monotonic() < end:
        async with host.turn(asked * 4, most) as turn:
            began = time.monotonic()
            if began >= end:
                return
            await asyncio.sleep(latency)
            turn.usage = Usage(prompt_tokens=asked, completion_tokens=said)
            spans.append((began, time.monotonic()))

async def main():
    end = time.monotonic() + seconds
    await asyncio.gather(*(ask(end) for _ in range(12)))

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
print(json.dumps(spans))
"""


def start(
    folder: Path, bounds: dict[str, Any], seconds: float, **how: Any
) -> subprocess.Popen[str]:
    """Start a job that asks as fast as it may, twelve requests at once."""
    plan = [str(folder), bounds, seconds]
    plan += [how.get("latency", 0.02), how.get("asked", 10), how.get("said", 10), how.get("most")]
    return subprocess.Popen(
        [sys.executable, "-c", JOB, json.dumps(plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
    )


def four_jobs(folder: Path, bounds: dict[str, Any], **how: Any) -> list[list[tuple[float, float]]]:
    """Let four jobs ask at once; return for each job when its requests were in flight."""
    seconds = how.pop("seconds", 2.0)
    return run_together([start(folder, bounds, seconds, **how) for _ in range(4)])


def test_requests_in_flight_are_bounded_over_jobs_and_shared(tmp_path: Path) -> None:
    by_job = four_jobs(tmp_path, {"max_connections": 8}, seconds=1.5)
    spans = [span for job in by_job for span in job]
    events = sorted([(a, 1) for a, _ in spans] + [(b, -1) for _, b in spans])
    inside = most = 0
    for _, step in events:
        inside += step
        most = max(most, inside)
    assert most <= 8
    took = max(b for _, b in spans) - min(a for a, _ in spans)
    assert sum(b - a for a, b in spans) / took > 0.5 * 8, "the places are used"
    assert min(len(job) for job in by_job) > 0.3 * len(spans) / 4, "none of the jobs starves"


def test_no_job_starves_where_there_are_fewer_places_than_jobs(tmp_path: Path) -> None:
    by_job = four_jobs(tmp_path, {"max_connections": 2}, seconds=2.0)
    assert min(len(job) for job in by_job) > 0


@pytest.mark.parametrize(
    ("bounds", "cost"),
    [({"requests_per_minute": 6000}, 1), ({"tokens_per_minute": 120_000}, 20)],
    ids=["requests", "tokens"],
)
def test_a_pace_is_kept_over_jobs(tmp_path: Path, bounds: dict[str, Any], cost: int) -> None:
    by_job = four_jobs(tmp_path, bounds, seconds=2.5, most=10)
    begun = sorted(a for job in by_job for a, _ in job)
    allowed = next(iter(bounds.values())) / 60 / cost  # requests per second
    took = begun[-1] - begun[0]
    assert len(begun) <= 1.05 * allowed * took + 2
    assert len(begun) >= 0.7 * allowed * took, "the pace is used"


def test_a_wrong_guess_at_tokens_is_corrected(tmp_path: Path) -> None:
    # Each reply uses ten times the tokens booked for it, so a tenth of the turns fit the limit.
    by_job = four_jobs(tmp_path, {"tokens_per_minute": 120_000}, asked=10, said=190, most=10)
    begun = sorted(a for job in by_job for a, _ in job)
    allowed = 120_000 / 60 / 200 * (begun[-1] - begun[0])
    # Requests sent before the first replies showed their length may exceed the pace.
    assert len(begun) <= 1.05 * allowed + 4 * 12


async def test_a_killed_job_gives_its_places_back(tmp_path: Path) -> None:
    job = start(tmp_path, {"max_connections": 2}, 20.0, latency=20.0)
    assert job.stdout is not None and job.stdin is not None
    job.stdout.readline()
    job.stdin.write("go\n")
    job.stdin.flush()
    host = opened(tmp_path, max_connections=2)
    async with asyncio.timeout(10):
        while await has_place(host):
            await asyncio.sleep(0.02)
    job.send_signal(signal.SIGKILL)
    job.wait()
    assert await has_place(host)
    assert len(list(tmp_path.glob("*/job-*"))) == 1, "the killed job's file is removed"


async def has_place(host: HostLimits) -> bool:
    """Say whether a request may be sent at once."""
    try:
        async with asyncio.timeout(0.1), host.turn(1, None):
            return True
    except TimeoutError:
        return False


def opened(folder: Path, stop: Stop | None = None, **bounds: Any) -> HostLimits:
    host = HostLimits(
        ModelEntry(name="m", **bounds), "m", stop or Stop(lambda reason: None), folder
    )
    host.open()
    return host


async def test_two_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    one, two = opened(tmp_path, max_connections=1), opened(tmp_path, max_connections=1)
    async with one.turn(1, None):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), two.turn(1, None):
                pass
    async with asyncio.timeout(1), two.turn(1, None):
        pass


async def test_requests_that_wait_together_are_served_under_one_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks, lock = [], SharedFile.lock
    monkeypatch.setattr(SharedFile, "lock", lambda file: locks.append(file.path) or lock(file))
    host = opened(tmp_path, max_connections=64)
    order = list[int]()

    async def ask(number: int) -> None:
        async with host.turn(1, None):
            order.append(number)
            await asyncio.sleep(0.01)

    await asyncio.gather(*map(ask, range(64)))
    assert order == list(range(64))
    assert len([path for path in locks if path.name == "gate"]) == 1


async def test_a_request_that_is_cancelled_takes_no_place(tmp_path: Path) -> None:
    host = opened(tmp_path, max_connections=1)

    async def ask() -> None:
        async with host.turn(1, None):
            await asyncio.sleep(60)

    for pauses in range(6):  # the place may be given before the request learns of it
        task = asyncio.create_task(ask())
        for _ in range(pauses):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await has_place(host), pauses
    async with host.turn(1, None):
        waiting = [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(0.02)
        for task in waiting:
            task.cancel()
    assert await has_place(host)


async def test_a_turn_costs_little(tmp_path: Path) -> None:
    host = opened(tmp_path, max_connections=64, requests_per_minute=1e9, tokens_per_minute=1e12)
    began = time.process_time()
    for _ in range(500):
        async with host.turn(1000, 10) as turn:
            turn.usage = Usage(prompt_tokens=250, completion_tokens=10)
    # The goal is 0.2 ms; the bound leaves room for a slow machine.
    assert (time.process_time() - began) / 500 < 0.002


async def test_a_number_from_before_a_restart_stops_nobody(tmp_path: Path) -> None:
    host = opened(tmp_path, requests_per_minute=600)
    later = time.monotonic() + 10 * LONGEST_DEBT_S
    (gate,) = tmp_path.glob("*/gate")
    SharedFile(gate).write(later, later)
    async with asyncio.timeout(1), host.turn(1, None):
        pass


async def test_a_closed_job_leaves_its_places_to_others(tmp_path: Path) -> None:
    one, two = opened(tmp_path, max_connections=1), opened(tmp_path, max_connections=1)
    async with one.turn(1, None):
        one.close()
        assert await has_place(two)


async def test_a_job_that_wants_nothing_takes_no_share(tmp_path: Path) -> None:
    idle, busy = opened(tmp_path, max_connections=4), opened(tmp_path, max_connections=4)
    assert await has_place(idle)
    async with asyncio.timeout(1), AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(busy.turn(1, None))


async def test_whoever_waits_is_sent_away_at_once(tmp_path: Path) -> None:
    stop = Stop(lambda reason: None)
    host = opened(tmp_path, stop, requests_per_minute=1)
    async with host.turn(1, None):
        pass

    async def wait() -> None:
        async with host.turn(1, None):
            raise AssertionError("not its turn")

    waiting = [asyncio.create_task(wait()) for _ in range(3)]
    await asyncio.sleep(0.05)
    stop.tell("no credit")
    async with asyncio.timeout(1):
        said = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(each) for each in said] == ["no credit"] * 3


def test_no_limit_touches_no_file(tmp_path: Path) -> None:
    opened(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(BackendError, match="not yours alone"):
        opened(tmp_path, max_connections=1)


def test_the_folder_is_of_this_host_and_user() -> None:
    assert host_folder().name == f"gamegrid-{os.getuid()}"
