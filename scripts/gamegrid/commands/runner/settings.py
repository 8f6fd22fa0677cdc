"""Configurations of Game Reasoning Arena, and overrides from the command line."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gamegrid.config import yaml_files
from gamegrid.config.yaml_files import UnfitYaml
from gamegrid.errors import UserError, nearest

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
PLAYER = re.compile(r"player_(\d+)")
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""Numbers such as 1e-3, which YAML 1.1 reads as text."""

WITHOUT_EFFECT = (
    "use_ray", "parallel_episodes", "ray_config", "log_level", "tensorboard_logging",
    "output_path",
)  # fmt: skip
"""Keys of the old system without an effect here. The runner names those it meets."""

RIVALS = {"env_config": "env_configs", "env_configs": "env_config"}


class Mode(StrEnum):
    """Who meets whom."""

    LLM_VS_RANDOM = "llm_vs_random"
    LLM_VS_LLM = "llm_vs_llm"
    SELF_PLAY = "self_play"
    MULTI_AGENT = "multi_agent"
    RANDOM_VS_RANDOM = "random_vs_random"
    HUMAN_VS_LLM = "human_vs_llm"
    HUMAN_VS_RANDOM = "human_vs_random"


class ArenaPlayer(BaseModel):
    """One seat. All other keys are passed on to the gamegrid agent."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    type: str | None = None
    model: str | None = None


class ArenaGame(BaseModel):
    """One game."""

    model_config = STRICT

    game_name: str
    max_game_rounds: int | None = Field(default=None, ge=1)


class ArenaSampling(BaseModel):
    """Sampling settings for all models. The last two keys never had an effect."""

    model_config = STRICT

    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0)
    default_model: Any = None
    inference_backend: Any = None


class ArenaConfig(BaseModel):
    """A whole configuration file."""

    model_config = STRICT

    env_config: ArenaGame | None = None
    env_configs: list[ArenaGame] = []
    num_episodes: int = Field(default=1, ge=1)
    seed: int = 42
    max_game_rounds: int | None = Field(default=None, ge=1)
    mode: str | None = None
    agents: dict[str, ArenaPlayer] = Field(min_length=1)
    llm_backend: ArenaSampling = ArenaSampling()

    @property
    def environments(self) -> list[ArenaGame]:
        """The games, from either key."""
        return self.env_configs if self.env_config is None else [self.env_config]


@dataclass(frozen=True, slots=True)
class ArenaCommand:
    """A configuration with its overrides.

    ``chosen`` maps players to the types that the command line sets. ``unused`` lists the keys that
    have no effect here.
    """

    config: ArenaConfig
    mode: Mode | None
    chosen: Mapping[str, str]
    unused: tuple[str, ...]


def read(content: Any, overrides: Iterable[str]) -> ArenaCommand:
    """Apply ``key=value`` overrides to a configuration.

    Raises UserError with a sentence that names the key.
    """
    if not isinstance(content, dict):
        raise UserError("the configuration must be a mapping of keys.")
    tree, chosen = deepcopy(content), dict[str, str]()
    for text in overrides:
        path, value = _override(text)
        _assign(tree, path, value, text)
        _choose(chosen, path, value)
    unused = tuple(key for key in WITHOUT_EFFECT if tree.pop(key, None) is not None)
    config = _validate(tree)
    return ArenaCommand(config, _mode(config.mode), chosen, unused)


def _override(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UserError(
            f"--override: {text!r} is not of the form key=value, such as num_episodes=10."
        )
    return key.strip().split("."), parse_value(value)


def parse_value(text: str) -> Any:
    """Read a value as YAML does, so that 1 is a number and true a boolean; 1e-3 is a number too."""
    if NUMBER.fullmatch(text):
        return float(text)
    try:
        return yaml_files.parse(text)
    except UnfitYaml:
        return text


def _assign(tree: dict[str, Any], path: list[str], value: Any, text: str) -> None:
    """Set a value in a tree of mappings and lists, and create missing mappings on the way."""
    # A configuration gives one game or a list of games; an override of one replaces the other.
    if path[0] in RIVALS:
        tree.pop(RIVALS[path[0]], None)
    here: Any = tree
    for part, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                raise UserError(
                    f"--override: {text!r}: {part!r} is not an index of a list of {len(here)}; the "
                    f"first is 0."
                )
            key: Any = int(part)
        elif isinstance(here, dict):
            key = part
            here.setdefault(key, {})
        else:
            raise UserError(f"--override: {text!r}: {here!r} has no keys to set.")
        if following is None:
            here[key] = value
        else:
            here[key] = {} if here[key] is None else here[key]
            here = here[key]


def _choose(chosen: dict[str, str], path: list[str], value: Any) -> None:
    """Note the type that an override gives a player; a model implies the type llm."""
    match path:
        case ["agents", player, "type"]:
            chosen[player] = str(value)
        case ["agents", player, "model"] if value is not None:
            chosen.setdefault(player, "llm")


def _validate(tree: dict[str, Any]) -> ArenaConfig:
    try:
        config = ArenaConfig.model_validate(tree)
    except ValidationError as error:
        raise UserError(_explain(error)) from error
    if config.env_config is not None and config.env_configs:
        raise UserError("env_config and env_configs are both set; keep one.")
    if not config.environments:
        raise UserError("there is no game; set env_config.game_name or a list env_configs.")
    for number, name in enumerate(sorted(config.agents, key=lambda name: (len(name), name))):
        if name != f"player_{number}":
            known = [f"player_{n}" for n in range(len(config.agents))]
            raise UserError(
                f"agents: {name!r} is not one of the {len(known)} players."
                f"{nearest(name, known)} They are numbered from 0: {', '.join(known)}."
            )
    return config


def _explain(error: ValidationError) -> str:
    """Describe one mistake, preferably an unknown key."""
    mistakes = error.errors(include_url=False)
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    *parents, key = map(str, first["loc"])
    where = ".".join([*parents, key])
    if first["type"] == "extra_forbidden":
        kind: type[BaseModel] = ArenaConfig
        if parents:
            kind = ArenaSampling if parents[0] == "llm_backend" else ArenaGame
        known = kind.model_fields
        return f"unknown key {where!r}.{nearest(key, known)} Known: {', '.join(known)}."
    if first["type"] == "missing":
        return f"{where}: the key is missing."
    return f"{where}: {first['msg'][0].lower()}{first['msg'][1:]}, found {first['input']!r}."


def _mode(word: str | None) -> Mode | None:
    if word is None:
        return None
    try:
        return Mode(word)
    except ValueError as error:
        known = [str(mode) for mode in Mode]
        raise UserError(
            f"mode: {word!r} is unknown.{nearest(word, known)} Known: {', '.join(known)}."
        ) from error
