"""Say which cells are played again because a user's plug-in or template changed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gamegrid import plugins
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan
from gamegrid.records import received
from gamegrid.records.chunkfile import read_params

Change = tuple[str, str]
"""The file that changed, and the agent or game that rests on it."""


def notices(plan: Plan, results: Path) -> list[str]:
    """Return one sentence for each changed file and what rests on it.

    A file has changed if the chunk files of a cell name another SHA-256 than that of the file now.
    Cells without a chunk file, and chunk files that name none, are left out.
    """
    counts: Counter[Change] = Counter()
    for cell, before in _played(plan, results):
        counts.update(set(_changes(plan, cell, before)))
    return [
        f"{file} changed: {count} cell{'' if count == 1 else 's'} of {whose} "
        f"{'is' if count == 1 else 'are'} played again."
        for (file, whose), count in sorted(counts.items())
    ]


def _played(plan: Plan, results: Path) -> Iterator[tuple[Cell, Mapping[str, Any]]]:
    """The cells that rest on a user's file or a template, with the params of a chunk file."""
    files = {
        chunk.cell: path
        for chunk in plan.chunks
        if plan.needs.models_of(chunk.cell) or plugins.folders()
        if (path := results / chunk.file).exists()
    }
    params = read_params(list(files.values()))
    for cell, path in files.items():
        if path in params and (before := _settings(params[path])):
            yield cell, before


def _settings(text: str) -> Mapping[str, Any] | None:
    """Return what a chunk file says of how it was played; None if it says something else."""
    try:
        stated = received.loads(text)
    except ValueError:
        return None
    agents = stated.get("agents") if isinstance(stated, dict) else None
    whole = isinstance(agents, dict) and all(isinstance(each, dict) for each in agents.values())
    return stated if whole else None


def _changes(plan: Plan, cell: Cell, before: Mapping[str, Any]) -> Iterator[Change]:
    now = json.loads(plan.identity.params(cell))
    for name, digest in now.get("game_digests", {}).items():
        if _differ(before.get("game_digests", {}).get(name), digest):
            yield _named(plugins.GAME, name), f"game {cell.game.name}"
    for agent, identity in now["agents"].items():
        for file in _agent_changes(plan, agent, before["agents"].get(agent, {}), identity):
            yield file, f"agent {agent}"


def _agent_changes(
    plan: Plan, agent: str, before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[str]:
    """The files of an agent that changed."""
    old, new = (identity.get("plugin_digests", {}) for identity in (before, now))
    if _differ(old.get("agent"), new.get("agent")) and before["type"] == now["type"]:
        yield _named(plugins.AGENT, now["type"])
    if _differ(old.get("backend"), new.get("backend")) and before["model"] == now["model"]:
        yield _named(plugins.BACKEND, plan.models[agent].kind.prefix)
    other_text = _differ(before.get("prompt_digest"), now.get("prompt_digest"))
    if other_text and before["prompt"] == now["prompt"]:
        yield f"template {now['prompt']}{plugins.PROMPT.suffix}"


def _named(hook: plugins.Hook, name: str) -> str:
    file = plugins.source(hook, name)
    return f"plug-in {file.label if file else name}"


def _differ(before: str | None, now: str | None) -> bool:
    """Whether two digests are known and differ."""
    return before is not None and now is not None and before != now
