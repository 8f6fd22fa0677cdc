"""Boards of square cells, ten units wide. The top left cell is a1, as in the games' texts."""

from collections.abc import Iterable, Sequence

from gamegrid.games.grids import cell, column_name
from gamegrid.report.boards import svg
from gamegrid.report.boards.board import Spot

CELL = 10
FEW, SMALL = 6, 3
"""Boards with fewer columns than this are drawn larger, so they have a smaller font."""
Square = tuple[int, int]
"""Row and column, from 0 at the top left."""


def board(
    words: str,
    rows: int,
    columns: int,
    parts: Iterable[str],
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    kind: str = "board",
) -> str:
    """Return a board with its axes.

    ``names`` are the names of rows and columns, by default 1, 2, … and a, b, …. ``words`` describe
    the board for screen readers. A board of the kind ``wood`` has the same colours in both themes.
    """
    down, across = names or (
        [str(row + 1) for row in range(rows)],
        [column_name(column) for column in range(columns)],
    )
    size = SMALL if columns < FEW else svg.FONT
    left = svg.ADVANCE / svg.FONT * size * max(map(len, down)) + 4
    axes = [
        *(
            svg.text(name, x=-left / 2, y=CELL * row + 5 + size / 3)
            for row, name in enumerate(down)
        ),
        *(svg.text(name, x=CELL * col + 5, y=-3) for col, name in enumerate(across)),
    ]
    box = (-left, -10, CELL * columns + left + 2, CELL * rows + 12)
    return svg.picture(words, box, [svg.letters(axes, size=size), *parts], kind)


def lines(rows: int, columns: int) -> str:
    """Return the lines between and around the cells."""
    width, height = CELL * columns, CELL * rows
    across = "".join(f"M0 {CELL * row}h{width}" for row in range(rows + 1))
    down = "".join(f"M{CELL * column} 0v{height}" for column in range(columns + 1))
    return svg.shape(
        "path", d=across + down, fill="none", stroke="currentColor", stroke_width=0.4, opacity=0.5
    )


def discs(seat: int, places: Iterable[Square]) -> str:
    """Return a seat's stones, one on each of ``places``."""
    return svg.discs(seat, ((CELL * column + 5, CELL * row + 5) for row, column in places))


def last(places: Iterable[Square]) -> str:
    """Return the marks on the cells of the last move."""
    return svg.last(
        svg.shape("rect", x=CELL * column + 0.6, y=CELL * row + 0.6, width=8.8, height=8.8)
        for row, column in places
    )


def ring(row: int, column: int) -> Spot:
    """Return the spot of a move onto one square."""
    return Spot("ring", (CELL * column + 5, CELL * row + 5, 4.2))


def arrow(start: Square, end: Square) -> Spot:
    """Return the spot of a move from one square to another."""
    (down, right), (to_down, to_right) = start, end
    return Spot(
        "arrow", (CELL * right + 5, CELL * down + 5, CELL * to_right + 5, CELL * to_down + 5)
    )


def of(mark: str, cells: Sequence[str]) -> list[Square]:
    """Return the places of ``mark`` in rows of text with one letter per cell."""
    return [(r, c) for r, row in enumerate(cells) for c, letter in enumerate(row) if letter == mark]


def names(places: Iterable[Square]) -> list[str]:
    """Return the names of places, such as a1."""
    return [cell(row, column) for row, column in places]
