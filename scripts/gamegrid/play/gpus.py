"""Assign GPUs to jobs, so that no two jobs of a host share one by accident.

A job holds a GPU by a file lock in the host's temporary folder, so a killed job frees its GPUs at
once. Jobs wait for each other even if Snakemake was not given ``--resources gpu=N``.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import threading
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path

from gamegrid.backends.backend import BackendError

log = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
PAUSE_S = 1.0


def visible() -> list[str]:
    """Return the GPUs that this process may use, by UUID if the driver tells it.

    Indices in CUDA_VISIBLE_DEVICES depend on the container or the cluster's allocation; UUIDs are
    the same for every process. CUDA ends its list at the first name that is none, such as -1.
    """
    uuids = _uuids()
    named = os.environ.get(VISIBLE)
    if named is None:
        return list(uuids.values())
    names = takewhile(lambda name: name and name[0] != "-", map(str.strip, named.split(",")))
    return [uuids.get(name, name) for name in names]


class Gpus:
    """The GPUs of one job, taken together and held until released."""

    def __init__(self, folder: Path | None = None):
        self._folder = folder or Path(tempfile.gettempdir()) / f"gamegrid-{os.getuid()}" / "gpus"
        self._held: dict[str, TextIOWrapper] = {}
        self._taking = threading.Lock()
        self._given_up = threading.Event()

    def take(self, count: int) -> None:
        """Wait for ``count`` free GPUs and hide all others from this process.

        Call it before any library looks for GPUs. Safe to call from the threads of several models
        at once: the first takes the GPUs of all, and the others wait for it. Raises BackendError if
        the host has too few, or if the job gave up.
        """
        if not count:
            return
        with self._taking:
            if not self._held:
                self._wait(count)

    def give_up(self) -> None:
        """End the waiting for GPUs, now and later, since the job ends. Those held are kept."""
        self._given_up.set()

    def _wait(self, count: int) -> None:
        there = visible()
        if len(there) < count:
            raise BackendError(
                f"the job needs {count} GPUs (gpus: in the model file), and "
                f"{len(there)} are visible here. Lower it, or run the job where there are more."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        logged = False
        while not self._given_up.is_set():
            if self._try(there, count):
                os.environ[VISIBLE] = ",".join(self._held)
                return
            if not logged:
                log.info("waiting for %d of the GPUs %s", count, ", ".join(there))
                logged = True
            self._given_up.wait(PAUSE_S)
        raise BackendError("the job ended while it waited for GPUs")

    def release(self) -> None:
        """Free the GPUs for other jobs."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _try(self, there: list[str], count: int) -> bool:
        """Take all or none, so that two jobs never wait for each other's GPUs."""
        for name in there:
            if len(self._held) == count:
                break
            file = (self._folder / f"{name.replace('/', '_')}.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            self._held[name] = file
        if len(self._held) < count:
            self.release()
            return False
        return True


def _uuids() -> dict[str, str]:
    """Return UUIDs by index of the GPUs that the driver shows; empty without a driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    shown = subprocess.run(
        [tool, "--query-gpu=index,uuid", "--format=csv,noheader"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if shown.returncode:
        return {}
    pairs = [line.split(",") for line in shown.stdout.splitlines() if "," in line]
    return {index.strip(): uuid.strip() for index, uuid in pairs}
