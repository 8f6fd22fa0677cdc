"""Base class for disguised games: the game tree of a known game under an unfamiliar story.

A player who recalls the plain game from memory has to reason here. The best moves are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pyspiel

from gamegrid.games import registry
from gamegrid.games.game import Dilemma, Game, Oracle, Scoring, Tag


class Disguise(Game):
    """A game with the states, actions, scoring, oracle and deals of a plain game, but new texts."""

    plain: ClassVar[str]
    """The plain game: an alias or a load string from the suite."""
    defaults: ClassVar[Mapping[str, Any] | None] = {}

    def __init__(self, name: str, load_string: str, spiel: pyspiel.Game):
        super().__init__(name, load_string, spiel)
        self._plain = registry.load(self.plain)
        self.dice = self._plain.dice

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        return registry.load(cls.plain).spiel

    @property
    def scoring(self) -> Scoring:
        return self._plain.scoring

    @property
    def dilemma(self) -> Dilemma | None:
        return self._plain.dilemma

    @property
    def tags(self) -> tuple[Tag, ...]:
        return (*self._plain.tags, Tag.DISGUISE)

    @property
    def family(self) -> str:
        return self._plain.family

    @property
    def disguise_of(self) -> str:
        return self._plain.load_string

    @property
    def oracle(self) -> Oracle:
        return self._plain.oracle

    @property
    def opening_plies(self) -> int:
        return self._plain.opening_plies

    @property
    def max_plies(self) -> int:
        return self._plain.max_plies

    def adjudicate(self, state: pyspiel.State) -> Sequence[float]:
        return self._plain.adjudicate(state)

    def resample(self, state: pyspiel.State, seat: int, luck: Callable[[], float]) -> pyspiel.State:
        return self._plain.resample(state, seat, luck)
