"""The value of every position and every move, for the games whose oracle is exact."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import pyspiel

from gamegrid import games
from gamegrid.games.hex import Hex
from gamegrid.games.pig import Pig
from gamegrid.oracles.hex_values import HexValues
from gamegrid.oracles.minimax import Minimax


class Exact(Protocol):
    """What is known of a game that is solved; values are in units of return."""

    def value(self, state: pyspiel.State) -> float:
        """The value of ``state`` for seat 0 under best play of both."""

    def action_values(self, state: pyspiel.State) -> Mapping[int, float]:
        """The value of each legal action for the seat to move."""

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """All actions of the highest value, ascending."""


@cache
def solver(load_string: str) -> Exact:
    """The solver of a game, of a disguise its plain game's; it remembers what it has found."""
    game = games.load(games.load(load_string).luck_name)
    if isinstance(game, Pig):
        from gamegrid.oracles.pig_values import PigValues  # numpy only where it is needed

        return PigValues(game)
    if isinstance(game, Hex):
        return HexValues(game)
    return Minimax()
