"""Play the episodes of a chunk file again from the replies on file, and compare.

Openings and luck come from the seed and models' replies from the journal. They go through the same
loop, parser and rules as before. Bots that decide the same on every machine decide again. The moves
of other bots are taken from the chunk and checked against the rules: their arithmetic may differ on
another machine, and their searches take time.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, assert_never

from gamegrid import games, plugins
from gamegrid.agents.agent import Agent, Decision, Player, Tools, Turn, kinds, settings_of
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import BackendError, Completion, RecordedCompletion, Request
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Joint
from gamegrid.luck import Place
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.balanced import balanced_start
from gamegrid.plan.deals import Start, opening
from gamegrid.plan.single_moves import histories
from gamegrid.play.episode import Episode, Setup
from gamegrid.plugins import Hook
from gamegrid.prompts import templates
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.chunkfile import EpisodeRow, as_read, read_episodes, read_params, task_of
from gamegrid.records.journal import files, key, read
from gamegrid.records.record_types import DecisionStatus, EpisodeStatus, Task

NOT_PLAYED = frozenset({"run_id", "duration_s", "error"})
"""Columns of an episode that say when and by which job it was played."""
NOT_DECIDED = frozenset({"latency_s"})
"""Columns of a decision that need not come out equal; calls compare a model's time."""
NOT_SAID = frozenset({"replayed"})
"""Columns of a call that need not come out equal."""


class Difference(UserError):
    """What is on file differs from what is computed from it."""


@dataclass(slots=True)
class Counts:
    """How much was computed again. ``unfinished`` episodes have no end to compare.

    Bots made ``repeated`` moves again; ``held`` moves were only checked against the rules.
    """

    episodes: int = 0
    decisions: int = 0
    replies: int = 0
    unfinished: int = 0
    repeated: int = 0
    held: int = 0


def check(chunk: Path, journal: Path, prompts: Sequence[Path], counts: Counts) -> None:
    """Play every episode of ``chunk`` again, and count it.

    ``journal`` is the folder of all journals; ``prompts`` are the folders of templates. Raises
    Difference at the first episode that comes out differently, and UserError if something that
    this needs is missing.
    """
    asyncio.run(_check(chunk, journal, prompts, counts))


async def _check(chunk: Path, journal: Path, prompts: Sequence[Path], counts: Counts) -> None:
    stated = read_params([chunk]).get(chunk)
    if stated is None:
        raise Difference(f"{chunk} is damaged or no chunk file.")
    params = json.loads(stated)
    cells = dict[str, ReplayedCell]()
    for row in read_episodes(chunk):
        name = f"{row['game']}/{row['matchup']}"
        if name not in cells:
            # The file of a suite holds many cells and maps their names to their params.
            own = json.loads(params[name]) if name in params else params
            cells[name] = ReplayedCell(own, journal / name, prompts)
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


