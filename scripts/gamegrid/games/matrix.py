"""Base class for one-shot matrix games: everyone chooses at once, and a table sets the payoffs.

The table's text is computed from OpenSpiel's game, so it always states the payoffs in use.
"""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import product

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag

NUMBERS = {2: "Two", 3: "Three"}


class MatrixGame(Game):
    """A one-shot game of two or three players; labels are OpenSpiel's names for the actions.

    A game of this family can also be the stage game of ``RepeatedGame``.
    """

    themes = (Tag.PAYOFF_TABLE,)

    @property
    def scoring(self) -> Scoring:
        return Scoring.PAYOFF

    @property
    @abstractmethod
    def stage_title(self) -> str:
        """The name in prose, independent of the number of rounds."""

    @property
    def title(self) -> str:
        return f"{self.stage_title} (one round)"

    @property
    def oracle(self) -> Oracle:
        zero_sum = self.spiel.get_type().utility == pyspiel.GameType.Utility.ZERO_SUM
        return Oracle.EQUILIBRIUM if zero_sum and self.players == 2 else Oracle.NONE

    def rules(self) -> str:
        return (
            f"{self.everybody()} each choose {self.choices()}, once, at the same time and without "
            f"knowing the other choices. {self.outcomes()} A player's result is the points that "
            f"they get, or lose, whatever others get."
        )

    def everybody(self) -> str:
        """Number and names of the players: "Two players, Player 1 and Player 2,"."""
        names = joined([self.seat_name(seat) for seat in range(self.players)])
        return f"{NUMBERS[self.players]} players, {names},"

    def choices(self) -> str:
        """The choices each player has: "Cooperate or Defect"."""
        start = self.spiel.new_initial_state()
        # Every seat has the same choices in all games of this family.
        *first, last = [self.label(start, 0, action) for action in start.legal_actions(0)]
        return f"{', '.join(first)} or {last}"

    def outcomes(self) -> str:
        """Return full sentences that state every seat's payoff for every joint choice."""
        start = self.spiel.new_initial_state()
        joint = product(*(start.legal_actions(seat) for seat in range(self.players)))
        return " ".join(self._outcome(start, choice) for choice in joint)

    def observation(self, state: pyspiel.State, seat: int) -> str:
        others = [self.seat_name(other) for other in range(self.players) if other != seat]
        verb = "is" if len(others) == 1 else "are"
        return (
            f"You are {self.seat_name(seat)}. {joined(others)} {verb} choosing at the same time "
            f"as you."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return str(state.action_to_string(seat, action))

    def _outcome(self, start: pyspiel.State, choice: Sequence[int]) -> str:
        """Describe one row of the table: every seat's choice and payoff."""
        chosen = [
            f"{self.seat_name(seat)} chooses {self.label(start, seat, action)}"
            for seat, action in enumerate(choice)
        ]
        paid = [
            f"{self.seat_name(seat)} {'loses' if amount < 0 else 'gets'} {points(amount)}"
            for seat, amount in enumerate(self.replay([list(choice)]).returns())
        ]
        return f"If {joined(chosen)}, then {joined(paid)}."


def points(amount: float) -> str:
    """Write a number of points: "5 points", "1 point"."""
    return f"{abs(amount):g} point{'' if abs(amount) == 1 else 's'}"


def joined(words: Sequence[str]) -> str:
    """Join words in prose: "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
