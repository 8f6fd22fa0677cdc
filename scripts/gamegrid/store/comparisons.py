"""Compare pairs of agents, per game and over all win_loss games: the rows of comparisons."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from gamegrid.stats.anytime import anytime_interval
from gamegrid.stats.dropped import Bounds, bounds_over_games, difference_bounds
from gamegrid.stats.intervals import SAME, Interval, MaybeInterval, NoInterval
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.observations import Observations, Part, count, difference, mean_of, mean_test
from gamegrid.stats.paired import Comparison, compare
from gamegrid.store.looks import Looks
from gamegrid.store.values import WIN_LOSS, CellValues, TableRow, Worst, ends

Pair: TypeAlias = tuple[str, str]
Question: TypeAlias = tuple[str | None, str, str]
"""The game (None over games) and the two agents, in the order of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """An agent's values minus a rival's in one game, on the deals both have with every opponent."""

    scoring: str
    family: str
    matchups: frozenset[str]
    rounds: int
    """The number of matchups that each of the two agents played; a deal's value is their mean."""
    observations: Observations
    dropped: int = 0
    """Number of deals that do not count for one of the two, once per matchup."""
    bounds: Bounds | None = None

    @property
    def largest(self) -> float:
        """The largest difference in either direction; 0 without deals."""
        return float(np.abs(self.observations.values).max(initial=0.0))

    def hidden_within(self, span: float) -> Interval:
        """Return how far the difference of a deal may be from 0 that was not played.

        It is taken to go as badly as ``span``, the largest difference of two results, in one
        matchup, or as badly as the worst deal that was played. That it goes so in several matchups
        at once is a rarer event still.
        """
        reach = max(self.largest, span / self.rounds)
        return Interval(-reach, reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One pair in one game or over games, before p is adjusted."""

    game: str | None
    pair: Pair
    games: Mapping[str, frozenset[str]]
    """The matchups behind the row, by game."""
    deals: int
    difference: float | None
    test: MeanTest | NoInterval
    dropped: int = 0
    worst: Worst = (None, None)

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.game, *self.pair

    @property
    def anytime(self) -> MaybeInterval:
        """The interval of the difference that holds however often you look."""
        return anytime_interval(self.test)

    def row(self, found: Comparison, m: int, looks: Looks | None) -> TableRow:
        """Return the row as the table stores it. ``m``: the number of pairs adjusted together."""
        low, high, _ = ends(found.adjusted)
        return (
            self.game, *self.pair, self.deals, self.difference, found.verdict,
            *ends(found.interval), found.p, low, high, found.p_adjusted, m, *ends(self.anytime),
            looks.number(self.games) if looks else None, self.dropped, *self.worst,
        )  # fmt: skip


def compare_pairs(
    cells: Iterable[CellValues],
    comparable: Collection[tuple[str, str, str]],
    spans: Mapping[str, float] = MappingProxyType({}),
) -> list[Compared]:
    """Compare every pair, in each game and over all win_loss games.

    ``comparable`` holds (game, agent, rival) in both directions. ``spans``: by game, the largest
    difference of two returns.
    """
    played: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in cells:
        if len(cell.observations) and cell.scoring != "payoff":
            played[cell.game, cell.agent].append(cell)
    apart: dict[str, dict[Pair, Differences]] = defaultdict(dict)
    for game, agent, rival in sorted(comparable):
        if agent < rival and (game, agent) in played:
            apart[game][agent, rival] = differences_of(played[game, agent], played[game, rival])
    by_game = [
        within(game, pair, each, spans.get(game))
        for game, pairs in apart.items()
        for pair, each in pairs.items()
    ]
    return by_game + list(_overall(played, apart))


def rows_of(
    compared: Sequence[Compared],
    looks: Looks | None = None,
    primary: Collection[Question] = (),
) -> list[TableRow]:
    """Return every row, with p adjusted within its family of tests.

    The ``primary`` questions are one family. The others are one family per game, and one over
    games. ``looks`` is None if the values are not those of deals.
    """
    families: dict[tuple[bool, str | None], list[Compared]] = defaultdict(list)
    for each in compared:
        planned = each.question in primary
        families[planned, None if planned else each.game].append(each)
    return [row for family in families.values() for row in _adjusted(family, looks)]


def _adjusted(compared: Sequence[Compared], looks: Looks | None) -> list[TableRow]:
    """Return the rows of the pairs whose p-values are adjusted together."""
    found = compare([each.test for each in compared], [each.difference for each in compared])
    m = sum(each.p is not None for each in found)
    return [each.row(result, m, looks) for each, result in zip(compared, found, strict=True)]


def paired_cells(
    mine: Sequence[CellValues], theirs: Sequence[CellValues]
) -> list[tuple[CellValues, CellValues]]:
    """Pair the cells against the same opponents, and the two agents' own cells if they met.

    Raises KeyError unless the agents are comparable.
    """
    agent, rival = mine[0].agent, theirs[0].agent
    met = {cell.matchup: cell for cell in theirs if agent in cell.others}
    apart = {cell.others: cell for cell in theirs if agent not in cell.others}
    return [
        (cell, met[cell.matchup] if rival in cell.others else apart[cell.others]) for cell in mine
    ]


def differences_of(mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> Differences:
    """Return the differences of two comparable agents."""
    pairs = paired_cells(mine, theirs)
    return Differences(
        scoring=mine[0].scoring,
        family=mine[0].family,
        matchups=frozenset(cell.matchup for pair in pairs for cell in pair),
        rounds=len(pairs),
        observations=difference([(one.observations, other.observations) for one, other in pairs]),
        dropped=sum({cell.matchup: cell.dropped for pair in pairs for cell in pair}.values()),
        bounds=_bounds(pairs),
    )


def _bounds(pairs: Sequence[tuple[CellValues, CellValues]]) -> Bounds | None:
    """Return the bounds of the mean difference; None if nothing bounds a dropped deal."""
    bounds = [
        (one.bounds, other.bounds)
        for one, other in pairs
        if one.bounds is not None and other.bounds is not None
    ]
    return difference_bounds(bounds) if len(bounds) == len(pairs) else None


def within(game: str, pair: Pair, differences: Differences, span: float | None) -> Compared:
    """Compare a pair in one game. ``span`` is the largest difference of two returns, if known."""
    observations = differences.observations
    if differences.scoring == WIN_LOSS:
        span = 1.0
    elif span is not None and differences.largest > span + SAME:
        span = None
    return Compared(
        game=game,
        pair=pair,
        games={game: differences.matchups},
        deals=len(observations),
        difference=observations.mean,
        test=mean_test(
            [Part(observations)], None if span is None else differences.hidden_within(span)
        ),
        dropped=differences.dropped,
        worst=_worst([differences], [1.0], span),
    )


def _overall(
    played: Mapping[tuple[str, str], Sequence[CellValues]],
    apart: Mapping[str, Mapping[Pair, Differences]],
) -> Iterable[Compared]:
    """Compare over all win_loss games the pairs that have the same games and compare in each.

    Of a pair with one game, the comparison in that game says all there is to say.
    """
    games: dict[str, set[str]] = defaultdict(set)
    for (game, agent), cells in played.items():
        if cells[0].scoring == WIN_LOSS:
            games[agent].add(game)
    agents = sorted(games)
    for place, agent in enumerate(agents):
        for rival in agents[place + 1 :]:
            both = sorted(games[agent])
            same = len(both) > 1 and games[rival] == games[agent]
            if same and all((agent, rival) in apart[game] for game in both):
                yield _together((agent, rival), {game: apart[game][agent, rival] for game in both})


def _together(pair: Pair, games: Mapping[str, Differences]) -> Compared:
    """Compare a pair over ``games``, with equal weights for families and for games of one."""
    families = [each.family for each in games.values()]
    parts = [
        Part(each.observations, 1 / families.count(each.family) / len(set(families)))
        for each in games.values()
    ]
    reach = max(each.hidden_within(1.0).high for each in games.values())
    return Compared(
        game=None,
        pair=pair,
        games={game: each.matchups for game, each in games.items()},
        deals=count(parts),
        difference=mean_of(parts),
        test=mean_test(parts, Interval(-reach, reach)),
        dropped=sum(each.dropped for each in games.values()),
        worst=_worst(list(games.values()), [part.weight for part in parts], 1.0),
    )


def _worst(games: Sequence[Differences], weights: Sequence[float], span: float | None) -> Worst:
    """Return the bounds of the weighted mean difference over games, whatever dropped deals held.

    ``span`` is the largest difference of two results. None if no deal was dropped, or if nothing
    bounds a dropped deal.
    """
    bounds = [
        (each.bounds, weight)
        for each, weight in zip(games, weights, strict=True)
        if each.bounds is not None
    ]
    if span is None or len(bounds) < len(games) or not any(each.dropped for each in games):
        return None, None
    limits = Interval(-span, span)

    def interval(parts: Sequence[Part]) -> MaybeInterval:
        test = mean_test(parts, limits)
        return test if isinstance(test, NoInterval) else test.interval()

    found = bounds_over_games(bounds, interval)
    return (found.low, found.high) if found else (None, None)
