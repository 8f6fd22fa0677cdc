"""What the Snakefile needs of the package. Jobs do not need it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamegrid.agents.llm import Settings as LlmSettings
from gamegrid.backends import prices
from gamegrid.backends.prices import Prices
from gamegrid.errors import UserError
from gamegrid.jobs import snakemake_internals
from gamegrid.jobs.code_hash import code_hash
from gamegrid.plan import plan, plan_checks
from gamegrid.plan.grid import Cell, Matchup
from gamegrid.plan.plan import Plan
from gamegrid.records import stamp
from gamegrid.records.chunkfile import read_params
from gamegrid.report.figures import figures
from gamegrid.store.grid_rows import AgentRow, GameRow, LadderRow, Rows
from gamegrid.store.tables import TABLES

__all__ = [
    "TABLES",
    "agent_cell",
    "captions",
    "check_before_play",
    "check_results",
    "code_hash",
    "database_rows",
    "hub_models",
    "prepare",
    "reference_params",
    "rows",
]

RESULTS = Path("results")


def prepare(config: Mapping[str, Any], working: Path, main: bool) -> Plan:
    """Make the plan; the main process also checks that the results folder can be written.

    Raises UserError in one or two sentences, before anything runs.
    """
    prepared = plan.make(config, working)
    if main:
        _check_writable(working / RESULTS)
    return prepared


def check_before_play(prepared: Plan, working: Path) -> None:
    """Check the machine's keys and folders, and the results folder. Raises UserError.

    Only runs that may play need this: ``verify`` takes results as they say they were made, whatever
    is configured here.
    """
    plan_checks.check_machine(prepared.config, prepared.models)
    check_results(prepared, working / RESULTS)


def check_results(prepared: Plan, results: Path) -> None:
    """Refuse a results folder that was made with other settings. Raises UserError."""
    if not prepared.config.mix_results:
        stamp.check(results, prepared.stamp)
    if not snakemake_internals.has_records(results.parent):
        _check_params(prepared, results)


def _check_writable(results: Path) -> None:
    if results.exists() and not os.access(results, os.W_OK):
        raise UserError(
            f"{results}/ cannot be written: the folder or its disk is read-only. Make it writable, "
            f"or work on a copy in another folder (snakemake --directory)."
        )


def _check_params(prepared: Plan, results: Path) -> None:
    """Refuse chunk files of other settings.

    Snakemake compares settings with its own records. Without records it would take every existing
    file as up to date. Chunk files say how they were played.
    """
    identity = prepared.identity
    wanted = {results / each.file: identity.params(each.cell) for each in prepared.chunks} | {
        results / moves.file: identity.single_move_params(moves)
        for moves in prepared.single_moves.values()
    }
    existing = [path for path in wanted if path.exists()]
    played_with = read_params(existing)
    stale = [path for path in existing if played_with.get(path) != wanted[path]]
    if stale:
        name = stale[0].relative_to(results)
        folder = f"{RESULTS}/{name.parts[0]}"
        raise UserError(
            f"{len(stale)} chunk files were played with other settings than configured "
            f"({RESULTS}/{name} is one), and Snakemake's records of them are gone. Delete "
            f"{folder}: the next run writes it anew and asks for no reply on file."
        )


def agent_cell(prepared: Plan, game: str, agent: str) -> Cell:
    """Return the cell of one agent's single moves in a game."""
    return Cell(prepared.grid.game_named[game], Matchup((agent,)))


def reference_params(prepared: Plan) -> str:
    """Return one canonical JSON string of what the references rest on."""
    return prepared.identity.reference_params(prepared.grid.games, prepared.reference_cells)


def captions() -> dict[str, str]:
    """Return the texts beside the figures in Snakemake's own report, by figure name."""
    return {
        each.name: f"**{each.title}.** {each.meaning} *When not to trust it*: {each.caution}"
        for each in figures()
    }


def database_rows(prepared: Plan) -> str:
    """Return the database's rows about the configuration as one JSON string."""
    return json.dumps(asdict(rows(prepared)), sort_keys=True)


def rows(prepared: Plan) -> Rows:
    """Return the database's rows about the configuration."""
    return Rows(
        agents=_agent_rows(prepared),
        games=_game_rows(prepared),
        ladder=_ladder_rows(prepared),
        usd_per_gpu_hour=prepared.config.usd_per_gpu_hour,
    )


def _agent_rows(prepared: Plan) -> list[AgentRow]:
    """Return one row per agent of the configuration."""
    agents = []
    for name, settings in prepared.config.agents.items():
        model = prepared.models.get(name)
        cost = prices.find(model.entry) if model else Prices()
        agents.append(
            AgentRow(
                agent=name,
                type=settings.type,
                backend=model.written.name.partition("_")[0] if model else None,
                model=settings.model if isinstance(settings, LlmSettings) else None,
                params=json.dumps(prepared.identity.agent(name), sort_keys=True),
                input_price=cost.input,
                output_price=cost.output,
                cached_price=cost.cached,
                price_source=cost.source,
            )
        )
    return agents


def _ladder_rows(prepared: Plan) -> list[LadderRow]:
    """Return one row per bot of the suite; none without a suite."""
    if prepared.suite is None:
        return []
    bots, rated = [], prepared.suite.rated()
    for bot in prepared.suite.grid["agents"]:
        known = dict(rated.get(bot, {}))
        if known:
            known["correlations"] = json.dumps(known["correlations"], sort_keys=True)
        bots.append(LadderRow(suite=prepared.suite.name, agent=bot, **known))
    return bots


def hub_models(prepared: Plan) -> list[tuple[str, str, str]]:
    """Return id, repository and revision of each model that its backend takes from the hub."""
    wanted = {
        (model.entry.name, repo, model.entry.revision or "main")
        for model in prepared.models.values()
        if (repo := model.kind.hub(model.entry)) is not None
    }
    return sorted(wanted)


def _game_rows(prepared: Plan) -> list[GameRow]:
    """Return one row per game of the configuration."""
    return [
        GameRow(
            game=game.name,
            load_string=game.load_string,
            players=game.players,
            scoring=game.scoring.value,
            family=game.family,
            hidden_information=game.hidden_information,
            chance=game.chance,
            oracle=game.oracle.value,
            generic=game.generic,
            disguise_of=game.disguise_of,
            lowest_return=float(game.spiel.min_utility()),
            highest_return=float(game.spiel.max_utility()),
            cooperate=game.dilemma.cooperate if game.dilemma else None,
        )
        for game in prepared.grid.games
    ]
