"""Print the leaderboard of a results folder and the verdict of its controls."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import database_of
from gamegrid.store import control_verdict
from gamegrid.store.tables import leaderboard_text

GREEN, RED, PLAIN = "\033[32m", "\033[31m", "\033[0m"


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
    print(f"\n{_coloured(verdict)}")
    print(f"\nTables: {folder / 'tables'}/   Database: {database}")
    if (report := folder / "report.html").exists():
        print(f"Report: {report}")


def _coloured(verdict: control_verdict.ControlVerdict) -> str:
    """Return the verdict of the controls, coloured if the output is a terminal."""
    if not sys.stdout.isatty() or not (verdict.passed or verdict.red):
        return verdict.text
    return f"{RED if verdict.red else GREEN}{verdict.text}{PLAIN}"


COMMAND = Command("Print the leaderboard of a results folder", arguments, run)
