"""Compute the controls: the checks that a result set makes on itself.

They compare what bots with known policies got in each seat with what these policies yield, and best
play with the value it guarantees. If a check fails, luck, seats, scores or names went wrong between
the game and the table, and no number of the results can be trusted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.bounds import FAMILY_ALPHA, Law, Oddity, at_least
from gamegrid.stats.intervals import SAME
from gamegrid.store.values import TableRow

_ACCORDING = """
    SELECT
        game, matchup, agent, seat, name, deals, found, results, chances
    FROM control_cells JOIN (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One check, before the number of checks is known."""

    place: tuple[str, str, str, str, int]
    """Name, game, matchup, agent, seat."""
    deals: int
    observed: Floats
    """Results, equally many per deal."""
    law: Law | None = None
    """The distribution of one result. None if the check is that the mean is at least ``least``."""
    least: float = 0.0
    p: float = 1.0
    """The p-value of the mean being at least ``least``."""

    def row(self, alpha: float) -> TableRow:
        """Return the row as the table stores it, failed if its p is below ``alpha``."""
        mean = float(self.observed.mean())
        if self.law is None:
            passed = self.p > alpha
            return (*self.place, self.least, mean, self.least, None, self.deals, passed, None)
        accepted = self.law.accepted(self.deals, alpha / 2)
        odd = self.law.odd_share(self.observed, self.deals, alpha / 2)
        return (
            *self.place, self.law.mean, mean, accepted.low, accepted.high, self.deals,
            odd is None and accepted.covers(mean), None if odd is None else _told(odd),
        )  # fmt: skip


def _told(odd: Oddity) -> str:
    """Describe a share that differs from its probability."""
    low, high = odd.accepted.low, odd.accepted.high
    return (
        f"share of {odd.result:g}: {odd.share:.3f} instead of {odd.chance:.3f}, by luck "
        f"{max(0.0, low):.3f} to {min(1.0, high):.3f}"
    )


def controls(connection: duckdb.DuckDBPyConnection) -> list[TableRow]:
    """Return every row: the checks, then those that could not be made."""
    checks = [*_according(connection), *_oracles(connection)]
    checked = {check.place[:2] for check in checks}
    rows = [check.row(FAMILY_ALPHA / len(checks)) for check in checks]
    return rows + list(_unchecked(connection, checked))


def _according(connection: duckdb.DuckDBPyConnection) -> Iterator[_Check]:
    """Yield the checks of bots against their policies."""
    for *place, name, deals, observed, results, chances in connection.execute(
        _ACCORDING
    ).fetchall():
        game, matchup, agent, seat = place
        yield _Check(
            place=(name, game, matchup, agent, seat),
            deals=deals,
            observed=np.array(observed),
            law=Law(np.array(results), np.array(chances)),
        )


def _oracles(connection: duckdb.DuckDBPyConnection) -> Iterator[_Check]:
    """Yield the checks of best play against the value it guarantees."""
    for *place, deals, observed, value, every_time, low, high in connection.execute(
        _ORACLES
    ).fetchall():
        game, matchup, agent, seat = place
        results = np.array(observed)
        if every_time:
            p = float((results >= value - SAME).all())
        else:
            p = at_least(results, value, low, high)
        yield _Check(
            place=("oracle", game, matchup, agent, seat),
            deals=deals,
            observed=results,
            least=value,
            p=p,
        )


def _unchecked(
    connection: duckdb.DuckDBPyConnection, checked: Iterable[tuple[str, ...]]
) -> Iterator[TableRow]:
    """Yield a row, with the reason, for each kind of check that a game lacks."""
    pairs = set(checked)
    for game, name, reason in connection.execute(_UNCHECKED).fetchall():
        if (name, game) not in pairs:
            yield (name, game, *[None] * 7, 0, None, reason)
