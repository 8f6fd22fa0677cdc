"""Drawings of games as SVG: one module per drawing, found by the ``BOARD`` it declares."""

from functools import cache
from typing import Any

import pyspiel

import gamegrid.report.boards
from gamegrid import plugins
from gamegrid.games.game import Game
from gamegrid.report.boards.board import Board

__all__ = ["Board", "draw"]


def draw(game: Game, state: pyspiel.State) -> str | None:
    """Return the drawing of ``state``, or None for a game that is told in words only."""
    boards = _boards(plugins.folders())
    kind = next((kind for kind in type(game).__mro__ if kind in boards), None)
    return None if kind is None else boards[kind].draw(game, state)


@cache
def _boards(folders: plugins.Folders) -> dict[type, Board[Any]]:
    """The drawings by the class they are for: the package's own and the user's."""
    own = plugins.discover(gamegrid.report.boards, "BOARD")
    return {b.kind: b for b in [*own, *(b for _, b in plugins.declared(folders, "BOARD"))]}
