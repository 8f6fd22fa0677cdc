"""Draw Sliding Crates: the lanes side by side, with the gate on top."""

import pyspiel

from gamegrid.games.sliding_crates import LANES, OWNERS, SlidingCrates
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.connect_four_board import spot, upright


def draw(game: SlidingCrates, state: pyspiel.State) -> str:
    """Draw the crates. Action 0 is the last of the named lanes, so their order is reversed."""
    return upright(f"{game.title}.", OWNERS, LANES[::-1], state)


BOARD = Board(SlidingCrates, draw, spot)
