"""Draw Lanterns: the lit lanterns of each street, in the order in which players read them."""

import pyspiel

from gamegrid.games.lanterns import STREETS, Lanterns
from gamegrid.report.boards.board import Board, Spot
from gamegrid.report.boards.nim_board import around, piles


def draw(game: Lanterns, state: pyspiel.State) -> str:
    """Draw the lit lanterns."""
    return piles(f"{game.title}.", [f"{name} Street" for name in STREETS], _order(), state)


def spot(game: Lanterns, state: pyspiel.State, action: int) -> Spot:
    """Return a box around the lanterns that a move puts out."""
    out, street = divmod(action, len(STREETS))
    return around(state, street, _order().index(street), out + 1)


def _order() -> list[int]:
    """Return the numbers of the streets in the order in which they are drawn."""
    return sorted(range(len(STREETS)), key=lambda street: STREETS[street])


BOARD = Board(Lanterns, draw, spot)
