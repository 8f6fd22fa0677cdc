"""Run the workflow in a folder as users do, and say which jobs ran."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from gamegrid.store.table_files import table_names

ROOT = Path(__file__).resolve().parents[2]
TABLES = table_names()

DATABASE = ("--", "results/gamegrid.duckdb")
"""Targets of tests that read only the database: no tables, no check for completeness."""

Grid = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """What one call of snakemake did."""

    code: int
    output: str

    @property
    def jobs(self) -> list[str]:
        """Each job that was run: the chunk's path for play jobs, the rule's name for others."""
        found = re.findall(r"^(?:local)?rule (\w+):\n(?:    input: .*\n)?(?:    output: (\S+))?",
                           self.output, re.MULTILINE)  # fmt: skip
        return sorted(
            output.removeprefix("results/chunks/").removesuffix(".parquet").rstrip(",")
            if rule == "play"
            else rule
            for rule, output in found
        )

    @property
    def played(self) -> list[str]:
        """The chunks that were played."""
        return [job for job in self.jobs if "/" in job]


def command(*arguments: str, snakefile: Path = ROOT / "Snakefile") -> list[str]:
    """Return snakemake's command line; the target is ``tables`` unless others follow a ``--``."""
    targets = [] if "--" in arguments else ["tables"]
    return [
        sys.executable, "-m", "snakemake", *targets, "--snakefile", str(snakefile), "--cores", "2",
        "--quiet", "host", *arguments,
    ]  # fmt: skip


def snakemake(folder: Path, grid: Grid | None, *arguments: str, **more: Any) -> Finished:
    """Write ``grid`` to the folder and run snakemake there; None keeps the file there."""
    if grid is not None:
        write_grid(folder, grid)
    done = subprocess.run(
        command("--configfile", "grid.yaml", *arguments, **more),
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout + done.stderr)


def environment() -> dict[str, str]:
    """Return the environment of a user without keys."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    return {**kept, "OMP_NUM_THREADS": "1"}


def repository(folder: Path, tag: str) -> None:
    """Make a git repository of the workflow without its package, with one tag."""
    for name in ("rules", "envs", "profiles", "workflow", "config/schemas"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "scripts").mkdir()
    for file in (ROOT / "Snakefile", ROOT / "config/config.yaml", *ROOT.glob("scripts/*.py")):
        shutil.copy(file, folder / file.relative_to(ROOT))
    _git(folder, "init", "--quiet")
    commit(folder, tag)


def commit(folder: Path, tag: str) -> None:
    """Commit all that is in a repository, and tag it."""
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "--quiet", "-m", tag)
    _git(folder, "tag", tag)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def write_grid(folder: Path, grid: Grid) -> None:
    """Write the configuration file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grid.yaml").write_text(yaml.safe_dump(grid), encoding="utf-8")


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Query the database of a results folder."""
    with duckdb.connect(str(folder / "results/gamegrid.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def data(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Episodes, seats and decisions, without times and run ids."""
    return {
        "episodes": query(
            folder, "SELECT * EXCLUDE (run_id, duration_s) FROM episodes ORDER BY ALL"
        ),
        "seats": query(folder, "SELECT * FROM seats ORDER BY ALL"),
        "decisions": query(folder, "SELECT * EXCLUDE (latency_s) FROM decisions ORDER BY ALL"),
    }