class ReplayedCell:
    """One cell as its chunk files' params describe it, with its replies."""

    def __init__(self, params: Mapping[str, Any], journal: Path, prompts: Sequence[Path]):
        self._params = params
        self._journal = journal
        self._prompts = prompts
        self._game: Game = games.load(params["game"])
        for name, digest in params.get("game_digests", {}).items():
            _check_file(plugins.GAME, name, digest)
        self._minimax = Minimax()
        self._deals = dict[int, Start]()
        self._starts: Sequence[Sequence[Joint]] | None = None
        self._models = dict[str, Agent]()
        self.bots = dict[str, Agent | None]()
        """By name; None for a bot that does not decide again."""
        for name, stated in params["agents"].items():
            self._build(name, stated)

    async def difference(self, row: EpisodeRow) -> str | None:
        """Play an episode again; return what came out differently, or None."""
        setup = self._setup(row)
        decisions = {(each["ply"], each["seat"]): each for each in row["decisions"]}
        bots = {name: Recorded(decisions, bot) for name, bot in self.bots.items()}
        try:
            played = await Episode(setup, {**self._models, **bots}).play()
        except Difference as difference:
            return str(difference)
        if played.error is not None:
            return played.error.rstrip(".")
        return _unlike(_kept(row), _kept(as_read(played)), "")

    @cached_property
    def _replies(self) -> dict[str, Completion]:
        lines = (line for path in files(self._journal) for line in read(path))
        return {line.key: line.completion for line in lines}

    def _build(self, name: str, stated: Mapping[str, Any]) -> None:
        """Build an agent that asks the journal, or a bot."""
        _check_file(plugins.AGENT, stated["type"], stated.get("plugin_digests", {}).get("agent"))
        kind, settings = kinds()[stated["type"]], settings_of(stated)
        tools = Tools(ask=self._ask(stated.get("model_entry", {})), prompts=tuple(self._prompts))
        if not isinstance(settings, LlmSettings):
            self.bots[name] = kind.make(name, settings, tools) if kind.repeatable else None
            return
        digest = stated.get("prompt_digest")
        if templates.load(settings.prompt, self._prompts).digest != digest:
            raise UserError(
                f"the template {settings.prompt!r} is not the one that agent {name!r} was asked "
                f"with (SHA-256 {digest}). Copy its config/prompts/{settings.prompt}.jinja here."
            )
        self._models[name] = kind.build(name, settings, tools)

    def _ask(self, entry: Mapping[str, Any]) -> Any:
        async def ask(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
            reply = self._replies.get(key(place, ply, attempt, request, entry))
            if reply is None:
                raise BackendError(
                    f"no reply on file to attempt {attempt} of ply {ply}, seat {place.seat}"
                )
            return RecordedCompletion(reply, replayed=True)

        return lambda _: ask

    def _setup(self, row: EpisodeRow) -> Setup:
        params, task = self._params, task_of(row)
        deal, seating = row["deal"], row["seating"]
        match task:
            case Task.EPISODE:
                seats, start = tuple(params["seatings"][seating]), self._start(deal)
            case Task.POSITION | Task.PROBE:
                [agent] = params["agents"]
                seats = (agent,) * self._game.players
                history = self._histories(task)[seating if task is Task.PROBE else deal]
                start = Start(tuple(history))
            case other:
                assert_never(other)
        return Setup(
            task=task,
            run_id=row["run_id"],
            seed=params["seed"],
            game=self._game,
            matchup=row["matchup"],
            deal=deal,
            seating=seating,
            seats=seats,
            opening=start.opening,
            events=start.events,
            max_plies=params["max_plies"] if task is Task.EPISODE else 1,
        )

    def _start(self, deal: int) -> Start:
        if deal not in self._deals:
            game, seed, plies = self._game, self._params["seed"], self._params["opening_plies"]
            if self._params.get("balanced"):
                self._deals[deal] = balanced_start(game, seed, deal, plies)
            else:
                self._deals[deal] = Start(tuple(opening(game, seed, deal, plies, self._minimax)))
        return self._deals[deal]

    def _histories(self, task: Task) -> Sequence[Sequence[Joint]]:
        if self._starts is None:
            self._starts = histories(task, self._game, self._params[FOLDERS[task]])
        return self._starts


@dataclass(frozen=True, slots=True)
class Recorded:
    """An agent that stands for a bot whose ``decisions`` are on file, by ply and seat.

    ``bot`` decides again, unless it is None: then the decisions on file are taken.
    """

    decisions: Mapping[tuple[int, int], EpisodeRow]
    bot: Agent | None

    def sit(self, place: Place) -> "RecordedPlayer":
        """Return the player for one seat."""
        return RecordedPlayer(self.decisions, self.bot.sit(place) if self.bot else None)


@dataclass(frozen=True, slots=True)
class RecordedPlayer:
    """The player of a ``Recorded`` agent in one seat."""

    decisions: Mapping[tuple[int, int], EpisodeRow]
    bot: Player | None

    async def decide(self, turn: Turn) -> Decision:
        """Return the decision. Raises Difference if the one on file is impossible or differs."""
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


def _kept(row: EpisodeRow) -> EpisodeRow:
    """Return the columns of an episode that must come out equal."""
    return {
        **{name: value for name, value in row.items() if name not in NOT_PLAYED},
        "decisions": [_without(each, NOT_DECIDED) for each in row["decisions"]],
        "calls": [_without(each, NOT_SAID) for each in row["calls"]],
    }


def _without(row: EpisodeRow, names: frozenset[str]) -> EpisodeRow:
    return {name: value for name, value in row.items() if name not in names}


def _unlike(filed: Any, computed: Any, where: str) -> str | None:
    """Name the first place where two values differ, or return None.

    Columns that only one version of gamegrid writes are not compared. Decisions and calls are named
    by their numbers in the episode, from 0.
    """
    match filed, computed:
        case dict(), dict():
            parts = [(f"{where}.{name}", name) for name in filed if name in computed]
        case list(), list() if len(filed) == len(computed):
            parts = [(f"{where}[{number}]", number) for number in range(len(filed))]
        case _:
            if filed == computed:
                return None
            return f"{where.lstrip('.')} is {_short(filed)}, computed {_short(computed)}"
    said = (_unlike(filed[name], computed[name], place) for place, name in parts)
    return next((difference for difference in said if difference), None)


def _short(value: Any) -> str:
    text = f"{len(value)} long" if isinstance(value, list) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _check_file(hook: Hook, name: str, digest: str | None) -> None:
    """Raise UserError if ``name`` is not declared by the user's file with this SHA-256.

    None says that there was no such file, or that none was recorded: anything goes.
    """
    file = plugins.source(hook, name)
    if digest is not None and (file is None or file.digest != digest):
        raise UserError(
            f"the {hook.what} {name!r} is not declared by the file that was played with (SHA-256 "
            f"{digest}); bring that file along."
        )
