"""Test the planned margins: the rows of equivalence_tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from gamegrid.stats.equivalence import equivalence, within
from gamegrid.stats.intervals import Interval, MaybeInterval
from gamegrid.store.comparisons import Compared, Question
from gamegrid.store.values import TableRow, ends

_PLANNED = "SELECT game, agent, rival, margin, is_primary FROM planned_questions"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan says of a question. ``margin`` is None if it states none."""

    margin: float | None
    primary: bool


def read_planned(connection: duckdb.DuckDBPyConnection) -> dict[Question, Planned]:
    """Return the planned questions, filled before the comparisons are made."""
    rows = connection.execute(_PLANNED).fetchall()
    return {(game, agent, rival): Planned(*rest) for game, agent, rival, *rest in rows}


def primary(planned: Mapping[Question, Planned]) -> set[Question]:
    """Return the primary questions."""
    return {question for question, each in planned.items() if each.primary}


def equivalence_rows(
    compared: Sequence[Compared], planned: Mapping[Question, Planned]
) -> Iterator[TableRow]:
    """Yield a row for each question with a margin.

    The questions that share a role are adjusted together.
    """
    roles = [each.primary for each in planned.values() if each.margin is not None]
    for pair in compared:
        asked = planned.get(pair.question)
        if asked is None or asked.margin is None:
            continue
        questions = roles.count(asked.primary)
        found = equivalence(pair.test, pair.difference, asked.margin, questions)
        yield (
            *pair.question, pair.deals, asked.margin, pair.difference, found.confidence,
            *ends(found.interval), found.p, found.p_adjusted, questions, found.equivalent,
            _anytime(pair.anytime, asked.margin),
        )  # fmt: skip


def _anytime(interval: MaybeInterval, margin: float) -> bool | None:
    """Return whether the anytime interval lies within the margin; None if there is none."""
    return within(interval, margin) if isinstance(interval, Interval) else None
