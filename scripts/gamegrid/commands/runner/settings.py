"""A configuration of Game Reasoning Arena: its keys, and the values set over them."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gamegrid.errors import UserError, nearest

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
PLAYER = re.compile(r"player_(\d+)")
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""Numbers such as 1e-3, which YAML 1.1 takes for text."""

IDLE = (
    "use_ray", "parallel_episodes", "ray_config", "log_level", "tensorboard_logging",
    "output_path",
)  # fmt: skip
"""Keys of the old system that have nothing to set here; they are named when they are met."""

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


class Player(BaseModel):
    """One seat. Keys besides these are those of a gamegrid agent."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    type: str | None = None
    model: str | None = None


class Environment(BaseModel):
    """One game."""

    model_config = STRICT

    game_name: str
    max_game_rounds: int | None = Field(default=None, ge=1)


class LlmBackend(BaseModel):
    """How every model is sampled. The last two keys never had an effect."""

    model_config = STRICT

    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0)
    default_model: Any = None
    inference_backend: Any = None


class Settings(BaseModel):
    """The whole configuration."""

    model_config = STRICT

    env_config: Environment | None = None
    env_configs: list[Environment] = []
    num_episodes: int = Field(default=1, ge=1)
    seed: int = 42
    max_game_rounds: int | None = Field(default=None, ge=1)
    mode: str | None = None
    agents: dict[str, Player] = Field(min_length=1)
    llm_backend: LlmBackend = LlmBackend()

    @property
    def environments(self) -> list[Environment]:
        """The games, however they are given."""
        return self.env_configs if self.env_config is None else [self.env_config]


@dataclass(frozen=True, slots=True)
class Given:
    """What was asked for. ``chosen``: the types of players as the command line decides them."""

    settings: Settings
    mode: Mode | None
    chosen: Mapping[str, str]
    idle: tuple[str, ...]
    """Keys that were met and have nothing to set."""


def read(content: Any, overrides: Iterable[str]) -> Given:
    """Return a configuration with ``key=value`` texts set over it.

    Raises UserError in a sentence that names the key.
    """
    if not isinstance(content, dict):
        raise UserError("the configuration must be a mapping of keys.")
    tree, chosen = deepcopy(content), dict[str, str]()
    for text in overrides:
        path, value = _override(text)
        _assign(tree, path, value, text)
        _choose(chosen, path, value)
    idle = tuple(key for key in IDLE if tree.pop(key, None) is not None)
    settings = _validate(tree)
    return Given(settings, _mode(settings.mode), chosen, idle)


def _override(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UserError(f"--override: {text!r} is no key=value, as in num_episodes=10.")
    return key.strip().split("."), parse_value(value)


def parse_value(text: str) -> Any:
    """Return a value as YAML reads it: 1 is a number, true a switch, 1e-3 a number too."""
    if NUMBER.fullmatch(text):
        return float(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _assign(tree: dict[str, Any], path: list[str], value: Any, text: str) -> None:
    """Set a value in a tree of mappings and lists; mappings on the way are made."""
    # One game and a list of games are two ways to say the same: the command line decides.
    if path[0] in RIVALS:
        tree.pop(RIVALS[path[0]], None)
    here: Any = tree
    for part, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                raise UserError(
                    f"--override: {text!r}: {part!r} is no place of a list of {len(here)}; the "
                    f"first is 0."
                )
            key: Any = int(part)
        elif isinstance(here, dict):
            key = part
            here.setdefault(key, {})
        else:
            raise UserError(f"--override: {text!r}: there is nothing to set below {here!r}.")
        if following is None:
            here[key] = value
        else:
            here[key] = {} if here[key] is None else here[key]
            here = here[key]


def _choose(chosen: dict[str, str], path: list[str], value: Any) -> None:
    """Note what the command line makes of a player: a model makes it an llm."""
    match path:
        case ["agents", player, "type"]:
            chosen[player] = str(value)
        case ["agents", player, "model"] if value is not None:
            chosen.setdefault(player, "llm")


def _validate(tree: dict[str, Any]) -> Settings:
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise UserError(_sentence(error)) from error
    if settings.env_config is not None and settings.env_configs:
        raise UserError("env_config and env_configs are both given; keep one.")
    if not settings.environments:
        raise UserError("no game is named: give env_config.game_name, or a list env_configs.")
    for number, name in enumerate(sorted(settings.agents, key=lambda name: (len(name), name))):
        if name != f"player_{number}":
            known = [f"player_{n}" for n in range(len(settings.agents))]
            raise UserError(
                f"agents: {name!r} is no player of {len(known)}.{nearest(name, known)} They are "
                f"numbered from 0: {', '.join(known)}."
            )
    return settings


def _sentence(error: ValidationError) -> str:
    """Tell one mistake, an unknown key before any other."""
    mistakes = error.errors(include_url=False)
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    *parents, key = map(str, first["loc"])
    where = ".".join([*parents, key])
    if first["type"] == "extra_forbidden":
        kind: type[BaseModel] = Settings
        if parents:
            kind = LlmBackend if parents[0] == "llm_backend" else Environment
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
            f"mode: {word!r} is unknown.{nearest(word, known)} There are {', '.join(known)}."
        ) from error
