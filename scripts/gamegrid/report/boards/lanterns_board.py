"""Lanterns: what is lit in each street, in the order the players are told them."""

import pyspiel

from gamegrid.games.lanterns import STREETS, Lanterns
from gamegrid.report.boards.board import Board
from gamegrid.report.boards.nim_board import piles


def draw(game: Lanterns, state: pyspiel.State) -> str:
    """Draw the lanterns that are lit."""
    order = sorted(range(len(STREETS)), key=lambda street: STREETS[street])
    return piles(f"{game.title}.", [f"{name} Street" for name in STREETS], order, state)


BOARD = Board(Lanterns, draw)
