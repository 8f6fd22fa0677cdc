"""The random agent: every legal move is equally likely."""

from collections.abc import Mapping
from typing import Literal

import pyspiel

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Turn
from gamegrid.games.game import Game
from gamegrid.games.policy import Policy
from gamegrid.luck import Place


class Settings(AgentSettings):
    """No settings."""

    type: Literal["random"] = "random"


class RandomAgent:
    """Agent and player in one: it remembers nothing."""

    def sit(self, place: Place) -> "RandomAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Draw one legal action."""
        return Decision(action=turn.draw("random").choice(turn.legal))


def _objection(settings: Settings, game: Game) -> str | None:
    return None


def _build(name: str, settings: Settings, tools: Tools) -> RandomAgent:
    return RandomAgent()


def uniform(state: pyspiel.State, seat: int) -> Mapping[int, float]:
    """Every legal action alike."""
    legal = state.legal_actions(seat)
    return dict.fromkeys(legal, 1 / len(legal))


def _policy(settings: Settings, game: Game) -> Policy:
    return uniform


def no_memory(state: pyspiel.State, seat: int) -> None:
    """Of nothing: what happened before does not matter."""


AGENT = AgentKind(
    type="random",
    settings=Settings,
    unsupported_reason=_objection,
    build=_build,
    policy=_policy,
    memory=no_memory,
    repeatable=True,
)
