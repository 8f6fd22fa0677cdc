"""Choose, join and sort the rows of the database's tables for a figure, as small pure functions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from gamegrid.games.game import Scoring
from gamegrid.report.figures.figure import FigureRow


def choose(rows: Iterable[FigureRow], *columns: str) -> list[FigureRow]:
    """Return each row with only these columns, in this order."""
    return [{column: row[column] for column in columns} for row in rows]


def in_order(rows: Iterable[FigureRow], *columns: str, down: Sequence[str] = ()) -> list[FigureRow]:
    """Sort rows by these columns, those in ``down`` from high to low; None comes last."""
    ordered = list(rows)
    for column in reversed(columns):
        known = [row for row in ordered if row[column] is not None]
        unknown = [row for row in ordered if row[column] is None]
        known.sort(key=itemgetter(column), reverse=column in down)
        ordered = known + unknown
    return ordered


def unfold(
    rows: Iterable[FigureRow], columns: Mapping[str, str], name: str, value: str
) -> list[FigureRow]:
    """Turn columns into rows: one for each of the columns of every row.

    ``columns`` maps each column to what the new column ``name`` says of it. The new column
    ``value`` holds its value, and the columns themselves go.
    """
    return [
        {key: row[key] for key in row if key not in columns} | {name: called, value: row[column]}
        for row in rows
        for column, called in columns.items()
    ]


def joined(
    rows: Iterable[FigureRow], others: Iterable[FigureRow], *columns: str
) -> list[FigureRow]:
    """Return the inner join of rows on ``columns``. On a clash the first table's column wins."""
    by_key: dict[tuple[Any, ...], list[FigureRow]] = {}
    for other in others:
        by_key.setdefault(_key(other, columns), []).append(other)
    return [{**other, **row} for row in rows for other in by_key.get(_key(row, columns), ())]


def measure(row: FigureRow) -> float | None:
    """Return the number that counts in the row's game, by its ``scoring``."""
    match Scoring(row["scoring"]):
        case Scoring.WIN_LOSS:
            column = "score"
        case Scoring.MARGIN:
            column = "strict_return"
        case Scoring.PAYOFF | Scoring.SOLO:
            column = "mean_return"
    value: float | None = row[column]
    return value


def share(part: float | None, whole: float) -> float | None:
    """Return a part's share of a positive whole, or None if the part is unknown."""
    return None if part is None else part / whole


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of the known values, or None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def by_agent(
    rows: Iterable[FigureRow], summary: Callable[[Sequence[FigureRow]], FigureRow]
) -> dict[str, FigureRow]:
    """Group rows by agent and return a summary of each group."""
    groups: dict[str, list[FigureRow]] = {}
    for row in rows:
        groups.setdefault(row["agent"], []).append(row)
    return {agent: summary(group) for agent, group in groups.items()}


def with_front(rows: Sequence[FigureRow], cost: str) -> list[FigureRow]:
    """Add ``front`` to each row: whether no other row of the same ``games`` beats it.

    One row beats another if its score is no lower, its cost no higher, and either is better. A
    row of unknown cost beats none and is never on the front.
    """
    return [
        {**row, "front": row[cost] is not None and not any(_beats(o, row, cost) for o in rows)}
        for row in rows
    ]


def _beats(one: FigureRow, other: FigureRow, cost: str) -> bool:
    if one["games"] != other["games"] or one[cost] is None:
        return False
    if one["score"] < other["score"] or one[cost] > other[cost]:
        return False
    return bool(one["score"] > other["score"] or one[cost] < other[cost])


def _key(row: FigureRow, columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)
