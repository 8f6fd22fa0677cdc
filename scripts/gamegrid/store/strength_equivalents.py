"""The rows of strength_equivalent: where each agent stands on each ladder of bots, by game."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from types import MappingProxyType
from typing import TypeAlias

import duckdb
import numpy as np

from gamegrid.stats.davidson import Matches
from gamegrid.stats.equivalents import Rung, strength_equivalent

Row: TypeAlias = tuple[str | int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """What strength is taken to be linear in between two settings of a bot, and the way back."""

    place: Callable[[float], float]
    setting: Callable[[float], float]


SIMULATIONS = Scale(log, exp)
EPSILON = Scale(lambda rate: -rate, lambda place: -place)
SCALES: Mapping[str, Scale] = MappingProxyType(
    {"mcts": SIMULATIONS, "ismcts": SIMULATIONS, "noisy_optimal": EPSILON}
)
"""By ladder of the view rungs."""


def strength_equivalents(
    connection: duckdb.DuckDBPyConnection, games: Sequence[str], matches: Matches
) -> Iterator[Row]:
    """Place the agents that are no rung, nor bots of the suite. ``games``: names by code."""
    settings: dict[str, dict[str, float]] = defaultdict(dict)
    for agent, ladder, setting in connection.execute("FROM rungs").fetchall():
        settings[ladder][agent] = setting
    bots = {agent for rungs in settings.values() for agent in rungs}
    given = {agent for (agent,) in connection.execute("SELECT agent FROM ladder").fetchall()}
    for code in np.unique(matches.game):
        here = matches.where(matches.game == code)
        players = {here.agents[each]: int(each) for each in np.unique([here.first, here.second])}
        for agent in sorted(players.keys() - given):
            known = sorted(players[name] for name in players if name in bots | {agent})
            if players[agent] not in _met(here, known):
                continue
            met = here.among(np.array(known))
            for ladder, rungs in sorted(settings.items()):
                there = {name: rungs[name] for name in rungs if name in met.agents}
                if agent not in rungs and len(there) > 1:
                    yield agent, games[code], ladder, *_placed(met, agent, ladder, there)


def _met(matches: Matches, agents: Sequence[int]) -> set[int]:
    """Those of ``agents`` that met another of them."""
    both = np.isin(matches.first, agents) & np.isin(matches.second, agents)
    return {*matches.first[both].tolist(), *matches.second[both].tolist()}


def _placed(
    matches: Matches, agent: str, ladder: str, settings: Mapping[str, float]
) -> tuple[float | str | int | None, ...]:
    """The numbers of a row: equivalent, low, high, reason, rungs, deals."""
    scale = SCALES[ladder]
    rungs = sorted(
        (Rung(name, scale.place(setting)) for name, setting in settings.items()),
        key=lambda rung: rung.place,
    )
    found = strength_equivalent(matches, agent, rungs)
    ends = [None if end is None else scale.setting(end) for end in (found.low, found.high)]
    low, high = ends if scale is not EPSILON else reversed(ends)
    me = matches.agents.index(agent)
    mine = (matches.first == me) | (matches.second == me)
    return (
        None if found.place is None else scale.setting(found.place),
        low,
        high,
        found.reason,
        " < ".join(rung.agent for rung in rungs),
        len(np.unique(matches.deal[mine])),
    )
