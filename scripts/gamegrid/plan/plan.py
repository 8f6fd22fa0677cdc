"""A configuration made ready to run: its grid, its models, and what each job needs to know.

The Snakefile and every play job make the same plan from the same configuration.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, assert_never

from gamegrid.agents.agent import AgentSettings, kinds
from gamegrid.agents.llm import Settings as LlmSettings
from gamegrid.backends import prices
from gamegrid.backends.backend import CORE, Capabilities, Decode, ModelEntry, Price, heaviest
from gamegrid.config import load, models, sweep
from gamegrid.config.models import Model
from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Oracle, Scoring
from gamegrid.plan import grid, plugin_digests, positions, probes, suites
from gamegrid.plan.deals import check_opening
from gamegrid.plan.demand import Demand, demand
from gamegrid.plan.grid import Cell, Chunk, Grid, Matchup
from gamegrid.prompts import templates
from gamegrid.records.stamp import Stamp

BOT_DEALS = 2500
"""Deals per job of a cell without models: seconds to minutes of work."""
WHOLE_CELL = 1_000_000
"""Deals per job where starting the engine is dear: all of them."""
EPISODES_PER_REQUEST = 4
"""Episodes of a job for each request in flight: all are in flight until few episodes are left."""
MOST_JOBS = 1_000_000
"""Jobs of a grid beyond which nobody's computer would see the end of the plan."""


class Alone(StrEnum):
    """What one agent is asked for by itself, in jobs of single moves instead of deals."""

    POSITIONS = "positions"
    """One move in each position of the game's suite."""
    PROBES = "probes"
    """One in each information state, as often as the policy is sampled."""


