"""Show the progress of a grid with Snakemake's target ``status``, also while a run plays it."""

from argparse import Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import call_for, declare_grid, hand_over


def run(given: Namespace) -> int:
    """Start Snakemake. Only a run that plays holds the lock of the folder."""
    return hand_over(call_for(given, target="status", flags=["--nolock"]))


COMMAND = Command("Show the progress of a grid", declare_grid, run, passes_on=True)
