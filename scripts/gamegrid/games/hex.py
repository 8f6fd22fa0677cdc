"""Hex: join your two sides of a hexagonal board with a chain of your own stones."""

from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import cell, column_name, listing, rows

MARKS = ("x", "o")
SIDES = ("the top row to the bottom row", "the left column to the right column")
LARGEST = 19
SOLVED_SIDE = 4
"""Largest board side for which exhaustive search takes seconds."""
BALANCED_SIDE = 3
"""Largest board side whose openings are checked to keep the game's value. Openings on the next
larger board are not checked, because stored results were played from unchecked ones. Both seatings
play each opening."""


class Hex(Game):
    """OpenSpiel's hex on a square board without swap; action = board_size * row + column."""

    short_name = "hex"
    themes = (Tag.BOARD, Tag.CONNECTION)
    aliases: ClassVar = {
        "hex_4": "hex(board_size=4)",
        "hex_5": "hex(board_size=5)",
        "hex_7": "hex(board_size=7)",
    }
    parameters = frozenset({"board_size"})
    scoring = Scoring.WIN_LOSS
    opening_plies = 2

    @property
    def side(self) -> int:
        """Number of rows, which equals the number of columns."""
        return int(self.spiel.get_parameters()["board_size"])

    @property
    def title(self) -> str:
        return f"Hex ({self.side} by {self.side})"

    @property
    def oracle(self) -> Oracle:
        return Oracle.EXACT if self.side <= SOLVED_SIDE else Oracle.NONE

    @property
    def balanced_openings(self) -> bool:
        return self.side <= BALANCED_SIDE

    def unsupported_reason(self) -> str | None:
        return None if 2 <= self.side <= LARGEST else f"board_size must be between 2 and {LARGEST}."

    def rules(self) -> str:
        return (
            f"Two players, x and o, take turns placing one stone of their own on any empty cell of "
            f"a board of {self.side} rows and {self.side} columns; x moves first. Stones are never "
            f"moved or removed. x tries to join {SIDES[0]}, o tries to join {SIDES[1]}, each "
            f"{geometry(self.side)}"
        )

    def seat_name(self, seat: int) -> str:
        return MARKS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        marks = state.observation_string(seat).split()
        stones = [
            [cell(*divmod(n, self.side)) for n, mark in enumerate(marks) if mark == own]
            for own in MARKS
        ]
        board = rows(self.side, self.side, lambda r, c: marks[self.side * r + c], shift=1)
        return "\n".join(
            [
                f"You are {MARKS[seat]} and join {SIDES[seat]}; {MARKS[1 - seat]} joins "
                f"{SIDES[1 - seat]}. Empty cells are shown as a dot.",
                *board,
                *(
                    f"Stones of {own}: {listing(cells)}."
                    for own, cells in zip(MARKS, stones, strict=True)
                ),
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return cell(*divmod(action, self.side))


def geometry(side: int) -> str:
    """Return the part of the rules on geometry: the winning chain, cells and their neighbours."""
    last, corner = column_name(side - 1), cell(side - 1, side - 1)
    return (
        f"with an unbroken chain of their own stones from cell to neighbouring cell, of any shape. "
        f"The player who completes such a chain wins and the other loses; a draw is not "
        f"possible. Cells are named by column letter, a to {last} from left to right, and row "
        f"number, 1 to {side} from top to bottom: a1 is the top left corner and {corner} "
        f"the bottom right one. The cells are hexagons, and each row is shifted half a cell "
        f"to the right of the row above. So a cell has up to six neighbours: the cells to "
        f"its left and right in its row; in the row above the cell of the same letter and the "
        f"one of the next letter; in the row below the cell of the same letter and the one of "
        f"the letter before. For example, b2 has the neighbours {listing(_around_b2(side))}. "
        f"The four corner cells belong to both of their sides."
    )


def _around_b2(side: int) -> list[str]:
    """Return the names of the neighbours of b2, row by row."""
    places = ((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1))
    return [cell(r, c) for r, c in places if max(r, c) < side]


GAME = Hex
