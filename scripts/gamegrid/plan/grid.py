"""The grid: which agents meet in which game, in which seats, in which jobs.

This module defines matchup, seating, cell and chunk. Their names do not depend on the order of
agents in the configuration.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from typing import assert_never

from gamegrid import games
from gamegrid.agents.agent import AgentSettings, kinds
from gamegrid.config.types import Each, GridConfig, Matchups
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.record_types import Task

ALL_ORDERS_UP_TO = 3
"""Games with up to this many seats are played in all permutations; others in rotations."""
LONGEST_NAME = 255
"""Characters in a folder's name at most: every matchup has a folder."""


@dataclass(frozen=True, slots=True, order=True)
class Matchup:
    """The agents of an episode whatever their seats: sorted names, one per seat."""

    agents: tuple[str, ...]

    @classmethod
    def of(cls, agents: Iterable[str]) -> "Matchup":
        """Make a matchup of agents in any order."""
        return cls(tuple(sorted(agents)))

    @property
    def name(self) -> str:
        """The matchup's name in paths; agent names contain no hyphen."""
        return "--".join(self.agents)

    def seatings(self, which: str) -> list[tuple[str, ...]]:
        """Return the orders in which a deal is played; each assignment of seats once.

        ``which`` is ``all`` or ``rotations``.
        """
        if which == "all" and len(self.agents) <= ALL_ORDERS_UP_TO:
            orders: Iterable[tuple[str, ...]] = permutations(self.agents)
        else:
            n = len(self.agents)
            orders = (self.agents[n - r :] + self.agents[: n - r] for r in range(n))
        return list(dict.fromkeys(orders))


@dataclass(frozen=True, slots=True)
class Cell:
    """One matchup in one game."""

    game: Game
    matchup: Matchup


@dataclass(frozen=True, slots=True)
class Chunk:
    """One play job: a block of deals of a cell, from ``start`` up to but not including ``stop``.

    Unless the grid is a shard, ``start`` is a multiple of the block size.
    """

    cell: Cell
    start: int
    stop: int

    @property
    def block(self) -> str:
        """The block's name: its first and its last deal, as in 00020-00029."""
        return f"{self.start:05d}-{self.stop - 1:05d}"

    @property
    def path(self) -> str:
        """The chunk's place below any folder of chunks, journals or logs."""
        return f"{self.cell.game.name}/{self.cell.matchup.name}/{self.block}"

    @property
    def file(self) -> str:
        """The chunk file's place below results/."""
        return f"{FOLDERS[Task.EPISODE]}/{self.path}.parquet"

    def episodes(self, seatings: str) -> int:
        """Return the number of episodes; ``seatings`` is ``all`` or ``rotations``."""
        return (self.stop - self.start) * len(self.cell.matchup.seatings(seatings))


@dataclass(frozen=True, slots=True)
class Absence:
    """An agent that sits out a game, and the reason."""

    agent: str
    game: Game
    reason: str


@dataclass(frozen=True)
class Grid:
    """All cells of a configuration, and the agents that sit out a game."""

    games: tuple[Game, ...]
    cells: tuple[Cell, ...]
    absences: tuple[Absence, ...]

    @cached_property
    def cell_named(self) -> Mapping[tuple[str, str], Cell]:
        """The cells by the names of game and matchup."""
        return {(cell.game.name, cell.matchup.name): cell for cell in self.cells}

    @cached_property
    def game_named(self) -> Mapping[str, Game]:
        """The games by name."""
        return {game.name: game for game in self.games}

    @cached_property
    def one_per_matchup(self) -> Sequence[Cell]:
        """One cell of each matchup, for what depends on the agents alone."""
        return tuple({cell.matchup: cell for cell in self.cells}.values())

    def chunks(self, deals: Callable[[Game], range], size: Callable[[Cell], int]) -> list[Chunk]:
        """Cut ``deals(game)`` of each cell into blocks of ``size(cell)``, the last one shorter."""
        return [
            Chunk(cell, block.start, block.stop)
            for cell in self.cells
            for step, played in [(size(cell), deals(cell.game))]
            for block in (played[at : at + step] for at in range(0, len(played), step))
        ]


def build(config: GridConfig) -> Grid:
    """Expand a configuration. Raises UserError for agents, games or matchups that do not fit."""
    loaded = _load_games(config.games)
    _check_names(config, loaded)
    cells, absences = [], []
    for game in loaded:
        able, out = _able(config.agents, game)
        absences += out
        for matchup in _matchups(config, game, able):
            cells.append(Cell(game, matchup))
    _check_schedule(config, loaded, cells)
    _check_lengths(cells)
    return Grid(tuple(loaded), tuple(cells), tuple(absences))


def unsupported_reason(settings: AgentSettings, game: Game) -> str | None:
    """Return why an agent cannot play a game, or None if it can."""
    return kinds()[settings.type].unsupported_reason(settings, game)


def _load_games(names: Sequence[str]) -> list[Game]:
    by_load_string: dict[str, Game] = {}
    for name in names:
        game = games.load(name)
        if game.load_string in by_load_string:
            raise UserError(f"config: games: {name!r} names {game.load_string} a second time.")
        by_load_string[game.load_string] = game
    return list(by_load_string.values())


