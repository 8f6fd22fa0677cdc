"""Show what a model is sent: ``python -m gamegrid.prompt GAME --agent A``. Nothing is sent."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from gamegrid import games, plan
from gamegrid.agents.base import Agent, Answer, Tools, kinds
from gamegrid.agents.llm import Settings
from gamegrid.backends.base import BackendError, Request
from gamegrid.errors import UserError, nearest
from gamegrid.games.base import Game
from gamegrid.luck import Place
from gamegrid.oracles.minimax import Minimax
from gamegrid.paths import WORKFLOW
from gamegrid.play.deals import opening
from gamegrid.play.episode import Episode, Setup


class _NothingIsSent(BackendError):
    """Ends the episode at the first request."""


def show(made: plan.Plan, name: str, game_name: str, deal: int) -> str:
    """Return the messages of an agent's first turn in seat 0 of a deal."""
    if name not in made.config.agents:
        known = made.config.agents
        raise UserError(
            f"--agent: {name!r} is unknown.{nearest(name, known)} There are {', '.join(known)}."
        )
    settings = made.config.agents[name]
    if not isinstance(settings, Settings):
        raise UserError(f"--agent: {name!r} is of type {settings.type}; it is sent no prompt.")
    game, asked = games.load(game_name), list[Request]()

    async def ask(place: Place, ply: int, attempt: int, request: Request) -> Answer:
        asked.append(request)
        raise _NothingIsSent("nothing is sent")

    tools = Tools(ask=lambda model: ask, prompts=made.prompts)
    agent: Agent = kinds()["llm"].build(name, settings, tools)
    setup = alone(made, name, game, deal)
    asyncio.run(Episode(setup, {name: agent}).play())
    return "\n\n".join(f"[{m.role}]\n{m.content}" for m in asked[0].messages)


def alone(made: plan.Plan, name: str, game: Game, deal: int) -> Setup:
    """An episode of a deal with one agent in every seat, outside the grid."""
    first = opening(game, made.config.seed, deal, made.opening_plies(game), Minimax())
    return Setup(
        run_id="",
        seed=made.config.seed,
        game=game,
        matchup=name,
        deal=deal,
        seating=0,
        seats=(name,) * game.players,
        opening=tuple(first),
        max_plies=made.max_plies(game),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the messages. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gamegrid.prompt", description=__doc__)
    parser.add_argument("game", help="an alias or load string")
    parser.add_argument("--agent", required=True, help="an agent of the configuration")
    parser.add_argument("--configfile", type=Path, default=WORKFLOW / "config/config.yaml")
    parser.add_argument("--deal", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        raw = yaml.safe_load(given.configfile.read_text(encoding="utf-8"))
        made = plan.make(raw, Path.cwd())
        print(show(made, given.agent, given.game, given.deal))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        print(f"gamegrid: {given.configfile} cannot be read: {reason}", file=sys.stderr)
        return 1
    except UserError as error:
        print(f"gamegrid: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
