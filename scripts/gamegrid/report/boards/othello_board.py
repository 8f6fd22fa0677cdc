"""Draw Othello: a board of discs in two colours."""

import pyspiel

from gamegrid.games.othello import MARKS, PASS, SIDE, Othello, cells
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot


def draw(game: Othello, state: pyspiel.State) -> str:
    """Draw the discs, and mark the one placed last."""
    marks = cells(state)
    rows = [marks[SIDE * row : SIDE * (row + 1)] for row in range(SIDE)]
    owned = [squares.of(mark, rows) for mark in MARKS]
    newest = [divmod(action, SIDE) for action in state.history()[-1:] if action != PASS]
    words = svg.placed(MARKS, [squares.names(places) for places in owned])
    parts = [
        squares.last(newest),
        squares.lines(SIDE, SIDE),
        *(squares.discs(seat, places) for seat, places in enumerate(owned)),
    ]
    return squares.board(f"{game.title}. {words}", SIDE, SIDE, parts)


def spot(game: Othello, state: pyspiel.State, action: int) -> Spot | None:
    """Return the cell of a move; a pass has none."""
    return None if action == PASS else squares.ring(*divmod(action, SIDE))


BOARD = Board(Othello, draw, spot)
