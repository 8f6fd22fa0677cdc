"""The rows of game_ranks: which ranks within a game the results leave possible."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from gamegrid.stats.intervals import CONFIDENCE, SAME, Interval
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.observations import Observations, Part, mean_test
from gamegrid.stats.paired import holm
from gamegrid.stats.ranks import Relation, possible_ranks, tied_groups
from gamegrid.store.values import CellValues, TableRow

Pair: TypeAlias = tuple[str, str]


class Sign(StrEnum):
    """What the results say about the sign of a mean."""

    ABOVE = "above 0"
    BELOW = "below 0"
    ZERO = "0"
    """Nothing is left to luck, and the mean is 0."""
    UNKNOWN = "not told apart from 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether a mean is above or below 0."""

    mean: float
    p: float | None
    """The two-sided p of its being 0; None if there is no test."""
    fixed: bool
    """Whether luck cannot move the mean, so that its sign is known."""


@dataclass(frozen=True, slots=True)
class Beats:
    """The least and the largest share of its opponents that an agent may beat, 0 to 1."""

    low: float
    high: float


def game_ranks(
    cells: Sequence[CellValues],
    comparable: Collection[tuple[str, str, str]],
    pairs: Mapping[str, Mapping[Pair, Question]],
    limits: Mapping[str, Interval],
) -> Iterator[TableRow]:
    """Yield the row of each agent in each game that ranks agents.

    ``comparable`` holds (game, agent, rival) in both directions, ``pairs`` the differences of
    pairs in each game, in one direction, and ``limits`` the least and the largest return of the
    games that declare them. The ranges of ranks of a game hold simultaneously with 95 %
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
            _by_beats(agents, own, pairs.get(game, {}), limits.get(game))
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
        above = self.above & peers
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


def _by_mean(agents: Sequence[str], pairs: Mapping[Pair, Question]) -> _Standings:
    """Return the standings of a game ranked by the mean."""
    signs = _signs(list(pairs.values()))
    return _Standings(_higher(agents, list(pairs), signs), [None] * len(agents))


def _by_beats(
    agents: Sequence[str],
    cells: Sequence[CellValues],
    pairs: Mapping[Pair, Question],
    limits: Interval | None,
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
    matchups = {_mirrored(cell): _question(cell.observations, limits) for cell in cells}
    signs = _signs([*matchups.values(), *needed.values()])
    decided = {key for key, sign in zip(matchups, signs, strict=False) if sign is not Sign.UNKNOWN}
    beats = [
        _beats([_sign(cell.observations, _mirrored(cell) in decided) for cell in met[agent]])
        for agent in agents
    ]
    low, high = np.array([(each.low, each.high) for each in beats]).T
    higher = _higher(agents, list(needed), signs[len(matchups) :])
    above = (low[:, None] > high) | ((low[:, None] >= high) & higher)
    return _Standings(above, beats)


def _higher(agents: Sequence[str], pairs: Sequence[Pair], signs: Sequence[Sign]) -> Relation:
    """Return whose mean is above whose, given the signs of the pairs' differences."""
    place = {agent: number for number, agent in enumerate(agents)}
    higher = np.zeros((len(agents), len(agents)), dtype=bool)
    for (one, other), sign in zip(pairs, signs, strict=True):
        if sign is Sign.ABOVE:
            higher[place[one], place[other]] = True
        if sign is Sign.BELOW:
            higher[place[other], place[one]] = True
    return higher


def _signs(questions: Sequence[Question]) -> list[Sign]:
    """Answer all questions at once: with 95 % probability or more, every answer is right."""
    adjusted = iter(holm([each.p for each in questions if each.p is not None]).p)
    return [
        _direction(each.mean)
        if each.fixed or (each.p is not None and next(adjusted) < 1 - CONFIDENCE)
        else Sign.UNKNOWN
        for each in questions
    ]


def _direction(mean: float) -> Sign:
    """Return the sign of a mean that luck does not explain."""
    if abs(mean) < SAME:
        return Sign.ZERO
    return Sign.ABOVE if mean > 0 else Sign.BELOW


def _sign(observations: Observations, decided: bool) -> Sign:
    """Return the sign of the mean if the test of its matchup decided it."""
    return _direction(_mean(observations)) if decided else Sign.UNKNOWN


def _question(observations: Observations, limits: Interval | None) -> Question:
    """Return the question whether the mean is above or below 0."""
    known = limits is not None and all(limits.covers(end) for end in _ends(observations))
    test = mean_test([Part(observations)], limits if known else None)
    return Question(
        mean=_mean(observations),
        p=test.p() if isinstance(test, MeanTest) else None,
        fixed=observations.fixed is not None,
    )


def _ends(observations: Observations) -> tuple[float, float]:
    return float(observations.values.min()), float(observations.values.max())


def _mirrored(cell: CellValues) -> tuple[str, bytes]:
    """Return the same key for two cells of a matchup if one won what the other lost."""
    values = np.round(cell.observations.values, 9) + 0.0  # without a sign of 0
    return cell.matchup, max(values.tobytes(), (0.0 - values).tobytes())


def _beats(signs: Sequence[Sign]) -> Beats:
    """Return which shares of the opponents may be beaten. A mean of exactly 0 counts as half."""
    worth = {Sign.ABOVE: (1.0, 1.0), Sign.BELOW: (0.0, 0.0), Sign.ZERO: (0.5, 0.5)}
    low, high = np.array([worth.get(sign, (0.0, 1.0)) for sign in signs]).mean(axis=0)
    return Beats(float(low), float(high))


def _mean(observations: Observations) -> float:
    """Return the mean over deals, of which there is at least one."""
    return float(observations.values.mean())
