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
import time
from io import TextIOWrapper
from pathlib import Path

from gamegrid.backends.backend import BackendError

log = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
PAUSE_S = 1.0


def visible() -> list[str]:
    """Return the GPUs that this process may use, by UUID if the driver tells it.

    Indices in CUDA_VISIBLE_DEVICES depend on the container or the cluster's allocation; UUIDs are
    the same for every process.
    """
    uuids = _uuids()
    named = os.environ.get(VISIBLE)
    if named is None:
        return list(uuids.values())
    return [uuids.get(name.strip(), name.strip()) for name in named.split(",") if name.strip()]


class Gpus:
    """``count`` GPUs for one job, taken together and held until released."""

    def __init__(self, count: int, folder: Path | None = None):
        self._count = count
        self._folder = folder or Path(tempfile.gettempdir()) / f"gamegrid-{os.getuid()}" / "gpus"
        self._held: dict[str, TextIOWrapper] = {}

    def take(self) -> None:
        """Wait for free GPUs and hide all others from this process.

        Call it before any library looks for GPUs. Does nothing for a job without GPUs, or if they
        are taken already. Raises BackendError if the host has too few.
        """
        if not self._count or self._held:
            return
        there = visible()
        if len(there) < self._count:
            raise BackendError(
                f"the job needs {self._count} GPUs (gpus: in the model file), and "
                f"{len(there)} are visible here. Lower it, or run the job where there are more."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        logged = False
        while not self._try(there):
            if not logged:
                log.info("waiting for %d of the GPUs %s", self._count, ", ".join(there))
                logged = True
            time.sleep(PAUSE_S)
        os.environ[VISIBLE] = ",".join(self._held)

    def release(self) -> None:
        """Free the GPUs for other jobs."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _try(self, there: list[str]) -> bool:
        """Take all or none, so that two jobs never wait for each other's GPUs."""
        for name in there:
            if len(self._held) == self._count:
                break
            file = (self._folder / f"{name.replace('/', '_')}.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            self._held[name] = file
        if len(self._held) < self._count:
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
