"""Number scrabble: tic-tac-toe on a magic square, told as picking numbers that sum to 15."""

import pyspiel

from gamegrid.games.disguise import Disguise
from gamegrid.games.grids import listing

SQUARE = (2, 7, 6, 9, 5, 1, 4, 3, 8)
"""The number in each cell. Three numbers sum to TOTAL if and only if their cells form a line."""
TOTAL = 15


class NumberScrabble(Disguise):
    """The game tree of tic_tac_toe; an action is the index of a number in SQUARE."""

    short_name = "number_scrabble"
    plain = "tic_tac_toe"
    title = f"Number picking (three numbers that add up to {TOTAL})"

    def rules(self) -> str:
        return (
            f"The numbers 1 to 9 lie on the table. Two players, First and Second, take turns "
            f"picking one of the numbers that are left; First begins. The first player who holds "
            f"three numbers that add up to exactly {TOTAL} wins and the other loses; further "
            f"numbers held beside these three do not matter. If all nine numbers are picked and "
            f"nobody holds such three, the game is a draw."
        )

    def seat_name(self, seat: int) -> str:
        return ("First", "Second")[seat]

    def observation(self, state: pyspiel.State, seat: int) -> str:
        picked = state.history()
        return (
            f"You are {self.seat_name(seat)}.\n"
            f"Numbers of First: {_numbers(picked[0::2])}.\n"
            f"Numbers of Second: {_numbers(picked[1::2])}.\n"
            f"Numbers left: {_numbers(set(range(len(SQUARE))) - set(picked))}."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return f"pick {SQUARE[action]}"


def _numbers(actions: list[int] | set[int]) -> str:
    return listing([str(number) for number in sorted(SQUARE[action] for action in actions)])


GAME = NumberScrabble
