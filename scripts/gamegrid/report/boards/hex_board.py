"""Draw Hex: a rhombus of six-sided cells, with the sides that each player must connect."""

import pyspiel

from gamegrid.games.grids import column_name
from gamegrid.games.hex import MARKS, Hex
from gamegrid.report.boards import squares, svg
from gamegrid.report.boards.board import Board, Spot
from gamegrid.report.palette import SEATS

WIDE, HIGH = 10, 9
"""The distance between neighbouring cells of a row, and between neighbouring rows."""


def draw(game: Hex, state: pyspiel.State) -> str:
    """Draw the stones, and mark the last one."""
    side = game.side
    marks = state.observation_string(0).split()
    rows = ["".join(marks[side * row : side * (row + 1)]) for row in range(side)]
    owned = [squares.of(mark, rows) for mark in MARKS]
    words = svg.placed(MARKS, [squares.names(places) for places in owned])
    newest = [divmod(action, side) for action in state.history()[-1:]]
    axes = [
        *(svg.text(column_name(c), x=WIDE * c + 5, y=-2) for c in range(side)),
        *(svg.text(str(r + 1), x=WIDE / 2 * r - 5, y=HIGH * r + 8) for r in range(side)),
    ]
    parts = [
        svg.letters(axes, size=squares.SMALL if side < squares.FEW else svg.FONT),
        svg.last(svg.shape("path", d=f"M{_left(*place)} {_top(*place)}{CELL}") for place in newest),
        svg.shape(
            "path",
            d=_lines(side),
            fill="none",
            stroke="currentColor",
            stroke_width=0.4,
            opacity=0.5,
        ),
        *(
            svg.shape("path", d=path, fill="none", stroke=str(SEATS[seat]), stroke_width=1.2)
            for seat, path in enumerate(_sides(side))
        ),
        *(svg.discs(n, map(centre, places), radius=3.6) for n, places in enumerate(owned)),
    ]
    box = (-10, -8, 1.5 * WIDE * side + 8, HIGH * side + 13)
    return svg.picture(f"{game.title}. {words}", box, parts)


def centre(place: squares.Square) -> tuple[float, float]:
    """Return the coordinates of the centre of a cell."""
    row, column = place
    return WIDE * column + WIDE / 2 * (row + 1), HIGH * row + 6


CELL = "l5-3 5 3v6l-5 3-5-3z"
"""The path around a cell, from its upper left corner."""


def _left(row: int, column: int) -> float:
    return WIDE * column + WIDE // 2 * row


def _top(row: int, _: int) -> float:
    return HIGH * row + 3


def _lines(side: int) -> str:
    """Return the path of all cell borders: those above each row, then those below the last."""
    rows = (
        f"M{_left(row, 0)} {_top(row, 0)}{'v6m0-6l5-3 5 3' * side}v6M{_left(row, 0)} "
        f"{_top(row, 0) + 6}l5 3"
        for row in range(side)
    )
    return "".join(rows) + f"{'l5-3 5 3'[:4]} 5 3" + "l5-3 5 3" * (side - 2) + "l5-3"


def _sides(side: int) -> tuple[str, str]:
    """Return the paths of the sides that x connects (top and bottom) and o (left and right)."""
    low, right = _top(side - 1, 0) + 6, _left(0, side)
    top = f"M0 3{'l5-3 5 3' * side}M{_left(side - 1, 0)} {low}{'l5 3 5-3' * side}"
    left = "M0 3v6" + "l5 3v6" * (side - 1)
    return top, f"{left}M{right} 3{'v6l5 3' * (side - 1)}v6"


def spot(game: Hex, state: pyspiel.State, action: int) -> Spot:
    """Return the cell of a move."""
    return Spot("ring", (*centre(divmod(action, game.side)), 3.8))


BOARD = Board(Hex, draw, spot)
