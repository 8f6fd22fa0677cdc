"""Play the episodes of a chunk file again from what is on file, and compare.

Openings and luck come from the seed, the models' replies from the journal, and both go through the
same loop, parser and rules as when they were played. Bots that decide alike on every machine decide
again. What others decided is taken from the chunk: their arithmetic may differ in the last digit
elsewhere, and thinking costs time.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Player, Tools, Turn, kinds
from gamegrid.agents.llm import Settings as LlmSettings
from gamegrid.backends.backend import BackendError, Completion, RecordedCompletion, Request
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Joint
from gamegrid.luck import Place
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening
from gamegrid.plan.positions import positions
from gamegrid.plan.probes import probes
from gamegrid.play.episode import Episode, Setup
from gamegrid.prompts import templates
from gamegrid.records.chunkfile import Row, as_read, read_episodes, read_params
from gamegrid.records.journal import files, key, read
from gamegrid.records.record_types import DecisionStatus, EpisodeStatus

NOT_PLAYED = frozenset({"run_id", "duration_s", "error"})
"""Columns of an episode that tell when and by which job it was played."""
NOT_DECIDED = frozenset({"latency_s"})
"""The same of a decision; a model's time is compared call by call."""
NOT_SAID = frozenset({"replayed"})
"""The same of a call."""


class Difference(UserError):
    """What is on file is not what is computed from it."""


@dataclass(slots=True)
class Counts:
    """What was computed again. ``unfinished`` episodes have no end to compare.

    ``repeated`` are moves that bots made again, ``held`` those that were held to the rules alone.
    """

    episodes: int = 0
    decisions: int = 0
    replies: int = 0
    unfinished: int = 0
    repeated: int = 0
    held: int = 0


def check(chunk: Path, journal: Path, prompts: Sequence[Path], counts: Counts) -> None:
    """Play every episode of ``chunk`` again, and count it.

    ``journal`` is the folder of all journals and ``prompts`` where templates are looked for. Raises
    Difference at the first episode that comes out differently, and UserError if something that is
    needed is missing here.
    """
    asyncio.run(_check(chunk, journal, prompts, counts))


async def _check(chunk: Path, journal: Path, prompts: Sequence[Path], counts: Counts) -> None:
    stated = read_params([chunk]).get(chunk)
    if stated is None:
        raise Difference(f"{chunk} is damaged or no chunk file.")
    params = json.loads(stated)
    cells = dict[str, Cell]()
    for row in read_episodes(chunk):
        name = f"{row['game']}/{row['matchup']}"
        if name not in cells:
            # The file of a suite holds many cells, each with its own.
            own = json.loads(params[name]) if name in params else params
            cells[name] = Cell(own, journal / name, prompts)
        if row["status"] == EpisodeStatus.ERROR:
            counts.unfinished += 1
            continue
        if said := await cells[name].difference(row):
            raise Difference(f"{chunk}: episode {row['episode_id']}: {said}.")
        counts.episodes += 1
        counts.decisions += len(row["decisions"])
        counts.replies += len(row["calls"])
        bots = cells[name].bots
        moved = [bots[each["agent"]] for each in row["decisions"] if each["agent"] in bots]
        counts.held += moved.count(None)
        counts.repeated += len(moved) - moved.count(None)


