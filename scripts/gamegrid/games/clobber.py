"""Clobber: every move captures a neighbouring piece; a player who cannot move loses."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pyspiel

from gamegrid.games.boards import BoardGame
from gamegrid.games.game import Tag
from gamegrid.games.grids import cell, column_name, from_to, rows

DIRECTIONS = ((-1, 0), (0, 1), (1, 0), (0, -1))
LARGEST = 26


class Clobber(BoardGame):
    """OpenSpiel's clobber; an action encodes row, column and direction.

    OpenSpiel numbers the rows from the bottom. gamegrid numbers the rows of every board from the
    top, in observations and labels.
    """

    short_name = "clobber"
    themes = (Tag.BOARD, Tag.CAPTURE)
    aliases: ClassVar = {"clobber_4x4": "clobber(columns=4,rows=4)"}
    parameters = frozenset({"rows", "columns"})
    marks: ClassVar = ("o", "x")
    solved_cells = 12
    opening_plies = 2

    @property
    def title(self) -> str:
        return f"Clobber ({self.width} columns by {self.height} rows)"

    def unsupported_reason(self) -> str | None:
        sizes = (self.height, self.width)
        if min(sizes) < 2 or max(sizes) > LARGEST:
            return f"rows and columns must be between 2 and {LARGEST}."
        return None

    def rules(self) -> str:
        last = column_name(self.width - 1)
        corner = cell(self.height - 1, 0)
        return (
            f"Two players, o and x, play on a board of {self.height} rows and {self.width} "
            f"columns. Cells are named by column letter, a to {last} from left to right, and row "
            f"number, 1 to {self.height} from top to bottom: a1 is the top left cell. At the "
            f"start every cell holds a piece, of o and x by turns as on a chessboard, with a "
            f"piece of o in the bottom left cell {corner}. The players take turns; o moves first. "
            f"In a turn a player moves one piece of their own onto a neighbouring cell, up, down, "
            f"left or right (never diagonally), that holds a piece of the other player. That "
            f"piece is removed for good, and the cell the mover's piece came from stays empty. "
            f"There are no other moves, and nobody may pass. The first player who has no move in "
            f"their turn loses and the other wins; a draw is not possible. A move is written such "
            f'as "a2 takes a1".'
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        # Each line holds the row number, of one or two digits, followed by the cells.
        lines = [line[-self.width :] for line in state.observation_string(seat).split("\n")]
        board = rows(self.height, self.width, lambda r, c: lines[r][c])
        return "\n".join(
            [
                f"You are {self.marks[seat]}. Empty cells are shown as a dot; row 1 is the top.",
                *board,
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        place, direction = divmod(action, len(DIRECTIONS))
        row, column = divmod(place, self.width)
        down, right = DIRECTIONS[direction]
        return f"{cell(row, column)} takes {cell(row + down, column + right)}"

    def spellings(self, state: pyspiel.State, seat: int) -> Mapping[str, Sequence[str]]:
        return {label: from_to(label) for label in self.labels(state, seat)}


GAME = Clobber
