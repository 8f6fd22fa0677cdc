"""Reads a configuration into a typed object, or explains every mistake in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gamegrid import plugins
from gamegrid.agents.agent import kinds
from gamegrid.backends import misplaced_keys
from gamegrid.config import yaml_files
from gamegrid.config.preregister import PlannedGame, PlannedMean, Preregister
from gamegrid.config.types import Each, GridConfig, Matchups, config_type
from gamegrid.config.yaml_files import UnfitYaml
from gamegrid.errors import UserError, nearest
from gamegrid.paths import WORKFLOW

Location = tuple[int | str, ...]
"""Where pydantic found a mistake."""
SHOWN = 10
"""The most mistakes that are named at once."""


def read(raw: Mapping[str, Any], working: Path = WORKFLOW) -> GridConfig:
    """Return the configuration, and load the plug-ins it names.

    Folders of plug-ins are relative to ``working``. Raises UserError that names the key, the value
    and what is allowed.
    """
    check_mapping(raw)
    for needed in ("games", "agents"):
        if raw.get(needed) is None:
            raise UserError(_without(needed, raw))
    misplaced_keys.refuse(raw, "config", working)
    _refuse_people(raw["agents"])
    plugins.use_configured(raw, working)
    kind = config_type(kinds().values()) if plugins.folders() else GridConfig
    try:
        return kind.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(_refusal(error)) from error


def _without(needed: str, raw: Mapping[str, Any]) -> str:
    """Return what to say of a grid that lacks a key, and of another key that may stand for it."""
    unknown = [str(key) for key in raw if key not in GridConfig.model_fields]
    close = get_close_matches(needed, unknown, n=1)
    hint = f" Rename {close[0]!r} to it." if close else ""
    return f"config: the key {needed!r} is missing; a grid needs games and agents.{hint}"


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


def _refusal(error: ValidationError) -> str:
    """Describe all mistakes: one in a sentence, several in a line each."""
    mistakes = _separate(error.errors(include_url=False))
    unknown: dict[tuple[str, ...], list[Location]] = {}
    for mistake in mistakes:
        if mistake["type"] == "extra_forbidden":
            unknown.setdefault(tuple(_path(mistake["loc"][:-1])), []).append(mistake["loc"])
    told = [_unknown_keys(locations) for locations in unknown.values()]
    told += [_sentence(mistake) for mistake in mistakes if mistake["type"] != "extra_forbidden"]
    if len(told) == 1:
        return f"config: {told[0]}"
    if len(told) > SHOWN:
        told[SHOWN:] = [f"and {len(told) - SHOWN} more"]
    return "\n  ".join(["config: there are several mistakes:", *told])


def _separate(mistakes: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Return the first mistake at each place, without those that follow from another.

    pydantic reports one for each form that a value may have. A misspelt key is missing under its
    own name, and types of agents are unknown if the plug-ins that declare them cannot be read.
    """
    misspelt = [
        (_path(mistake["loc"][:-1]), _hint(mistake["loc"]))
        for mistake in mistakes
        if mistake["type"] == "extra_forbidden"
    ]
    without_plugins = any(mistake["loc"][:1] == ("plugins",) for mistake in mistakes)
    places, found = list[list[str]](), list[ErrorDetails]()
    for mistake in mistakes:
        place = _path(mistake["loc"])
        match mistake["type"]:
            case "missing":
                follows = any(at == place[:-1] and repr(place[-1]) in hint for at, hint in misspelt)
            case "union_tag_invalid":
                follows = without_plugins
            case _:
                follows = False
        if not follows and not any(place[: len(before)] == before for before in places):
            places.append(place)
            found.append(mistake)
    return found


def _sentence(mistake: ErrorDetails) -> str:
    """Describe a mistake that is no unknown key."""
    if mistake["type"] == "string_unicode":
        place = ".".join(map(str, mistake["loc"])) or "a key"
        return f"{place}: this is no text that can be written, found {_short(mistake['input'])}."
    name = ".".join(_path(mistake["loc"]))
    if mistake["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kind = mistake.get("ctx", {}).get("tag")
        hint = nearest(kind, kinds()) if kind else ""
        problem = f"the type {kind!r} is unknown" if kind else "the key 'type' is missing"
        return f"{name}: {problem}.{hint} Known: {', '.join(kinds())}."
    if mistake["type"] == "missing":
        return f"{name}: the key is missing."
    reason = mistake["msg"][0].lower() + mistake["msg"][1:]
    if mistake["type"] in ("model_type", "model_attributes_type"):
        reason = "this must be a mapping of keys"
    value = "" if mistake["type"] == "agent" else f", found {_short(mistake['input'])}"
    return f"{name}: {reason}{value}."


def _path(location: Location) -> list[str]:
    """Return the keys that lead to the mistake, without pydantic's names for union members."""
    parts = [str(part) for part in location]
    if parts[:1] == ["schedule"]:
        return [parts[0], *parts[2:]]
    if parts[:1] == ["agents"] and len(parts) > 2 and parts[2] in kinds():
        return [*parts[:2], *parts[3:]]
    # The first is the user's own, whatever it is called.
    return parts[:1] + [part for part in parts[1:] if "[" not in part and part != "int"]


def _unknown_keys(locations: Sequence[Location]) -> str:
    """Describe unknown keys of one mapping, each with what was perhaps meant."""
    parents, known = _path(locations[0][:-1]), sorted(_known_keys(locations[0]))
    inside = f" in {'.'.join(parents)}" if parents else ""
    each = [
        f"unknown key {str(location[-1])!r}{inside}.{_hint(location)}" for location in locations
    ]
    return f"{' '.join(each)} Known: {', '.join(known)}."


def _hint(location: Location) -> str:
    return nearest(str(location[-1]), sorted(_known_keys(location)))


def _known_keys(location: Location) -> Iterable[str]:
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
