"""Read a configuration: one typed object, or one sentence that says what is wrong."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gamegrid import plugins
from gamegrid.agents.agent import kinds
from gamegrid.config.types import Each, GridConfig, Matchups, config_type
from gamegrid.errors import UserError, nearest
from gamegrid.paths import WORKFLOW


def read(raw: Mapping[str, Any], working: Path = WORKFLOW) -> GridConfig:
    """Return the configuration, and take its folders of plug-ins into use.

    They are looked up in ``working``. Raises UserError naming key, found value and what is allowed.
    """
    if not isinstance(raw, Mapping):
        raise UserError(f"config: this must be a mapping of keys, found {_short(raw)}.")
    if raw.get("games") is None or raw.get("agents") is None:
        lacking = "games" if raw.get("games") is None else "agents"
        raise UserError(f"config: the key {lacking!r} is missing; a grid needs games and agents.")
    _refuse_people(raw["agents"])
    plugins.use_configured(raw, working)
    kind = config_type(kinds().values()) if plugins.folders() else GridConfig
    try:
        return kind.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(_sentence(error)) from error


def _refuse_people(agents: Any) -> None:
    for name, entry in agents.items() if isinstance(agents, Mapping) else ():
        if isinstance(entry, Mapping) and entry.get("type") == "human":
            raise UserError(
                f"config: agents.{name}: a grid has no seat for a person. Play in a terminal: "
                f"gamegrid human GAME --against AGENT."
            )


def _sentence(error: ValidationError) -> str:
    """Tell one mistake, an unknown key before any other."""
    mistakes = error.errors(include_url=False)
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    where = _path(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"config: {_unknown_key(first['loc'])}"
    name = ".".join(where)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        found = first.get("ctx", {}).get("tag")
        hint = nearest(found, kinds()) if found else ""
        said = f"the type {found!r} is unknown" if found else "the key 'type' is missing"
        return f"config: {name}: {said}.{hint} There are {', '.join(kinds())}."
    if first["type"] == "missing":
        return f"config: {name}: the key is missing."
    reason = first["msg"][0].lower() + first["msg"][1:]
    if first["type"] in ("model_type", "model_attributes_type"):
        reason = "this must be a mapping of keys"
    found = "" if first["type"] == "agent" else f", found {_short(first['input'])}"
    return f"config: {name}: {reason}{found}."


def _path(location: tuple[int | str, ...]) -> list[str]:
    """The keys to the mistake, without pydantic's names for the form a value has."""
    parts = [str(part) for part in location]
    if parts[0] == "schedule":
        return [parts[0], *parts[2:]]
    if parts[0] == "agents" and len(parts) > 2 and parts[2] in kinds():
        return [*parts[:2], *parts[3:]]
    return [part for part in parts if "[" not in part and part != "int"]


def _unknown_key(location: tuple[int | str, ...]) -> str:
    *parents, key = _path(location)
    known = sorted(_known_keys(location))
    inside = f" in {'.'.join(parents)}" if parents else ""
    return f"unknown key {key!r}{inside}.{nearest(key, known)} Known: {', '.join(known)}."


def _known_keys(location: tuple[int | str, ...]) -> Iterable[str]:
    """The keys allowed where an unknown one was found."""
    match location:
        case ("schedule", "each", *_):
            return Each.model_fields
        case ("schedule", *_):
            return Matchups.model_fields
        case ("agents", _, kind, *_):
            return kinds()[str(kind)].settings.model_fields
        case _:
            return GridConfig.model_fields


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds. Raises UserError if it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())}.") from error
