"""Show the progress of a grid with Snakemake's target ``status``, also while a run plays it."""

from argparse import Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import Call, declare_grid, grid_file, hand_over


def run(given: Namespace) -> int:
    """Start Snakemake. Only a run that plays holds the lock of the folder."""
    grid = grid_file(given.grid)
    return hand_over(Call(grid=grid, target="status", flags=["--nolock"], passed=given.passed))


COMMAND = Command("Show the progress of a grid", declare_grid, run, passes_on=True)
