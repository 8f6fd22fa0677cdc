"""Breakthrough: be the first to bring a piece to the far side of the board."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pyspiel

from gamegrid.games.boards import BoardGame
from gamegrid.games.game import Oracle, Tag
from gamegrid.games.grids import cell, column_name, from_to, rows

SPIEL_MARKS = {"b": "x", "w": "o", ".": "."}
"""Maps OpenSpiel's marks to the suite's. OpenSpiel's "b" would also be a column letter."""
DIRECTIONS = ((1, -1), (1, 0), (1, 1), (-1, -1), (-1, 0), (-1, 1))
DOUBLE_FROM = 6
"""Boards with at least this many rows start with two rows of pieces per player."""
SOLVED_WIDE = ((4, 4), (4, 5), (5, 4))
"""Larger (rows, columns) that search solves in seconds. Narrower boards of that size take longer.
"""
LARGEST = 26


class Breakthrough(BoardGame):
    """OpenSpiel's breakthrough; an action encodes row, column, direction and capture.

    OpenSpiel numbers the rows from the bottom. gamegrid numbers the rows of every board from the
    top, in observations and labels.
    """

    short_name = "breakthrough"
    themes = (Tag.BOARD, Tag.CAPTURE, Tag.RACE)
    aliases: ClassVar = {
        "breakthrough_5x4": "breakthrough(columns=4,rows=5)",
        "breakthrough_6x6": "breakthrough(columns=6,rows=6)",
    }
    parameters = frozenset({"rows", "columns"})
    solved_cells = 12
    opening_plies = 2

    @property
    def oracle(self) -> Oracle:
        wide = (self.height, self.width) in SOLVED_WIDE
        return Oracle.EXACT if wide else super().oracle

    @property
    def title(self) -> str:
        return f"Breakthrough ({self.width} columns by {self.height} rows)"

    def unsupported_reason(self) -> str | None:
        if not (3 <= self.height <= LARGEST and 2 <= self.width <= LARGEST):
            return f"rows must be between 3 and {LARGEST}, columns between 2 and {LARGEST}."
        return None

    def rules(self) -> str:
        last, height = column_name(self.width - 1), self.height
        if height >= DOUBLE_FROM:
            first, second = "rows 1 and 2", f"rows {height - 1} and {height}"
        else:
            first, second = "row 1", f"row {height}"
        return (
            f"Two players, x and o, play on a board of {height} rows and {self.width} columns. "
            f"Cells are named by column letter, a to {last} from left to right, and row number, 1 "
            f"to {height} from top to bottom: a1 is the top left cell. At the start the pieces of "
            f"x fill {first} at the top, those of o fill {second} at the bottom. The players take "
            f"turns moving one piece of their own by one cell; x moves first. Pieces of x only "
            f"move down, towards row {height}, those of o only up, towards row 1. A piece moves "
            f"straight forward or diagonally forward, left or right, to an empty cell of the next "
            f"row. It may also capture a piece of the other player, which is then removed, by "
            f"moving onto its cell; but only diagonally forward, never straight. Capturing is "
            f"never compulsory, and nobody may pass. The first player to move a piece into the "
            f"row farthest from their own side (row {height} for x, row 1 for o), or to capture "
            f"all pieces of the other player, wins and the other loses; a draw is not possible. "
            f'A move is written from cell to cell, such as "a2 to a3", a capture such as '
            f'"a2 takes b3".'
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        lines = state.observation_string(seat).split("\n")
        board = rows(self.height, self.width, lambda r, c: SPIEL_MARKS[lines[r][1 + c]])
        heading, goal = (("down", self.height), ("up", 1))[seat]
        return "\n".join(
            [
                f"You are {self.marks[seat]} and move {heading}, towards row {goal}. Empty cells "
                f"are shown as a dot; row 1 is the top.",
                *board,
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        place, capture = divmod(action, 2)
        place, direction = divmod(place, len(DIRECTIONS))
        row, column = divmod(place, self.width)
        down, right = DIRECTIONS[direction]
        verb = "takes" if capture else "to"
        return f"{cell(row, column)} {verb} {cell(row + down, column + right)}"

    def spellings(self, state: pyspiel.State, seat: int) -> Mapping[str, Sequence[str]]:
        return {label: from_to(label) for label in self.labels(state, seat)}


GAME = Breakthrough
