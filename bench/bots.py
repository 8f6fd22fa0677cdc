"""Benchmarks that need no model: bot games, and the cost of a dry run."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.measure import ROOT, Figure, Sample, alternate, environment, ratio, worker

DEALS = 2500
"""One default-sized chunk of bot games."""
ENGINES = "torch transformers tokenizers litellm vllm aiohttp openai"
EMPTY = "rule all:\n    output: 'done'\n    shell: 'touch {output}'\n"
LOADED = f"""
import json, runpy, sys
sys.argv = ["play", "--deals", "20"]
runpy.run_module("bench.play", run_name="__main__")
print(json.dumps({{"engines": len({{*sys.modules}} & {{*{ENGINES.split()!r}}})}}))
"""


def figures(runs: int) -> Iterator[Figure]:
    """Run all measurements."""
    samples = alternate(runs, {"recorded": recorded, "bare": lambda: worker("playouts", 2 * DEALS)})
    yield Figure(
        name="bots: recorded episodes per second of a core",
        baseline="a fixed target: tic_tac_toe, random against random, chunk file included",
        wanted=2000,
        measured=median(run["recorded"]["rate"] for run in samples),
        runs=samples,
    )
    yield Figure(
        name="bots: recorded episodes/s / bare OpenSpiel playouts",
        baseline="the same number of random tic_tac_toe games in a bare loop, nothing recorded",
        wanted=0.01,
        measured=ratio(samples, "rate", "recorded", "bare"),
    )
    dry = alternate(runs, {"grid": dry_run, "empty": empty_dry_run})
    yield Figure(
        name="dry run of the default grid / of an empty workflow",
        baseline="snakemake -n of a workflow with one rule",
        wanted=2.0,
        at_most=True,
        measured=ratio(dry, "seconds", "grid", "empty"),
        runs=dry,
    )
    yield Figure(
        name="engine libraries that a bot job loads",
        baseline=f"none of {ENGINES}",
        wanted=0,
        at_most=True,
        measured=float(loaded()),
    )


def recorded() -> Sample:
    """Play one whole job of bots.

    The rate uses processor time, which other processes disturb least.
    """
    sample = worker("play", "--deals", DEALS)
    return {**sample, "rate": sum(sample["episodes"].values()) / sample["cpu_s"]}


def dry_run() -> Sample:
    """Measure the seconds of a dry run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return _timed("--snakefile", str(ROOT / "Snakefile"), "--directory", folder)


def empty_dry_run() -> Sample:
    """Measure the seconds of a dry run of a workflow that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        snakefile = Path(folder) / "Snakefile"
        snakefile.write_text(EMPTY)
        return _timed("--snakefile", str(snakefile), "--directory", folder)


def _timed(*arguments: str) -> Sample:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--quiet", "all", "--cores", "1", *arguments],
        env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    return {"seconds": time.perf_counter() - began}


def loaded() -> int:
    """Return how many engine libraries are loaded at the end of a job of bots."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT, env=environment(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(done.stdout.splitlines()[-1].split(":")[1].strip(" }"))
