"""slow: a random agent that takes 50 ms per move, to test whether models wait for it."""

import asyncio
import time
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Turn
from gamegrid.games.game import Game
from gamegrid.luck import Place

THINKS_S = 0.05


class Settings(AgentSettings):
    """``thinks`` is False for the baseline agent."""

    type: Literal["slow"] = "slow"
    thinks: bool = True


class SlowAgent:
    """Agent and player in one; waits in a thread, as searches do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sit(self, place: Place) -> "SlowAgent":
        """Return this object, which is also the player."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Wait, then draw a random legal action."""
        if self._settings.thinks:
            await asyncio.to_thread(time.sleep, THINKS_S)
        return Decision(action=turn.draw("random").choice(turn.legal))


def _unsupported_reason(settings: Settings, game: Game) -> str | None:
    return None


def _build(name: str, settings: Settings, tools: Tools) -> SlowAgent:
    return SlowAgent(settings)


AGENT = AgentKind(
    type="slow", settings=Settings, unsupported_reason=_unsupported_reason, build=_build
)
