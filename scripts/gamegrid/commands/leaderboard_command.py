"""Print what the results say, the leaderboard and the verdict of the controls."""

import shutil
import textwrap
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import database_of
from gamegrid.store import control_verdict, headline
from gamegrid.store.headline import Severity, Statement
from gamegrid.store.tables import WIDTH, connect, leaderboard_text
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
    if (report := given.results / "report.html").exists():
        print(f"Report: {report}")
    return 0


def show(folder: Path) -> None:
    """Print the leaderboard of a results folder, as wide as the terminal, and where it comes from.

    Raises UserError if it cannot be read.
    """
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    with database_of(folder) as database:
        with closing(connect(database)) as connection:
            said = headline.stored(connection)
        text, verdict = leaderboard_text(database, width), control_verdict.read(database)
    for statement in said:
        if statement.game is None:
            _say(statement, width)
    print(f"\n{text}\n")
    if verdict.green or verdict.red:
        print_coloured(verdict.text, RED if verdict.red else GREEN)
    else:
        print(verdict.text)
    print(f"\nTables: {folder / 'tables'}/\nDatabase: {database}")


def _say(statement: Statement, width: int) -> None:
    """Print one statement of the headline."""
    text = textwrap.fill(statement.sentence, width)
    match statement.severity:
        case Severity.BAD:
            print_coloured(text, RED)
        case Severity.WARN:
            print_coloured(text, YELLOW)
        case Severity.PLAIN:
            print(text)


COMMAND = Command("Print the leaderboard of a results folder", arguments, run)
