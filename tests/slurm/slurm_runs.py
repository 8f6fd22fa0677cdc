"""Run grids on a SLURM cluster, and see what SLURM says of their jobs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_runs import ROOT, Finished, environment

LONGEST_S = 300
FIRST_LOOK_S = 10
"""Seconds until Snakemake first asks for a job's state; later it asks less and less often."""
PROFILE = ROOT / "profiles/slurm/config.yaml"


@dataclass(frozen=True)
class Record:
    """What SLURM says of a job."""

    id: str
    state: str
    chunk: str
    """Game, matchup and block, joined by ``_``; empty if the job is no chunk."""
    text: str


def slurm(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def records(folder: Path) -> list[Record]:
    """List the jobs submitted from a folder so far, in order."""
    found = []
    for line in slurm("scontrol", "-o", "show", "job").splitlines():
        said = dict(pair.split("=", 1) for pair in line.split() if "=" in pair)
        if said.get("WorkDir") == str(folder):
            _, _, chunk = said.get("Comment", "").partition("rule_play_wildcards_")
            found.append(Record(said["JobId"], said["JobState"], chunk, line))
    return sorted(found, key=lambda record: int(record.id))


def partitions() -> str:
    """The default partition, and one with a GPU."""
    rows = [line.split() for line in slurm("sinfo", "-h", "-o", "%P %G").splitlines()]
    default = next(name for name, _ in rows if name.endswith("*"))
    with_gpu = next((name for name, gres in rows if "gpu" in gres), default)
    return ",".join(sorted({default.rstrip("*"), with_gpu.rstrip("*")}))


def command(*arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "snakemake", "tables", "--snakefile", str(ROOT / "Snakefile"),
        "--workflow-profile", "slurm", "--configfile", "grid.yaml", "--quiet", "host",
        "--slurm-init-seconds-before-status-checks", str(FIRST_LOOK_S),
        "--default-resources", f"slurm_partition={partitions()}", "mem_mb=1000", "runtime=10",
        *arguments,
    ]  # fmt: skip


@contextmanager
def killed_at_the_end(call: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program in a folder, which does not outlive the test."""
    run = subprocess.Popen(
        call, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        yield run
    finally:
        run.kill()
        run.wait()


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a folder's grid on the cluster, and kill the run at the end."""
    with killed_at_the_end(command(*arguments), folder) as run:
        yield run


def finish(run: subprocess.Popen[str]) -> Finished:
    output, _ = run.communicate(timeout=LONGEST_S)
    return Finished(run.returncode, output)


def on_cluster(folder: Path, *arguments: str) -> Finished:
    with started(folder, *arguments) as run:
        return finish(run)


def await_(what: Callable[[], Any]) -> Any:
    """Wait until ``what`` returns something true, and return that."""
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.5)
    raise TimeoutError


def write_profile(folder: Path, **changes: str) -> None:
    """Copy the shipped profile to a folder, and adapt lines of it as a user does.

    The tests only look for finished jobs sooner.
    """
    text = PROFILE.read_text("utf-8")
    edits = {
        "# slurm_account: project": "slurm_account: proj",
        "slurm-init-seconds-before-status-checks: 40":
            f"slurm-init-seconds-before-status-checks: {FIRST_LOOK_S}",
        **changes,
    }  # fmt: skip
    for line, adapted in edits.items():
        assert text.count(line) == 1, line
        text = text.replace(line, adapted)
    path = folder / "profiles/slurm/config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@contextmanager
def as_shipped_started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a folder's grid with the folder's profile and nothing else, as documented."""
    call = [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
        "--workflow-profile", "slurm", "--configfile", "grid.yaml", *arguments,
    ]  # fmt: skip
    with killed_at_the_end(call, folder) as run:
        yield run


def as_shipped(folder: Path, *arguments: str) -> Finished:
    """Do so to the end."""
    with as_shipped_started(folder, *arguments) as run:
        return finish(run)
