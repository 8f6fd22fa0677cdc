"""Compare pairs of agents, per game and over all win_loss games: the rows of comparisons."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import (
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
    Stratum,
    combined_share_interval,
    mean_interval,
)
from gamegrid.stats.paired import (
    Adjusted,
    SignFlip,
    anytime_interval,
    benjamini_hochberg,
    compare,
    holm,
    sign_flip,
)
from gamegrid.store.looks import Looks
from gamegrid.store.values import WIN_LOSS, CellValues, Ends, Numbers, TableRow, ends, labels_of

Pair: TypeAlias = tuple[str, str]

OVER_GAMES: Ends = (None, None, "over games")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Differences:
    """An agent's values minus a rival's in one game, on the deals both have with every opponent."""

    scoring: str
    family: str
    matchups: frozenset[str]
    values: Floats
    plays: Numbers | None
    """One label per deal, as in CellValues."""

    @property
    def distinct(self) -> int | None:
        """The number of deals that differ in what was played, or None: see share_interval."""
        if self.plays is None or not len(self.plays):
            return None
        return len(np.unique(self.plays))

    @property
    def coins(self) -> Floats:
        """One number per observation, whose sign is random if the two agents are equally good."""
        if self.plays is None:
            return self.values
        return np.bincount(self.plays, self.values).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """One row, before p is adjusted."""

    game: str | None
    pair: Pair
    games: Mapping[str, frozenset[str]]
    """The matchups behind the row, by game."""
    deals: int
    difference: float | None
    interval: Ends
    anytime: Ends
    test: SignFlip

    def row(self, p: float, m: int, method: str, looks: Looks | None) -> TableRow:
        """Return the row as the table stores it."""
        return (
            self.game, *self.pair, self.deals, self.difference, *self.interval, *self.anytime,
            self.test.p, self.test.smallest_p, p, m, method,
            looks.number(self.games) if looks else None,
        )  # fmt: skip


def comparisons(
    cells: Iterable[CellValues],
    comparable: Collection[tuple[str, str, str]],
    looks: Looks | None = None,
    spans: Mapping[str, float] = MappingProxyType({}),
) -> list[TableRow]:
    """Return every row.

    ``comparable`` holds (game, agent, rival) in both directions. ``looks`` is None if the values of
    the cells are not those of deals. ``spans``: by game, the largest difference of two returns.
    """
    played: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in cells:
        if len(cell.deals) and cell.scoring != "payoff":
            played[cell.game, cell.agent].append(cell)
    apart: dict[str, dict[Pair, _Differences]] = defaultdict(dict)
    for game, agent, rival in sorted(comparable):
        if agent < rival and (game, agent) in played:
            apart[game][agent, rival] = _differences(played[game, agent], played[game, rival])
    rows: list[TableRow] = []
    for game, pairs in apart.items():
        compared = [_within(game, pair, each, spans.get(game)) for pair, each in pairs.items()]
        rows += _adjusted(compared, benjamini_hochberg, "benjamini-hochberg", looks)
    return rows + _adjusted(list(_overall(played, apart)), holm, "holm", looks)


def _adjusted(
    compared: Sequence[_Comparison],
    adjust: Callable[[Sequence[float]], Adjusted],
    method: str,
    looks: Looks | None,
) -> list[TableRow]:
    """Return the rows of one family of tests, with adjusted p."""
    adjusted = adjust([each.test.p for each in compared])
    return [
        each.row(float(p), adjusted.m, method, looks)
        for each, p in zip(compared, adjusted.p, strict=True)
    ]


def _differences(mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> _Differences:
    """Pair the cells against the same opponents, and the two agents' own cells if they met."""
    agent, rival = mine[0].agent, theirs[0].agent
    met = {cell.matchup: cell for cell in theirs if agent in cell.others}
    apart = {cell.others: cell for cell in theirs if agent not in cell.others}
    pairs = [
        (cell, met[cell.matchup] if rival in cell.others else apart[cell.others]) for cell in mine
    ]
    every = [cell for pair in pairs for cell in pair]
    deals = reduce(np.intersect1d, [cell.deals for cell in every])
    values = [_at(one, deals) - _at(other, deals) for one, other in pairs]
    return _Differences(
        scoring=mine[0].scoring,
        family=mine[0].family,
        matchups=frozenset(cell.matchup for cell in every),
        values=np.mean(values, axis=0),
        plays=labels_of(every, deals),
    )


