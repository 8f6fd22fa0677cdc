"""Compute the reference equilibria that bots play and the judge uses."""

from argparse import ArgumentParser, Namespace

from gamegrid.commands.command import Command
from gamegrid.errors import UserError
from gamegrid.oracles.equilibrium import REFERENCES, write_reference


def arguments(parser: ArgumentParser) -> None:
    """Declare the argument GAMES."""
    parser.add_argument("games", nargs="+", metavar="GAME", help="an alias or load string")


def run(given: Namespace) -> int:
    """Write the reference equilibrium of each game."""
    for name in given.games:
        try:
            print(write_reference(name, REFERENCES))
        except ValueError as error:
            raise UserError(f"{error}.") from error
    return 0


COMMAND = Command("Compute the reference equilibria of games", arguments, run)
