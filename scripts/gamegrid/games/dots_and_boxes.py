"""Dots and Boxes: draw lines between dots; whoever completes more boxes wins."""

from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import cell, column_name

LARGEST = 8
"""Most rows or columns of boxes, so that every dot row has a one-digit number."""
SOLVED_LINES = 13
"""Largest number of lines for which exhaustive search is instant."""
DRAWN = ("─", "│")
"""OpenSpiel's characters for a horizontal and a vertical line."""


class DotsAndBoxes(Game):
    """OpenSpiel's dots_and_boxes; actions number the horizontal lines by row, then the vertical.

    Texts name dots, not boxes: a1 is the top left dot.
    """

    short_name = "dots_and_boxes"
    themes = (Tag.BOARD, Tag.TERRITORY)
    aliases: ClassVar = {"dots_and_boxes_3x3": "dots_and_boxes(num_cols=3,num_rows=3)"}
    parameters = frozenset({"num_rows", "num_cols"})
    scoring = Scoring.WIN_LOSS
    opening_plies = 2

    @property
    def height(self) -> int:
        """Number of rows of boxes."""
        return int(self.spiel.get_parameters()["num_rows"])

    @property
    def width(self) -> int:
        """Number of columns of boxes."""
        return int(self.spiel.get_parameters()["num_cols"])

    @property
    def boxes(self) -> int:
        """Number of boxes on the board."""
        return self.height * self.width

    @property
    def title(self) -> str:
        return f"Dots and Boxes ({self.width} columns by {self.height} rows of boxes)"

    @property
    def oracle(self) -> Oracle:
        return Oracle.EXACT if self.max_plies <= SOLVED_LINES else Oracle.NONE

    def unsupported_reason(self) -> str | None:
        sides = (self.height, self.width)
        if min(sides) < 1 or max(sides) > LARGEST or self.boxes < 2:
            return f"num_rows and num_cols must be between 1 and {LARGEST}, and not both 1."
        return None

    def rules(self) -> str:
        last = column_name(self.width)
        tie = (
            "if both have completed the same number, the game is a draw"
            if self.boxes % 2 == 0
            else "a draw is not possible, as the number of boxes is odd"
        )
        return (
            f"The board has {self.height + 1} rows of {self.width + 1} dots. Dots are named by "
            f"column letter, a to {last} from left to right, and row number, 1 to "
            f"{self.height + 1} from top to bottom: a1 is the top left dot. Two players, Player 1 "
            f"and Player 2, take turns; Player 1 moves first. In a turn a player draws one line "
            f"that is not drawn yet between two dots next to each other: a horizontal line, such "
            f'as "horizontal line a1-b1", or a vertical line, such as "vertical line a1-a2". '
            f"Four dots next to each other are the corners of a box; there are {self.boxes} "
            f"boxes. A player who draws the fourth side of a box has completed it and owns it, "
            f"whoever drew the other sides; one line can complete two boxes. A player who "
            f"completes a box must move again at once; otherwise the other player moves. The "
            f"game ends when all lines are drawn. The player who owns more boxes wins and the "
            f"other loses; {tie}."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        picture = state.observation_string(seat).split("\n")
        owned = [sum(line.count(mark) for line in picture) for mark in "12"]
        count = ", ".join(f"{self.seat_name(s)} owns {owned[s]}" for s in (0, 1))
        return "\n".join(
            [
                f"You are {self.seat_name(seat)}. Dots are shown as +, drawn lines as --- and |, "
                f"a completed box by the number of the player who owns it.",
                "  " + "   ".join(column_name(c) for c in range(self.width + 1)),
                *(self._line(picture[n], n) for n in range(2 * self.height + 1)),
                f"Boxes: {count}, {self.boxes - sum(owned)} not completed.",
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        horizontal = (self.height + 1) * self.width
        if action < horizontal:
            row, column = divmod(action, self.width)
            return f"horizontal line {cell(row, column)}-{cell(row, column + 1)}"
        row, column = divmod(action - horizontal, self.width + 1)
        return f"vertical line {cell(row, column)}-{cell(row + 1, column)}"

    def _line(self, drawn: str, number: int) -> str:
        """Draw one line of the picture: dots and horizontal lines, or vertical lines and owners.

        Every fourth character of OpenSpiel's line is a dot or a vertical line.
        """
        if number % 2 == 0:
            sides = ("---" if drawn[4 * c + 2] == DRAWN[0] else "   " for c in range(self.width))
            return f"{number // 2 + 1} +" + "".join(f"{side}+" for side in sides)
        places = range(self.width + 1)
        verticals = ["|" if drawn[4 * c] == DRAWN[1] else " " for c in places]
        owners = [drawn[4 * c + 2] for c in range(self.width)] + [""]
        cells = (f"{v} {o} " if o else v for v, o in zip(verticals, owners, strict=True))
        return ("  " + "".join(cells)).rstrip()


GAME = DotsAndBoxes
