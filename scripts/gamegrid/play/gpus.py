"""Which GPUs a job uses: two jobs of a host never share one by accident.

A GPU is held by a lock on a file of its own below the host's temporary folder, so that a killed
job's GPUs are free at once. Jobs that Snakemake starts at the same time wait for each other here
even where nobody gave it the number of GPUs (``--resources gpu=N``).
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
    """The GPUs this process may use, by UUID where the driver tells it.

    A number in CUDA_VISIBLE_DEVICES may be counted within a container or a cluster's allocation;
    only the UUID is the same name for everybody.
    """
    uuids = _uuids()
    named = os.environ.get(VISIBLE)
    if named is None:
        return list(uuids.values())
    return [uuids.get(name.strip(), name.strip()) for name in named.split(",") if name.strip()]


class Gpus:
    """``count`` GPUs for one job, taken together once and held until released."""

    def __init__(self, count: int, folder: Path | None = None):
        self._count = count
        self._folder = folder or Path(tempfile.gettempdir()) / f"gamegrid-{os.getuid()}" / "gpus"
        self._held: dict[str, TextIOWrapper] = {}

    def take(self) -> None:
        """Wait for free GPUs and make them the only ones this process sees.

        Does nothing for a job without GPUs, or if they are taken already. To be called before
        any library looks for GPUs. Raises BackendError if there are not that many.
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
        told = False
        while not self._try(there):
            if not told:
                log.info("waiting for %d of the GPUs %s", self._count, ", ".join(there))
                told = True
            time.sleep(PAUSE_S)
        os.environ[VISIBLE] = ",".join(self._held)

    def release(self) -> None:
        """Let others have the GPUs."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _try(self, there: list[str]) -> bool:
        """Take all at once or none: two jobs must not each wait for what the other holds."""
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
    """Index to UUID of the GPUs that the driver shows; empty where there is no driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    asked = subprocess.run(
        [tool, "--query-gpu=index,uuid", "--format=csv,noheader"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        return {}
    pairs = [line.split(",") for line in asked.stdout.splitlines() if "," in line]
    return {index.strip(): uuid.strip() for index, uuid in pairs}
