"""preference: takes the first legal move of a fixed list, to always bet for example."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyspiel
from pydantic import Field

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Traits, Turn
from gamegrid.agents.random import no_memory, uniform
from gamegrid.games.game import Game
from gamegrid.games.policy import Policy
from gamegrid.luck import Place


class PreferenceSettings(AgentSettings):
    """``prefer``: labels in order of preference. If none is legal, the move is random."""

    type: Literal["preference"] = "preference"
    prefer: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class PreferenceAgent:
    """An agent that is its own player, because it remembers nothing."""

    prefer: tuple[str, ...]

    def sit(self, place: Place) -> "PreferenceAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Take the first preferred label that is legal."""
        for label in self.prefer:
            if label in turn.labels:
                return Decision(action=turn.legal[turn.labels.index(label)])
        return Decision(action=turn.draw("preference").choice(turn.legal))


def _unsupported_reason(settings: PreferenceSettings, game: Game) -> str | None:
    return None


def _build(name: str, settings: PreferenceSettings, tools: Tools) -> PreferenceAgent:
    return PreferenceAgent(tuple(settings.prefer))


def _policy(settings: PreferenceSettings, game: Game) -> Policy:
    def preferred(state: pyspiel.State, seat: int) -> Mapping[int, float]:
        labels = game.labels(state, seat)
        for label in settings.prefer:
            if label in labels:
                return {state.legal_actions(seat)[labels.index(label)]: 1.0}
        return uniform(state, seat)

    return preferred


def _traits(settings: PreferenceSettings) -> Traits:
    # It draws if none of its labels is legal. Whether that happens depends on the game.
    return Traits(draws_luck=None)


AGENT = AgentKind(
    type="preference",
    settings=PreferenceSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    policy=_policy,
    memory=no_memory,
    repeatable=True,
    traits=_traits,
)
