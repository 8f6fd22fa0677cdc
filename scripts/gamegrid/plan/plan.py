"""A configuration made ready to run. The Snakefile and every job make the same plan from it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gamegrid.agents.agent import AgentSettings
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.tariff import Tariff
from gamegrid.config import load, models, sweep
from gamegrid.config.models import Model
from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Oracle
from gamegrid.oracles.value_function import has_value_function
from gamegrid.plan import deals, grid, plan_checks, preregistered, reference_cells, suites
from gamegrid.plan.block_sizes import block_sizes
from gamegrid.plan.bundles import Bundle, bundles
from gamegrid.plan.demand import Demand
from gamegrid.plan.grid import Cell, Chunk, Grid, Matchup
from gamegrid.plan.identity import Identity
from gamegrid.plan.job_needs import JobNeeds
from gamegrid.plan.reference_cells import ReferenceCells
from gamegrid.plan.single_moves import SingleMoves, single_moves
from gamegrid.prompts import templates
from gamegrid.records.record_types import Task
from gamegrid.records.registrations import PlannedQuestions
from gamegrid.records.stamp import Stamp


@dataclass(frozen=True)
class Plan:
    """A checked configuration with its grid and its models.

    ``models`` are the agents that are models, by agent name, with absolute paths. ``prompts`` are
    the folders of prompt templates, the first match wins. ``suite`` is None without the key.
    ``origins`` names, for each agent that a ``sweep`` made, the entry with the sweep.
    """

    config: GridConfig
    grid: Grid
    models: Mapping[str, Model]
    prompts: tuple[Path, ...]
    identity: Identity
    suite: suites.Suite | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> JobNeeds:
        """What each job needs."""
        return JobNeeds(self.config, self.models)

    @property
    def stamp(self) -> Stamp:
        """The stamp of the grid's results folder."""
        return Stamp(self.config.seed, self.config.protocol)

    @property
    def frozen(self) -> tuple[Path, ...]:
        """Chunk files that come with the suite and belong to the results."""
        return (self.suite.results,) if self.suite else ()

    def deals(self, game: Game) -> range:
        """The deals that every matchup of a game gets; of a shard, those of the shard."""
        return deals.played_deals(self.config, game)

    @property
    def budget_usd(self) -> float | None:
        """The limit on what all jobs are billed; of a shard, its part of it."""
        whole = self.config.budget_usd
        return whole and whole * deals.share_of_shard(self.config, self.grid.games)

    def opening_plies(self, game: Game) -> int:
        """How many random plies open each deal of a game."""
        return deals.opening_plies(self.config, game)

    def max_plies(self, game: Game) -> int:
        """After how many decisions an episode of a game is cut off."""
        return deals.max_plies(self.config, game)

    @property
    def planned(self) -> PlannedQuestions | None:
        """The plan of ``preregister`` in the form that is recorded; None without the key."""
        return preregistered.planned(self.config, self.grid, self.identity)

    @property
    def about(self) -> list[str]:
        """What numbers of this plan are about, as a line of text; no line for a whole grid."""
        shard = self.config.shard
        return [f"shard {shard}: all numbers are of this part of the deals"] if shard else []

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The chunks of all episodes."""
        sizes = block_sizes(self.config, self.grid, self.needs)
        return tuple(self.grid.chunks(self.deals, sizes.of))

    @cached_property
    def bundles(self) -> tuple[Bundle, ...]:
        """The jobs that play episodes, if there are more chunks than jobs may be; else none."""
        alike = {
            cell.matchup: (self.environments[cell.matchup], self.demands[cell.matchup], local)
            for cell in self.grid.one_per_matchup
            for local in [frozenset(self.needs.local(cell))]
        }
        return bundles(
            self.chunks,
            self.config.max_jobs,
            list(self.config.agents),
            lambda cell: alike[cell.matchup],
        )

    @property
    def jobs(self) -> tuple[Chunk, ...] | tuple[Bundle, ...]:
        """The jobs that play episodes."""
        return self.bundles or self.chunks

    @cached_property
    def jobs_of(self) -> Mapping[str, Sequence[Chunk | Bundle]]:
        """The jobs that play episodes, by the name of their game."""
        found = defaultdict[str, list[Chunk | Bundle]](list)
        for job in self.jobs:
            found[job.cell.game.name].append(job)
        return found

    @cached_property
    def bundle_named(self) -> Mapping[tuple[str, str], Bundle]:
        """The bundles by the names of game and bundle."""
        return {(each.cell.game.name, each.name): each for each in self.bundles}

    def bundle(self, game: str, name: str) -> Bundle:
        """Return the bundle of these names. Raises UserError if the grid has none."""
        try:
            return self.bundle_named[game, name]
        except KeyError:
            raise UserError(f"the grid has no bundle {name!r} of a game {game!r}.") from None

    @cached_property
    def demands(self) -> Mapping[Matchup, Demand]:
        """What a job of each matchup asks of its host, those of single moves included."""
        return {cell.matchup: self.needs.demand(cell) for cell in self._one_per_matchup}

    @cached_property
    def environments(self) -> Mapping[Matchup, str]:
        """The environment that a job of each matchup needs, those of single moves included."""
        return {cell.matchup: self.needs.environment(cell) for cell in self._one_per_matchup}

    @cached_property
    def tariffs(self) -> Mapping[Matchup, Mapping[str, Tariff]]:
        """The tariffs of the paid models of each matchup; see ``JobNeeds.tariffs``."""
        return {cell.matchup: self.needs.tariffs(cell) for cell in self._one_per_matchup}

    @property
    def _one_per_matchup(self) -> list[Cell]:
        return [*self.grid.one_per_matchup, *(moves.cell for moves in self.single_moves.values())]

    @cached_property
    def single_moves(self) -> Mapping[tuple[Task, str, str], SingleMoves]:
        """The jobs that ask for single moves, by task, name of the game and agent."""
        return {
            (moves.task, moves.game.name, moves.agent): moves
            for moves in single_moves(self.config, self.grid.games)
        }

    def cell(self, game: str, matchup: str) -> Cell:
        """Return the cell of these names. Raises UserError if the grid has none."""
        try:
            return self.grid.cell_named[game, matchup]
        except KeyError:
            raise UserError(f"the grid has no matchup {matchup!r} in a game {game!r}.") from None

    def agent_cell(self, game: str, agent: str) -> Cell:
        """Return the cell of an agent's single moves in a game. Raises UserError without any."""
        for task in Task:
            if moves := self.single_moves.get((task, game, agent)):
                return moves.cell
        raise UserError(f"the grid asks no agent {agent!r} for single moves in a game {game!r}.")

    @property
    def all_cells(self) -> list[Cell]:
        """The cells of all jobs, those of single moves included."""
        return [*self.grid.cells, *(moves.cell for moves in self.single_moves.values())]

    @property
    def judged(self) -> list[str]:
        """The names of the games with an oracle that judges their episodes."""
        played = {cell.game.name for cell in self.grid.cells}
        return [
            game.name
            for game in self.grid.games
            if game.oracle is not Oracle.NONE and (game.name in played or self.frozen)
        ]

    @property
    def corrected(self) -> list[str]:
        """The names of the games whose returns are corrected by control variates."""
        played = {cell.game.name for cell in self.grid.cells}
        return [
            game.name
            for game in self.grid.games
            if has_value_function(game) and (game.name in played or self.frozen)
        ]

    @cached_property
    def reference_cells(self) -> ReferenceCells:
        """The cells whose results are compared with exact numbers."""
        return reference_cells.find(self.config, self.grid, ladder=self.suite is not None)

    def probed(self, game: Game) -> dict[str, AgentSettings]:
        """The settings of the agents that are probed in a game, by name."""
        return {
            agent: self.config.agents[agent]
            for task, name, agent in self.single_moves
            if task is Task.PROBE and name == game.name
        }


