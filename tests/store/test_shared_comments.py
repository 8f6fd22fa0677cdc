"""Every table, view and column of the database is described, and descriptions agree."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import duckdb
import pytest

from gamegrid.store import database
from gamegrid.store.shared_comments import DESCRIBED_BY

SEVERAL_UNITS = {
    # The unit is that of the number beside them, or of what the table is about.
    *("difference", "equivalent", "found", "high", "least", "low", "margin", "mean", "measure"),
    *("most", "value", "like_high", "like_low", "worst_high", "worst_low", "family_sd"),
    *("adjusted_high", "adjusted_low", "anytime_high", "anytime_low", "corrected"),
    # Counts of what the table counts, or a property of it.
    *("best", "deals", "dropped_deals", "known_moves", "m", "main", "mentioned", "replies"),
    *("chance", "declared", "prompts", "reason", "replayed", "status", "times", "trivial"),
    *("truncated", "unrated_reason", "verdict", "name"),
}
"""Columns whose unit differs between tables. Any other name means one thing everywhere."""

KEYS = {
    "agent": "the agent",
    "deal": "the deal",
    "episode_id": "the ",
    "family": "the family",
    "game": "the game",
    "matchup": "the matchup",
    "run_id": "the play job",
    "seat": "the seat",
}
"""How the meaning of columns begins that link tables."""


class Described(NamedTuple):
    """A column with its comment."""

    table: str
    name: str
    comment: str | None
    type: str

    @property
    def parts(self) -> list[str]:
        """Unit, meaning and source."""
        return (self.comment or "").split(" | ")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        database.create_empty(connection)
        yield connection


@pytest.fixture(scope="module")
def columns(connection: duckdb.DuckDBPyConnection) -> list[Described]:
    return [
        Described(*row)
        for row in connection.execute(
            "SELECT table_name, column_name, comment, data_type FROM duckdb_columns() "
            "WHERE NOT internal"
        ).fetchall()
    ]


def test_every_table_and_view_has_a_comment(connection: duckdb.DuckDBPyConnection) -> None:
    bare = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
    ).fetchall()
    assert bare == []


def test_every_column_has_a_unit_a_meaning_and_a_source(columns: list[Described]) -> None:
    assert columns
    for column in columns:
        assert len(column.parts) == 3 and all(column.parts), column


def test_a_source_that_names_a_column_exists_and_is_another(columns: list[Described]) -> None:
    known = {f"{column.table}.{column.name}" for column in columns}
    for column in columns:
        for source in column.parts[2].split(", "):
            assert source in known or "." not in source or source.endswith(".jsonl"), column
            assert source != f"{column.table}.{column.name}", column


def test_a_column_name_has_one_unit_unless_it_is_listed(columns: list[Described]) -> None:
    units = defaultdict(set)
    for column in columns:
        units[column.name].add(column.parts[0])
    assert {name for name, found in units.items() if len(found) > 1} == SEVERAL_UNITS


@pytest.mark.parametrize("name", KEYS)
def test_a_column_that_links_tables_means_the_same_in_each(
    columns: list[Described], name: str
) -> None:
    same = [column for column in columns if column.name == name]
    assert len(same) > 1
    for column in same:
        assert column.parts[1].startswith(KEYS[name]), column


def test_the_unit_fits_the_type(columns: list[Described]) -> None:
    for column in columns:
        unit = column.parts[0]
        assert (unit == "true or false") == (column.type == "BOOLEAN"), column
        assert (unit in ("JSON object", "JSON list")) <= (column.type in ("JSON", "VARCHAR")), (
            column
        )
        assert unit.startswith(("number", "0 to 1")) <= (column.type not in ("VARCHAR", "JSON")), (
            column
        )


@pytest.mark.parametrize("name", DESCRIBED_BY)
def test_shared_columns_are_described_once(columns: list[Described], name: str) -> None:
    """The comment of the other table holds, but no column is its own source."""
    theirs = {column.name: column for column in columns if column.table == DESCRIBED_BY[name]}
    shared = [column for column in columns if column.table == name and column.name in theirs]
    assert any(column.parts[:2] == theirs[column.name].parts[:2] for column in shared)
