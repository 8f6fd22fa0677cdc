"""Read deals from the database as the arrays that gamegrid.stats works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import numpy as np
from numpy.typing import NDArray

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import (
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
    mean_interval,
    pool_cells,
    share_interval,
)

Numbers: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = NDArray[np.uint64]
Ends: TypeAlias = tuple[float | None, float | None, str | None]
"""Low, high, and the reason one of them is missing."""
TableRow: TypeAlias = tuple[str | int | float | None, ...]
"""One row of a table of statistics, in the order of its columns."""

WIN_LOSS = "win_loss"

_CELLS = """
    SELECT
        game, any_value(family), any_value(scoring), matchup, agent,
        coalesce(any_value(others), []),
        list(deal ORDER BY deal) FILTER (WHERE counted),
        list(measure ORDER BY deal) FILTER (WHERE counted),
        list(play ORDER BY deal) FILTER (WHERE counted AND play IS NOT NULL)
    FROM measured_deals LEFT JOIN opponents USING (game, matchup, agent)
    GROUP BY game, matchup, agent
    ORDER BY game, matchup, agent
"""
_NORMALIZED = """
    SELECT
        game, any_value(family), any_value(scoring), matchup, agent, [],
        list(deal ORDER BY deal) FILTER (WHERE normalized_return IS NOT NULL),
        list(normalized_return ORDER BY deal) FILTER (WHERE normalized_return IS NOT NULL),
        list(play ORDER BY deal) FILTER (WHERE normalized_return IS NOT NULL AND play IS NOT NULL)
    FROM measured_deals
    WHERE scoring = 'margin'
    GROUP BY game, matchup, agent
    ORDER BY game, matchup, agent
"""
_SEATS = """
    SELECT
        seat, game, any_value(family), any_value(scoring), matchup, agent,
        [],
        list(deal ORDER BY deal) FILTER (WHERE measure IS NOT NULL),
        list(measure ORDER BY deal) FILTER (WHERE measure IS NOT NULL),
        list(play ORDER BY deal) FILTER (WHERE measure IS NOT NULL AND play IS NOT NULL)
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
    deals: Numbers
    """Numbers of the deals, increasing. Shape (deals,)."""
    values: Floats
    plays: Labels | None
    """One label per deal, equal if the same moves were played. None if luck makes every deal an
    observation."""

    @classmethod
    def of(cls, row: Sequence[Any]) -> "CellValues":
        """Make a cell from a row of one of the queries above."""
        game, family, scoring, matchup, agent, others, deals, values, plays = row
        return cls(
            game=game,
            family=family,
            scoring=scoring,
            matchup=matchup,
            agent=agent,
            others=tuple(others),
            deals=np.array(deals or [], dtype=np.int64),
            values=np.array(values or [], dtype=np.float64),
            plays=None if plays is None else np.array(plays, dtype=np.uint64),
        )

    @property
    def distinct(self) -> int | None:
        """The number of deals that differ in what was played, or None: see share_interval."""
        return None if self.plays is None else len(np.unique(self.plays))


@dataclass(frozen=True, slots=True)
class Pooled:
    """The values of one agent in one game, averaged over its opponents, per deal."""

    scoring: str
    family: str
    values: Floats
    distinct: int | None

    @classmethod
    def of(cls, cells: Sequence[CellValues]) -> "Pooled":
        """Pool one or more cells of one agent and game. Cells without deals are left out."""
        played = [cell for cell in cells if len(cell.deals)]
        values = pool_cells([(cell.deals, cell.values) for cell in played]) if played else None
        return cls(
            scoring=cells[0].scoring,
            family=cells[0].family,
            values=np.array([]) if values is None else values,
            distinct=_distinct(played),
        )

    @property
    def interval(self) -> MaybeInterval:
        """The interval of the mean of the values."""
        if self.scoring == WIN_LOSS:
            return share_interval(self.values, distinct=self.distinct, pooled=True)
        return mean_interval(self.values, distinct=self.distinct)


def read_cells(connection: duckdb.DuckDBPyConnection) -> list[CellValues]:
    """Return a cell for every agent in every matchup, without self-play."""
    return [CellValues.of(row) for row in connection.execute(_CELLS).fetchall()]


def read_normalized(connection: duckdb.DuckDBPyConnection) -> list[CellValues]:
    """Return cells with normalized returns for every agent in every matchup of margin games."""
    return [CellValues.of(row) for row in connection.execute(_NORMALIZED).fetchall()]


def read_seats(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, CellValues]]:
    """Return seat and cell for every agent, matchup and seat.

    Values are scores in win_loss games, else returns as played.
    """
    return [(seat, CellValues.of(row)) for seat, *row in connection.execute(_SEATS).fetchall()]


def labels_of(cells: Sequence[CellValues], deals: Numbers) -> Numbers | None:
    """Return one label per deal, equal if the same moves were played in all ``cells``.

    A cell may lack a deal. Returns None if luck makes every deal an observation.
    """
    columns = []
    for cell in cells:
        if cell.plays is None:
            return None
        missing = np.uint64(len(np.unique(cell.plays)))
        column = np.full(len(deals), missing, dtype=np.uint64)
        codes = np.unique(cell.plays, return_inverse=True)[1].astype(np.uint64)
        _, here, there = np.intersect1d(deals, cell.deals, return_indices=True)
        column[here] = codes[there]
        columns.append(column)
    if not columns:
        return None
    rows = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1]
    return np.asarray(rows.reshape(-1), dtype=np.int64)


def ratio_parts(parts: Numbers, wholes: Numbers) -> Floats:
    """Return each deal's contribution to a ratio of sums over deals.

    ``parts`` and ``wholes`` have shape (deals,), for example optimal decisions and all decisions.
    The mean of the result is the ratio, and the variance of the mean is that of the ratio, by
    linearisation as in pool_cells. Values may lie outside 0 to 1.
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


def _distinct(cells: Sequence[CellValues]) -> int | None:
    """Return how many deals differ in what was played, over all ``cells``; None with luck."""
    if not cells:
        return None
    labels = labels_of(cells, np.unique(np.concatenate([cell.deals for cell in cells])))
    return None if labels is None else len(np.unique(labels))
