"""Draw tic-tac-toe, normal or misère: crosses and noughts."""

import pyspiel

from gamegrid.games.tic_tac_toe import MARKS, SIDE, TicTacToe
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot
from gamegrid.report.boards.squares import CELL


def draw(game: TicTacToe, state: pyspiel.State) -> str:
    """Draw the marks on the board, and highlight the last one."""
    cells = str(state).split("\n")
    crosses, noughts = (squares.of(mark, cells) for mark in MARKS)
    newest = [divmod(action, SIDE) for action in state.history()[-1:]]
    arms = (svg.shape("path", d=f"M{CELL * c + 2} {CELL * r + 2}l6 6m0-6l-6 6") for r, c in crosses)
    words = svg.placed(MARKS, [squares.names(crosses), squares.names(noughts)])
    parts = [
        squares.last(newest),
        squares.lines(SIDE, SIDE),
        svg.seat(0, arms, solid=False),
        squares.discs(1, noughts),
    ]
    return squares.board(f"{game.title}. {words}", SIDE, SIDE, parts)


def spot(game: TicTacToe, state: pyspiel.State, action: int) -> Spot:
    """Return the cell that a move marks."""
    return squares.ring(*divmod(action, SIDE))


BOARD = Board(TicTacToe, draw, spot)