class Cell:
    """One cell as the params of its chunk files state it, with its replies."""

    def __init__(self, params: Mapping[str, Any], journal: Path, prompts: Sequence[Path]):
        self._params = params
        self._journal = journal
        self._prompts = prompts
        self._game: Game = games.load(params["game"])
        self._minimax = Minimax()
        self._openings = dict[int, Sequence[Joint]]()
        self._models = dict[str, Agent]()
        self.bots = dict[str, Agent | None]()
        """By name; None for one that does not decide again."""
        for name, stated in params["agents"].items():
            self._build(name, dict(stated))

    async def difference(self, row: Row) -> str | None:
        """Play an episode again; say what came out differently, or None."""
        setup = self._setup(row)
        decisions = {(each["ply"], each["seat"]): each for each in row["decisions"]}
        bots = {name: Recorded(decisions, bot) for name, bot in self.bots.items()}
        try:
            played = await Episode(setup, {**self._models, **bots}).play()
        except Difference as found:
            return str(found)
        if played.error is not None:
            return played.error.rstrip(".")
        return _unlike(_kept(row), _kept(as_read(played)), "")

    @cached_property
    def _replies(self) -> dict[str, Completion]:
        lines = (line for path in files(self._journal) for line in read(path))
        return {line.key: line.completion for line in lines}

    def _build(self, name: str, stated: dict[str, Any]) -> None:
        """Make an agent that asks the journal, or a bot."""
        entry, digest = stated.pop("model_entry", {}), stated.pop("prompt_digest", None)
        kind = kinds()[stated["type"]]
        settings = kind.settings.model_validate(stated)
        tools = Tools(ask=self._ask(entry), prompts=tuple(self._prompts))
        if not isinstance(settings, LlmSettings):
            self.bots[name] = kind.build(name, settings, tools) if kind.repeatable else None
            return
        found = templates.load(settings.prompt, self._prompts).digest
        if found != digest:
            raise UserError(
                f"the template {settings.prompt!r} is not the one that agent {name!r} was asked "
                f"by (SHA-256 {digest}); bring its config/prompts/{settings.prompt}.jinja along."
            )
        self._models[name] = kind.build(name, settings, tools)

    def _ask(self, entry: Mapping[str, Any]) -> Any:
        async def ask(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
            found = self._replies.get(key(place, ply, attempt, request, entry))
            if found is None:
                raise BackendError(
                    f"no reply on file to attempt {attempt} of ply {ply}, seat {place.seat}"
                )
            return RecordedCompletion(found, replayed=True)

        return lambda model: ask

    def _setup(self, row: Row) -> Setup:
        params, game = self._params, self._game
        deal, seating = row["deal"], row["seating"]
        if alone := "seatings" not in params:  # single moves of one agent, not deals
            [agent] = params["agents"]
            seats = (agent,) * game.players
            history = self._asked[seating if "probes" in params else deal]
        else:
            seats, history = tuple(params["seatings"][seating]), self._opening(deal)
        return Setup(
            run_id=row["run_id"],
            seed=params["seed"],
            game=game,
            matchup=row["matchup"],
            deal=deal,
            seating=seating,
            seats=seats,
            opening=tuple(history),
            max_plies=1 if alone else params["max_plies"],
        )

    def _opening(self, deal: int) -> Sequence[Joint]:
        if deal not in self._openings:
            seed, plies = self._params["seed"], self._params["opening_plies"]
            self._openings[deal] = opening(self._game, seed, deal, plies, self._minimax)
        return self._openings[deal]

    @cached_property
    def _asked(self) -> Sequence[Sequence[Joint]]:
        """The histories after which one move is asked for."""
        if "probes" in self._params:
            return [probe.history for probe in probes(self._game)]
        return positions(self._game, self._params["positions"])


@dataclass(frozen=True, slots=True)
class Recorded:
    """Stands for a bot of an episode, whose ``decisions`` are known by ply and seat.

    ``bot`` is itself, to decide again; None if what is recorded is taken as it is.
    """

    decisions: Mapping[tuple[int, int], Row]
    bot: Agent | None

    def sit(self, place: Place) -> "RecordedPlayer":
        """Return the player for one seat."""
        return RecordedPlayer(self.decisions, self.bot.sit(place) if self.bot else None)


@dataclass(frozen=True, slots=True)
class RecordedPlayer:
    """The same in one seat."""

    decisions: Mapping[tuple[int, int], Row]
    bot: Player | None

    async def decide(self, turn: Turn) -> Decision:
        """Return the decision. Raises Difference where the recorded one cannot have been."""
        where = f"ply {turn.ply}, seat {turn.place.seat}"
        row = self.decisions.get((turn.ply, turn.place.seat))
        if row is None:
            raise Difference(f"{where}: no decision on file, and the game is not over")
        if row["action"] is not None and row["action"] not in turn.legal:
            raise Difference(f"{where}: action {row['action']} is not legal")
        if self.bot:
            own = await self.bot.decide(turn)
            if own.action != row["action"]:
                raise Difference(f"{where}: action is {row['action']}, computed {own.action}")
            return own
        status = DecisionStatus(row["status"])
        return Decision(action=row["action"], status=status, reasoning=row["reasoning"])


def _kept(row: Row) -> Row:
    """What of an episode must come out equal."""
    return {
        **{name: value for name, value in row.items() if name not in NOT_PLAYED},
        "decisions": [_without(each, NOT_DECIDED) for each in row["decisions"]],
        "calls": [_without(each, NOT_SAID) for each in row["calls"]],
    }


def _without(row: Row, names: frozenset[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _unlike(filed: Any, found: Any, where: str) -> str | None:
    """Name the first place where two values differ; columns that an older file lacks are no place.

    Decisions and calls are named by their numbers in the episode, from 0.
    """
    match filed, found:
        case dict(), dict():
            parts = [(f"{where}.{name}", name) for name in filed]
        case list(), list() if len(filed) == len(found):
            parts = [(f"{where}[{number}]", number) for number in range(len(filed))]
        case _:
            if filed == found:
                return None
            return f"{where.lstrip('.')} is {_short(filed)}, computed {_short(found)}"
    said = (_unlike(filed[name], found[name], place) for place, name in parts)
    return next((difference for difference in said if difference), None)


def _short(value: Any) -> str:
    text = f"{len(value)} long" if isinstance(value, list) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
