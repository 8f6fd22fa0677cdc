"""The processes of a run, found by the folder they work in."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from workflow_runs import command, environment

PROC = Path("/proc")
PATIENCE_S = 240.0
TARGET = "results/gamegrid.duckdb"


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the run of the folder's grid in a separate process group."""
    return subprocess.Popen(
        command("--configfile", "grid.yaml", *arguments, "--", TARGET),
        cwd=folder, env=environment(), start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def until(done: Callable[[], bool]) -> bool:
    """Wait for something; return False if it has not happened within ``PATIENCE_S``."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.01)
    return False


def working_in(folder: Path) -> list[int]:
    """List every process whose working directory is the folder."""
    return [int(path.name) for path in PROC.iterdir() if path.name.isdigit() and _in(path, folder)]


def jobs_in(folder: Path) -> list[int]:
    """List the processes in the folder that run a script of the workflow."""
    return [pid for pid in working_in(folder) if _arguments(pid)[1:2] and _script(pid)]


def kill(*pids: int) -> None:
    """Send SIGKILL to those processes that still exist."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:
        return False


def _script(pid: int) -> bool:
    return ".snakemake/scripts/" in _arguments(pid)[1]


def _arguments(pid: int) -> list[str]:
    try:
        return (PROC / str(pid) / "cmdline").read_text().split("\0")
    except OSError:
        return []
