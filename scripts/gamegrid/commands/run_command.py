"""Play a grid with Snakemake."""

import shlex
from argparse import ArgumentParser, Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import call_for, declare_grid, hand_over


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments GRID and --cores."""
    declare_grid(parser)
    parser.add_argument(
        "--cores", default="all", metavar="N", help="CPU cores to use (default: all)"
    )


def run(given: Namespace) -> int:
    """Say where the results go, and start Snakemake."""
    call = call_for(given, cores=given.cores)
    results = shlex.quote(str(call.folder / "results"))
    print(f"Results go to {results}; see them with: gamegrid leaderboard {results}")
    return hand_over(call)


COMMAND = Command("Play a grid, or go on with it", arguments, run, passes_on=True)
