"""Read deals from the database as the arrays that gamegrid.stats works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import numpy as np

from gamegrid.stats.arrays import Floats, Integers
from gamegrid.stats.intervals import (
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
)
from gamegrid.stats.observations import Fixed, Observations, pool

Ends: TypeAlias = tuple[float | None, float | None, str | None]
"""Low, high, and the reason one of them is missing."""
TableRow: TypeAlias = tuple[str | int | float | None, ...]
"""One row of a table of statistics, in the order of its columns."""

WIN_LOSS = "win_loss"

_CELLS = """
    SELECT
        game, any_value(family), any_value(luck), any_value(scoring), matchup, agent,
        coalesce(any_value(others), []),
        list(deal ORDER BY deal) FILTER (WHERE counted),
        list(measure ORDER BY deal) FILTER (WHERE counted),
        any_value(fixed)
    FROM measured_deals LEFT JOIN opponents USING (game, matchup, agent)
    GROUP BY game, matchup, agent
    ORDER BY game, matchup, agent
"""
_NORMALIZED = """
    SELECT
        game, any_value(family), any_value(luck), any_value(scoring), matchup, agent, [],
        list(deal ORDER BY deal) FILTER (WHERE normalized_return IS NOT NULL),
        list(normalized_return ORDER BY deal) FILTER (WHERE normalized_return IS NOT NULL),
        any_value(fixed)
    FROM measured_deals
    WHERE scoring = 'margin'
    GROUP BY game, matchup, agent
    ORDER BY game, matchup, agent
"""
_CORRECTED = """
    SELECT
        game, any_value(family), any_value(luck), any_value(scoring), matchup, agent,
        coalesce(any_value(others), []),
        list(deal ORDER BY deal) FILTER (WHERE corrected IS NOT NULL),
        list(corrected ORDER BY deal) FILTER (WHERE corrected IS NOT NULL),
        any_value(fixed)
    FROM measured_deals LEFT JOIN opponents USING (game, matchup, agent)
    LEFT JOIN corrected_deals USING (game, matchup, deal, agent)
    WHERE scoring = 'margin'
    GROUP BY game, matchup, agent
    ORDER BY game, matchup, agent
"""
_SEATS = """
    SELECT
        seat, game, any_value(family), any_value(luck), any_value(scoring), matchup, agent,
        [],
        list(deal ORDER BY deal) FILTER (WHERE measure IS NOT NULL),
        list(measure ORDER BY deal) FILTER (WHERE measure IS NOT NULL),
        any_value(fixed)
    FROM measured_seats
    GROUP BY game, matchup, agent, seat
    ORDER BY game, agent, seat, matchup
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellValues:
    """What one agent got in one matchup, per deal that counts."""

    game: str
    family: str
    scoring: str
    matchup: str
    agent: str
    others: tuple[str, ...]
    """The other agents of the matchup, sorted, each as often as it sits there."""
    observations: Observations

    @classmethod
    def of(cls, row: Sequence[Any]) -> "CellValues":
        """Make a cell from a row of one of the queries above."""
        game, family, luck, scoring, matchup, agent, others, deals, values, fixed = row
        return cls(
            game=game,
            family=family,
            scoring=scoring,
            matchup=matchup,
            agent=agent,
            others=tuple(others),
            observations=Observations(
                luck=luck,
                deals=np.array(deals or [], dtype=np.int64),
                values=np.array(values or [], dtype=np.float64),
                fixed=None if fixed is None else Fixed(fixed),
            ),
        )

    @property
    def interval(self) -> MaybeInterval:
        """The interval of the mean over deals."""
        return _interval(self.scoring, self.observations)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The values of one agent in one game, averaged over its opponents, per deal."""

    scoring: str
    family: str
    observations: Observations

    @classmethod
    def of(cls, cells: Sequence[CellValues]) -> "Pooled":
        """Pool one or more cells of one agent and game. Cells without deals are left out."""
        return cls(
            scoring=cells[0].scoring,
            family=cells[0].family,
            observations=pool([cell.observations for cell in cells]),
        )

    @property
    def interval(self) -> MaybeInterval:
        """The interval of the mean of the values."""
        return _interval(self.scoring, self.observations)


def read_cells(connection: duckdb.DuckDBPyConnection) -> list[CellValues]:
    """Return a cell for every agent in every matchup, without self-play."""
    return [CellValues.of(row) for row in connection.execute(_CELLS).fetchall()]


def read_normalized(connection: duckdb.DuckDBPyConnection) -> list[CellValues]:
    """Return cells with normalized returns for every agent in every matchup of margin games."""
    return [CellValues.of(row) for row in connection.execute(_NORMALIZED).fetchall()]


def read_corrected(connection: duckdb.DuckDBPyConnection) -> list[CellValues]:
    """Return cells with corrected returns for every agent in every matchup of margin games."""
    return [CellValues.of(row) for row in connection.execute(_CORRECTED).fetchall()]


def read_seats(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, CellValues]]:
    """Return seat and cell for every agent, matchup and seat.

    Values are scores in win_loss games, else returns as played.
    """
    return [(seat, CellValues.of(row)) for seat, *row in connection.execute(_SEATS).fetchall()]


def ratio_parts(parts: Integers, wholes: Integers) -> Floats:
    """Return each deal's contribution to a ratio of sums over deals.

    ``parts`` and ``wholes`` have shape (deals,), for example optimal decisions and all decisions.
    The mean of the result is the ratio, and the variance of the mean is that of the ratio, by
    linearisation as in observations.add. Values may lie outside 0 to 1.
    """
    share = parts.sum() / wholes.sum()
    return np.asarray(share + (parts - share * wholes) / wholes.mean(), dtype=np.float64)


def ends(interval: MaybeInterval) -> Ends:
    """Return an interval as columns: NULL for an infinite end."""
    match interval:
        case NoInterval(reason):
            return None, None, reason.value
        case Interval(low, high):
            known_low = float(low) if np.isfinite(low) else None
            known_high = float(high) if np.isfinite(high) else None
            return known_low, known_high, _missing_end(known_low, known_high)


def _missing_end(low: float | None, high: float | None) -> Reason | None:
    match low, high:
        case None, None:
            return Reason.NO_ENDS
        case None, _:
            return Reason.NO_LOWER_END
        case _, None:
            return Reason.NO_UPPER_END
    return None


def _interval(scoring: str, observations: Observations) -> MaybeInterval:
    """Return the interval of a mean in a game of this scoring."""
    if scoring == WIN_LOSS:
        return observations.share_interval()
    return observations.mean_interval()
