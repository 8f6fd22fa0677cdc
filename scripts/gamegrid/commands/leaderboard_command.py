"""Print the leaderboard of a results folder and the verdict of its controls."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import database_of
from gamegrid.store import control_verdict
from gamegrid.store.tables import leaderboard_text
from gamegrid.terminal import print_coloured

GREEN, RED = "\033[32m", "\033[31m"


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
    print(text)
    print()
    if verdict.passed or verdict.red:
        print_coloured(verdict.text, RED if verdict.red else GREEN)
    else:
        print(verdict.text)
    print(f"\nTables: {folder / 'tables'}/   Database: {database}")
    if (report := folder / "report.html").exists():
        print(f"Report: {report}")


COMMAND = Command("Print the leaderboard of a results folder", arguments, run)
