"""A job notices if file locks do not hold on its host, or between it and the run's own host."""

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.records import locking
from gamegrid.records.locking import NAME, Witness, check_locking, has_own_memory


@pytest.fixture
def witness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    monkeypatch.setattr(locking, "BEAT_S", 0.05)
    monkeypatch.setattr(locking, "LATE_S", 0.3)
    held = Witness(tmp_path)
    yield held
    held.close()


def free(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process see no lock of ``path``, as on another host of such a file system."""
    flock = fcntl.flock

    def blind(file: Any, operation: int) -> None:
        if getattr(file, "name", None) != str(path):
            flock(file, operation)

    monkeypatch.setattr("fcntl.flock", blind)


def test_locks_work_here_and_the_probe_leaves_nothing(tmp_path: Path) -> None:
    check_locking(tmp_path / "journal")
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of this process has no effect on another one."""
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    with pytest.raises(UserError, match="file locks have no effect on this file system"):
        check_locking(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("witness")
def test_a_job_sees_the_lock_of_the_run_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from gamegrid.records import locking as l; "
    code += "l.LATE_S = 60; l.check_locking(Path(sys.argv[1]))"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env={
        "PYTHONPATH": str(Path(locking.__file__).parents[2]),
    })  # fmt: skip
    assert time.monotonic() - began < 60


@pytest.mark.usefixtures("witness")
def test_a_lock_that_holds_on_one_host_only_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(tmp_path / NAME, monkeypatch)
    with pytest.raises(UserError, match="file locks do not hold between this host and"):
        check_locking(tmp_path)


def test_a_run_that_has_died_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "LATE_S", 0.1)
    (tmp_path / NAME).write_text("000000000007 login1\n")
    check_locking(tmp_path)


def test_the_file_goes_with_the_run(tmp_path: Path, witness: Witness) -> None:
    assert (tmp_path / NAME).exists()
    witness.close()
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_leaves_the_first_one_s_lock(tmp_path: Path, witness: Witness) -> None:
    Witness(tmp_path).close()
    assert (tmp_path / NAME).exists()
    witness.close()


def test_without_locks_the_run_leaves_the_complaint_to_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    Witness(tmp_path).close()
    with pytest.raises(OSError, match="No locks") as refusal:
        check_locking(tmp_path)
    assert refusal.value.filename == str(tmp_path)


def test_a_job_with_a_memory_of_its_own_is_noticed(tmp_path: Path) -> None:
    """As SLURM's job_container/tmpfs makes it: another file system at the same path."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount")
    code = "import sys; from pathlib import Path; from gamegrid.records import locking as l; "
    code += "print(l.has_own_memory(Path(sys.argv[1]), Path('/dev/shm')))"
    job = [sys.executable, "-c", code, str(tmp_path)]
    apart = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs x /dev/shm && exec "$@"', "sh", *job]
    found = {"PYTHONPATH": str(Path(locking.__file__).parents[2]), "PATH": os.environ["PATH"]}
    told = [subprocess.check_output(each, env=found, text=True) for each in (job, job, apart)]
    assert told == ["False\n", "False\n", "True\n"]


def test_a_new_run_forgets_the_memories_of_earlier_jobs(tmp_path: Path) -> None:
    assert not has_own_memory(tmp_path, Path("/dev"))
    assert has_own_memory(tmp_path, tmp_path)
    held = Witness(tmp_path)
    assert not has_own_memory(tmp_path, tmp_path)
    held.close()
    assert list(tmp_path.iterdir()) == []


def test_without_an_identity_of_the_host_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "BOOT_ID", tmp_path / "absent")
    assert not has_own_memory(tmp_path, Path("/dev"))
    assert not has_own_memory(tmp_path, tmp_path)
