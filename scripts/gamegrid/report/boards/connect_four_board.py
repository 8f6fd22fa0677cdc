"""Draw Connect Four: an upright board of discs."""

from collections.abc import Sequence

import pyspiel

from gamegrid.games.connect_four import ConnectFour
from gamegrid.games.game import Game
from gamegrid.games.grids import column_name
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot

MARKS = ("x", "o")


def draw(game: ConnectFour, state: pyspiel.State) -> str:
    """Draw the discs."""
    columns = [column_name(column) for column in range(game.width)]
    return upright(f"{game.title}.", MARKS, columns, state)


def upright(title: str, seats: Sequence[str], columns: Sequence[str], state: pyspiel.State) -> str:
    """Draw a game like Connect Four in other words, with names for its seats and columns."""
    cells = str(state).split()
    owned = [squares.of(mark, cells) for mark in MARKS]
    newest = [(_top(cells, column), column) for column in state.history()[-1:]]
    said = [[f"{columns[c]}{r + 1}" for r, c in places] for places in owned]
    rows = [str(row + 1) for row in range(len(cells))]
    parts = [
        squares.last(newest),
        squares.lines(len(cells), len(columns)),
        *(squares.discs(seat, places) for seat, places in enumerate(owned)),
    ]
    words = f"{title} {svg.placed(seats, said)}"
    return squares.board(words, len(cells), len(columns), parts, (rows, columns))


def _top(cells: Sequence[str], column: int) -> int:
    """Return the row of the top disc of a column."""
    return next(row for row, line in enumerate(cells) if line[column] != ".")


def spot(game: Game, state: pyspiel.State, action: int) -> Spot:
    """Return the cell onto which a piece would fall."""
    cells = str(state).split()
    free = [row for row, line in enumerate(cells) if line[action] == "."]
    return squares.ring(max(free), action)


BOARD = Board(ConnectFour, draw, spot)
