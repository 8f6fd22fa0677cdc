"""The rows of strength_equivalent: where each agent stands on each ladder of bots, by game."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import duckdb
import numpy as np

from gamegrid.agents.agent import Scale
from gamegrid.stats.davidson import Matches
from gamegrid.stats.equivalents import LadderBot, strength_equivalent
from gamegrid.store.values import TableRow


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The bots of one ladder, and what strength is assumed to be linear in between two of them."""

    name: str
    scale: Scale
    rising: bool
    settings: Mapping[str, float]
    """By bot."""

    def place(self, setting: float) -> float:
        """Return the place of a setting: higher for stronger bots."""
        return self._sign * (log(setting) if self.scale is Scale.LOG else setting)

    def setting(self, place: float) -> float:
        """Return the setting at a place."""
        return exp(self._sign * place) if self.scale is Scale.LOG else self._sign * place

    @property
    def _sign(self) -> int:
        return 1 if self.rising else -1


def strength_equivalents(
    connection: duckdb.DuckDBPyConnection, games: Sequence[str], matches: Matches
) -> Iterator[TableRow]:
    """Place the agents that are neither bots of a ladder nor of the suite.

    ``games`` are the names by code.
    """
    ladders = _ladders(connection)
    bots = {agent for ladder in ladders for agent in ladder.settings}
    given = {agent for (agent,) in connection.execute("SELECT agent FROM ladder").fetchall()}
    for code in np.unique(matches.game):
        here = matches.where(matches.game == code)
        players = {here.agents[each]: int(each) for each in np.unique([here.first, here.second])}
        for agent in sorted(players.keys() - given):
            known = sorted(players[name] for name in players if name in bots | {agent})
            if players[agent] not in _met(here, known):
                continue
            met = here.among(np.array(known))
            for ladder in ladders:
                there = [name for name in ladder.settings if name in met.agents]
                if agent not in ladder.settings and len(there) > 1:
                    yield agent, games[code], ladder.name, *_placed(met, agent, ladder, there)


def _ladders(connection: duckdb.DuckDBPyConnection) -> list[_Ladder]:
    """Read the ladders, by name."""
    settings: dict[str, dict[str, float]] = defaultdict(dict)
    kinds: dict[str, tuple[Scale, bool]] = {}
    for agent, ladder, setting, scale, rising in connection.execute("FROM ladder_bots").fetchall():
        settings[ladder][agent] = setting
        kinds[ladder] = Scale(scale), rising
    return [_Ladder(name, *kinds[name], settings[name]) for name in sorted(settings)]


def _met(matches: Matches, agents: Sequence[int]) -> set[int]:
    """Those of ``agents`` that met another of them."""
    both = np.isin(matches.first, agents) & np.isin(matches.second, agents)
    return {*matches.first[both].tolist(), *matches.second[both].tolist()}


def _placed(
    matches: Matches, agent: str, ladder: _Ladder, bots: Sequence[str]
) -> tuple[float | str | int | None, ...]:
    """Return the numbers of a row: equivalent, low, high, reason, ladder_bots, deals."""
    ladder_bots = sorted(
        (LadderBot(name, ladder.place(ladder.settings[name])) for name in bots),
        key=lambda bot: bot.place,
    )
    equivalent = strength_equivalent(matches, agent, ladder_bots)
    ends = [
        None if end is None else ladder.setting(end) for end in (equivalent.low, equivalent.high)
    ]
    low, high = ends if ladder.rising else reversed(ends)
    me = matches.agents.index(agent)
    mine = (matches.first == me) | (matches.second == me)
    return (
        None if equivalent.place is None else ladder.setting(equivalent.place),
        low,
        high,
        equivalent.reason,
        " < ".join(bot.agent for bot in ladder_bots),
        len(np.unique(matches.deal[mine])),
    )
