"""Files in memory through which the jobs of a host tell each other what they do."""

import asyncio
import errno
import fcntl
import os
import stat
import struct
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

PAIR = struct.Struct("dd")


def host_folder() -> Path:
    """Return this user's folder for data that need not survive a restart of the host."""
    memory = Path("/dev/shm")
    root = memory if os.access(memory, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    return root / f"gamegrid-{os.getuid()}"


def make_private(folder: Path) -> None:
    """Make a folder that only this user can write to. Raises OSError if it is anything else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "the folder is not yours alone")


class SharedFile:
    """Two numbers in a file, and a lock that the system frees when its holder dies.

    The lock belongs to the object: two objects exclude each other even within one process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)

    def lock(self) -> bool:
        """Lock the file if it is free. Returns whether it was."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the lock. It must be held for microseconds only: whoever waits polls for it."""
        while not self.lock():
            await asyncio.sleep(0.001)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock as ``locked`` does, but give way to no other task while waiting."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    @property
    def is_empty(self) -> bool:
        """Whether no numbers have been written."""
        return os.fstat(self._file).st_size < PAIR.size

    def read(self) -> tuple[float, float]:
        """Return the two numbers; zeros if none have been written."""
        first, second = PAIR.unpack(os.pread(self._file, PAIR.size, 0) or bytes(PAIR.size))
        return first, second

    def write(self, first: float, second: float) -> None:
        """Replace the two numbers."""
        os.pwrite(self._file, PAIR.pack(first, second), 0)

    def close(self) -> None:
        """Close the file, which frees its lock."""
        os.close(self._file)