@dataclass(frozen=True)
class Plan:
    """Everything a run is made of. Paths of models are absolute."""

    config: GridConfig
    grid: Grid
    models: Mapping[str, Model]
    """By agent, for agents that are models."""
    prompts: tuple[Path, ...]
    frozen: tuple[Path, ...] = ()
    """Chunk files that come with the suite and belong to the results."""
    suite: suites.Suite | None = None
    _digests: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Of the texts of prompt templates by name: one is read and tried once, not for every cell."""

    @property
    def stamp(self) -> Stamp:
        """What the grid's results folder is stamped with."""
        return Stamp(self.config.seed, self.config.protocol)

    @cached_property
    def chunks(self) -> list[Chunk]:
        """All jobs."""
        return self.grid.chunks(self.config.deals, self.chunk_deals)

    @cached_property
    def cells(self) -> dict[tuple[str, str], Cell]:
        """Cells by names of game and matchup."""
        return {(cell.game.name, cell.matchup.name): cell for cell in self.grid.cells}

    @cached_property
    def games(self) -> dict[str, Game]:
        """The games by name."""
        return {game.name: game for game in self.grid.games}

    @property
    def judged(self) -> list[str]:
        """The names of the games that have an oracle and episodes to judge by it."""
        played = {game for game, _ in self.cells}
        return [
            name
            for name, game in self.games.items()
            if game.oracle is not Oracle.NONE and (name in played or self.frozen)
        ]

    @property
    def control_cells(self) -> list[Cell]:
        """The cells, a suite's included, of agents whose policies are known alone."""
        return [cell for cell in self._counted if self._known.issuperset(cell.matchup.agents)]

    @property
    def _known(self) -> set[str]:
        """The agents whose policies are known."""
        return {
            name
            for name, settings in self.config.agents.items()
            if kinds()[settings.type].policy is not None
        }

    @property
    def response_cells(self) -> list[Cell]:
        """The cells, a suite's included, in which returns are held against best responses."""
        amounts = (Scoring.PAYOFF, Scoring.SOLO)
        return [cell for cell in self._counted if cell.game.scoring in amounts]

    @property
    def _counted(self) -> list[Cell]:
        """The cells of the grid and of a suite's frozen results."""
        everything = self.config.model_copy(update={"schedule": "round_robin", "self_play": False})
        ladder = grid.build(everything).cells if self.frozen else ()
        return list(dict.fromkeys((*self.grid.cells, *ladder)))

    def reference_params(self) -> str:
        """One canonical JSON string of exactly what the references and expectations rest on."""
        config, cells = self.config, (*self.control_cells, *self.response_cells)
        return json.dumps(
            {
                "games": [
                    [game.load_string, self.opening_plies(game), self.max_plies(game)]
                    for game in self.grid.games
                ],
                "seatings": config.seatings,
                "cells": [[cell.game.name, cell.matchup.name] for cell in self.control_cells],
                "responses": [[cell.game.name, cell.matchup.name] for cell in self.response_cells],
                "agents": {
                    name: self.identity(name)
                    for name in sorted({a for c in cells for a in c.matchup.agents} & self._known)
                },
            },
            sort_keys=True,
            ensure_ascii=True,
        )

    @cached_property
    def alone_cells(self) -> dict[tuple[Alone, str, str], Cell]:
        """Who is asked for what alone in which game, by that and the names of game and agent.

        That is every agent in each game with the oracle for it that it can and shall play.
        """
        asked = {
            Alone.POSITIONS: Oracle.EXACT if self.config.positions else None,
            Alone.PROBES: Oracle.EQUILIBRIUM if self.config.probes else None,
        }
        return {
            (what, game.name, agent): Cell(game, Matchup((agent,)))
            for what, oracle in asked.items()
            for game in self.grid.games
            if game.oracle is oracle
            for agent, settings in self.config.agents.items()
            if grid.wants(settings, game) and grid.unsupported_reason(settings, game) is None
        }

    @property
    def all_cells(self) -> list[Cell]:
        """All that jobs ask agents for: episodes, moves in positions and in information states."""
        return [*self.grid.cells, *self.alone_cells.values()]

    def samples(self, agent: str) -> int:
        """Replies asked for in each information state: likelihoods are a whole policy at once."""
        settings = self.config.agents[agent]
        scored = isinstance(settings, LlmSettings) and Decode(settings.decode) is Decode.SCORE
        return 1 if scored else self.config.probes

    def probed(self, game: Game) -> dict[str, AgentSettings]:
        """The agents that are probed in a game."""
        return {
            agent: self.config.agents[agent]
            for asked, name, agent in self.alone_cells
            if asked is Alone.PROBES and name == game.name
        }

    def alone_params(self, asked: Alone, cell: Cell) -> str:
        """As ``params``, of what an agent is asked for alone: exactly what changes its moves."""
        [agent] = cell.matchup.agents
        match asked:
            case Alone.POSITIONS:
                number, version = self.config.positions, positions.VERSION
            case Alone.PROBES:
                number, version = self.samples(agent), probes.VERSION
            case other:
                assert_never(other)
        return json.dumps(
            {
                "protocol": self.config.protocol,
                "seed": self.config.seed,
                "game": cell.game.load_string,
                **plugin_digests.of_game(cell.game),
                "agents": {agent: self.identity(agent)},
                asked: number,
                "version": version,
            },
            sort_keys=True,
            ensure_ascii=True,
        )

    def chunk_deals(self, cell: Cell) -> int:
        """Deals per job of a cell: as configured, or as its backends are best driven.

        A default for hosted models follows from what may be in flight, by doubling: so blocks stay
        aligned to those that a smaller ``max_connections`` led to.
        """
        if self.config.chunk:
            return self.config.chunk
        least = [model.kind.capabilities.chunk_deals for model in self.models_of(cell)]
        deals = min((size for size in least if size is not None), default=BOT_DEALS)
        if None in least:
            return WHOLE_CELL
        seatings = len(cell.matchup.seatings(self.config.seatings))
        while deals * seatings < EPISODES_PER_REQUEST * self.in_flight(cell):
            deals *= 2
        return deals

    def in_flight(self, cell: Cell) -> int:
        """Requests that may be in flight together in a job of the cell; 0 without models."""
        entries = {model.entry.name: model for model in self.models_of(cell)}
        return sum(
            m.entry.max_connections or m.kind.capabilities.in_flight for m in entries.values()
        )

    def episodes(self, chunk: Chunk) -> int:
        """Episodes of a job."""
        seatings = chunk.cell.matchup.seatings(self.config.seatings)
        return (chunk.stop - chunk.start) * len(seatings)

    def environment(self, cell: Cell) -> str:
        """The environment that holds every library the cell's jobs need."""
        return self._environment(self.models_of(cell))

    @property
    def heaviest(self) -> str:
        """The environment that holds every library the grid needs."""
        return self._environment(list(self.models.values()))

    def _environment(self, models: Sequence[Model]) -> str:
        if self.config.run_mode == "replay":  # which starts no engine
            return CORE.name
        return heaviest(model.kind.capabilities.environment for model in models)

    def demand(self, cell: Cell) -> Demand:
        """What a job of the cell asks of its host; little where no engine is started."""
        return demand([] if self.config.run_mode == "replay" else self.models_of(cell))

    def prices(self, cell: Cell) -> dict[str, Price]:
        """The prices of the cell's models, by model id; models that cost nothing are left out.

        Raises UserError if a hosted model's price is unknown: a budget cannot be kept then.
        """
        found = {}
        for model in self.models_of(cell):
            entry = model.entry
            cost = prices.find(entry)
            if cost.input is not None and cost.output is not None:
                found[model.written.name] = Price(cost.input, cost.output, cost.cached)
            elif model.kind.capabilities.hosted:
                raise UserError(
                    f"config: budget_usd: the price of {model.written.name} is unknown. Give its "
                    f"entry in a model file input_price and output_price (USD per million "
                    f"tokens), 0 for a server of your own."
                )
        return {name: price for name, price in found.items() if price.input or price.output}

    def opening_plies(self, game: Game) -> int:
        """Random plies that open a deal of a game."""
        wanted = self.config.opening_plies
        return game.opening_plies if wanted == "auto" else wanted

    def max_plies(self, game: Game) -> int:
        """Decisions until an episode of a game is cut off."""
        return self.config.max_plies or game.max_plies

    def params(self, cell: Cell) -> str:
        """One canonical JSON string of exactly what changes the cell's episodes.

        Not the number of deals, not the code: a grown grid or an edited script replays nothing.
        """
        config = self.config
        return json.dumps(
            {
                "protocol": config.protocol,
                "seed": config.seed,
                "game": cell.game.load_string,
                **plugin_digests.of_game(cell.game),
                "seatings": cell.matchup.seatings(config.seatings),
                "opening_plies": self.opening_plies(cell.game),
                "max_plies": self.max_plies(cell.game),
                "agents": {name: self.identity(name) for name in sorted(set(cell.matchup.agents))},
            },
            sort_keys=True,
            ensure_ascii=True,
        )

    def identity(self, agent: str) -> dict[str, Any]:
        """What an agent is, as far as it changes its moves."""
        settings = self.config.agents[agent]
        found = settings.model_dump(exclude={"games"}, exclude_none=True)
        if isinstance(settings, LlmSettings):
            found["model_entry"] = self.models[agent].identity()
            found["prompt_digest"] = self._digest(settings.prompt)
        return found | plugin_digests.of_agent(settings.type, self.models.get(agent))

    def _digest(self, prompt: str) -> str:
        if prompt not in self._digests:
            self._digests[prompt] = templates.load(prompt, self.prompts).digest
        return self._digests[prompt]

    def prompts_of(self, cell: Cell) -> dict[str, str]:
        """The templates by which a cell's models are asked, with the SHA-256 of their texts."""
        agents = {name: self.config.agents[name] for name in cell.matchup.agents}
        return {
            settings.prompt: self.identity(name)["prompt_digest"]
            for name, settings in agents.items()
            if isinstance(settings, LlmSettings)
        }

    def check(self) -> None:
        """Look at what only this machine can tell: folders and keys. Raises UserError.

        A replay needs neither.
        """
        if self.config.run_mode == "replay":
            return
        mistakes = [
            f"agents.{agent}: {mistake}"
            for agent, model in self.models.items()
            if (mistake := model.kind.check(model.entry))
        ]
        if mistakes:
            raise UserError("config: " + "\n  ".join(mistakes))

    def models_of(self, cell: Cell) -> list[Model]:
        """The models that play in a cell."""
        return [self.models[name] for name in set(cell.matchup.agents) if name in self.models]


