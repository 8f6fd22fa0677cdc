"""Hand a grid to Snakemake: print the call, and let Snakemake take over.

The call names the workflow's Snakefile, wherever gamegrid is installed, and works in the folder of
the grid. Whoever types it does the same without gamegrid.
"""

import os
import shlex
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gamegrid.config.load import check_mapping, read_yaml
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, resolve, there

RUNS = Path("runs")
"""Where grids that come with gamegrid are played, each in a folder of its name."""
CONFIG = ("--config", "-C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of Snakemake.

    ``target`` is None for the whole grid. ``flags`` are further arguments of Snakemake, and
    ``passed`` those that the user typed.
    """

    grid: Path
    target: str | None
    cores: str = "1"
    flags: Sequence[str] = ()
    passed: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """The folder to work in, which gets the results: that of the grid, or one of its name."""
        if self.grid.resolve().is_relative_to(WORKFLOW / "config"):
            return RUNS / self.grid.stem
        return self.grid.parent

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


def declare_grid(parser: ArgumentParser) -> None:
    """Declare the argument GRID and describe what may follow it."""
    parser.add_argument("grid", type=Path, metavar="GRID", help="the grid, a YAML file")
    parser.epilog = (
        "What follows -- goes to Snakemake, such as: -- --workflow-profile slurm --dry-run"
    )


def grid_file(given: Path) -> Path:
    """Return the path of a grid: the user's file, or one that comes with gamegrid.

    Raises UserError if there is none, or if it is no YAML or holds no mapping.
    """
    grid = resolve(given, Path())
    if not there(grid):
        raise UserError(
            f"there is no grid {str(given)!r}. Correct the path, or write a grid with: "
            f"gamegrid init FOLDER"
        )
    check_mapping(read_yaml(grid))
    return grid


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
    beside = Path(sys.executable).with_name("snakemake")
    program = [str(beside)] if beside.is_file() else [sys.executable, "-m", "snakemake"]
    shown = ["snakemake"] if shutil.which("snakemake") == str(beside) else program
    print(f"$ {shlex.join([*shown, *call.arguments()])}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program[0], [*program, *call.arguments()])
    return 0
