"""Locks share out the GPUs. A stand-in for nvidia-smi lists them; the jobs are real processes."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gamegrid.backends.backend import BackendError
from gamegrid.play import gpus
from gamegrid.play.gpus import Gpus
from gpu_host import GPUS, pretend
from together import run_together

JOB = """
import json, os, sys, time
from pathlib import Path
from gamegrid.play import gpus
gpus.PAUSE_S = 0.01
locks, claims, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
"""
CLAIMED = """
print("ready", flush=True)
input()
held = gpus.Gpus(locks)
held.take(count)
mine = os.environ[gpus.VISIBLE].split(",")
for name in mine:
    (claims / name).touch(exist_ok=False)  # fails if another job uses it
time.sleep(0.1)
for name in mine:
    (claims / name).unlink()
print(json.dumps(mine))
"""
KEPT = """
held = gpus.Gpus(locks)
held.take(count)
print(os.environ[gpus.VISIBLE], flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def no_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide GPUs of this machine, its own nvidia-smi included, until a test pretends some."""
    monkeypatch.setattr(gpus, "PAUSE_S", 0.01)
    pretend(monkeypatch, tmp_path, 0)


def start(code: str, folder: Path, count: int) -> subprocess.Popen[str]:
    """Start the process of a job that takes ``count`` GPUs."""
    for name in ("locks", "claims"):
        (folder / name).mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", JOB + code, str(folder / "locks"), str(folder / "claims"),
         str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("there", [2, 3, 4])
def test_jobs_at_once_never_hold_a_gpu_twice(
    there: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, there)
    draw = random.Random(there)
    counts = [draw.randint(1, there) for _ in range(7)]
    jobs = [start(CLAIMED, tmp_path, count) for count in counts]
    had = run_together(jobs)
    assert [job.returncode for job in jobs] == [0] * len(jobs)
    assert [len(set(names)) for names in had] == counts
    assert {name for names in had for name in names} <= set(GPUS[:there])


@pytest.mark.parametrize("count", [1, 2])
def test_the_gpus_of_a_killed_job_are_free_at_once(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 2)
    job = start(KEPT, tmp_path, count)
    assert job.stdout is not None
    assert job.stdout.readline().strip() == ",".join(GPUS[:count])
    assert not Gpus(tmp_path / "locks")._try(list(GPUS[:2]), 2)
    job.kill()
    job.communicate()
    assert Gpus(tmp_path / "locks")._try(list(GPUS[:2]), 2)


def seen(monkeypatch: pytest.MonkeyPatch, held: Gpus, count: int) -> Sequence[str]:
    """Take GPUs as a process that sees them all; return what it sees afterwards."""
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    held.take(count)
    return gpus.visible()


def test_two_jobs_get_different_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, 2)
    first, second = Gpus(tmp_path), Gpus(tmp_path)
    assert seen(monkeypatch, first, 1) == ["GPU-a"]
    assert seen(monkeypatch, second, 1) == ["GPU-b"]
    first.release()
    assert seen(monkeypatch, Gpus(tmp_path), 1) == ["GPU-a"]
    second.release()


def test_a_job_waits_for_all_its_gpus_and_holds_none_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 2)
    one, both, other = Gpus(tmp_path), Gpus(tmp_path), Gpus(tmp_path)
    one.take(1)
    monkeypatch.delenv(gpus.VISIBLE)
    waiter = threading.Thread(target=both.take, args=(2,))
    waiter.start()
    time.sleep(0.05)
    assert waiter.is_alive()
    other.take(1)  # the one that is free
    other.release()
    one.release()
    waiter.join(5)
    assert not waiter.is_alive()
    assert gpus.visible() == ["GPU-a", "GPU-b"]
    both.release()


def test_the_models_of_a_job_start_at_once_and_take_its_gpus_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "_uuids", lambda: {str(n): name for n, name in enumerate(GPUS)})
    monkeypatch.setenv(gpus.VISIBLE, "")
    for _ in range(100):
        monkeypatch.delenv(gpus.VISIBLE, raising=False)
        held, barrier = Gpus(tmp_path), threading.Barrier(3)
        seen = []

        def take(held: Gpus = held, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            held.take(2)
            seen.append(os.environ.get(gpus.VISIBLE))  # noqa: B023 (joined below)

        threads = [threading.Thread(target=take) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == ["GPU-a,GPU-b"] * 3
        held.release()


def test_a_job_that_ends_waits_for_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, 1)
    monkeypatch.setattr(gpus, "PAUSE_S", 600)
    other, held = Gpus(tmp_path), Gpus(tmp_path)
    other.take(1)
    failed = []

    def wait() -> None:
        with pytest.raises(BackendError, match="the job ended while it waited for GPUs"):
            held.take(1)
        failed.append(True)

    waiters = [threading.Thread(target=wait) for _ in range(2)]
    for waiter in waiters:
        waiter.start()
    time.sleep(0.05)
    held.give_up()
    for waiter in waiters:
        waiter.join(5)
    assert failed == [True, True]
    other.release()
    with pytest.raises(BackendError):  # one that comes later takes none, either
        held.take(1)


def test_a_job_without_gpus_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, 2)
    Gpus(tmp_path / "absent").take(0)
    assert gpus.visible() == ["GPU-a", "GPU-b"]
    assert not (tmp_path / "absent").exists()


def test_more_gpus_than_there_are_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 2)
    with pytest.raises(BackendError, match=r"needs 3 GPUs .* 2 are visible"):
        Gpus(tmp_path).take(3)


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        (None, ["GPU-a", "GPU-b", "GPU-c"]),
        ("1", ["GPU-b"]),
        ("2, GPU-a", ["GPU-c", "GPU-a"]),
        ("", []),
        ("-1", []),
        ("1,-1,0", ["GPU-b"]),  # CUDA goes no further, either
    ],
)
def test_numbers_are_told_by_uuid_where_the_driver_knows_it(
    named: str | None, seen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 3)
    if named is not None:
        monkeypatch.setenv(gpus.VISIBLE, named)
    assert gpus.visible() == seen


def test_without_a_driver_names_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpus.visible() == []
    monkeypatch.setenv(gpus.VISIBLE, "0,1")
    assert gpus.visible() == ["0", "1"]
