"""Compute the controls: the checks that a result set makes on itself.

They compare what bots with known policies got in each seat with what these policies yield, best
play with the value it guarantees, and the luck of many deals with the rules. If a check fails,
luck, seats, scores or names went wrong between the game and the table, and no number of the results
can be trusted. Each check also says how small a fault it would have found.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import duckdb
import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.bounds import (
    FAMILY_ALPHA,
    Deviations,
    Law,
    Oddity,
    aggregate,
    at_least,
    noticed_loss,
    noticed_once,
)
from gamegrid.stats.intervals import SAME
from gamegrid.store.values import TableRow

Place: TypeAlias = tuple[str, str | None, str | None, str | None, int | None]
"""Name, game, matchup, agent, seat."""

_ACCORDING = """
    SELECT
        game, matchup, agent, seat, name, luck, beside, numbers, found, results, chances
    FROM control_cells JOIN games USING (game) JOIN (
        SELECT
            game, matchup, agent, seat,
            list(result ORDER BY result) AS results, list(chance ORDER BY result) AS chances
        FROM expectations
        GROUP BY game, matchup, agent, seat
    ) USING (game, matchup, agent, seat)
    ORDER BY ALL
"""
_ORACLES = """
    SELECT
        game, matchup, agent, seat, deals, found, value, every_time,
        by_scoring(scoring, 0, lowest_return, lowest_return),
        by_scoring(scoring, 1, highest_return, highest_return)
    FROM control_cells JOIN return_scales USING (game, seat) JOIN games USING (game)
    JOIN agents USING (agent)
    WHERE name <> 'self_play' AND baseline = 'optimal' AND value IS NOT NULL
    ORDER BY ALL
"""
_DRAWS = """
    SELECT
        game, any_value(deals),
        list((event, outcome, chance, times / deals) ORDER BY event, outcome)
    FROM control_draws
    GROUP BY game
    ORDER BY game
"""
_UNCHECKED = """
    SELECT
        game, name,
        in_words(CASE
            WHEN name = 'oracle' AND oracle = 'none' THEN 'no_oracle'
            WHEN name <> 'oracle' AND too_large THEN 'too_large'
            ELSE 'not_played'
        END)
    FROM games CROSS JOIN (VALUES ('random'), ('self_play'), ('oracle')) AS wanted(name)
    LEFT JOIN (
        SELECT game, bool_or(reason = 'too_large') AS too_large FROM return_scales GROUP BY game
    ) USING (game)
    WHERE players > 1
    ORDER BY game, name
