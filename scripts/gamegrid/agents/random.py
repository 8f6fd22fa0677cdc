"""The random agent: every legal move is equally likely."""

from typing import Literal

from gamegrid.agents.base import AgentKind, AgentSettings, Decision, Tools, Turn
from gamegrid.games.base import Game
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


AGENT = AgentKind(type="random", settings=Settings, objection=_objection, build=_build)
