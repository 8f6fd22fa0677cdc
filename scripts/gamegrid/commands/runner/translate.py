"""Translation of a Game Reasoning Arena configuration into a grid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from gamegrid import games
from gamegrid.commands.runner.settings import (
    ArenaCommand,
    ArenaConfig,
    ArenaGame,
    ArenaPlayer,
    Mode,
)
from gamegrid.config.names import agent_name, unlike
from gamegrid.errors import UserError
from gamegrid.plan.grid import Matchup

HUMAN = "human"
PREFIXES = {"openrouter_": "litellm_openrouter/"}
"""Prefixes of model ids that have another name here."""

GridEntry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Translation:
    """A grid, notes on how the configuration was read, and the seat of a human player if any."""

    grid: dict[str, Any]
    notes: tuple[str, ...]
    person: int | None = None


def translate(command: ArenaCommand, model_files: Sequence[str]) -> Translation:
    """Translate a configuration. A human player is not an agent of the grid.

    Raises UserError if the players do not fit the mode or a game is unknown.
    """
    config = command.config
    players = _cast(command)
    people = [seat for seat, player in enumerate(players) if player.type == HUMAN]
    if len(people) > 1 or len(people) == len(players):
        raise UserError(
            f"agents: {len(people)} of {len(players)} players are human; only one may be."
        )
    agents, line_up = _agents(
        [
            _entry(f"player_{seat}", player, config)
            for seat, player in enumerate(players)
            if seat not in people
        ]
    )
    environments = config.environments
    deals, notes = _deals(config.num_episodes, environments, line_up)
    limit, more = _limit(config, environments)
    grid = {
        "seed": config.seed,
        "deals": deals,
        "games": [each.game_name for each in environments],
        "models": list(model_files),
        "agents": agents,
        **_schedule(line_up, alone=bool(people)),
    }
    if limit is not None:
        grid["max_plies"] = limit
    if command.unused:
        more.append(f"{', '.join(command.unused)}: no effect here; --cores sets how many jobs run.")
    seats = ", ".join(f"player_{seat} {name}" for seat, name in enumerate(line_up))
    return Translation(grid, (f"{seats}.", *notes, *more), people[0] if people else None)


def _cast(command: ArenaCommand) -> list[ArenaPlayer]:
    """Return the players by seat, each with its type.

    The command line has priority, then the file where it fits the mode, then the mode.
    """
    names = [f"player_{seat}" for seat in range(len(command.config.agents))]
    players = command.config.agents
    wanted = _wanted(command.mode)
    types: Mapping[str, str | None]
    if wanted is None:
        types = {name: command.chosen.get(name) or players[name].type for name in names}
    else:
        if len(names) == 1:
            names, players = ["player_0", "player_1"], {**players, "player_1": ArenaPlayer()}
        types = _types(command, names, players, wanted)
    if command.mode is Mode.SELF_PLAY:
        return _twice(players["player_0"], players["player_1"], command)
    return [players[name].model_copy(update={"type": types[name]}) for name in names]


def _wanted(mode: Mode | None) -> tuple[str, ...] | None:
    """Return the player types of a mode; None if the configuration sets them."""
    match mode:
        case None | Mode.MULTI_AGENT:
            return None
        case Mode.LLM_VS_RANDOM:
            return ("llm", "random")
        case Mode.LLM_VS_LLM | Mode.SELF_PLAY:
            return ("llm", "llm")
        case Mode.RANDOM_VS_RANDOM:
            return ("random", "random")
        case Mode.HUMAN_VS_LLM:
            return (HUMAN, "llm")
        case Mode.HUMAN_VS_RANDOM:
            return (HUMAN, "random")
        case other:
            assert_never(other)


def _types(
    command: ArenaCommand,
    names: Sequence[str],
    players: Mapping[str, ArenaPlayer],
    wanted: tuple[str, ...],
) -> dict[str, str]:
    if len(names) != len(wanted):
        raise UserError(
            f"mode: {command.mode} needs {len(wanted)} players, but {len(names)} are configured; "
            f"use mode=multi_agent."
        )
    left, types = Counter(wanted), dict[str, str]()
    for asked in (command.chosen, {name: players[name].type for name in names}):
        for name in names:
            kind = asked.get(name)
            if name not in types and kind is not None and left[kind] > 0:
                types[name] = kind
                left[kind] -= 1
            elif asked is command.chosen and kind is not None:
                raise UserError(
                    f"mode: {command.mode} needs {' and '.join(wanted)}, but agents.{name} is set "
                    f"to {kind!r}; change either, or use mode=multi_agent."
                )
    rest = left.elements()
    return {name: types.get(name) or next(rest) for name in names}


def _twice(player: ArenaPlayer, other: ArenaPlayer, command: ArenaCommand) -> list[ArenaPlayer]:
    """Return the first player twice."""
    if "player_1" in command.chosen and other.model != player.model:
        raise UserError(
            f"mode: self_play puts {player.model} in both seats, but agents.player_1 is set to "
            f"{other.model}; use mode=llm_vs_llm."
        )
    return [player.model_copy(update={"type": "llm"})] * 2


def _entry(name: str, player: ArenaPlayer, config: ArenaConfig) -> GridEntry:
    """Translate a player into an agent of a grid."""
    more = player.model_extra or {}
    if player.type is None:
        raise UserError(f"agents.{name}: no type; use llm, random or human.")
    if player.type != "llm":
        return {"type": player.type, **more}
    if player.model is None:
        raise UserError(f"agents.{name}: an llm needs a model; set agents.{name}.model=MODEL_ID.")
    sampling = config.llm_backend.model_dump(include={"temperature", "max_tokens"})
    asked = {key: value for key, value in sampling.items() if value is not None}
    return {"type": "llm", "model": _model(player.model), **asked, **more}


def _model(name: str) -> str:
    for old, new in PREFIXES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _agents(entries: Sequence[GridEntry]) -> tuple[dict[str, GridEntry], list[str]]:
    """Return the distinct agents by name, and the name of the agent in every seat."""
    agents, line_up = dict[str, GridEntry](), list[str]()
    for entry in entries:
        known = next((name for name, agent in agents.items() if agent == entry), None)
        name = known or unlike(agent_name(entry.get("model") or entry["type"]), agents)
        agents[name] = entry
        line_up.append(name)
    return agents, line_up


def _schedule(line_up: Sequence[str], alone: bool) -> GridEntry:
    """Return who meets whom: all agents meet, and a model in every seat meets itself."""
    if len(set(line_up)) == 1:
        return {"schedule": "round_robin", "self_play": True}
    if alone or len(set(line_up)) == len(line_up):
        return {"schedule": "round_robin", "self_play": alone}
    return {"schedule": {"matchups": [list(line_up)]}}


def _deals(
    episodes: int, environments: Sequence[ArenaGame], line_up: Sequence[str]
) -> tuple[int, list[str]]:
    """Return how many deals give every game at least so many episodes, with a note per game.

    A deal is played once in every seating, so the number of episodes is rounded up.
    """
    played = [games.load(each.game_name) for each in environments]
    # If there are fewer agents than seats, agents repeat; this determines the number of seatings.
    fields = {g.name: (list(line_up) * g.players)[: g.players] for g in played}
    seatings = {name: len(Matchup.of(field).seatings("all")) for name, field in fields.items()}
    deals = max(-(-episodes // count) for count in seatings.values())
    rounded = f" (num_episodes {episodes}, rounded up to whole deals)"
    return deals, [
        f"{name}: {deals} deals x {count} seatings = {deals * count} episodes of each matchup"
        f"{'' if deals * count == episodes else rounded}."
        for name, count in seatings.items()
    ]


def _limit(config: ArenaConfig, environments: Sequence[ArenaGame]) -> tuple[int | None, list[str]]:
    """Return the cut-off for all games, with a note if their configurations differ."""
    limits = {each.max_game_rounds or config.max_game_rounds for each in environments}
    if len(limits) == 1:
        return limits.pop(), []
    named = [limit for limit in limits if limit is not None]
    if None in limits:
        return None, ["max_game_rounds: not set for every game, so every game keeps its default."]
    return max(named), [f"max_game_rounds: the largest, {max(named)}, applies to every game."]
