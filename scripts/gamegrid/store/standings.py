"""The rows of game_ranks: which ranks within a game the results leave possible."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from scipy import stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import CONFIDENCE, SAME
from gamegrid.stats.observations import Observations
from gamegrid.stats.paired import holm
from gamegrid.stats.ranks import Relation, closed, possible_ranks, tied_groups
from gamegrid.store.values import CellValues, TableRow

Pair: TypeAlias = tuple[str, str]


class Sign(StrEnum):
    """What a test says about a mean."""

    ABOVE = "above 0"
    BELOW = "below 0"
    UNKNOWN = "not told apart from 0"


@dataclass(frozen=True, slots=True)
class Compared:
    """An agent's mean minus a rival's, and the two-sided p of their being equal."""

    difference: float
    p: float


@dataclass(frozen=True, slots=True)
class Beats:
    """The least and the largest share of its opponents that an agent may beat, 0 to 1."""

    low: float
    high: float


def game_ranks(
    cells: Sequence[CellValues],
    comparable: Collection[tuple[str, str, str]],
    pairs: Mapping[str, Mapping[Pair, Compared]],
) -> Iterator[TableRow]:
    """Yield the row of each agent in each game that ranks agents.

    ``comparable`` holds (game, agent, rival) in both directions, ``pairs`` the comparisons of
    each game, in one direction. The ranges of ranks of a game hold simultaneously with 95 %
    probability: all its tests are adjusted together (Holm 1979).
    """
    played: dict[str, list[CellValues]] = defaultdict(list)
    for cell in cells:
        if len(cell.observations) and cell.scoring != "payoff":
            played[cell.game].append(cell)
    for game, own in played.items():
        agents = sorted({cell.agent for cell in own})
        rivals = {(one, other) for name, one, other in comparable if name == game}
        peers = np.array([[(one, other) in rivals for other in agents] for one in agents])
        standings = (
            _by_beats(agents, own, pairs.get(game, {}))
            if own[0].scoring == "margin"
            else _by_mean(agents, pairs.get(game, {}))
        )
        yield from standings.rows(game, agents, _order(agents, own), peers)


@dataclass(frozen=True, slots=True)
class _Standings:
    """Who is above whom beyond luck in one game, and in margin games how many each beats."""

    above: Relation
    beats: Sequence[Beats | None]

    def rows(
        self, game: str, agents: Sequence[str], order: Sequence[int], peers: Relation
    ) -> Iterator[TableRow]:
        """Yield the rows of the game. ``order`` lists the agents from the first rank."""
        above = closed(self.above & peers)
        for agent, ranks, group, beats in zip(
            agents,
            possible_ranks(above, peers),
            tied_groups(order, above, peers),
            self.beats,
            strict=True,
        ):
            ends = (None, None) if beats is None else (beats.low, beats.high)
            yield game, agent, ranks.low, ranks.high, group, *ends


def _order(agents: Sequence[str], cells: Sequence[CellValues]) -> list[int]:
    """Return the agents' numbers from the highest measure: beats in margin games, then the mean."""
    means: dict[str, list[float]] = defaultdict(list)
    for cell in cells:
        means[cell.agent].append(round(_mean(cell.observations), 12))
    margin = cells[0].scoring == "margin"
    won = {agent: float(np.mean(np.sign(means[agent]))) if margin else 0.0 for agent in agents}
    return sorted(
        range(len(agents)),
        key=lambda each: (-won[agents[each]], -float(np.mean(means[agents[each]])), each),
    )


def _by_mean(agents: Sequence[str], pairs: Mapping[Pair, Compared]) -> _Standings:
    """Return the standings of a game ranked by the mean."""
    adjusted = holm([each.p for each in pairs.values()]).p
    higher = _relation(agents, pairs, adjusted)
    return _Standings(higher, [None] * len(agents))


def _by_beats(
    agents: Sequence[str], cells: Sequence[CellValues], pairs: Mapping[Pair, Compared]
) -> _Standings:
    """Return the standings of a game ranked by the share of opponents beaten, then by the mean.

    An agent is above another if it beats at least as many whatever the undecided matchups hide,
    and either more or with a higher mean.
    """
    met: dict[str, list[CellValues]] = defaultdict(list)
    for cell in cells:
        met[cell.agent].append(cell)
    # If two agents met only each other, their matchup alone decides.
    needed = {pair: each for pair, each in pairs.items() if len(met[pair[0]]) > 1}
    matchups = {_mirrored(cell): cell.observations for cell in cells}
    tests = [_p(each) for each in matchups.values()] + [each.p for each in needed.values()]
    adjusted = holm(tests).p
    signs = {
        key: _sign(_mean(each), p)
        for (key, each), p in zip(matchups.items(), adjusted[: len(matchups)], strict=True)
    }
    beats = [_beats([_signed(cell, signs) for cell in met[agent]]) for agent in agents]
    low, high = np.array([(each.low, each.high) for each in beats]).T
    higher = _relation(agents, needed, adjusted[len(matchups) :])
    above = (low[:, None] > high) | ((low[:, None] >= high) & higher)
    return _Standings(above, beats)


def _relation(agents: Sequence[str], pairs: Mapping[Pair, Compared], adjusted: Floats) -> Relation:
    """Return whose mean is above whose, given the adjusted p of each pair."""
    place = {agent: number for number, agent in enumerate(agents)}
    higher = np.zeros((len(agents), len(agents)), dtype=bool)
    for ((one, other), each), p in zip(pairs.items(), adjusted, strict=True):
        if p < 1 - CONFIDENCE:
            up, down = (one, other) if each.difference > 0 else (other, one)
            higher[place[up], place[down]] = True
    return higher


def _mirrored(cell: CellValues) -> tuple[str, bytes]:
    """Return the same key for two cells of a matchup if one won what the other lost."""
    values = np.round(cell.observations.values, 9)
    return cell.matchup, max(values.tobytes(), (0.0 - values).tobytes())


def _signed(cell: CellValues, signs: Mapping[tuple[str, bytes], Sign]) -> Sign:
    """Return the sign of the cell's mean, from the test that its matchup shares."""
    if signs[_mirrored(cell)] is Sign.UNKNOWN:
        return Sign.UNKNOWN
    return Sign.ABOVE if _mean(cell.observations) > 0 else Sign.BELOW


def _sign(mean: float, p: float) -> Sign:
    if p >= 1 - CONFIDENCE:
        return Sign.UNKNOWN
    return Sign.ABOVE if mean > 0 else Sign.BELOW


def _beats(signs: Sequence[Sign]) -> Beats:
    """Return which shares of the opponents may be beaten."""
    return Beats(
        sum(sign is Sign.ABOVE for sign in signs) / len(signs),
        1 - sum(sign is Sign.BELOW for sign in signs) / len(signs),
    )


def _mean(observations: Observations) -> float:
    """Return the mean over deals, of which there is at least one."""
    return float(observations.values.mean())


def _p(observations: Observations) -> float:
    """Return the two-sided p of the mean being 0, by Student's t; of a fixed mean, 0 or 1."""
    if observations.fixed is not None:
        return float(abs(_mean(observations)) < SAME)
    if len(observations) < 2 or np.ptp(observations.values) < SAME:
        return 1.0
    return float(stats.ttest_1samp(observations.values, 0.0).pvalue)
