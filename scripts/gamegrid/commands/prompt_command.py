"""Print the messages of a turn without sending them."""

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid import games
from gamegrid.agents.agent import Agent, Tools, kinds
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import BackendError, RecordedCompletion, Request
from gamegrid.commands.command import Command
from gamegrid.config import grid_files
from gamegrid.errors import UserError, nearest
from gamegrid.luck import Place
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.play.episode import Episode
from gamegrid.play.setups import self_play_setup


class _NothingIsSent(BackendError):
    """Ends the episode at the first request."""


def show(prepared: plan.Plan, name: str, game_name: str, deal: int) -> str:
    """Return the messages of an agent's first turn in seat 0 of a deal.

    Raises UserError for an unknown agent and for one that is not a model.
    """
    if name not in prepared.config.agents:
        known = prepared.config.agents
        raise UserError(
            f"--agent: {name!r} is unknown.{nearest(name, known)} Known: {', '.join(known)}."
        )
    settings = prepared.config.agents[name]
    if not isinstance(settings, LlmSettings):
        raise UserError(f"--agent: {name!r} is of type {settings.type}, which has no prompt.")
    game, requests = games.load(game_name), list[Request]()

    async def ask(_place: Place, _ply: int, _attempt: int, request: Request) -> RecordedCompletion:
        requests.append(request)
        raise _NothingIsSent("prompt only")

    tools = Tools(ask=lambda _: ask, prompts=prepared.prompts)
    agent: Agent = kinds()["llm"].build(name, settings, tools)
    setup = self_play_setup(prepared, name, game, deal)
    asyncio.run(Episode(setup, {name: agent}).play())
    return "\n\n".join(f"[{m.role}]\n{m.content}" for m in requests[0].messages)


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments GAME, --agent, --configfile and --deal."""
    parser.add_argument("game", help="an alias or load string")
    parser.add_argument("--agent", required=True, help="an agent of the configuration")
    parser.add_argument(
        "--configfile", type=Path, default=WORKFLOW / "config/config.yaml", help="the grid"
    )
    parser.add_argument("--deal", type=int, default=0, help="the number of a deal, from 0")


def run(given: Namespace) -> int:
    """Print the messages."""
    prepared = plan.make(grid_files.read(given.configfile, Path.cwd()), Path.cwd())
    print(show(prepared, given.agent, given.game, given.deal))
    return 0


COMMAND = Command("Print the messages that a model would get, without sending them", arguments, run)
