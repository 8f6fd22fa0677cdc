"""Play against an agent in a terminal.

The player sees the same observations as a model. The episode appears in no match. Replies of a
model are kept in results/human/ and bought once.
"""

import asyncio
import json
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamegrid import games
from gamegrid.agents.agent import Decision, Turn
from gamegrid.backends.backend import FinishReason
from gamegrid.commands.command import Command
from gamegrid.config import grid_files
from gamegrid.errors import UserError, nearest
from gamegrid.luck import Place
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.play import beside
from gamegrid.play.beside import Match, Quit
from gamegrid.prompts.parser import parse
from gamegrid.records import received
from gamegrid.records.record_types import EpisodeRecord

WIDTH = 100
HELP = "Type a move as listed, ? for the rules, or quit."


@dataclass(slots=True)
class Person:
    """A person at a terminal, in one seat."""

    read: Callable[[], str]
    """Returns the next line typed; raises EOFError at the end of input."""
    write: Callable[[str], None]
    told: int = field(default=0)
    """The number of history lines shown so far."""

    def sit(self, _: Place) -> "Person":
        """Return the same object, because a person takes one seat."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Show the turn and read moves until one is legal. Raises Quit."""
        history = turn.history()
        news, self.told = history[self.told :], len(history)
        for line in news:
            self.write(f"  {line}")
        self.write("")
        self.write(turn.observation())
        self.write(_wrapped("Legal moves: " + ", ".join(turn.labels)))
        while True:
            label = await asyncio.to_thread(self._ask, turn)
            if label is not None:
                return Decision(action=turn.legal[turn.labels.index(label)])

    def _ask(self, turn: Turn) -> str | None:
        """Read one line and return the label that it names, or None."""
        try:
            line = self.read().strip()
        except EOFError as end:
            raise Quit from end
        if line.casefold() in ("quit", "exit"):
            raise Quit
        if line == "?":
            self.write(_wrapped(turn.game.rules()))
            return None
        read = parse(f"Action: {line}", FinishReason.STOP, turn.labels, turn.spellings)
        if read.label is None:
            self.write(f"{line!r} is not a legal move. {HELP}")
        return read.label


def _told_last(match: Match, played: EpisodeRecord) -> list[str]:
    """Return the last moves that the person may see."""
    return match.game.history(json.loads(played.trajectory), match.seat)[-match.game.players :]


def _match(raw: Any, given: Namespace) -> tuple[plan.Plan, Match]:
    prepared, game = plan.make(raw, Path.cwd()), games.load(given.game)
    if given.against not in prepared.config.agents:
        known = prepared.config.agents
        raise UserError(
            f"--against: {given.against!r} is unknown.{nearest(given.against, known)} "
            f"{given.configfile} contains {', '.join(known)}."
        )
    if not 1 <= given.seat <= game.players:
        raise UserError(f"--seat: {given.seat} is not between 1 and {game.players}.")
    return prepared, Match(game=game, agent=given.against, seat=given.seat - 1, deal=given.deal)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments GAME, --against, --configfile, --seat and --deal."""
    parser.add_argument("game", help="an alias or load string")
    parser.add_argument("--against", required=True, help="an agent of the configuration")
    parser.add_argument(
        "--configfile", type=Path, default=WORKFLOW / "config/config.yaml", help="the grid"
    )
    parser.add_argument("--seat", type=int, default=1, help="your seat, from 1")
    parser.add_argument("--deal", type=int, default=0, help="the number of a deal, from 0")


def run(given: Namespace) -> int:
    """Play one episode."""
    received.check_folder(Path("results"))
    prepared, match = _match(grid_files.read(given.configfile, Path.cwd()), given)
    game = match.game
    beside.check(prepared, match)
    print(f"{game.title}. You are {game.seat_name(match.seat)}. {HELP}")
    try:
        played = beside.play(prepared, match, Person(input, print), Path("results"))
    except (Quit, KeyboardInterrupt):
        print("You have left the game.")
        return 1
    print("\n".join(["", *_told_last(match, played)]))
    print(beside.ending(match.game, played, match.seat))
    return 0


COMMAND = Command("Play against an agent in a terminal", arguments, run)
