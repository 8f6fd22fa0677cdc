"""What a model will be asked in a game, found out by playing at random and asking nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from gamegrid.agents.agent import Tools, kinds
from gamegrid.agents.llm import Settings
from gamegrid.backends.backend import Completion, FinishReason, Price, RecordedCompletion, Request
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan
from gamegrid.play.budget import CHARACTERS_PER_TOKEN
from gamegrid.play.episode import Episode
from gamegrid.play.setups import alone

TRIALS = 2
"""Deals played at random per game and agent: lengths of random episodes vary, costs vary more."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What one agent is asked in one seat of one episode of a game, on average."""

    calls: float
    prompt_tokens: float


def turns(made: Plan, agent: str, game: Game) -> Turns:
    """What ``agent`` is asked per seat and episode when every seat moves at random."""
    settings = made.config.agents[agent]
    assert isinstance(settings, Settings)
    asked = list[int]()

    async def ask(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
        asked.append(sum(len(message.content) for message in request.messages))
        return RecordedCompletion(
            Completion(text="", finish_reason=FinishReason.STOP), replayed=True
        )

    # Without an answer the harness moves at random in the agent's place.
    silent = settings.model_copy(update={"rethink": 0, "fallback": "random"})
    player = kinds()["llm"].build(agent, silent, Tools(ask=lambda model: ask, prompts=made.prompts))

    async def play() -> None:
        for deal in range(TRIALS):
            await Episode(alone(made, agent, game, deal), {agent: player}).play()

    asyncio.run(play())
    seats = TRIALS * game.players
    return Turns(len(asked) / seats, sum(asked) / CHARACTERS_PER_TOKEN / seats)


UNBOUNDED_TOKENS = 1000
"""Completion tokens taken for a reply that nothing bounds, until replies say better."""


def deal_usd(made: Plan, cell: Cell, prices: Mapping[str, Price]) -> float:
    """An upper estimate of what one deal of a cell costs, all seatings, without rethinks."""
    total = 0.0
    for seating in cell.matchup.seatings(made.config.seatings):
        for agent in seating:
            settings = made.config.agents[agent]
            if isinstance(settings, Settings) and (price := prices.get(settings.model)):
                taken = turns(made, agent, cell.game)
                said = taken.calls * (settings.max_tokens or UNBOUNDED_TOKENS)
                total += price.usd(taken.prompt_tokens, said)
    return total


def move_usd(made: Plan, cell: Cell, prices: Mapping[str, Price]) -> float:
    """The same of one move of the one agent of a cell, which is asked for single moves."""
    [agent] = cell.matchup.agents
    settings = made.config.agents[agent]
    if not isinstance(settings, Settings) or settings.model not in prices:
        return 0.0
    taken = turns(made, agent, cell.game)
    said = settings.max_tokens or UNBOUNDED_TOKENS
    return prices[settings.model].usd(taken.prompt_tokens / taken.calls, said)
