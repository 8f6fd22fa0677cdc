"""Sliding crates: Connect Four on a 4 by 4 board, rotated and told as crates in storage lanes."""

import pyspiel

from gamegrid.games.disguise import Disguise

LANES = ("Oak", "Elm", "Ash", "Fir")
"""Names of the columns from right to left, shown top to bottom: rotated and mirrored."""
OWNERS = ("amber", "teal")
LETTERS = {"x": "A", "o": "T", ".": "-"}


class SlidingCrates(Disguise):
    """The game tree of connect_four_4x4; an action is a column, counted from the left."""

    short_name = "sliding_crates"
    plain = "connect_four_4x4"
    title = "Sliding crates (4 lanes, 4 deep)"

    def rules(self) -> str:
        return (
            "A store has 4 parallel lanes, each with 4 places one behind the other from the far "
            f"wall to the gate. The lanes lie side by side in this order: {', '.join(LANES)}. Two "
            "players, amber and teal, take turns pushing one crate of their own colour through "
            "the gate into a lane; amber begins. A crate slides to the deepest free place of its "
            "lane; a lane with 4 crates is closed. The first player with 4 crates of their own "
            "in a straight run without a gap wins and the other loses: all 4 places of one lane, "
            "or the places of equal depth in all 4 lanes, or a slant that goes one place deeper "
            "(or one less deep) from each lane to the next. If the store is full and nobody has "
            "such a run, the game is a draw. A move is the name of a lane."
        )

    def seat_name(self, seat: int) -> str:
        return OWNERS[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        lines = state.observation_string(seat).split()
        lanes = [
            f"{name}: {' '.join(LETTERS[line[column]] for line in reversed(lines))}"
            for column, name in zip(reversed(range(len(LANES))), LANES, strict=True)
        ]
        return "\n".join(
            [
                f"You are {OWNERS[seat]}. A is an amber crate, T a teal one, - a free place; each "
                f"lane is shown from the far wall to the gate.",
                *lanes,
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return LANES[len(LANES) - 1 - action]


GAME = SlidingCrates
