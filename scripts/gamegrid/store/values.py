"""The deals of the database as arrays, as gamegrid.stats takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import duckdb
import numpy as np
from numpy.typing import NDArray

from gamegrid.stats.intervals import (
    Floats,
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
"""Low, high, and why one of them is missing."""

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
class Cell:
    """What one agent got in one matchup, deal by deal: only deals that count."""

    game: str
    family: str
    scoring: str
    matchup: str
    agent: str
    others: tuple[str, ...]
    """The other agents of the matchup, sorted; copies each."""
    deals: Numbers
    """Rising numbers."""
    values: Floats
    plays: Labels | None
    """Equal where the very same was played; None where luck makes each deal an observation."""

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Cell":
        """Make a cell of a row of one of the queries above."""
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
        """As intervals take it."""
        return None if self.plays is None else len(np.unique(self.plays))


@dataclass(frozen=True, slots=True)
class Pooled:
    """The mean over the opponents of one agent in one game, as one value per deal."""

    scoring: str
    family: str
    values: Floats
    distinct: int | None

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Pooled":
        """Pool cells of one agent and game, one at least; those without deals are left out."""
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
        """Of the mean of the values."""
        if self.scoring == WIN_LOSS:
            return share_interval(self.values, distinct=self.distinct, pooled=True)
        return mean_interval(self.values, distinct=self.distinct)


def read_cells(connection: duckdb.DuckDBPyConnection) -> list[Cell]:
    """Every agent in every matchup, self-play left out."""
    return [Cell.of(row) for row in connection.execute(_CELLS).fetchall()]


def read_normalized(connection: duckdb.DuckDBPyConnection) -> list[Cell]:
    """The same with normalized returns, in margin games."""
    return [Cell.of(row) for row in connection.execute(_NORMALIZED).fetchall()]


def read_seats(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, Cell]]:
    """The same for each seat by itself, with the return as played outside win_loss games."""
    return [(seat, Cell.of(row)) for seat, *row in connection.execute(_SEATS).fetchall()]


def labels_of(cells: Sequence[Cell], deals: Numbers) -> Numbers | None:
    """Numbers that are equal where the very same was played in all ``cells``, one per deal.

    A cell may lack a deal. None if luck makes each deal an observation.
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
    """Each deal's part in a share of sums over deals, such as optimal ones of all decisions.

    Both of shape (deals,). The mean is the share, and the variance of the mean that of the share
    (linearisation, as in pool_cells). Values may lie outside 0 to 1.
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


def _distinct(cells: Sequence[Cell]) -> int | None:
    """How many deals differ in what was played, over all ``cells``."""
    if not cells:
        return None
    labels = labels_of(cells, np.unique(np.concatenate([cell.deals for cell in cells])))
    return None if labels is None else len(np.unique(labels))
