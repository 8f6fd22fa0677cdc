"""Drawings of games as SVG: one module each, found by the ``BOARD`` it declares."""

import pyspiel

from gamegrid import plugins
from gamegrid.games.game import Game
from gamegrid.report.boards.board import Board

__all__ = ["Board", "draw"]


def draw(game: Game, state: pyspiel.State) -> str | None:
    """Return the drawing of ``state``, or None for a game without a board."""
    boards = {board.kind: board for board in plugins.values(plugins.BOARD)}
    kind = next((kind for kind in type(game).__mro__ if kind in boards), None)
    return None if kind is None else boards[kind].draw(game, state)