def make(raw: Mapping[str, Any], working: Path) -> Plan:
    """Make the plan of a configuration. ``working`` is the folder that its paths start from.

    Raises UserError, in one or two sentences, for a configuration that cannot be run.
    """
    load.check_mapping(raw)
    origins, raw = sweep.origins(raw), sweep.expand(raw)
    suite = suites.read(raw["suite"], working) if raw.get("suite") else None
    config = load.read(suites.expand(raw, suite) if suite else raw, working)
    built = grid.build(config)
    by_agent = _models(config, working)
    prompts = templates.places(working)
    plan = Plan(
        config=config,
        grid=built,
        models=by_agent,
        prompts=prompts,
        identity=Identity(config, by_agent, _prompt_digests(config, prompts)),
        suite=suite,
        origins=origins,
    )
    plan_checks.check(config, built, plan.needs)
    return plan


def _models(config: GridConfig, working: Path) -> dict[str, Model]:
    entries = models.read_files(config.models, working)
    return {
        name: models.find(
            settings.model, name, entries, working, deterministic=settings.deterministic
        )
        for name, settings in config.agents.items()
        if isinstance(settings, LlmSettings)
    }


def _prompt_digests(config: GridConfig, prompts: tuple[Path, ...]) -> dict[str, str]:
    digests = dict[str, str]()
    for agent, settings in config.agents.items():
        if isinstance(settings, LlmSettings) and settings.prompt not in digests:
            try:
                digests[settings.prompt] = templates.load(settings.prompt, prompts).digest
            except UserError as error:
                raise UserError(f"config: agents.{agent}: {error}") from error
    return digests
