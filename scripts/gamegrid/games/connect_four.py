"""Connect Four: drop discs into columns until four stand in a line."""

from typing import ClassVar

import pyspiel

from gamegrid.games.boards import BoardGame
from gamegrid.games.game import Tag
from gamegrid.games.grids import column_name, rows


class ConnectFour(BoardGame):
    """OpenSpiel's connect_four; the action is the column, counted from the left."""

    short_name = "connect_four"
    themes = (Tag.BOARD, Tag.CONNECTION)
    aliases: ClassVar = {"connect_four_4x4": "connect_four(columns=4,rows=4)"}
    parameters = frozenset({"rows", "columns", "x_in_row"})
    solved_cells = 16
    opening_plies = 4

    @property
    def line(self) -> int:
        """Number of discs in a row that wins."""
        return int(self.spiel.get_parameters()["x_in_row"])

    @property
    def title(self) -> str:
        in_a_row = "" if self.line == 4 else f", {self.line} in a row"
        return f"Connect Four ({self.width} columns by {self.height} rows{in_a_row})"

    def unsupported_reason(self) -> str | None:
        sizes = (self.height, self.width, self.line)
        if min(sizes) < 1 or max(sizes) > 26:
            return "rows, columns and x_in_row must be between 1 and 26."
        return None

    def rules(self) -> str:
        last = column_name(self.width - 1)
        return (
            f"Two players, x and o, take turns dropping one disc of their own into one of the "
            f"{self.width} columns of an upright board with {self.height} rows; x moves first. A "
            f"disc falls to the lowest empty cell of its column; a full column cannot be chosen. "
            f"The first player with {self.line} discs of their own in an unbroken line "
            f"(horizontal, vertical or diagonal) wins and the other loses. If the board is full "
            f"and nobody has such a line, the game is a draw. Columns are named by letter from "
            f"left to right, a to {last}; a move is the letter of a column."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        cells = state.observation_string(seat).split()
        board = rows(self.height, self.width, lambda r, c: cells[r][c])
        return "\n".join(
            [
                f"You are {self.marks[seat]}. Empty cells are shown as a dot; row 1 is the top.",
                *board,
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return column_name(action)


GAME = ConnectFour
