"""Jobs that ask one agent for single moves: in positions, or in information states (probes)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import Decode
from gamegrid.config.types import GridConfig, parts_of
from gamegrid.games.game import Game, Joint, Oracle
from gamegrid.plan import positions, probes
from gamegrid.plan.grid import Cell, Matchup, unsupported_reason, wants
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.record_types import Task

ORACLES = {Oracle.EXACT: Task.POSITION, Oracle.EQUILIBRIUM: Task.PROBE}
"""Which single moves a game's oracle can judge; the games of other oracles have none."""


@dataclass(frozen=True, slots=True)
class SingleMoves:
    """One job: the single moves of one agent in one game.

    ``number`` is how many positions the agent is asked in, or how many samples of each probe.
    """

    task: Task
    game: Game
    agent: str
    number: int

    @property
    def cell(self) -> Cell:
        """The game and the agent, as a cell whose matchup is the agent alone."""
        return Cell(self.game, Matchup((self.agent,)))

    @property
    def block(self) -> str:
        """The name that journals, logs and progress files have instead of a block of deals."""
        return FOLDERS[self.task]

    @property
    def path(self) -> str:
        """The job's place below any folder of journals or progress files."""
        return f"{self.game.name}/{self.agent}/{self.block}"

    @property
    def file(self) -> str:
        """The chunk file's place below results/."""
        return f"{FOLDERS[self.task]}/{self.game.name}/{self.agent}.parquet"

    @property
    def episodes(self) -> int:
        """How many histories the agent is asked after; a small game may have fewer positions."""
        match self.task:
            case Task.POSITION:
                return self.number
            case Task.PROBE:
                return self.number * len(probes.probes(self.game))
            case Task.EPISODE:
                raise ValueError("an episode is no single move")
            case other:
                assert_never(other)

    @property
    def decisions(self) -> int:
        """How many moves the agent is asked for: one per history and seat that decides there."""
        match self.task:
            case Task.PROBE:
                return self.number * sum(probe.deciding for probe in probes.probes(self.game))
            case _:
                return self.episodes

    @property
    def version(self) -> int:
        """The version of the game's positions or probes."""
        return positions.VERSION if self.task is Task.POSITION else probes.VERSION


def histories(task: Task, game: Game, number: int) -> list[list[Joint]]:
    """The histories after which a task asks for a move, in the order of their numbers.

    ``number`` is that of positions; probes are all there are.
    """
    match task:
        case Task.POSITION:
            return positions.positions(game, number)
        case Task.PROBE:
            return [list(probe.history) for probe in probes.probes(game)]
        case Task.EPISODE:
            raise ValueError("an episode is no single move")
        case other:
            assert_never(other)


def single_moves(config: GridConfig, games: tuple[Game, ...]) -> Iterator[SingleMoves]:
    """The jobs of single moves: each agent in each game with an oracle that it can play.

    The keys ``positions`` and ``probes`` of the configuration switch the two tasks on. The shards
    of a grid deal the jobs out.
    """
    part, parts = parts_of(config.shard or "1/1")
    return islice(_every_job(config, games), part - 1, None, parts)


def _every_job(config: GridConfig, games: tuple[Game, ...]) -> Iterator[SingleMoves]:
    for oracle, task in ORACLES.items():
        for game in games:
            if game.oracle is not oracle:
                continue
            for agent, settings in config.agents.items():
                number = _number(config, task, agent)
                if number and wants(settings, game) and unsupported_reason(settings, game) is None:
                    yield SingleMoves(task, game, agent, number)


def _number(config: GridConfig, task: Task, agent: str) -> int:
    """Positions, or samples of each probe; likelihoods are the whole policy in one sample."""
    if task is Task.POSITION:
        return config.positions
    settings = config.agents[agent]
    scored = isinstance(settings, LlmSettings) and Decode(settings.decode) is Decode.SCORE
    return min(1, config.probes) if scored else config.probes
