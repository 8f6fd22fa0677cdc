"""Exact values of positions and moves, for the games whose oracle is exact."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import pyspiel

from gamegrid import games
from gamegrid.games.hex import Hex
from gamegrid.games.pig import Pig
from gamegrid.oracles.hex_values import HexValues
from gamegrid.oracles.minimax import Minimax

NOISE = 1e-9
"""Smaller differences of value are rounding errors."""


class Exact(Protocol):
    """A solver of a game. Values are in units of return."""

    def value(self, state: pyspiel.State) -> float:
        """Return the value of ``state`` for seat 0 under best play by both seats."""

    def action_values(self, state: pyspiel.State) -> Mapping[int, float]:
        """Return the value of each legal action for the seat to move."""

    def best_actions(self, state: pyspiel.State) -> list[int]:
        """Return all actions of the highest value, in ascending order."""


@cache
def solver(load_string: str) -> Exact:
    """Return the solver of a game, which caches its results.

    A disguise shares the solver of its plain game.
    """
    game = games.load(games.load(load_string).luck_name)
    if isinstance(game, Pig):
        from gamegrid.oracles.pig_values import PigValues  # imports numpy only where needed

        return PigValues(game)
    if isinstance(game, Hex):
        return HexValues(game)
    return Minimax()