def make(raw: Mapping[str, Any], working: Path) -> Plan:
    """Make the plan of a configuration. Raises UserError in one or two sentences."""
    raw = sweep.expand(raw)
    suite = suites.read(raw["suite"], working) if raw.get("suite") else None
    config = load.read(suites.expand(raw, suite) if suite else raw, working)
    entries = models.read_files(config.models, working)
    made = Plan(
        config=config,
        grid=grid.build(config),
        models={
            name: _model(name, settings, entries, working)
            for name, settings in config.agents.items()
            if isinstance(settings, LlmSettings)
        },
        prompts=templates.places(working),
        frozen=(suite.results,) if suite else (),
        suite=suite,
    )
    _check_prompts(made)
    _check_abilities(made)
    _check_openings(made)
    _check_demands(made)
    _check_jobs(made)
    if config.budget_usd is not None:
        for cell in made.grid.cells:
            made.prices(cell)
    return made


def _check_prompts(made: Plan) -> None:
    for agent in made.models:
        try:
            made.identity(agent)
        except UserError as error:
            raise UserError(f"config: agents.{agent}: {error}") from error


def _check_abilities(made: Plan) -> None:
    """Refuse settings that an agent's backend can do nothing with."""
    modes: dict[str, tuple[str, bool]] = {}
    for agent, model in made.models.items():
        settings = made.config.agents[agent]
        assert isinstance(settings, LlmSettings)
        if mistake := _inability(settings, model):
            raise UserError(f"config: agents.{agent}: {mistake}.")
        first, mode = modes.setdefault(settings.model, (agent, model.entry.deterministic))
        if mode is not model.entry.deterministic:
            raise UserError(
                f"config: agents.{agent}: deterministic differs from that of agents.{first}, which "
                f"asks the same {settings.model}: one job loads it once, so set it on both."
            )


