"""Say which cells are played again because a setting, a plug-in or a template changed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gamegrid import plugins
from gamegrid.jobs.staleness import Standing, State, Work, params, standings, works
from gamegrid.plan.plan import Plan
from gamegrid.records import received
from gamegrid.records.chunkfile import count_replies

Change = tuple[str, str]
"""What changed, and the agent or game that rests on it."""
DIGESTS = ("prompt_digest", "plugin_digests")
"""Keys of an agent's identity that stand for files."""
CELL_KEYS = ("protocol", "opening_plies", "max_plies", "balanced", "seatings", "seed", "version")
"""Keys of a cell's params that are settings of the grid."""


def notices(plan: Plan, results: Path) -> list[str]:
    """Return one sentence for each change and what rests on it, and one on the replies replaced.

    Cells whose chunk file is missing or current are left out.
    """
    found = standings(plan, results)
    stale = [work for work in works(plan) if found[work.file].state is State.STALE]
    cells = {(work.cell.game.name, work.path.rpartition("/")[0]): work for work in stale}
    counts = Counter[Change]()
    for work in cells.values():
        counts.update(set(_changes(plan, work, found[work.file])))
    lines = [
        f"{what} changed: {count} cell{'' if count == 1 else 's'} of {whose} "
        f"{'is' if count == 1 else 'are'} played again."
        for (what, whose), count in sorted(counts.items())
    ]
    replaced = sum(count_replies([results / work.file for work in stale]).values())
    if replaced:
        lines.append(
            f"The {replaced:,} replies in these cells are replaced. Requests that stay the same "
            f"are answered from the journal, all others are bought anew (estimate says how many)."
        )
    return lines


def _changes(plan: Plan, work: Work, standing: Standing) -> Iterator[Change]:
    before, now = settings(standing.before or ""), json.loads(params(plan, work))
    if before is None:
        yield "the form of its settings", f"game {work.cell.game.name}"
        return
    for name, digest in now.get("game_digests", {}).items():
        if _differ(before.get("game_digests", {}).get(name), digest):
            yield _named(plugins.GAME, name), f"game {work.cell.game.name}"
    for key in CELL_KEYS:
        if before.get(key) != now.get(key):
            yield key, f"game {work.cell.game.name}"
    for agent, identity in now["agents"].items():
        for what in _agent_changes(plan, agent, before["agents"].get(agent, {}), identity):
            yield what, f"agent {agent}"


def settings(text: str) -> Mapping[str, Any] | None:
    """Return what a chunk file was played with; None if the text says something else."""
    try:
        stated = received.loads(text)
    except ValueError:
        return None
    agents = stated.get("agents") if isinstance(stated, dict) else None
    whole = isinstance(agents, dict) and all(isinstance(each, dict) for each in agents.values())
    return stated if whole else None


def _agent_changes(
    plan: Plan, agent: str, before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[str]:
    """What changed of an agent: each of its files, and its settings together."""
    old, new = (identity.get("plugin_digests", {}) for identity in (before, now))
    if _differ(old.get("agent"), new.get("agent")) and before["type"] == now["type"]:
        yield _named(plugins.AGENT, now["type"])
    if _differ(old.get("backend"), new.get("backend")) and before["model"] == now["model"]:
        yield _named(plugins.BACKEND, plan.models[agent].kind.prefix)
    other_text = _differ(before.get("prompt_digest"), now.get("prompt_digest"))
    if other_text and before["prompt"] == now["prompt"]:
        yield f"template {now['prompt']}{plugins.PROMPT.suffix}"
    keys = sorted(before.keys() | now.keys())
    if other := [k for k in keys if k not in DIGESTS and before.get(k) != now.get(k)]:
        yield ", ".join(other)


def _named(hook: plugins.Hook, name: str) -> str:
    file = plugins.source(hook, name)
    return f"plug-in {file.label if file else name}"


def _differ(before: str | None, now: str | None) -> bool:
    """Whether two digests are known and differ."""
    return before is not None and now is not None and before != now
