"""What the Snakefile needs of the package. Jobs do not need it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamegrid import plugins
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends import prices
from gamegrid.backends.limits import JOBS_AT_ONCE
from gamegrid.backends.prices import Prices
from gamegrid.config import grid_files
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError
from gamegrid.games.game import Game
from gamegrid.jobs import preconditions, snakemake_internals
from gamegrid.jobs.code_hash import code_hash
from gamegrid.plan import plan
from gamegrid.plan.balanced import number_of_deals
from gamegrid.plan.deals import random_plies
from gamegrid.plan.plan import Plan
from gamegrid.records import duckdb_files, received
from gamegrid.report.figures import figures
from gamegrid.store.database import create_empty
from gamegrid.store.grid_rows import AgentRow, GameRow, LadderRow, Rows, declared
from gamegrid.store.table_files import plugin_files as plugin_tables
from gamegrid.store.table_files import table_names

MOST_JOBS = 50_000
"""Jobs that Snakemake plans in some 80 CPU seconds and 1.4 GB."""

__all__ = [
    "captions",
    "check_configfiles",
    "code_hash",
    "container_image",
    "correction_params",
    "database_rows",
    "divide_limits",
    "hub_models",
    "planned_questions",
    "play_demands",
    "plugin_files",
    "prepare",
    "rebase",
    "reference_params",
    "rows",
    "table_names",
]


def check_configfiles(workflow: Any) -> None:
    """Refuse grids that Snakemake read in another way than people do. Raises UserError.

    Snakemake keeps the last of two equal keys without a word.
    """
    for name in workflow.configfiles if workflow.is_main_process else ():
        path = Path(name)
        if path.suffix in (".yaml", ".yml"):
            read_yaml(path)


def rebase(config: dict[str, Any], workflow: Any, working: Path) -> None:
    """Make the paths of Snakemake's configuration lead from ``working``, in place.

    Jobs get the same configuration. Raises UserError.
    """
    config |= grid_files.rebase(config, [Path(name) for name in workflow.configfiles], working)


def prepare(config: Mapping[str, Any], working: Path, results: Path, main: bool) -> Plan:
    """Make the plan; the main process also checks that the results folder can be written.

    Raises UserError in one or two sentences, before anything runs.
    """
    prepared = plan.make(config, working)
    if main:
        received.check_folder(results)
        preconditions.check_writable(results)
        _check_plugins()
        _check_size(prepared)
        rows(prepared)  # a fault in what a plug-in declares shows before games are paid for
    return prepared


def _check_size(prepared: Plan) -> None:
    """Refuse a grid of more jobs than Snakemake can plan. Raises UserError."""
    jobs = len(prepared.jobs)
    if jobs > MOST_JOBS:
        advice = (
            "Lower max_jobs."
            if prepared.config.max_jobs > MOST_JOBS
            else "A job plays several matchups of a game only if all have the same local models: "
            "play fewer local models against each other, or serve them (api_base in their entries)."
        )
        raise UserError(
            f"config: {jobs:,} jobs would play this grid, and Snakemake can plan {MOST_JOBS:,}. "
            f"{advice}"
        )


def container_image(prepared: Plan, version: str, workflow: Any) -> str | None:
    """Return the address of the image that jobs run in if they run in containers.

    None if the grid names no image. Raises UserError if ``--sdm`` asks for one all the same.
    """
    image = prepared.config.container_image
    if "apptainer" in (methods := snakemake_internals.deployment_methods(workflow)):
        if "conda" in methods:
            raise UserError(
                "--sdm: the images hold all that conda would install. Use --sdm apptainer alone."
            )
        if image is None:
            raise UserError(
                "--sdm apptainer: the grid names no image. Set container_image, for example to "
                "docker://ghcr.io/OWNER/gamegrid (docs/cluster.md)."
            )
    return image and f"{image}:{version}-{prepared.needs.heaviest_environment}"


def reference_params(prepared: Plan) -> str:
    """Return one canonical JSON string of what the references rest on."""
    return prepared.identity.reference_params(prepared.grid.games, prepared.reference_cells)


def correction_params(prepared: Plan) -> str:
    """Return one canonical JSON string of the agents whose policies correct returns."""
    known = sorted(prepared.reference_cells.known)
    return json.dumps({name: prepared.identity.agent(name) for name in known}, sort_keys=True)


def _check_plugins() -> None:
    """Raise UserError for a file of the user's that would fail only after games are paid for."""
    for hook in plugins.HOOKS:
        plugins.files(hook)
    if own := plugin_tables(plugins.folders()):
        with duckdb_files.connect() as connection:
            create_empty(connection, own)


