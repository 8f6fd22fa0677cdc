"""Draw docs/database.svg, the tables that hold what was played, from the comments of the database.

A table refers to another if one of its columns names the other as its source and it holds all
columns that identify a row there.
"""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from gamegrid.pages.layered_drawing import Box, draw
from gamegrid.paths import WORKFLOW
from gamegrid.records import duckdb_files
from gamegrid.store.database import create_empty

PATH = WORKFLOW / "docs/database.svg"
TITLE = "The tables that hold what was played; a line leads from a table to its details"

IDENTIFIED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "agents": ("agent",),
        "games": ("game",),
        "runs": ("run_id",),
        "episodes": ("episode_id",),
        "single_moves": ("episode_id",),
        "seats": ("episode_id", "seat"),
        "decisions": ("episode_id", "ply", "seat"),
        "calls": ("episode_id", "ply", "seat", "attempt"),
    }
)
"""The tables in the picture, each with the columns that identify a row."""

TASKS = ("episodes", "single_moves")
"""What the view ``tasks`` unites: a source there means either."""


def picture() -> str:
    """Return the SVG."""
    with duckdb_files.connect() as connection:
        create_empty(connection)
        columns = {name: _columns(connection, name) for name in IDENTIFIED_BY}
    boxes = [
        Box(name=name, lines=list(columns[name]), marked=frozenset(IDENTIFIED_BY[name]))
        for name in IDENTIFIED_BY
    ]
    return draw(TITLE, boxes, _needed(references(columns)), sideways=True)


def references(columns: Mapping[str, Mapping[str, str]]) -> set[tuple[str, str]]:
    """Return (table, details) for every reference. ``columns`` holds each column's sources."""
    return {
        (parent, name)
        for name, sources in columns.items()
        for parent, keys in IDENTIFIED_BY.items()
        if parent != name
        and set(keys) <= sources.keys()
        and any(_names(sources[key], parent, key) for key in keys)
    }


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return the source of each column of a table, in order."""
    found = connection.execute(
        "SELECT column_name, string_split(comment, ' | ')[3] FROM duckdb_columns() "
        "WHERE table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    return dict(found)


def _names(source: str, table: str, key: str) -> bool:
    return source == f"{table}.{key}" or (source == f"tasks.{key}" and table in TASKS)


def _needed(lines: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the lines without those that two others in a row replace."""
    return sorted(
        (above, below)
        for above, below in lines
        if not any((above, via) in lines and (via, below) in lines for via in IDENTIFIED_BY)
    )
