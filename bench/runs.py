"""Runs of Snakemake on grids of their own, and what they took."""

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
    """A folder with the grid in it, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="gamegrid-bench-"))
    try:
        write_grid(folder, grid)
        yield folder
    finally:
        shutil.rmtree(folder)


def write_grid(folder: Path, grid: Grid) -> None:
    """Have the folder's next run play this grid."""
    (folder / "grid.yaml").write_text(json.dumps({"seed": 1, "models": [], **grid}))


def command(*arguments: str) -> list[str]:
    """Snakemake on the grid of the folder it is run in."""
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
        "--configfile", "grid.yaml", "--cores", "2", *arguments,
    ]  # fmt: skip


def snakemake(folder: Path, *arguments: str) -> Sample:
    """Run snakemake; processor and wall seconds of it and its jobs, GB at most of all together.

    Memory that processes share counts in each.
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
"""Between two looks at the memory."""


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Bytes that a process and its children hold, look by look."""
    over, found = Event(), [0]

    def look() -> None:
        while not over.wait(PAUSE_S):
            found.append(_resident(pid))

    thread = Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _resident(pid: int) -> int:
    held = 0
    with suppress(psutil.NoSuchProcess):  # ended since
        main = psutil.Process(pid)
        for process in (main, *main.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += process.memory_info().rss
    return held