def captions() -> dict[str, str]:
    """Return the texts beside the figures in Snakemake's own report, by figure name."""
    return {
        each.name: f"**{each.title}.** {each.meaning} *When not to trust it*: {each.caution}"
        for each in figures()
    }


def play_demands(prepared: Plan) -> list[tuple[str, Mapping[str, Any], int]]:
    """Return what jobs that play ask of a cluster: the rule, its resources and its cores."""
    demands = dict.fromkeys(prepared.needs.demand(cell) for cell in prepared.all_cells)
    rule = "play_bundle" if prepared.bundles else "play"
    return [(rule, asdict(demand), demand.threads) for demand in demands]


def divide_limits(prepared: Plan, jobs: int | None) -> None:
    """Let each job of a cluster keep its part of the limits of hosted models.

    ``jobs`` is how many may ask at once; None on a single host, where they share the limits. Raises
    UserError if there are more than a model may have requests in flight.
    """
    if not jobs:
        return
    for model in prepared.models.values():
        places = model.entry.max_connections
        if model.kind.capabilities.hosted and places is not None and places < jobs:
            raise UserError(
                f"{model.entry.name}: max_connections is {places}, and {jobs} jobs may ask hosted "
                f"models at once, on hosts that do not see each other. Set api={places} or "
                f"less under resources in the profile, or raise max_connections."
            )
    os.environ[JOBS_AT_ONCE] = str(jobs)


def database_rows(prepared: Plan) -> str:
    """Return the database's rows about the configuration as one JSON string."""
    return json.dumps(asdict(rows(prepared)), sort_keys=True)


def planned_questions(prepared: Plan) -> str:
    """Return the plan of ``preregister`` as JSON; null without one."""
    plan = prepared.planned
    return json.dumps(plan and plan.model_dump(mode="json"), sort_keys=True)


def rows(prepared: Plan) -> Rows:
    """Return the database's rows about the configuration."""
    return Rows(
        agents=_agent_rows(prepared),
        games=_game_rows(prepared),
        ladder=_ladder_rows(prepared),
        usd_per_gpu_hour=prepared.config.usd_per_gpu_hour,
        shard=prepared.config.shard,
        own_tables=plugin_tables(plugins.folders()),
    )


def plugin_files() -> list[dict[str, str]]:
    """Return every plug-in file of the user's folders, for the manifest.

    Each has ``adds`` (what it adds), ``file`` (folder and name) and ``sha256``.
    """
    return [
        {"adds": hook.what, "file": file.label, "sha256": file.digest}
        for hook in plugins.HOOKS
        for file in plugins.files(hook)
    ]


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
                sweep=prepared.origins.get(name),
                hosted=model.kind.capabilities.hosted if model else None,
                **declared(settings),
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


def hub_models(prepared: Plan) -> list[tuple[str, str, str, bool]]:
    """Return each model that its backend takes from the hub.

    A model is its id, its repository, its revision, and whether its own code may be run.
    """
    wanted = {
        (model.entry.name, repo, model.entry.revision or "main", model.entry.trust_remote_code)
        for model in prepared.models.values()
        if (repo := model.kind.hub(model.entry)) is not None
    }
    return sorted(wanted)


def _different_deals(prepared: Plan, game: Game) -> int | None:
    """Return how many deals a game of a balanced grid has; None in other grids."""
    plies = prepared.opening_plies(game)
    return number_of_deals(game, plies) if prepared.config.balanced else None


def _game_rows(prepared: Plan) -> list[GameRow]:
    """Return one row per game of the configuration."""
    return [
        GameRow(
            game=game.name,
            load_string=game.load_string,
            players=game.players,
            scoring=game.scoring.value,
            luck=game.luck_name,
            opening_plies=random_plies(game, prepared.opening_plies(game)),
            different_deals=_different_deals(prepared, game),
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