def _at(cell: CellValues, deals: Numbers) -> Floats:
    """Return the values of ``deals``, all of which the cell has."""
    return np.asarray(cell.values[np.searchsorted(cell.deals, deals)])


def _within(game: str, pair: Pair, differences: _Differences, span: float | None) -> _Comparison:
    """Compare a pair in one game."""
    values = differences.values
    if differences.scoring == WIN_LOSS:
        share = compare(values, plays=differences.plays)
        interval, anytime, test = ends(share.interval), ends(share.anytime), share.test
    else:
        interval = ends(mean_interval(values, distinct=differences.distinct))
        anytime, test = ends(_anytime(differences, span)), sign_flip(differences.coins)
    return _Comparison(
        game=game,
        pair=pair,
        games={game: differences.matchups},
        deals=len(values),
        difference=float(values.mean()) if len(values) else None,
        interval=interval,
        anytime=anytime,
        test=test,
    )


def _anytime(differences: _Differences, span: float | None) -> MaybeInterval:
    """Return the anytime interval of returns. None beyond the bounds that a game declares."""
    values = differences.values
    if differences.distinct is not None and differences.distinct < len(values):
        return NoInterval(Reason.DETERMINISTIC)
    if span is None or np.abs(values).max(initial=0.0) > span:
        return NoInterval(Reason.UNBOUNDED)
    return anytime_interval(values, span=span)


def _overall(
    played: Mapping[tuple[str, str], Sequence[CellValues]],
    apart: Mapping[str, Mapping[Pair, _Differences]],
) -> Iterable[_Comparison]:
    """Compare over all win_loss games the pairs that have the same games and compare in each."""
    games: dict[str, set[str]] = defaultdict(set)
    for (game, agent), cells in played.items():
        if cells[0].scoring == WIN_LOSS:
            games[agent].add(game)
    agents = sorted(games)
    for place, agent in enumerate(agents):
        for rival in agents[place + 1 :]:
            both = sorted(games[agent])
            if games[rival] == games[agent] and all((agent, rival) in apart[g] for g in both):
                yield _together((agent, rival), {game: apart[game][agent, rival] for game in both})


def _together(pair: Pair, games: Mapping[str, _Differences]) -> _Comparison:
    """Compare a pair over ``games``, with equal weights for families and for games of one."""
    parts = list(games.values())
    families = [part.family for part in parts]
    weights = [1 / families.count(part.family) / len(set(families)) for part in parts]
    deals = sum(len(part.values) for part in parts)
    whole = all(len(part.values) for part in parts)
    strata = [
        Stratum((part.values + 1) / 2, weight, part.distinct)
        for part, weight in zip(parts, weights, strict=True)
    ]
    # The contribution of each deal, times the number of deals to keep it near 1.
    coins = [
        part.coins * weight * deals / len(part.values)
        for part, weight in zip(parts, weights, strict=True)
        if whole
    ]
    means = [float(part.values.mean()) for part in parts if whole]
    return _Comparison(
        game=None,
        pair=pair,
        games={game: part.matchups for game, part in games.items()},
        deals=deals,
        difference=float(np.dot(weights, means)) if whole else None,
        interval=ends(_unscaled(combined_share_interval(strata))),
        anytime=OVER_GAMES,
        test=sign_flip(np.concatenate(coins) if coins else np.array([])),
    )


def _unscaled(share: MaybeInterval) -> MaybeInterval:
    """Turn an interval of a share into one of a difference."""
    match share:
        case Interval(low, high):
            return Interval(2 * low - 1, 2 * high - 1)
        case NoInterval():
            return share