"""


class _Check(Protocol):
    """One check, before the number of checks is known."""

    @property
    def place(self) -> Place:
        """What is checked."""

    def row(self, alpha: float) -> TableRow:
        """Return the row as the table stores it; ``alpha`` is its part of the false alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A check of one agent in one seat of one matchup against its policy."""

    place: Place
    luck: str
    """Cells with the same luck share their deals."""
    beside: bool
    """Whether it was played beside the grid."""
    deals: Sequence[int]
    observed: Floats
    """Results by deal, equally many for each."""
    law: Law
    """The distribution of one result."""

    def row(self, alpha: float) -> TableRow:
        """Check the mean and the share of each result, with half of ``alpha`` each."""
        mean, count = float(self.observed.mean()), len(self.deals)
        accepted = self.law.accepted(count, alpha / 2)
        odd = self.law.odd_share(self.observed, count, alpha / 2)
        return (
            *self.place, self.law.mean, mean, accepted.low, accepted.high, count,
            self.law.noticed_shift(count, alpha / 2), self.law.noticed_share(count, alpha / 2),
            odd is None and accepted.covers(mean), None if odd is None else _told(odd),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Oracle:
    """A check that best play gets at least its value on average, or every time."""

    place: Place
    deals: int
    observed: Floats
    least: float
    every_time: bool
    lowest: float
    highest: float

    def row(self, alpha: float) -> TableRow:
        """Bet that the mean is lower, or look for a single result that is lower."""
        share, room = None, self.least - self.lowest
        shift: float | None
        if self.every_time:
            passed = bool((self.observed >= self.least - SAME).all())
            share = noticed_once(self.deals)
            shift = room * share if room > 0 else None
        else:
            bounds = (self.least, self.lowest, self.highest)
            passed = at_least(self.observed, *bounds) > alpha
            shift = noticed_loss(self.observed, *bounds, alpha)
        return (
            *self.place, self.least, float(self.observed.mean()), self.least, None, self.deals,
            shift, share, passed, None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Luck:
    """A check of what deals fix before the first decision."""

    place: Place
    deals: int
    drawn: Sequence[tuple[int, int, float, float]]
    """Event, outcome, probability and share of the deals."""

    def row(self, alpha: float) -> TableRow:
        """Check the share of every outcome; show the one that is furthest from its probability."""
        part = alpha / len(self.drawn)
        laws = [Law.of_share(chance) for _, _, chance, _ in self.drawn]
        accepted = [law.accepted(self.deals, part) for law in laws]
        passed = all(a.covers(one[3]) for a, one in zip(accepted, self.drawn, strict=True))
        away = [
            abs(share - chance) / max(a.half_width, SAME)
            for a, (_, _, chance, share) in zip(accepted, self.drawn, strict=True)
        ]
        furthest = int(np.argmax(away))
        event, outcome, chance, share = self.drawn[furthest]
        least = [law.noticed_share(self.deals, part) for law in laws]
        known = [change for change in least if change is not None]
        return (
            *self.place, chance, share, accepted[furthest].low, accepted[furthest].high, self.deals,
            None, max(known) if len(known) == len(least) else None, passed,
            None if passed else f"outcome {outcome} of event {event}",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """A check of many cells: small deviations in one direction, over deals, matchups and games."""

    place: Place
    cells: Sequence[tuple[_Cell, int]]
    """Each cell with 1 or -1, for the direction that counts as positive."""

    def row(self, alpha: float) -> TableRow:
        """Add up what every deal deviates by, so that cells that share its luck count once."""
        by_luck = defaultdict[str, list[tuple[_Cell, int]]](list)
        for cell, sign in self.cells:
            by_luck[cell.luck].append((cell, sign))
        parts = [_deviations(cells) for cells in by_luck.values()]
        found = aggregate(Deviations.joined(parts), alpha)
        return (
            *self.place, 0.0, found.mean, None, None, sum(len(part.found) for part in parts),
            found.noticed, None, found.p > alpha, None,
        )  # fmt: skip


def _deviations(cells: Sequence[tuple[_Cell, int]]) -> Deviations:
    """Return each deal's mean deviation from the policies, over all deals of ``cells``.

    The cells share their luck. Deviations are shares of the range of the game's results. Precise
    cells weigh more. The variance to expect is that of cells which share no luck.
    """
    numbers = np.unique(np.concatenate([cell.deals for cell, _ in cells]))
    results = np.concatenate([cell.law.results for cell, _ in cells])
    span = max(float(np.ptp(results)), SAME)
    found, lowest, highest, weights, squares = (np.zeros(len(numbers)) for _ in range(5))
    for cell, sign in cells:
        here, law = np.searchsorted(numbers, cell.deals), cell.law
        variance = law.variance / span**2
        weight = 1 / (variance + LEAST)
        means = cell.observed.reshape(len(cell.deals), -1).mean(axis=1)
        ends = sorted(sign * (end - law.mean) for end in (law.results.min(), law.results.max()))
        found[here] += weight * sign * (means - law.mean) / span
        lowest[here] += weight * ends[0] / span
        highest[here] += weight * ends[1] / span
        weights[here] += weight
        squares[here] += weight**2 * variance
    return Deviations(
        found=found / weights,
        lowest=lowest / weights,
        highest=highest / weights,
        variances=squares / weights**2,
    )


LEAST = 0.01
"""Added to the variance of each cell, so that none outweighs all others."""


def _told(odd: Oddity) -> str:
    """Describe a share that differs from its probability."""
    low, high = odd.accepted.low, odd.accepted.high
    return (
        f"share of {odd.result:g}: {odd.share:.3f} instead of {odd.chance:.3f}, by luck "
        f"{low:.3f} to {high:.3f}"
    )


def controls(connection: duckdb.DuckDBPyConnection) -> list[TableRow]:
    """Return every row: the checks, then those that could not be made."""
    cells = list(_cells(connection))
    checks: list[_Check] = [
        *cells,
        *_oracles(connection),
        *_lucks(connection),
        *_together(cells),
    ]
    checked = {check.place[:2] for check in checks}
    rows = [check.row(FAMILY_ALPHA / len(checks)) for check in checks]
    return rows + list(_unchecked(connection, checked))


def _cells(connection: duckdb.DuckDBPyConnection) -> Iterator[_Cell]:
    """Yield the checks of bots against their policies."""
    for (
        *place,
        name,
        luck,
        beside,
        numbers,
        observed,
        results,
        chances,
    ) in connection.execute(_ACCORDING).fetchall():
        game, matchup, agent, seat = place
        yield _Cell(
            place=(name, game, matchup, agent, seat),
            luck=luck,
            beside=beside,
            deals=numbers,
            observed=np.array(observed),
            law=Law(np.array(results), np.array(chances)),
        )


def _oracles(connection: duckdb.DuckDBPyConnection) -> Iterator[_Oracle]:
    """Yield the checks of best play against the value it guarantees."""
    for *place, deals, observed, value, every_time, low, high in connection.execute(
        _ORACLES
    ).fetchall():
        game, matchup, agent, seat = place
        yield _Oracle(
            place=("oracle", game, matchup, agent, seat),
            deals=deals,
            observed=np.array(observed),
            least=value,
            every_time=every_time,
            lowest=low,
            highest=high,
        )


def _lucks(connection: duckdb.DuckDBPyConnection) -> Iterator[_Luck]:
    """Yield the checks of luck against the rules."""
    for game, deals, drawn in connection.execute(_DRAWS).fetchall():
        yield _Luck(place=("luck", game, None, None, None), deals=deals, drawn=drawn)


def _together(cells: Sequence[_Cell]) -> Iterator[_Together]:
    """Yield the checks over all games: each bot, the first seat, and the favourites.

    Cells whose result is certain are left out: they would outweigh all others, and their own checks
    find a single deviation.
    """
    uncertain = [cell for cell in cells if cell.law.variance > SAME]
    agents = defaultdict[str | None, list[tuple[_Cell, int]]](list)
    matchups = defaultdict[tuple[str | None, ...], list[_Cell]](list)
    for cell in uncertain:
        _, game, matchup, agent, _ = cell.place
        if not cell.beside:
            agents[agent].append((cell, 1))
        matchups[game, matchup, agent if cell.beside else None].append(cell)
    for agent, own in agents.items():
        yield _Together(place=("agent", None, None, agent, None), cells=own)
    firsts = [(cell, 1) for cell in uncertain if cell.place[4] == 0]
    if firsts:
        yield _Together(place=("first_seat", None, None, None, 0), cells=firsts)
    favourites = [side for met in matchups.values() for side in _sides(met)]
    if favourites:
        yield _Together(place=("favourite", None, None, None, None), cells=favourites)


def _sides(cells: Sequence[_Cell]) -> Iterator[tuple[_Cell, int]]:
    """Yield the cells of a matchup that are expected to get more, or less, than its mean."""
    middle = float(np.mean([cell.law.mean for cell in cells]))
    for cell in cells:
        if abs(cell.law.mean - middle) > SAME:
            yield cell, 1 if cell.law.mean > middle else -1


def _unchecked(
    connection: duckdb.DuckDBPyConnection, checked: Iterable[tuple[str | None, ...]]
) -> Iterator[TableRow]:
    """Yield a row, with the reason, for each kind of check that a game lacks."""
    pairs = set(checked)
    for game, name, reason in connection.execute(_UNCHECKED).fetchall():
        if (name, game) not in pairs:
            yield (name, game, *[None] * 7, 0, *[None] * 3, reason)
