"""Open DuckDB in the one way that gamegrid uses it."""

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb


def connect(
    path: Path | None = None, *, read_only: bool = False, files: Iterable[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """Open ``path``, or a database in memory, with one thread.

    SQL may read and write ``files`` and nothing else outside the database: a view in somebody
    else's database opens no file and no address, loads no extension and sees no Python variable.
    Write a file with the COPY option ``use_tmp_file false``.

    With one thread, rows are stored and sums are added in a fixed order: equal data gives equal
    numbers. Raises duckdb.Error if ``path`` cannot be opened.
    """
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
    _close_off(connection, files)
    return connection


def _close_off(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    """Allow these files only, for good."""
    allowed = [name for path in files for name in (str(path.absolute()), exact(path))]
    connection.execute("SET allowed_paths = $allowed", {"allowed": allowed})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def exact(path: Path) -> str:
    """Return ``path`` with glob characters escaped, so that DuckDB reads this one file.

    DuckDB takes every path as a glob pattern: it would read a folder ``run[1]`` as ``run1``.
    """
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))
