"""Run Snakemake on generated grids and measure the runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil  # Snakemake's

from bench.measure import ROOT, Sample, environment

Grid = dict[str, Any]


@contextmanager
def folder_of(grid: Grid) -> Iterator[Path]:
    """Provide a temporary folder that contains the grid."""
    folder = Path(tempfile.mkdtemp(prefix="gamegrid-bench-"))
    try:
        write_grid(folder, grid)
        yield folder
    finally:
        shutil.rmtree(folder)


def write_grid(folder: Path, grid: Grid) -> None:
    """Make the folder's next run play this grid."""
    (folder / "grid.yaml").write_text(json.dumps({"seed": 1, "models": [], **grid}))


def command(*arguments: str) -> list[str]:
    """Return the Snakemake command for the grid in the working directory."""
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
        "--configfile", "grid.yaml", "--cores", "2", *arguments,
    ]  # fmt: skip


def snakemake(folder: Path, *arguments: str) -> Sample:
    """Run Snakemake; return processor and wall seconds and peak GB of it and its jobs together.

    Memory that processes share counts once per process. Put "--" before targets: otherwise
    ``--quiet all`` takes the first one for another kind of output to suppress.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command("--quiet", "all", *arguments), cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with _watched(process.pid) as resident:
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"snakemake {arguments} failed in {folder}")
    return {
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": wall_s,
        "most_gb": max(used.ru_maxrss * _RSS_UNIT, *resident) / 1e9,
    }


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
PAUSE_S = 0.2
"""Seconds between two memory samples."""


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Yield the bytes held by a process and each of its children, sample by sample."""
    over, samples = Event(), [0]

    def look() -> None:
        while not over.wait(PAUSE_S):
            samples.append(_resident(pid))

    thread = Thread(target=look)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _resident(pid: int) -> int:
    held = 0
    with suppress(psutil.NoSuchProcess):  # the process has ended
        main = psutil.Process(pid)
        for process in (main, *main.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += process.memory_info().rss
    return held
