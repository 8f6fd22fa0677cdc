"""Estimate what is left of a grid with Snakemake's target ``estimate``."""

from argparse import Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import call_for, declare_grid, hand_over


def run(given: Namespace) -> int:
    """Start Snakemake."""
    return hand_over(call_for(given, target="estimate"))


COMMAND = Command(
    "Estimate the calls, cost and precision of a grid", declare_grid, run, passes_on=True
)
