"""Value functions: what a history is worth to every seat, fixed before anything is played.

Control variates compare the value of what luck chose with the mean over what it could have chosen.
Any function of the history leaves means unbiased, a good one leaves little variance.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, TypeAlias

import pyspiel

from gamegrid import games
from gamegrid.games.game import Game, Oracle, Scoring
from gamegrid.games.policy import Policy, successors

VERSION = 1
"""Raise it with every change of what a stated definition computes."""


Values: TypeAlias = tuple[float, ...]
"""One value per seat, in units of return."""


class ValueFunction(Protocol):
    """A function from the histories of one game to values."""

    @property
    def name(self) -> str:
        """Identifies the function: what kind it is, and a digest of all that it computes with."""

    def values(self, state: pyspiel.State) -> Values:
        """Return what the state's history is worth to each seat."""


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """The expected returns if the seats go on playing the policies that ``name`` identifies.

    Histories are visited once each and remembered, so this is for small games.
    """

    name: str
    policies: tuple[Policy, ...]
    """By seat."""
    known: dict[str, Values] = field(default_factory=dict)

    def values(self, state: pyspiel.State) -> Values:
        """Return the expected return of each seat."""
        if state.is_terminal():
            return tuple(state.returns())
        history = state.history_str()
        if history not in self.known:
            self.known[history] = mean_values(self, successors(state, self.policies))
        return self.known[history]


def mean_values(function: ValueFunction, states: Iterable[tuple[pyspiel.State, float]]) -> Values:
    """Return the mean values of states, given with probabilities that sum to 1."""
    parts = [[chance * value for value in function.values(state)] for state, chance in states]
    return tuple(sum(seat) for seat in zip(*parts, strict=True))


def has_value_function(game: Game) -> bool:
    """Return True if ``value_function`` has one. Loads and computes nothing."""
    return game.scoring is Scoring.MARGIN and game.oracle is Oracle.EQUILIBRIUM


@cache
def value_function(load_string: str) -> ValueFunction | None:
    """Return the value function of a game; None if it has none.

    It is the expected return of a margin game if both seats play its reference equilibrium. A
    disguise has that of its plain game, whose histories it shares.
    """
    game = games.load(load_string)
    if not has_value_function(game):
        return None
    from gamegrid.oracles.equilibrium import solved  # numpy only where it is needed

    reference = solved(load_string)
    kept = {name: dict(choices) for name, choices in reference.policy.items()}

    def equilibrium(state: pyspiel.State, seat: int) -> dict[int, float]:
        return kept[state.information_state_string(seat)]

    stated = json.dumps([VERSION, game.luck_name, reference.digest])
    digest = hashlib.sha256(stated.encode()).hexdigest()
    return PolicyValues(f"equilibrium-values-{digest[:16]}", (equilibrium,) * game.players)
