"""Locks share out the GPUs. The tests need only their names, no real GPU."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamegrid.backends.backend import BackendError
from gamegrid.play import gpus
from gamegrid.play.gpus import Gpus


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pretend that the host has two GPUs."""
    monkeypatch.setenv(gpus.VISIBLE, "GPU-a,GPU-b")
    monkeypatch.setattr(gpus, "_uuids", dict)
    monkeypatch.setattr(gpus, "PAUSE_S", 0.01)
    yield


def seen(monkeypatch: pytest.MonkeyPatch, held: Gpus) -> str:
    """Take GPUs as a process that sees both of them; return what it sees afterwards."""
    monkeypatch.setenv(gpus.VISIBLE, "GPU-a,GPU-b")
    held.take()
    return ",".join(gpus.visible())


def test_two_jobs_get_different_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Gpus(1, tmp_path), Gpus(1, tmp_path)
    assert seen(monkeypatch, first) == "GPU-a"
    assert seen(monkeypatch, second) == "GPU-b"
    first.release()
    assert seen(monkeypatch, Gpus(1, tmp_path)) == "GPU-a"
    second.release()


def test_a_job_waits_for_all_its_gpus_and_holds_none_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, both = Gpus(1, tmp_path), Gpus(2, tmp_path)
    one.take()
    monkeypatch.setenv(gpus.VISIBLE, "GPU-a,GPU-b")
    waiter = threading.Thread(target=both.take)
    waiter.start()
    time.sleep(0.05)
    assert waiter.is_alive()
    one.release()
    waiter.join(5)
    assert not waiter.is_alive()
    assert gpus.visible() == ["GPU-a", "GPU-b"]
    both.release()


def test_a_killed_jobs_gpu_is_free_at_once(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from gamegrid.play.gpus import Gpus\n"
        "held = Gpus(2, Path(sys.argv[1])); held.take(); print('held', flush=True); input()"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert job.stdout is not None
    assert job.stdout.readline() == "held\n"
    assert not Gpus(1, tmp_path)._try(["GPU-a", "GPU-b"])
    job.kill()
    job.wait()
    Gpus(2, tmp_path).take()


def test_a_job_without_gpus_takes_none(tmp_path: Path) -> None:
    Gpus(0, tmp_path / "absent").take()
    assert gpus.visible() == ["GPU-a", "GPU-b"]
    assert not (tmp_path / "absent").exists()


def test_more_gpus_than_there_are_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"needs 3 GPUs .* 2 are visible"):
        Gpus(3, tmp_path).take()


def test_numbers_are_told_by_uuid_where_the_driver_knows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpus, "_uuids", lambda: {"0": "GPU-x", "1": "GPU-y"})
    monkeypatch.setenv(gpus.VISIBLE, "1")
    assert gpus.visible() == ["GPU-y"]
    monkeypatch.delenv(gpus.VISIBLE)
    assert gpus.visible() == ["GPU-x", "GPU-y"]
