"""Draw Dots and Boxes: the lines, and the boxes with their owners."""

import pyspiel

from gamegrid.games.dots_and_boxes import DRAWN, DotsAndBoxes
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot
from gamegrid.report.boards.squares import CELL

WIDE = 1.6
"""Width of a line."""


def draw(game: DotsAndBoxes, state: pyspiel.State) -> str:
    """Draw lines, owners and dots; the last line is wider."""
    picture = state.observation_string(0).split("\n")
    rows, columns = game.height, game.width
    across = [(r, c) for r in range(rows + 1) for c in range(columns)
              if picture[2 * r][4 * c + 2] == DRAWN[0]]  # fmt: skip
    down = [(r, c) for r in range(rows) for c in range(columns + 1)
            if picture[2 * r + 1][4 * c] == DRAWN[1]]  # fmt: skip
    owners = ["".join(picture[2 * r + 1][4 * c + 2] for c in range(columns)) for r in range(rows)]
    owned = [squares.of(mark, owners) for mark in "12"]
    said = [f"{game.seat_name(seat)} owns {len(places)}" for seat, places in enumerate(owned)]
    words = f"{game.title}. {len(across) + len(down)} lines are drawn; {', '.join(said)}."
    parts = [
        *(_boxes(seat, places) for seat, places in enumerate(owned)),
        svg.group("lines", [*(_across(*place) for place in across),
                            *(_down(*place) for place in down)],
                  stroke="currentColor", stroke_width=WIDE),
        svg.group("last", (_line(game, action) for action in state.history()[-1:]),
                  stroke="currentColor", stroke_width=2 * WIDE),
        svg.group("dots", (svg.shape("circle", cx=CELL * c, cy=CELL * r, r=1.2)
                           for r in range(rows + 1) for c in range(columns + 1))),
    ]  # fmt: skip
    # The axes name dots, not cells, so the board moves by half a cell.
    moved = svg.group("board", parts, transform="translate(5 5)")
    return squares.board(words, rows + 1, columns + 1, [moved])


def _boxes(seat: int, places: list[squares.Square]) -> str:
    boxes = (
        svg.shape("rect", x=CELL * c + 2, y=CELL * r + 2, width=6, height=6) for r, c in places
    )
    return svg.seat(seat, boxes, solid=seat == 0)


def _across(row: int, column: int) -> str:
    return svg.shape("path", d=f"M{CELL * column} {CELL * row}h{CELL}")


def _down(row: int, column: int) -> str:
    return svg.shape("path", d=f"M{CELL * column} {CELL * row}v{CELL}")


def _line(game: DotsAndBoxes, action: int) -> str:
    row, column, down = _where(game, action)
    return _down(row, column) if down else _across(row, column)


def _where(game: DotsAndBoxes, action: int) -> tuple[int, int, bool]:
    """Return the row and column of the dot where a line begins, and whether it goes down."""
    horizontal = (game.height + 1) * game.width
    if action < horizontal:
        return *divmod(action, game.width), False
    return *divmod(action - horizontal, game.width + 1), True


def spot(game: DotsAndBoxes, state: pyspiel.State, action: int) -> Spot:
    """Return the line that a move draws."""
    row, column, down = _where(game, action)
    x, y = CELL * column + 5, CELL * row + 5
    return Spot("line", (x, y, x, y + CELL) if down else (x, y, x + CELL, y))


BOARD = Board(DotsAndBoxes, draw, spot)
