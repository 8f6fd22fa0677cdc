"""slow: a random agent that thinks for 50 ms, to see whether models wait for it."""

import asyncio
import time
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Turn
from gamegrid.games.game import Game
from gamegrid.luck import Place

THINKS_S = 0.05


class Settings(AgentSettings):
    """``thinks``: off for the agent that it is compared with."""

    type: Literal["slow"] = "slow"
    thinks: bool = True


class SlowAgent:
    """Agent and player in one; it thinks in a thread, as searches do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sit(self, place: Place) -> "SlowAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Draw one legal action, late."""
        if self._settings.thinks:
            await asyncio.to_thread(time.sleep, THINKS_S)
        return Decision(action=turn.draw("random").choice(turn.legal))


def _objection(settings: Settings, game: Game) -> str | None:
    return None


def _build(name: str, settings: Settings, tools: Tools) -> SlowAgent:
    return SlowAgent(settings)


AGENT = AgentKind(type="slow", settings=Settings, unsupported_reason=_objection, build=_build)