def _inability(settings: LlmSettings, model: Model) -> str | None:
    can = model.kind.capabilities
    served = model.entry.api_base is not None
    inside = " that the job itself loads, without an api_base" if served else ""
    if (decode := Decode(settings.decode)) not in can.decodes:
        able = _prefixes(lambda other: decode in other.decodes)
        return f"decode: {decode} needs {able} model{inside}; {settings.model} cannot"
    if model.entry.deterministic and not can.deterministic:
        able = _prefixes(lambda other: other.deterministic)
        return f"deterministic needs {able} model{inside}; {settings.model} promises nothing"
    for key, reason in can.refused.items():
        if getattr(settings, key) is not None:
            return f"{key} does not reach {settings.model}: {reason}"
    return None


def _prefixes(able: Callable[[Capabilities], bool]) -> str:
    """Name the backends that are able to, as in ``a hf_ or vllm_``."""
    found = [f"{kind.prefix}_" for kind in models.backends().values() if able(kind.capabilities)]
    return f"a {' or '.join(found)}"


def _check_openings(made: Plan) -> None:
    """Refuse openings that leave nothing to play."""
    for game in made.grid.games:
        try:
            check_opening(game, made.config.seed, made.opening_plies(game))
        except ValueError as error:
            raise UserError(f"config: opening_plies: {error}.") from error


def _check_demands(made: Plan) -> None:
    """Refuse matchups that no host can play."""
    for cell in made.grid.cells:
        try:
            made.demand(cell)
        except ValueError as error:
            raise UserError(
                f"config: {cell.matchup.name}: {error}; change gpu_model in the model file, or "
                f"leave the matchup out of the schedule."
            ) from error


def _check_jobs(made: Plan) -> None:
    """Refuse a grid of more jobs than can be planned, before they are listed."""
    deals = made.config.deals
    jobs = sum(-(-deals // made.chunk_deals(cell)) for cell in made.grid.cells)
    if jobs > MOST_JOBS:
        raise UserError(
            f"config: deals: {deals} deals in {len(made.grid.cells)} cells are {jobs} jobs, and a "
            f"grid has at most {MOST_JOBS}. Ask for fewer deals, or for more of them in a job "
            f"(key chunk)."
        )


def _model(
    agent: str, settings: LlmSettings, entries: Mapping[str, ModelEntry], working: Path
) -> Model:
    return models.find(
        settings.model, agent, entries, working, deterministic=settings.deterministic
    )
