"""Draw Lanterns: the lit lanterns of each street, in the order in which players read them."""

import pyspiel

from gamegrid.games.lanterns import STREETS, Lanterns
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.nim_board import piles


def draw(game: Lanterns, state: pyspiel.State) -> str:
    """Draw the lit lanterns."""
    order = sorted(range(len(STREETS)), key=lambda street: STREETS[street])
    return piles(f"{game.title}.", [f"{name} Street" for name in STREETS], order, state)


BOARD = Board(Lanterns, draw)
