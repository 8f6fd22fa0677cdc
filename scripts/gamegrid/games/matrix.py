"""What the one-shot matrix games share: everybody chooses at once, and a table says who gets what.

The words of the table are computed from OpenSpiel's game, so they are the payoffs that are paid.
"""

from collections.abc import Sequence
from itertools import product

import pyspiel

from gamegrid.games.base import Game, Oracle, Scoring, apply

NUMBERS = {2: "Two", 3: "Three"}


class MatrixGame(Game):
    """A one-shot game of two or three players; labels are OpenSpiel's words for the actions."""

    scoring = Scoring.PAYOFF

    @property
    def oracle(self) -> Oracle:
        zero_sum = self.spiel.get_type().utility == pyspiel.GameType.Utility.ZERO_SUM
        return Oracle.EQUILIBRIUM if zero_sum and self.players == 2 else Oracle.NONE

    def rules(self) -> str:
        start = self.spiel.new_initial_state()
        seats = range(self.players)
        names = _joined([self.seat_name(seat) for seat in seats])
        # All seats have the same choices in every game of this family.
        choices = " or ".join(self.label(start, 0, action) for action in start.legal_actions(0))
        joint = product(*(start.legal_actions(seat) for seat in seats))
        table = " ".join(self._outcome(start, choice) for choice in joint)
        return (
            f"{NUMBERS[self.players]} players, {names}, each choose {choices}, once, at the same "
            f"time and without knowing the other choices. {table} A player's result is the "
            f"points that they get, or lose."
        )

    def view(self, state: pyspiel.State, seat: int) -> str:
        others = [self.seat_name(other) for other in range(self.players) if other != seat]
        verb = "is" if len(others) == 1 else "are"
        return (
            f"You are {self.seat_name(seat)}. {_joined(others)} {verb} choosing at the same time "
            f"as you."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return str(state.action_to_string(seat, action))

    def _outcome(self, start: pyspiel.State, choice: Sequence[int]) -> str:
        """One row of the table: what everybody chooses, and what everybody gets."""
        end = start.clone()
        apply(end, list(choice))
        chosen = [
            f"{self.seat_name(seat)} chooses {self.label(start, seat, action)}"
            for seat, action in enumerate(choice)
        ]
        paid = [
            f"{self.seat_name(seat)} {points(amount)}" for seat, amount in enumerate(end.returns())
        ]
        return f"If {_joined(chosen)}, then {_joined(paid)}."


def points(amount: float) -> str:
    """Say what a player gets: "gets 5 points", "loses 1 point"."""
    verb = "loses" if amount < 0 else "gets"
    return f"{verb} {abs(amount):g} point{'' if abs(amount) == 1 else 's'}"


def _joined(words: Sequence[str]) -> str:
    """Join words in prose: "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
