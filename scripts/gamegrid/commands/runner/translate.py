"""The grid that a configuration of Game Reasoning Arena asks for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from gamegrid import games
from gamegrid.commands.runner.settings import Environment, Given, Mode, Player, Settings
from gamegrid.config.names import agent_name, unlike
from gamegrid.errors import UserError
from gamegrid.plan.grid import Matchup

HUMAN = "human"
PREFIXES = {"openrouter_": "litellm_openrouter/"}
"""Model ids of the old system that are named otherwise here."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Translation:
    """A grid as gamegrid reads it, what was decided on the way, and a person's seat if any."""

    grid: dict[str, Any]
    notes: tuple[str, ...]
    person: int | None = None


def translate(given: Given, model_files: Sequence[str]) -> Translation:
    """Return the grid. Raises UserError if the players do not fit the mode, or a game is unknown.

    A person is no agent of the grid, and takes the seat that is left.
    """
    settings = given.settings
    players = _cast(given)
    people = [seat for seat, player in enumerate(players) if player.type == HUMAN]
    if len(people) > 1 or len(people) == len(players):
        raise UserError(f"agents: {len(people)} players are human; one can be, against agents.")
    agents, line_up = _agents(
        [
            _entry(f"player_{seat}", player, settings)
            for seat, player in enumerate(players)
            if seat not in people
        ]
    )
    environments = settings.environments
    deals, notes = _deals(settings.num_episodes, environments, line_up)
    limit, more = _limit(settings, environments)
    grid = {
        "seed": settings.seed,
        "deals": deals,
        "games": [each.game_name for each in environments],
        "models": list(model_files),
        "agents": agents,
        **_schedule(line_up, alone=bool(people)),
    }
    if limit is not None:
        grid["max_plies"] = limit
    if given.idle:
        more.append(f"{', '.join(given.idle)}: nothing to set; --cores says how many jobs run.")
    seats = ", ".join(f"player_{seat} {name}" for seat, name in enumerate(line_up))
    return Translation(grid, (f"{seats}.", *notes, *more), people[0] if people else None)


def _cast(given: Given) -> list[Player]:
    """The players in order of their seats, each with the type that mode and command line give it.

    The command line decides first, then the file as far as it fits the mode, then the mode.
    """
    names = [f"player_{seat}" for seat in range(len(given.settings.agents))]
    players = given.settings.agents
    wanted = _wanted(given.mode)
    types: Mapping[str, str | None]
    if wanted is None:
        types = {name: given.chosen.get(name) or players[name].type for name in names}
    else:
        if len(names) == 1:
            names, players = ["player_0", "player_1"], {**players, "player_1": Player()}
        types = _types(given, names, players, wanted)
    if given.mode is Mode.SELF_PLAY:
        return _twice(players["player_0"], players["player_1"], given)
    return [players[name].model_copy(update={"type": types[name]}) for name in names]


def _wanted(mode: Mode | None) -> tuple[str, ...] | None:
    """The types of a mode's players; None where it leaves them to the configuration."""
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
    given: Given, names: Sequence[str], players: Mapping[str, Player], wanted: tuple[str, ...]
) -> dict[str, str]:
    if len(names) != len(wanted):
        raise UserError(
            f"mode: {given.mode} is for {len(wanted)} players, and {len(names)} are configured; "
            f"use mode=multi_agent."
        )
    left, types = Counter(wanted), dict[str, str]()
    for asked in (given.chosen, {name: players[name].type for name in names}):
        for name in names:
            kind = asked.get(name)
            if name not in types and kind is not None and left[kind] > 0:
                types[name] = kind
                left[kind] -= 1
            elif asked is given.chosen and kind is not None:
                raise UserError(
                    f"mode: {given.mode} wants {' and '.join(wanted)}, and agents.{name} is set "
                    f"to {kind!r}; change either, or use mode=multi_agent."
                )
    rest = left.elements()
    return {name: types.get(name) or next(rest) for name in names}


def _twice(player: Player, other: Player, given: Given) -> list[Player]:
    """The same player in both seats."""
    if "player_1" in given.chosen and other.model != player.model:
        raise UserError(
            f"mode: self_play is {player.model} in both seats, and agents.player_1 is set to "
            f"{other.model}; use mode=llm_vs_llm."
        )
    return [player.model_copy(update={"type": "llm"})] * 2


def _entry(name: str, player: Player, settings: Settings) -> Entry:
    """A player as an agent of a grid."""
    more = player.model_extra or {}
    if player.type is None:
        raise UserError(f"agents.{name}: no type; there are llm, random and human.")
    if player.type != "llm":
        return {"type": player.type, **more}
    if player.model is None:
        raise UserError(f"agents.{name}: an llm has no model; set agents.{name}.model=MODEL_ID.")
    sampling = settings.llm_backend.model_dump(include={"temperature", "max_tokens"})
    asked = {key: value for key, value in sampling.items() if value is not None}
    return {"type": "llm", "model": _model(player.model), **asked, **more}


def _model(name: str) -> str:
    for old, new in PREFIXES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _agents(entries: Sequence[Entry]) -> tuple[dict[str, Entry], list[str]]:
    """Agents by name, equal ones once, and the name in every seat."""
    agents, line_up = dict[str, Entry](), list[str]()
    for entry in entries:
        known = next((name for name, found in agents.items() if found == entry), None)
        name = known or unlike(agent_name(entry.get("model") or entry["type"]), agents)
        agents[name] = entry
        line_up.append(name)
    return agents, line_up


def _schedule(line_up: Sequence[str], alone: bool) -> Entry:
    """Who meets whom: all with all, and a model with itself where it takes every seat."""
    if len(set(line_up)) == 1:
        return {"schedule": "round_robin", "self_play": True}
    if alone or len(set(line_up)) == len(line_up):
        return {"schedule": "round_robin", "self_play": alone}
    return {"schedule": {"matchups": [list(line_up)]}}


def _deals(
    episodes: int, environments: Sequence[Environment], line_up: Sequence[str]
) -> tuple[int, list[str]]:
    """Deals that give every game at least so many episodes, and what that makes of each.

    A deal is played once in every seating, so the number is rounded up to whole deals.
    """
    played = [games.load(each.game_name) for each in environments]
    # Fewer agents than seats, or more, take turns: what counts is how a game's seats are filled.
    fields = {g.name: (list(line_up) * g.players)[: g.players] for g in played}
    seatings = {name: len(Matchup.of(field).seatings("all")) for name, field in fields.items()}
    deals = max(-(-episodes // count) for count in seatings.values())
    return deals, [
        f"{name}: {deals} deals x {count} seatings = {deals * count} episodes of each matchup"
        f"{'' if deals * count == episodes else f' (num_episodes {episodes}, in whole deals)'}."
        for name, count in seatings.items()
    ]


def _limit(settings: Settings, environments: Sequence[Environment]) -> tuple[int | None, list[str]]:
    """The cut-off of all games, and what was decided if they name different ones."""
    limits = {each.max_game_rounds or settings.max_game_rounds for each in environments}
    if len(limits) == 1:
        return limits.pop(), []
    named = [limit for limit in limits if limit is not None]
    if None in limits:
        return None, ["max_game_rounds: not set for every game, so each keeps its own number."]
    return max(named), [f"max_game_rounds: the largest, {max(named)}, holds for every game."]
