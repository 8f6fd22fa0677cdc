"""Say in two sentences which of two agents is better, and what would settle it."""

import textwrap
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import database_of
from gamegrid.store import claims
from gamegrid.store.tables import WIDTH, connect


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments A and B, and the options ``--results`` and ``--game``."""
    parser.add_argument("agent", metavar="A", help="an agent")
    parser.add_argument("rival", metavar="B", help="the agent that A is compared with")
    parser.add_argument(
        "--results", default="results", type=Path, help="a results folder (default: results)"
    )
    parser.add_argument(
        "--game", help="compare in this game (default: over all win_loss games, if there are any)"
    )


def run(given: Namespace) -> int:
    """Print two sentences for each comparison of the two agents."""
    with database_of(given.results) as database, closing(connect(database)) as connection:
        said = claims.compare(connection, given.agent, given.rival, given.game)
    print("\n\n".join(textwrap.fill(each, WIDTH) for each in said))
    return 0


COMMAND = Command("Say which of two agents is better, and what would settle it", arguments, run)
