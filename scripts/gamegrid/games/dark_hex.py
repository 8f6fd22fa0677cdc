"""Dark Hex: Hex in which neither player sees the other's stones."""

import pyspiel

from gamegrid.games.hex import LARGEST, SIDES, geometry
from gamegrid.games.phantom import MARKS, PhantomGame


class DarkHex(PhantomGame):
    """OpenSpiel's dark_hex on a square board.

    Its information states hold the number of tries of both players even under reveal-nothing. Its
    observations and phantom_ttt do not. The text a seat sees therefore states that number.
    """

    short_name = "dark_hex"
    parameters = PhantomGame.parameters | {"board_size"}
    abrupt_version = "adh"
    shift = 1
    counts_tries = True

    @property
    def side(self) -> int:
        return int(self.spiel.get_parameters()["board_size"])

    @property
    def title(self) -> str:
        return f"Dark Hex, {self.side} by {self.side}{self.variant}"

    def unsupported_reason(self) -> str | None:
        return None if 2 <= self.side <= LARGEST else f"board_size must be between 2 and {LARGEST}."

    def rules(self) -> str:
        return (
            f"Two players, x and o, take turns placing one mark (a stone) of their own on an empty "
            f"cell of a board of {self.side} rows and {self.side} columns; x moves first. "
            f"{self.blindness()} x tries to join {SIDES[0]}, o tries to join {SIDES[1]}, each "
            f"{geometry(self.side)}"
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        first, *others = super().observation(state, seat).split("\n")
        aims = f"You join {SIDES[seat]}, {MARKS[1 - seat]} joins {SIDES[1 - seat]}."
        return "\n".join([first, aims, *others])


GAME = DarkHex
