"""Play one episode beside the grid, with a person in one seat. It appears in no match.

Replies of a model are kept in results/human/ and bought once. Nothing else is written.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gamegrid.agents.agent import Agent, Ask, Tools, kinds
from gamegrid.backends.backend import BackendError
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Scoring
from gamegrid.plan.grid import unsupported_reason
from gamegrid.plan.plan import Plan
from gamegrid.play.engines import Engines, Pool
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.setups import self_play_setup
from gamegrid.records.journal import Journal
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus

YOU = "you"
"""The name of the person in records."""
FOLDER = "human"
"""The folder of the results that keeps what people played, apart from the grid's."""


class Quit(Exception):
    """The player has left the game."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A game with a person in ``seat`` and copies of ``agent`` in the other seats."""

    game: Game
    agent: str
    seat: int
    deal: int


def check(prepared: Plan, match: Match) -> None:
    """Raise UserError if the agent cannot play the game."""
    settings = prepared.config.agents[match.agent]
    if reason := unsupported_reason(settings, match.game):
        raise UserError(f"{match.agent} cannot play {match.game.name}: {reason}.")


def play(prepared: Plan, match: Match, person: Agent, results: Path) -> EpisodeRecord:
    """Play one episode. Raises UserError if it cannot be played, and what ``person`` raises."""
    check(prepared, match)
    setup = self_play_setup(prepared, match.agent, match.game, match.deal)
    seats = [*setup.seats]
    seats[match.seat] = YOU
    setup = replace(setup, seats=tuple(seats))
    if match.agent not in prepared.models or match.agent not in seats:
        return asyncio.run(_play(prepared, setup, person, _no_model))
    with Journal(results / FOLDER / match.game.name / f"{match.agent}.jsonl") as journal:
        return asyncio.run(_play_model(prepared, setup, person, match.agent, journal, results))


async def _play_model(
    prepared: Plan, setup: Setup, person: Agent, name: str, journal: Journal, results: Path
) -> EpisodeRecord:
    model = prepared.models[name]
    pool = Pool({model.written.name: model}, Path.cwd(), results)
    try:
        return await _play(prepared, setup, person, Engines(pool, journal, live=True).ask)
    finally:
        await pool.close()


async def _play(
    prepared: Plan, setup: Setup, person: Agent, ask: Callable[[str], Ask]
) -> EpisodeRecord:
    agents: dict[str, Agent] = {YOU: person}
    for name in set(setup.seats) - {YOU}:
        settings = prepared.config.agents[name]
        tools = Tools(ask=ask, prompts=prepared.prompts)
        agents[name] = kinds()[settings.type].make(name, settings, tools)
    return await Episode(setup, agents).play()


def _no_model(model_id: str) -> Ask:
    raise BackendError(f"{model_id}: this agent was not expected to ask a model")


def ending(game: Game, played: EpisodeRecord, seat: int) -> str:
    """Describe the result for the person."""
    mine = played.seats[seat]
    if played.status is EpisodeStatus.ERROR:
        return f"The game could not continue: {played.error}"
    if game.scoring is Scoring.WIN_LOSS:
        match mine.score:
            case 1.0:
                return "You win."
            case 0.0:
                return "You lose."
            case 0.5:
                return "It is a draw."
            case share:
                return f"You are ahead of {share:.0%} of the others."
    return f"You end with {mine.return_:+g}."
