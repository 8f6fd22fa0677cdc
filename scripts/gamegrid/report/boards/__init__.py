"""Drawings of games as SVG: one module each, found by the ``BOARD`` it declares."""

from typing import Any

import pyspiel

from gamegrid import plugins
from gamegrid.games.game import Game, legal_actions
from gamegrid.report.boards.board import Board, Notation, Spot

__all__ = ["Board", "Notation", "Spot", "draw", "notation", "seen", "spots"]


def draw(game: Game, state: pyspiel.State) -> str | None:
    """Return the drawing of ``state``, or None for a game without a board."""
    board = _board(game)
    return None if board is None else board.draw(game, state)


def seen(game: Game, state: pyspiel.State, seat: int) -> str | None:
    """Return a drawing of what ``seat`` may know of ``state``, or None if there is none.

    States that the seat cannot tell apart have equal drawings.
    """
    board = _board(game)
    if board is None:
        return None
    if not game.hidden_information:
        return board.draw(game, state)
    return None if board.seen is None else board.seen(game, state, seat)


def spots(game: Game, state: pyspiel.State, seat: int) -> list[Spot | None]:
    """Return where each legal move of ``seat`` is on the drawing, in the order of its labels."""
    board = _board(game)
    actions = legal_actions(state, seat)
    return [None if board is None else board.spot(game, state, each) for each in actions]


def notation(game: Game) -> Notation[Any] | None:
    """Return the standard notation of a game, if its board declares one."""
    board = _board(game)
    return None if board is None else board.notation


def _board(game: Game) -> Board[Any] | None:
    boards = {board.kind: board for board in plugins.values(plugins.BOARD)}
    kind = next((kind for kind in type(game).__mro__ if kind in boards), None)
    return None if kind is None else boards[kind]
