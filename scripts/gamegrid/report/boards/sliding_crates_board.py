"""Sliding crates: the lanes side by side, the gate on top, as their names and moves have them."""

import pyspiel

from gamegrid.games.sliding_crates import LANES, OWNERS, SlidingCrates
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.connect_four_board import upright


def draw(game: SlidingCrates, state: pyspiel.State) -> str:
    """Draw the crates; action 0 is the last of the named lanes."""
    return upright(f"{game.title}.", OWNERS, LANES[::-1], state)


BOARD = Board(SlidingCrates, draw)
