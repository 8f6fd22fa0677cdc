"""random: every legal move is equally likely."""

from collections.abc import Mapping
from typing import Literal

import pyspiel

from gamegrid.agents.agent import (
    AgentKind,
    AgentSettings,
    Baseline,
    Decision,
    LadderPlace,
    Tools,
    Traits,
    Turn,
)
from gamegrid.games.game import Game
from gamegrid.games.policy import Policy
from gamegrid.luck import Place


class RandomSettings(AgentSettings):
    """No settings."""

    type: Literal["random"] = "random"


class RandomAgent:
    """An agent that is its own player, because it remembers nothing."""

    def sit(self, place: Place) -> "RandomAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Draw one legal action."""
        return Decision(action=turn.draw("random").choice(turn.legal))


def _unsupported_reason(settings: RandomSettings, game: Game) -> str | None:
    return None


def _build(name: str, settings: RandomSettings, tools: Tools) -> RandomAgent:
    return RandomAgent()


def uniform(state: pyspiel.State, seat: int) -> Mapping[int, float]:
    """Return equal probabilities for all legal actions."""
    legal = state.legal_actions(seat)
    return dict.fromkeys(legal, 1 / len(legal))


def _policy(settings: RandomSettings, game: Game) -> Policy:
    return uniform


def error_rate_place(epsilon: float) -> LadderPlace:
    """Place a bot that plays a random move with probability ``epsilon``, else a best one.

    The ladder runs from random play (1) to best play (0).
    """
    return LadderPlace(ladder="noisy_optimal", setting=epsilon, rising=False)


def _traits(settings: RandomSettings) -> Traits:
    return Traits(draws_luck=True, baseline=Baseline.RANDOM, place=error_rate_place(1.0))


def no_memory(state: pyspiel.State, seat: int) -> None:
    """Return no memory: the policy does not depend on the past."""


AGENT = AgentKind(
    type="random",
    settings=RandomSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    policy=_policy,
    memory=no_memory,
    repeatable=True,
    traits=_traits,
)
