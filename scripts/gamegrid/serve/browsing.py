"""Read a database for the pages that browse it: lists of episodes, and single ones.

A grid replaces its database as a whole while it runs. Each reading opens it anew and closes it, one
after the other, since DuckDB keeps a file that is open and would show the old one.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from gamegrid.errors import UserError
from gamegrid.records import received
from gamegrid.report import replay_section
from gamegrid.store.tables import connect

PAGE = 50
"""Episodes on one page."""
PATIENCE_S = 30.0
"""Seconds after which a query is stopped: a view in somebody's database may never end."""
FILTERS = ("game", "agent", "status", "mistakes", "id", "text")
"""The filters of episodes.sql, in the order of the form."""
MISTAKES = {
    "regret": "with a mistake",
    "not_own": "with a move not the agent's own",
    "failed": "with an unusable reply",
}
"""The choices of the filter ``mistakes`` in words."""

_T = TypeVar("_T")
_TURN = threading.Lock()


@dataclass(frozen=True, slots=True)
class EpisodeList:
    """One page of a list. ``fitting`` counts the episodes on all its pages."""

    rows: tuple[Mapping[str, Any], ...]
    fitting: int
    number: int
    """Number of the page, from 1."""
    choices: Mapping[str, tuple[str, ...]]
    """The values that the filters ``game``, ``agent`` and ``status`` can take."""

    @property
    def pages(self) -> int:
        """Number of pages, at least 1."""
        return max(1, -(-self.fitting // PAGE))


async def listed(database: Path, filters: Mapping[str, str], number: int) -> EpisodeList:
    """Return a page of the episodes that fit ``filters``; one without a value selects all.

    Raises UserError if the database cannot be read.
    """
    wanted = {name: filters.get(name) or None for name in FILTERS}
    return await _read(database, lambda connection: _listed(connection, wanted, max(1, number)))


async def replay(database: Path, episode_id: str) -> Mapping[str, Any]:
    """Return one episode in the form that the replays' script reads.

    Raises UserError if there is none of this id, or if the database cannot be read.
    """

    def read() -> Mapping[str, Any]:
        with _TURN:
            return replay_section.page_data(replay_section.replay(database, episode_id))

    return await _told(database, read)


async def _read(database: Path, work: Callable[[duckdb.DuckDBPyConnection], _T]) -> _T:
    def read() -> _T:
        received.check_file(database)
        with _TURN, closing(connect(database)) as connection:
            timer = threading.Timer(PATIENCE_S, connection.interrupt)
            timer.start()
            try:
                return work(connection)
            finally:
                timer.cancel()

    return await _told(database, read)


async def _told(database: Path, read: Callable[[], _T]) -> _T:
    """Read in a thread. Raises UserError for a database that holds something else."""
    try:
        return await asyncio.to_thread(read)
    except (duckdb.Error, RecursionError, ValueError, TypeError, LookupError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise UserError(f"cannot read {database}: {type(error).__name__}: {said}.") from error


def _listed(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, str | None], number: int
) -> EpisodeList:
    rows = _page(connection, wanted, number)
    if not rows and number > 1:  # beyond the last page
        number = 1
        rows = _page(connection, wanted, number)
    return EpisodeList(tuple(rows), rows[0]["fitting"] if rows else 0, number, _choices(connection))


def _page(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, str | None], number: int
) -> list[dict[str, Any]]:
    sql = (files("gamegrid.serve") / "episodes.sql").read_text("utf-8")
    found = connection.execute(sql, {**wanted, "size": PAGE, "first": (number - 1) * PAGE})
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _choices(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    tables = {"game": "episodes", "agent": "seats", "status": "episodes"}
    return {
        column: tuple(
            value
            for (value,) in connection.execute(
                f"SELECT DISTINCT {column} FROM {table} ORDER BY ALL"
            ).fetchall()
        )
        for column, table in tables.items()
    }
