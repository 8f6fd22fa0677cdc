"""Play in a terminal against an agent.

A person sees what a model would be told. The episode enters no table; replies of a model are on
file under results/human/, and asked for once.
"""

import asyncio
import json
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Tools, Turn, kinds
from gamegrid.backends.backend import FinishReason
from gamegrid.commands.command import Command
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game, Scoring
from gamegrid.luck import Place
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.plan.grid import unsupported_reason
from gamegrid.play.engines import Engines
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.setups import self_play_setup
from gamegrid.prompts.parser import parse
from gamegrid.records.journal import Journal
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus

YOU = "you"
WIDTH = 100
HELP = "Type a move as it is listed, ? for the rules, or quit."


class Left(Exception):
    """The person has left the game."""


@dataclass(slots=True)
class Person:
    """A person at a terminal, in one seat."""

    read: Callable[[], str]
    """The next line typed; raises EOFError at the end."""
    write: Callable[[str], None]
    told: int = field(default=0)
    """How much of the history has been shown."""

    def sit(self, _: Place) -> "Person":
        """Return itself: a person takes one seat."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Show the turn and read moves until one is legal. Raises Left."""
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
        """Read one line: the label it names, or None if it names none."""
        try:
            line = self.read().strip()
        except EOFError as end:
            raise Left from end
        if line.casefold() in ("quit", "exit"):
            raise Left
        if line == "?":
            self.write(_wrapped(turn.game.rules()))
            return None
        read = parse(f"Action: {line}", FinishReason.STOP, turn.labels)
        if read.label is None:
            self.write(f"{line!r} is not among the legal moves. {HELP}")
        return read.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Who plays what: a person in ``seat``, copies of ``agent`` in the others."""

    game: Game
    agent: str
    seat: int
    deal: int


def play(made: plan.Plan, table: Table, person: Person, results: Path) -> EpisodeRecord:
    """Play one episode. Raises Left if the person leaves, UserError if it cannot be played."""
    settings = made.config.agents[table.agent]
    if reason := unsupported_reason(settings, table.game):
        raise UserError(f"{table.agent} cannot play {table.game.name}: {reason}.")
    setup = self_play_setup(made, table.agent, table.game, table.deal)
    seats = [*setup.seats]
    seats[table.seat] = YOU
    person.write(f"{table.game.title}. You are {table.game.seat_name(table.seat)}. {HELP}")
    with Journal(results / "human" / table.game.name / f"{table.agent}.jsonl") as journal:
        return asyncio.run(_play(made, replace(setup, seats=tuple(seats)), person, journal))


async def _play(made: plan.Plan, setup: Setup, person: Person, journal: Journal) -> EpisodeRecord:
    name = next((seated for seated in setup.seats if seated != YOU), None)
    engines = Engines(
        {m.written.name: m for agent, m in made.models.items() if agent == name},
        journal, Path.cwd(), live=True,
    )  # fmt: skip
    agents: dict[str, Agent] = {YOU: person}
    if name is not None:
        settings = made.config.agents[name]
        tools = Tools(ask=engines.ask, prompts=made.prompts)
        agents[name] = kinds()[settings.type].build(name, settings, tools)
    try:
        return await Episode(setup, agents).play()
    finally:
        await engines.close()


def ending(game: Game, played: EpisodeRecord, seat: int) -> str:
    """Say how it ended for the person."""
    mine = played.seats[seat]
    if played.status is EpisodeStatus.ERROR:
        return f"The game could not go on: {played.error}"
    if game.scoring is Scoring.WIN_LOSS:
        match mine.score:
            case 1.0:
                return "You win."
            case 0.0:
                return "You lose."
            case 0.5:
                return "A draw."
            case share:
                return f"You are ahead of {share:.0%} of the others."
    return f"You end with {mine.return_:+g}."


def _told_last(table: Table, played: EpisodeRecord) -> list[str]:
    """The last moves, as the person may know them."""
    return table.game.history(json.loads(played.trajectory), table.seat)[-table.game.players :]


def _table(raw: Any, given: Namespace) -> tuple[plan.Plan, Table]:
    made, game = plan.make(raw, Path.cwd()), games.load(given.game)
    if given.against not in made.config.agents:
        known = made.config.agents
        raise UserError(
            f"--against: {given.against!r} is unknown.{nearest(given.against, known)} "
            f"{given.configfile} has {', '.join(known)}."
        )
    if not 1 <= given.seat <= game.players:
        raise UserError(f"--seat: {given.seat} is not among 1 to {game.players}.")
    return made, Table(game=game, agent=given.against, seat=given.seat - 1, deal=given.deal)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


def arguments(parser: ArgumentParser) -> None:
    """Take a game, an opponent, a seat and a deal."""
    parser.add_argument("game", help="an alias or load string")
    parser.add_argument("--against", required=True, help="an agent of the configuration")
    parser.add_argument("--configfile", type=Path, default=WORKFLOW / "config/config.yaml")
    parser.add_argument("--seat", type=int, default=1, help="your seat, from 1")
    parser.add_argument("--deal", type=int, default=0, help="which deal of the grid's luck")


def run(given: Namespace) -> int:
    """Play one episode."""
    made, table = _table(read_yaml(given.configfile), given)
    try:
        played = play(made, table, Person(input, print), Path("results"))
    except (Left, KeyboardInterrupt):
        print("You have left the game.")
        return 1
    print("\n".join(["", *_told_last(table, played)]))
    print(ending(table.game, played, table.seat))
    return 0


COMMAND = Command("play in a terminal against an agent", arguments, run)
