"""Show the progress of a grid with Snakemake's target ``status``, also while a run plays it."""

from argparse import ArgumentParser, Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import call_for, declare_grid, hand_over


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments GRID and --watch."""
    declare_grid(parser)
    parser.add_argument("--watch", action="store_true", help="go on until no job is at work")


def run(given: Namespace) -> int:
    """Start Snakemake. Only a run that plays holds the lock of the folder."""
    watch = ["--config", "watch=true"] if given.watch else []
    return hand_over(call_for(given, target="status", flags=["--nolock", *watch]))


COMMAND = Command("Show the progress of a grid", arguments, run, passes_on=True)
