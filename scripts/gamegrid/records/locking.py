"""Checks that file locks hold: in two processes of a host, and between the hosts of a run.

Some file systems keep locks within a host: two processes exclude each other on one node, and not on
two. So the process that starts the jobs holds a lock, and each job looks whether it sees it.
"""

import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from gamegrid.errors import UserError

NAME = ".lock-witness"
MEMORY = ".memory-of-"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
BEAT_S = 2.0
"""Seconds between two signs of life of the process that holds the lock."""
LATE_S = 3 * BEAT_S
"""Seconds after which that process must have given another sign."""

LOCKED = 3
"""The exit code of the process that tries a lock, if another holds it."""
TRY = f"""
import fcntl, sys
with open(sys.argv[1]) as file:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit({LOCKED})
"""


class Witness:
    """Holds the lock of a folder and gives signs of life, until it is closed or the process ends.

    It does nothing if the file cannot be written or locked: jobs then say what is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._over = threading.Event()
        self._file: int | None = None
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, flags, 0o666)
        except OSError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # of another run, or there are no locks
            os.close(file)
            return
        self._file = file
        forget_memories(folder)
        self._beat(0)
        threading.Thread(target=self._live, daemon=True, name="lock witness").start()

    def close(self) -> None:
        """Remove the file and free its lock."""
        self._over.set()
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            forget_memories(self._path.parent)
            os.close(self._file)
            self._file = None

    def _live(self) -> None:
        count = 0
        while not self._over.wait(BEAT_S):
            count += 1
            self._beat(count)

    def _beat(self, count: int) -> None:
        file = self._file
        if file is None:
            return
        try:
            os.pwrite(file, f"{count:012} {socket.gethostname()}\n".encode(), 0)
        except OSError:  # a full disk; the job then sees no sign of life and cannot judge
            return


def check_locking(folder: Path) -> None:
    """Check from a job that file locks work in ``folder``. Raises UserError if they do not."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".lock-probe-{os.getpid()}"
    try:
        with probe.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            tried = [sys.executable, "-I", "-S", "-c", TRY, str(probe)]
            if subprocess.run(tried, check=False, capture_output=True).returncode != LOCKED:
                raise UserError(
                    f"{folder}: file locks have no effect on this file system, so two jobs could "
                    f"buy the same reply. Use another folder for results (snakemake --directory)."
                )
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        probe.unlink(missing_ok=True)
    _check_between_hosts(folder)


def has_own_memory(folder: Path, memory: Path) -> bool:
    """Return whether another job of this host has another file system at the path ``memory``.

    Sites can give each job a ``/dev/shm`` of its own. The first job on a host notes in ``folder``
    which one it has; another is private. The identity of a start tells hosts apart, also where the
    name of a host is that of a container. Where there is none, nothing is known.
    """
    try:
        note = folder / f"{MEMORY}{BOOT_ID.read_text('ascii').strip()}"
        status = memory.stat()
        mine = f"{status.st_dev}:{status.st_ino}"
        with note.open("x", encoding="ascii") as file:
            file.write(mine)
    except FileExistsError:
        return _read(note) not in ("", mine)  # empty: about to be written, or just removed
    except OSError:
        return False
    return False


def forget_memories(folder: Path) -> None:
    """Remove the notes of earlier jobs, whose file systems may be gone."""
    for note in folder.glob(f"{MEMORY}*"):
        note.unlink(missing_ok=True)


def _check_between_hosts(folder: Path) -> None:
    """Check that this host sees the witness's lock. Raises UserError.

    If nobody holds the lock, the process that held it may have ended: a job waits for a sign of
    life, and only a living process whose lock is not seen is proof that locks do not hold.
    """
    path = folder / NAME
    if not path.exists() or _is_locked(path):
        return
    first = _read(path)
    time.sleep(LATE_S)
    second = _read(path)
    if second == first or not second or _is_locked(path):
        return
    raise UserError(
        f"{folder}: file locks do not hold between this host and {second.split()[-1]}, where the "
        f"run was started, so two jobs could buy the same reply. Mount the file system with locks "
        f"for all hosts (Lustre: flock, NFS: without local_lock), or use another folder for "
        f"results (snakemake --directory)."
    )


def _is_locked(path: Path) -> bool:
    """Return whether another process holds the lock. Without the file, nobody does."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _read(path: Path) -> str:
    """Return what the file holds now: a new opening fetches it from the server."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
