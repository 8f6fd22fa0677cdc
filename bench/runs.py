"""Runs of Snakemake on grids of their own, and what they took."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    """Run snakemake; processor and wall seconds of it and its jobs, and the largest in GB."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command("--quiet", "all", *arguments), cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"snakemake {arguments} failed in {folder}")
    return {
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - began,
        "most_gb": used.ru_maxrss * _RSS_UNIT / 1e9,
    }


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
