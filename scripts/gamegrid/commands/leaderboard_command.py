"""Print the leaderboard of a results folder and the verdict of its controls."""

import textwrap
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import database_of
from gamegrid.store import conduct_statements, control_verdict
from gamegrid.store.tables import WIDTH, leaderboard_text
from gamegrid.terminal import print_coloured

GREEN, YELLOW, RED = "\033[32m", "\033[33m", "\033[31m"


def arguments(parser: ArgumentParser) -> None:
    """Declare the argument RESULTS."""
    parser.add_argument(
        "results",
        nargs="?",
        default="results",
        type=Path,
        help="a results folder (default: results)",
    )


def run(given: Namespace) -> int:
    """Print the leaderboard and the paths of all other results."""
    show(given.results)
    return 0


def show(folder: Path) -> None:
    """Print the leaderboard of a results folder. Raises UserError if it cannot be read."""
    with database_of(folder) as database:
        text, verdict = leaderboard_text(database), control_verdict.read(database)
        said = conduct_statements.read(database)
    for each in said:
        print_coloured(textwrap.fill(each.text, WIDTH), RED if each.bad else YELLOW)
    if said:
        print()
    print(text)
    print()
    if verdict.green or verdict.red:
        print_coloured(verdict.text, RED if verdict.red else GREEN)
    else:
        print(verdict.text)
    print(f"\nTables: {folder / 'tables'}/   Database: {database}")
    if (report := folder / "report.html").exists():
        print(f"Report: {report}")


COMMAND = Command("Print the leaderboard of a results folder", arguments, run)
