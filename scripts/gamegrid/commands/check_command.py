"""Check the models of a grid with Snakemake's target ``check``."""

from argparse import ArgumentParser, Namespace

from gamegrid.commands.command import Command
from gamegrid.commands.snakemake_call import call_for, declare_grid, hand_over


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments GRID and --try-models."""
    declare_grid(parser)
    parser.add_argument(
        "--try-models", action="store_true", help="also ask each model one real question"
    )


def run(given: Namespace) -> int:
    """Start Snakemake."""
    flags = ["--config", "try_models=true"] if given.try_models else []
    return hand_over(call_for(given, target="check", flags=flags))


COMMAND = Command("Check that every model of a grid is ready", arguments, run, passes_on=True)
