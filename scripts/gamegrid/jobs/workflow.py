"""What the Snakefile needs of the package, and nothing that a job needs."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamegrid import plugins
from gamegrid.agents.llm import Settings as LlmSettings
from gamegrid.backends import prices
from gamegrid.backends.prices import Prices
from gamegrid.errors import UserError
from gamegrid.jobs import changes
from gamegrid.jobs.code_hash import code_hash
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.records import stamp
from gamegrid.records.chunkfile import read_params
from gamegrid.report.figures import figures
from gamegrid.store.grid_rows import AgentRow, GameRow, LadderRow, Rows
from gamegrid.store.tables import TABLES

__all__ = [
    "TABLES",
    "captions",
    "code_hash",
    "database_rows",
    "hub_models",
    "plugin_files",
    "prepare",
    "rows",
]

RESULTS = Path("results")


def prepare(config: Mapping[str, Any], working: Path, main: bool, plays: bool = True) -> Plan:
    """Make the plan; in the main process also check the machine and the results folder.

    Also say on stderr which cells will be played again because a user's file changed. If nothing
    is to be played (``plays``), the results folder may hold another grid's results.
    Raises UserError in one or two sentences, before anything runs.
    """
    made = plan.make(config, working)
    if main:
        _check_writable(working / RESULTS)
        for hook in plugins.HOOKS:
            plugins.files(hook)  # refuses a file that would fail only after the games are paid for
    if main and plays:
        made.check()
        if not made.config.mix_results:
            stamp.check(working / RESULTS, made.stamp)
        _check_records(made, working)
        for notice in changes.notices(made, working / RESULTS):
            print(f"gamegrid: {notice}", file=sys.stderr)
    return made


def _check_writable(results: Path) -> None:
    if results.exists() and not os.access(results, os.W_OK):
        raise UserError(
            f"{results}/ cannot be written: the folder or its disk is read-only. Make it writable, "
            f"or work on a copy in another folder (snakemake --directory)."
        )


def _check_records(made: Plan, working: Path) -> None:
    """Refuse chunk files of other settings where Snakemake's records are gone.

    Snakemake compares settings with records of its own; without these it would take any file that
    is there for fresh. The chunk files know how they were played.
    """
    records = working / ".snakemake/metadata"
    if records.is_dir() and any(records.iterdir()):
        return
    wanted = {
        path: made.params(chunk.cell)
        for chunk in made.chunks
        if (path := working / RESULTS / "chunks" / f"{chunk.path}.parquet").exists()
    }
    found = read_params(list(wanted))
    stale = [path for path, params in wanted.items() if found.get(path) != params]
    if stale:
        raise UserError(
            f"{len(stale)} chunk files were played with other settings than configured "
            f"({stale[0].relative_to(working)} is one), and Snakemake's records of them are gone. "
            f"Delete {RESULTS}/chunks: it is made again, and no reply on file is asked for twice."
        )


def captions() -> dict[str, str]:
    """What Snakemake's own report says beside each figure, by name."""
    return {
        each.name: f"**{each.title}.** {each.meaning} *When not to trust it*: {each.caution}"
        for each in figures()
    }


def database_rows(made: Plan) -> str:
    """What the database has of the configuration, as one JSON string."""
    return json.dumps(asdict(rows(made)), sort_keys=True)


def rows(made: Plan) -> Rows:
    """The same as objects."""
    return Rows(
        agents=_agent_rows(made),
        games=_game_rows(made),
        ladder=_ladder_rows(made),
        usd_per_gpu_hour=made.config.usd_per_gpu_hour,
    )


def plugin_files() -> list[dict[str, str]]:
    """Every file of the user's folders that adds something, for the manifest.

    Each has ``adds`` (what it adds), ``file`` (folder and name) and ``sha256``.
    """
    return [
        {"adds": hook.what, "file": file.label, "sha256": file.digest}
        for hook in plugins.HOOKS
        for file in plugins.files(hook)
    ]


def _agent_rows(made: Plan) -> list[AgentRow]:
    """One row per agent of the configuration."""
    found = []
    for name, settings in made.config.agents.items():
        model = made.models.get(name)
        cost = prices.find(model.entry) if model else Prices()
        found.append(
            AgentRow(
                agent=name,
                type=settings.type,
                backend=model.written.name.partition("_")[0] if model else None,
                model=settings.model if isinstance(settings, LlmSettings) else None,
                params=json.dumps(made.identity(name), sort_keys=True),
                hosted=model.kind.capabilities.hosted if model else None,
                input_price=cost.input,
                output_price=cost.output,
                cached_price=cost.cached,
                price_source=cost.source,
            )
        )
    return found


def _ladder_rows(made: Plan) -> list[LadderRow]:
    """One row per bot of the suite, if the grid names one."""
    if made.suite is None:
        return []
    found, rated = [], made.suite.rated()
    for bot in made.suite.grid["agents"]:
        known = dict(rated.get(bot, {}))
        if known:
            known["correlations"] = json.dumps(known["correlations"], sort_keys=True)
        found.append(LadderRow(suite=made.suite.name, agent=bot, **known))
    return found


def hub_models(made: Plan) -> list[tuple[str, str, str]]:
    """Id, repository and revision of each model that its backend takes from the hub."""
    found = {
        (model.entry.name, repo, model.entry.revision or "main")
        for model in made.models.values()
        if (repo := model.kind.hub(model.entry)) is not None
    }
    return sorted(found)


def _game_rows(made: Plan) -> list[GameRow]:
    """One row per game of the configuration."""
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
        for game in made.grid.games
    ]
