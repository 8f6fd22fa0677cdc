"""How much a model will be asked in a game, from random play that asks no model."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from gamegrid.agents.agent import Tools, kinds
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import Completion, FinishReason, RecordedCompletion, Request
from gamegrid.backends.billing import bound
from gamegrid.backends.pace import CHARACTERS_PER_TOKEN
from gamegrid.backends.tariff import Price, Tariff
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.play.episode import Episode
from gamegrid.play.setups import self_play_setup

FREE_OF_CHARGE = Tariff(Price(0.0, 0.0))
TRIALS = 2
"""Deals played at random per game and agent."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The mean number of calls and prompt tokens of one seat in one episode.

    ``most_prompt_tokens`` bounds the prompt tokens of the largest call, as a budget counts them.
    """

    calls: float
    prompt_tokens: float
    most_prompt_tokens: int = 0


def turns(plan: Plan, agent: str, game: Game) -> Turns:
    """Return what ``agent`` is asked per seat and episode if every seat moves at random."""
    settings = plan.config.agents[agent]
    assert isinstance(settings, LlmSettings)
    lengths, most = list[int](), 0

    async def ask(_place: Place, _ply: int, _attempt: int, request: Request) -> RecordedCompletion:
        nonlocal most
        lengths.append(sum(len(message.content) for message in request.messages))
        most = max(most, bound(request.stated(), FREE_OF_CHARGE).prompt)
        silence = Completion(text="", finish_reason=FinishReason.STOP)
        return RecordedCompletion(silence, replayed=True)

    # An empty reply makes the harness move at random.
    silent = settings.model_copy(update={"rethink": 0, "fallback": "random"})
    player = kinds()["llm"].build(agent, silent, Tools(ask=lambda _: ask, prompts=plan.prompts))

    async def play() -> None:
        for deal in range(TRIALS):
            await Episode(self_play_setup(plan, agent, game, deal), {agent: player}).play()

    asyncio.run(play())
    seats = TRIALS * game.players
    return Turns(len(lengths) / seats, sum(lengths) / CHARACTERS_PER_TOKEN / seats, most)


UNBOUNDED_TOKENS = 1000
"""Completion tokens expected of a reply without ``max_tokens``."""


def deal_usd(plan: Plan, cell: Cell, tariffs: Mapping[str, Tariff]) -> float:
    """Return an upper estimate, in USD, of one deal in all seatings, without rethinks."""
    total = 0.0
    for seating in cell.matchup.seatings(plan.config.seatings):
        for agent in seating:
            settings = plan.config.agents[agent]
            if isinstance(settings, LlmSettings) and (tariff := tariffs.get(settings.model)):
                taken = turns(plan, agent, cell.game)
                said = taken.calls * _reply_tokens(settings, tariff)
                total += tariff.price.usd(taken.prompt_tokens, said)
    return total


def single_move_usd(plan: Plan, moves: SingleMoves, tariffs: Mapping[str, Tariff]) -> float:
    """Return an upper estimate, in USD, of one decision in a job of single moves."""
    settings = plan.config.agents[moves.agent]
    if not isinstance(settings, LlmSettings) or settings.model not in tariffs:
        return 0.0
    taken = turns(plan, moves.agent, moves.game)
    tariff = tariffs[settings.model]
    said = _reply_tokens(settings, tariff)
    return tariff.price.usd(taken.prompt_tokens / taken.calls, said)


def _reply_tokens(settings: LlmSettings, tariff: Tariff) -> int:
    return settings.max_tokens or min(UNBOUNDED_TOKENS, tariff.most_tokens or UNBOUNDED_TOKENS)
