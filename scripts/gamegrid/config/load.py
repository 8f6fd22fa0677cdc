"""Reads a configuration into a typed object, or explains a mistake in one sentence."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gamegrid import plugins
from gamegrid.agents.agent import kinds
from gamegrid.backends import misplaced_keys
from gamegrid.config import yaml_files
from gamegrid.config.preregister import PlannedGame, PlannedMean, Preregister
from gamegrid.config.types import Each, GridConfig, Matchups, config_type
from gamegrid.config.yaml_files import UnfitYaml
from gamegrid.errors import UserError, nearest
from gamegrid.paths import WORKFLOW


def read(raw: Mapping[str, Any], working: Path = WORKFLOW) -> GridConfig:
    """Return the configuration, and load the plug-ins it names.

    Folders of plug-ins are relative to ``working``. Raises UserError that names the key, the value
    and what is allowed.
    """
    check_mapping(raw)
    if raw.get("games") is None or raw.get("agents") is None:
        missing = "games" if raw.get("games") is None else "agents"
        raise UserError(f"config: the key {missing!r} is missing; a grid needs games and agents.")
    misplaced_keys.refuse(raw, "config", working)
    _refuse_people(raw["agents"])
    plugins.use_configured(raw, working)
    kind = config_type(kinds().values()) if plugins.folders() else GridConfig
    try:
        return kind.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(_sentence(error)) from error


def check_mapping(raw: Any) -> None:
    """Raise UserError if a configuration is no mapping of keys."""
    if not isinstance(raw, Mapping):
        raise UserError(f"config: this must be a mapping of keys, not {_short(raw)}.")


def _refuse_people(agents: Any) -> None:
    for name, entry in agents.items() if isinstance(agents, Mapping) else ():
        if isinstance(entry, Mapping) and entry.get("type") == "human":
            raise UserError(
                f"config: agents.{name}: a person cannot play in a grid. Play in a terminal: "
                f"gamegrid human GAME --against AGENT."
            )


def _sentence(error: ValidationError) -> str:
    """Describe one mistake, preferably an unknown key."""
    mistakes = error.errors(include_url=False)
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    if first["type"] == "string_unicode":
        place = ".".join(map(str, first["loc"])) or "a key"
        return (
            f"config: {place}: this is no text that can be written, found {_short(first['input'])}."
        )
    where = _path(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"config: {_unknown_key(first['loc'])}"
    name = ".".join(where)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kind = first.get("ctx", {}).get("tag")
        hint = nearest(kind, kinds()) if kind else ""
        problem = f"the type {kind!r} is unknown" if kind else "the key 'type' is missing"
        return f"config: {name}: {problem}.{hint} Known: {', '.join(kinds())}."
    if first["type"] == "missing":
        return f"config: {name}: the key is missing."
    reason = first["msg"][0].lower() + first["msg"][1:]
    if first["type"] in ("model_type", "model_attributes_type"):
        reason = "this must be a mapping of keys"
    value = "" if first["type"] == "agent" else f", found {_short(first['input'])}"
    return f"config: {name}: {reason}{value}."


def _path(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that lead to the mistake, without pydantic's names for union members."""
    parts = [str(part) for part in location]
    if parts[:1] == ["schedule"]:
        return [parts[0], *parts[2:]]
    if parts[:1] == ["agents"] and len(parts) > 2 and parts[2] in kinds():
        return [*parts[:2], *parts[3:]]
    # The first is the user's own, whatever it is called.
    return parts[:1] + [part for part in parts[1:] if "[" not in part and part != "int"]


def _unknown_key(location: tuple[int | str, ...]) -> str:
    parents, key = _path(location[:-1]), str(location[-1])
    known = sorted(_known_keys(location))
    inside = f" in {'.'.join(parents)}" if parents else ""
    return f"unknown key {key!r}{inside}.{nearest(key, known)} Known: {', '.join(known)}."


def _known_keys(location: tuple[int | str, ...]) -> Iterable[str]:
    """Return the keys that are allowed at the location of an unknown one."""
    match location:
        case ("schedule", "each", *_):
            return Each.model_fields
        case ("schedule", *_):
            return Matchups.model_fields
        case ("preregister", "games", *_):
            return PlannedGame.model_fields
        case ("preregister", "over_games", *_):
            return PlannedMean.model_fields
        case ("preregister", *_):
            return Preregister.model_fields
        case ("agents", _, kind, *_):
            return kinds()[str(kind)].settings.model_fields
        case _:
            return GridConfig.model_fields


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises UserError if it cannot be read."""
    try:
        return yaml_files.read(path)
    except UnfitYaml as error:
        raise UserError(f"cannot read {path}: {error}.") from error
