"""Hand a grid to Snakemake: print the call, and let Snakemake take over.

The call names the workflow's Snakefile, wherever gamegrid is installed, and works in the folder of
the grid. Whoever types it does the same without gamegrid.
"""

import os
import shlex
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.config.load import check_mapping, read_yaml
from gamegrid.errors import UserError, nearest
from gamegrid.paths import WORKFLOW, resolve, there

RUNS = Path("runs")
"""Where grids that come with gamegrid are played, each in a folder of its name."""
CONFIG = ("--config", "-C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of Snakemake.

    ``folder`` is where Snakemake works; the results go there. ``target`` is None for the whole
    grid. ``flags`` are further arguments of Snakemake, and ``passed`` those that the user typed.
    """

    grid: Path
    folder: Path
    target: str | None = None
    cores: str = "1"
    flags: Sequence[str] = ()
    passed: Sequence[str] = ()

    def arguments(self) -> list[str]:
        """Return Snakemake's arguments.

        Before the user's come those that take one value, so that the user's may begin with a
        target.
        """
        words = [] if self.target is None else [self.target]
        words += ["--snakefile", str(WORKFLOW / "Snakefile"), "--configfile", str(self.grid)]
        words += self.flags
        if self.folder != Path():
            words += ["--directory", str(self.folder)]
        return [*words, "--cores", self.cores, *self.passed]

    def words(self) -> list[str]:
        """Return the whole call, for this Python's own Snakemake."""
        return [*_program(), *self.arguments()]

    def shown(self) -> list[str]:
        """Return the whole call as people type it."""
        program, *_ = words = self.words()
        return ["snakemake", *self.arguments()] if shutil.which("snakemake") == program else words


def _program() -> list[str]:
    beside = Path(sys.executable).with_name("snakemake")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "snakemake"]


def declare_grid(parser: ArgumentParser) -> None:
    """Declare the argument GRID and describe what may follow it."""
    parser.add_argument("grid", type=Path, metavar="GRID", help="the grid, a YAML file")
    parser.epilog = (
        "What follows -- goes to Snakemake, such as: -- --workflow-profile slurm --dry-run"
    )


def call_for(given: Namespace, **more: Any) -> Call:
    """Return the call for the grid that a command line names; ``more`` are fields of the call.

    Raises UserError if there is no such grid, or if it is no YAML or holds no mapping.
    """
    grid = _grid_file(given.grid)
    return Call(grid=grid, folder=folder_of(grid), passed=given.passed, **more)


def _grid_file(given: Path) -> Path:
    """Return the path of a grid: the user's file, or one that comes with gamegrid."""
    grid = resolve(given, Path())
    if not there(grid):
        near = [str(path) for path in given.parent.glob("*.yaml")]
        raise UserError(
            f"there is no grid {str(given)!r}.{nearest(str(given), near)} Correct the path, or "
            f"write a grid with: gamegrid init FOLDER"
        )
    check_mapping(read_yaml(grid))
    return grid


def folder_of(grid: Path) -> Path:
    """Return the folder to play a grid in: its own, or one of its name if gamegrid brought it."""
    if grid.resolve().is_relative_to(WORKFLOW / "config"):
        return RUNS / grid.stem
    return grid.parent


def hand_over(call: Call) -> int:
    """Print the call and become Snakemake, whose exit code and handling of signals are the user's.

    Does not return, unless ``os.execv`` is replaced. Raises UserError if the user's arguments would
    undo those of the call.
    """
    if call.flags and (clash := set(CONFIG) & set(call.passed)):
        raise UserError(
            f"{clash.pop()} after -- would undo {' '.join(call.flags)}. Repeat those values there, "
            f"and leave out the option of gamegrid."
        )
    print(f"$ {shlex.join(call.shown())}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    words = call.words()
    os.execv(words[0], words)
    return 0