def _able(agents: dict[str, AgentSettings], game: Game) -> tuple[list[str], list[Absence]]:
    """Return the agents that play a game, and those that sit it out."""
    able, out = [], []
    for name, settings in agents.items():
        reason = (
            unsupported_reason(settings, game) if wants(settings, game) else "games: leaves it out"
        )
        if reason is None:
            able.append(name)
        else:
            out.append(Absence(name, game, reason))
    return able, out


def wants(settings: AgentSettings, game: Game) -> bool:
    """Return False if the agent's key ``games`` leaves this game out."""
    if settings.games is None:
        return True
    return any(games.load(name).load_string == game.load_string for name in settings.games)


def _matchups(config: GridConfig, game: Game, able: list[str]) -> list[Matchup]:
    """Return the matchups of one game in the schedule's order, each once."""
    seats, schedule = game.players, config.schedule
    match schedule:
        case "round_robin":
            matchups = _round_robin(able, seats, config.self_play)
        case Each():
            matchups = _each(schedule, able, seats, config.self_play)
        case Matchups():
            matchups = [
                Matchup.of(agents)
                for agents in schedule.matchups
                if len(agents) == seats and _all_play(config, agents, game)
            ]
        case other:
            assert_never(other)
    return list(dict.fromkeys(matchups))


def _round_robin(able: list[str], seats: int, self_play: bool) -> list[Matchup]:
    matchups = [Matchup.of(agents) for agents in combinations(able, seats)]
    if self_play and seats > 1:
        matchups += [Matchup.of([agent] * seats) for agent in able]
    return matchups


def _each(schedule: Each, able: list[str], seats: int, self_play: bool) -> list[Matchup]:
    if seats == 1:
        return [Matchup.of([agent]) for agent in schedule.each if agent in able]
    return [
        Matchup.of([agent] + [opponent] * (seats - 1))
        for agent in schedule.each
        for opponent in schedule.against
        if agent in able and opponent in able and (self_play or agent != opponent)
    ]


def _all_play(config: GridConfig, agents: Sequence[str], game: Game) -> bool:
    """Return False if the key ``games`` of one of the agents leaves the game out.

    Raises UserError if one of them cannot play it.
    """
    for agent in agents:
        settings = config.agents[agent]
        if not wants(settings, game):
            return False
        if reason := unsupported_reason(settings, game):
            raise UserError(
                f"config: schedule: {_shown(agents)}: {agent!r} cannot play {game.load_string} "
                f"({reason}). Take the matchup out, or limit the agent by its key games."
            )
    return True


def _check_names(config: GridConfig, loaded: Sequence[Game]) -> None:
    """Refuse agents and games that are named but not declared."""
    known = {game.load_string for game in loaded}
    for name, settings in config.agents.items():
        for game in settings.games or []:
            if games.load(game).load_string not in known:
                raise UserError(
                    f"config: agents.{name}.games: {game!r} is not among the grid's games "
                    f"({', '.join(config.games)})."
                )
    for agent in _scheduled(config):
        if agent not in config.agents:
            raise UserError(
                f"config: schedule: the agent {agent!r} is unknown.{nearest(agent, config.agents)} "
                f"There are {', '.join(config.agents)}."
            )


def _scheduled(config: GridConfig) -> Iterator[str]:
    match config.schedule:
        case "round_robin":
            return
        case Each(each=each, against=against):
            yield from (*each, *against)
        case Matchups(matchups=matchups):
            for agents in matchups:
                yield from agents


def _check_schedule(config: GridConfig, loaded: Sequence[Game], cells: Sequence[Cell]) -> None:
    """Refuse matchups that fit no game, and games that nobody plays unless a suite brings them."""
    if isinstance(config.schedule, Matchups):
        played = {cell.matchup for cell in cells}
        for agents in config.schedule.matchups:
            if Matchup.of(agents) not in played:
                seats = ", ".join(f"{g.load_string}: {g.players}" for g in loaded)
                raise UserError(
                    f"config: schedule: the matchup {_shown(agents)} fits no game (seats: {seats})."
                )
    for game in loaded:
        if config.suite is None and not any(cell.game is game for cell in cells):
            able = _able(config.agents, game)[0]
            raise UserError(
                f"config: games: {game.load_string} has {game.players} seats and no matchup; "
                f"of the agents, {', '.join(able) or 'none'} can play it. Add agents, allow "
                f"self_play, or take the game out."
            )


def _check_lengths(cells: Iterable[Cell]) -> None:
    """Refuse matchups whose names are too long for a folder."""
    for cell in cells:
        if (length := len(cell.matchup.name)) > LONGEST_NAME:
            raise UserError(
                f"config: agents: the {cell.game.players} agents of a matchup of "
                f"{cell.game.load_string} have names of {length} characters together; a folder's "
                f"name has at most {LONGEST_NAME}. Give them shorter names."
            )


def _shown(agents: Sequence[str]) -> str:
    return f"[{', '.join(agents)}]"
