"""Files that a user might put into a plug-in folder."""

AGENT = """
from dataclasses import dataclass
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Traits


class Settings(AgentSettings):
    type: Literal["eager"] = "eager"
    wish: str


@dataclass
class Eager:
    wish: str

    def sit(self, place):
        return self

    async def decide(self, turn):
        wanted = [a for a, label in zip(turn.legal, turn.labels) if label == self.wish]
        return Decision(action=wanted[0] if wanted else turn.legal[0])


AGENT = AgentKind(
    type="eager",
    settings=Settings,
    unsupported_reason=lambda settings, game: None,
    build=lambda name, settings, tools: Eager(settings.wish),
    traits=lambda settings: Traits(draws_luck=False),
)
"""
"""A bot that takes the move of one name wherever it can."""

GAME = '''
import pyspiel

from gamegrid.games.matrix import MatrixGame
from gamegrid.games.game import Scoring


class HighCard(MatrixGame):
    """A table made here: the higher number wins, but the highest loses to the lowest."""

    short_name = "high_card"
    defaults = {"cards": 3}
    stage_title = "High card"
    scoring = Scoring.WIN_LOSS

    @classmethod
    def open(cls, parameters):
        n = parameters["cards"]
        if not 2 <= n <= 9:
            raise ValueError("cards is from 2 to 9")
        names = ["Low", *(f"Middle {k}" for k in range(1, n - 1)), "High"]

        def won(a, b):
            top = {0, n - 1}
            return (a > b) - (a < b) if {a, b} != top else (a < b) - (a > b)

        table = [[won(a, b) for b in range(n)] for a in range(n)]
        back = [[-amount for amount in row] for row in table]
        title = cls.stage_title
        return pyspiel.create_matrix_game(cls.short_name, title, names, names, table, back)


GAME = HighCard
'''
"""A game that OpenSpiel does not have."""

TWICE = '''
from dataclasses import dataclass, replace
from typing import Literal

from gamegrid.agents import llm
from gamegrid.agents.agent import AgentKind


class Settings(llm.LlmSettings):
    type: Literal["twice"] = "twice"


@dataclass
class Twice:
    """Asks the model twice from a fresh start and takes the second answer."""

    asked: llm.LlmAgent

    def sit(self, place):
        return Seat(self.asked, place)


@dataclass
class Seat:
    asked: llm.LlmAgent
    place: object

    async def decide(self, turn):
        first = await self.asked.sit(self.place).decide(turn)
        before = len(first.calls)

        async def later(place, ply, attempt, request):
            return await self.asked.ask(place, ply, before + attempt, request)

        second = await replace(self.asked, ask=later).sit(self.place).decide(turn)
        calls = [replace(call, attempt=before + call.attempt) for call in second.calls]
        return replace(second, calls=(*first.calls, *calls))


AGENT = AgentKind(
    type="twice",
    settings=Settings,
    unsupported_reason=lambda settings, game: None,
    build=lambda name, settings, tools: Twice(llm.AGENT.build(name, settings, tools)),
)
'''
"""An agent that calls its model twice per move."""

TABLE = """-- table: 500
CREATE VIEW seatings AS SELECT count(*) AS agents FROM agents;

COMMENT ON VIEW seatings IS 'How many agents there are.';
COMMENT ON COLUMN seatings.agents IS 'agents | how many | agents';
"""
"""A table that counts the agents of the grid."""
