"""Draw Breakthrough: a board of pieces that move only forward."""

import pyspiel

from gamegrid.games.breakthrough import DIRECTIONS, SPIEL_MARKS, Breakthrough
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot


def draw(game: Breakthrough, state: pyspiel.State) -> str:
    """Draw the pieces, and mark the start and the end of the last move."""
    lines = state.observation_string(0).split("\n")[: game.height]
    # Each line starts with the row's number. The last line, left out, has the column names, among
    # them b, which also stands for a piece.
    rows = ["".join(SPIEL_MARKS[mark] for mark in line[1 : 1 + game.width]) for line in lines]
    owned = [squares.of(mark, rows) for mark in game.marks]
    newest = [place for action in state.history()[-1:] for place in _ends(game, action)]
    words = svg.placed(game.marks, [squares.names(places) for places in owned])
    parts = [
        squares.last(newest),
        squares.lines(game.height, game.width),
        *(squares.discs(seat, places) for seat, places in enumerate(owned)),
    ]
    return squares.board(f"{game.title}. {words}", game.height, game.width, parts)


def _ends(game: Breakthrough, action: int) -> tuple[squares.Square, squares.Square]:
    """Return the cells where a move starts and ends."""
    place, direction = divmod(action // 2, len(DIRECTIONS))
    row, column = divmod(place, game.width)
    down, right = DIRECTIONS[direction]
    return (row, column), (row + down, column + right)


def spot(game: Breakthrough, state: pyspiel.State, action: int) -> Spot:
    """Return the arrow of a move."""
    start, end = _ends(game, action)
    return squares.arrow(start, end)


BOARD = Board(Breakthrough, draw, spot)
