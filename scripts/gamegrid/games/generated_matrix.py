"""Generated matrix games: two players, zero-sum, with a random table of integers."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pyspiel

from gamegrid.games.game import Game, Oracle, Scoring, Tag, apply
from gamegrid.games.generated import SEEDS, below, check, luck, words
from gamegrid.games.grids import listing
from gamegrid.games.matrix import points

LARGEST = 8
"""Maximum number of choices per seat."""
STAKE = 9
"""Maximum number of points at stake."""


class GeneratedMatrix(Game):
    """A table of seat 0's points, drawn from the seed; seat 1 gets the negative."""

    short_name = "generated_matrix"
    defaults: ClassVar = {"seed": 0, "rows": 3, "columns": 3}
    scoring = Scoring.MARGIN
    oracle = Oracle.EQUILIBRIUM
    themes = (Tag.PAYOFF_TABLE, Tag.GENERATED)

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        seed, rows, columns = (parameters[key] for key in cls.defaults)
        check("seed", seed, 0, SEEDS - 1)
        check("rows", rows, 2, LARGEST)
        check("columns", columns, 2, LARGEST)
        draw = luck(cls.short_name, seed=seed, rows=rows, columns=columns)
        names = words(draw, rows + columns)
        won = [[below(draw, 2 * STAKE + 1) - STAKE for _ in range(columns)] for _ in range(rows)]
        lost = [[-amount for amount in row] for row in won]
        return pyspiel.create_matrix_game(
            cls.short_name, cls.short_name, names[:rows], names[rows:], won, lost
        )

    @property
    def title(self) -> str:
        return "A game of two choices made at once"

    def rules(self) -> str:
        start = self.spiel.new_initial_state()
        first, second = self.labels(start, 0), self.labels(start, 1)
        table = [
            f"If Player 1 chooses {own} and Player 2 chooses {other}, then "
            f"{self._paid(row, column)}."
            for row, own in enumerate(first)
            for column, other in enumerate(second)
        ]
        return (
            f"Two players choose once, at the same time and without knowing the other's choice. "
            f"Player 1 chooses one of: {listing(first)}. Player 2 chooses one of: "
            f"{listing(second)}. The words mean nothing. {' '.join(table)} A player's result is "
            f"the points that they get, or lose."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        return (
            f"You are {self.seat_name(seat)}. {self.seat_name(1 - seat)} is choosing at the same "
            f"time as you."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return str(state.action_to_string(seat, action))

    def _paid(self, row: int, column: int) -> str:
        end = self.spiel.new_initial_state()
        apply(end, [row, column])
        return " and ".join(
            f"{self.seat_name(seat)} {'loses' if amount < 0 else 'gets'} {points(amount)}"
            for seat, amount in enumerate(end.returns())
        )


GAME = GeneratedMatrix
