"""Open DuckDB in the one way that gamegrid uses it."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from gamegrid.errors import UserError

_HOLDER = re.compile(r"Conflicting lock is held in (.*) \(PID (\d+)\)")


def connect(
    path: Path | None = None, *, read_only: bool = False, files: Iterable[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """Open ``path``, or a database in memory, with one thread.

    SQL may read and write ``files`` and nothing else outside the database: a view in somebody
    else's database opens no file and no address, loads no extension and sees no Python variable.
    Write a file with the COPY option ``use_tmp_file false``.

    With one thread, rows are stored and sums are added in a fixed order: equal data gives equal
    numbers. Raises UserError if ``path`` cannot be opened.
    """
    try:
        connection = duckdb.connect(
            ":memory:" if path is None else str(path),
            read_only=read_only,
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            },
        )
    except duckdb.Error as error:
        if path is None:
            raise
        raise UserError(_unopened(path, " ".join(str(error).split()))) from error
    _close_off(connection, files)
    return connection


def _unopened(path: Path, text: str) -> str:
    """Return what to do about a database that DuckDB does not open."""
    if found := _HOLDER.search(text):
        program, pid = Path(found[1]).name, found[2]
        return (
            f"{path} is open in another program ({program}, process {pid}) that may change it. "
            f"Close it there, or open it there for reading only, and run the same command again."
        )
    reason = text.removeprefix("IO Error: ").rstrip(".!")
    return (
        f"{path} cannot be opened: {reason}. If it is damaged, delete it and run the grid again: "
        f"it is built anew, and no reply is asked for twice."
    )


def _close_off(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """Allow these files only, for good.

    Connections of one process to one database share their configuration, which the first one locks.
    """
    if connection.execute("SELECT current_setting('lock_configuration')").fetchone() == (True,):
        return
    allowed = [name for path in files for name in (str(path.absolute()), exact(path))]
    connection.execute("SET allowed_paths = $allowed", {"allowed": allowed})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert all rows at once: DuckDB is slow at single rows."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = ", ".join("unnest(?)" for _ in columns)
    connection.execute(f"INSERT INTO {table} SELECT {values}", columns)


def exact(path: Path) -> str:
    """Return ``path`` with glob characters escaped, so that DuckDB reads this one file.

    DuckDB takes every path as a glob pattern: it would read a folder ``run[1]`` as ``run1``.
    """
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))
