"""Open DuckDB in the one way that gamegrid uses it."""

from pathlib import Path

import duckdb


def connect(path: Path | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open ``path``, or a database in memory, with one thread and without fetching extensions.

    With one thread, rows are stored and sums are added in a fixed order: equal data gives equal
    numbers. Raises duckdb.Error if ``path`` cannot be opened.
    """
    return duckdb.connect(
        ":memory:" if path is None else str(path),
        read_only=read_only,
        config={
            "threads": 1,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
