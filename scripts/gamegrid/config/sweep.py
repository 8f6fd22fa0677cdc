"""``sweep`` in an agent's entry: one agent for every combination of the settings it lists.

A variant is named after the agent and its settings, such as ``gpt.prompt_terse.temperature_0.5``.
The name stays the same if values are added. A schedule that names the agent means all variants.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from gamegrid.config.names import agent_name
from gamegrid.errors import UserError

LONGEST = 24
"""The longest value that appears in a name; a longer one is replaced by its hash."""

Entry = dict[str, Any]


def expand(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with every sweep expanded.

    Values of a wrong type are left for the configuration's types to refuse. Raises UserError for
    sweep values that are not a list and for variants with equal names.
    """
    agents = raw.get("agents")
    if not isinstance(agents, Mapping) or not any(map(_sweeps, agents.values())):
        return dict(raw)
    variants = {name: _variants(name, entry) for name, entry in agents.items()}
    merged: Entry = {}
    for base, entries in variants.items():
        for name, entry in entries.items():
            if name in merged or (name != base and name in agents):
                raise UserError(f"config: agents.{base}.sweep: two agents are named {name!r}.")
            merged[name] = entry
    names = {base: list(entries) for base, entries in variants.items()}
    expanded = {**raw, "agents": merged}
    if "schedule" in raw:
        expanded["schedule"] = _schedule(raw["schedule"], names)
    return expanded


def origins(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the entry that each variant of a sweep comes from, by the variant's name.

    ``raw`` is a configuration that ``expand`` accepts.
    """
    agents = raw.get("agents")
    if not isinstance(agents, Mapping):
        return {}
    return {
        variant: base
        for base, entry in agents.items()
        if _sweeps(entry)
        for variant in _variants(base, entry)
    }


def _sweeps(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("sweep"), Mapping)


def _variants(name: Any, entry: Any) -> dict[str, Entry]:
    """Return the agents of an entry by name; only itself without a sweep."""
    if not _sweeps(entry) or not isinstance(name, str):
        return {name: entry}
    fixed = {key: value for key, value in entry.items() if key != "sweep"}
    for key, values in entry["sweep"].items():
        where = f"config: agents.{name}.sweep.{key}"
        if not isinstance(values, list) or not values:
            raise UserError(f"{where}: this must be a list of values, found {values!r}.")
        if key in fixed or key in ("type", "sweep"):
            raise UserError(f"{where}: the key is also set outside the sweep; keep one of them.")
    settings = entry["sweep"].items()
    choices = [[(key, value) for value in values] for key, values in settings]
    entries: dict[str, Entry] = {}
    for chosen in product(*choices):
        variant = ".".join([name, *(_word(key, value) for key, value in chosen)])
        if variant in entries:
            raise UserError(f"config: agents.{name}.sweep: two agents are named {variant!r}.")
        entries[variant] = {**fixed, **dict(chosen)}
    return entries


def _word(key: str, value: Any) -> str:
    """Return a setting's part of a name. Equal values, such as 1.0 and 1, give equal parts."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)
    if isinstance(value, dict | list) or len(text) > LONGEST:
        return agent_name(f"{key}_{hashlib.sha256(text.encode()).hexdigest()[:6]}")
    return agent_name(f"{key}_{text}")


def _schedule(schedule: Any, names: Mapping[str, Sequence[str]]) -> Any:
    if not isinstance(schedule, Mapping):
        return schedule
    return {key: list(_named(key, value, names)) for key, value in schedule.items()}


def _named(key: str, listed: Any, names: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """Yield a list of agents or matchups with every agent replaced by its variants."""
    for item in listed if isinstance(listed, list) else [listed]:
        if key != "matchups":
            yield from names.get(item, [item]) if isinstance(item, str) else [item]
        elif isinstance(item, list) and all(isinstance(one, str) for one in item):
            # An agent that appears twice meets itself, not its other variants.
            seated = list(dict.fromkeys(item))
            for chosen in product(*(names.get(one, [one]) for one in seated)):
                cast = dict(zip(seated, chosen, strict=True))
                yield [cast[one] for one in item]
        else:
            yield item
