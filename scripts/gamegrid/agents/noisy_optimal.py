"""noisy_optimal: plays like optimal, but makes a random move with a given probability."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyspiel
from pydantic import Field

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Traits, Turn
from gamegrid.agents.optimal import OptimalAgent, unsupported_reason
from gamegrid.agents.optimal import policy as best_policy
from gamegrid.agents.random import error_rate_place, uniform
from gamegrid.games.game import Game
from gamegrid.games.policy import Policy
from gamegrid.luck import Place


class NoisyOptimalSettings(AgentSettings):
    """``epsilon``: probability, in each decision, of a uniformly random legal move.

    The random move may be a best one.
    """

    type: Literal["noisy_optimal"] = "noisy_optimal"
    epsilon: float = Field(ge=0, le=1, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class NoisyOptimalAgent:
    """An agent that is its own player."""

    epsilon: float
    optimal: OptimalAgent = field(default_factory=OptimalAgent)

    def sit(self, place: Place) -> "NoisyOptimalAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Err, or play optimally."""
        draw = turn.draw("noise")
        if draw.random() < self.epsilon:
            return Decision(action=draw.choice(turn.legal))
        return await self.optimal.decide(turn)


def _unsupported_reason(settings: NoisyOptimalSettings, game: Game) -> str | None:
    return unsupported_reason(game)


def _build(name: str, settings: NoisyOptimalSettings, tools: Tools) -> NoisyOptimalAgent:
    return NoisyOptimalAgent(settings.epsilon)


def _policy(settings: NoisyOptimalSettings, game: Game) -> Policy:
    best, rate = best_policy(game), settings.epsilon

    def mixed(state: pyspiel.State, seat: int) -> Mapping[int, float]:
        wanted = best(state, seat)
        return {
            action: rate * chance + (1 - rate) * wanted.get(action, 0.0)
            for action, chance in uniform(state, seat).items()
        }

    return mixed


def _traits(settings: NoisyOptimalSettings) -> Traits:
    # Without errors it draws as optimal does.
    return Traits(draws_luck=settings.epsilon > 0 or None, place=error_rate_place(settings.epsilon))


AGENT = AgentKind(
    type="noisy_optimal",
    settings=NoisyOptimalSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    policy=_policy,
    repeatable=True,
    traits=_traits,
)
