"""Open DuckDB in the one way that gamegrid uses it."""

import re
from pathlib import Path

import duckdb

from gamegrid.errors import UserError

_HOLDER = re.compile(r"Conflicting lock is held in (.*) \(PID (\d+)\)")


def connect(path: Path | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open ``path``, or a database in memory, with one thread and without fetching extensions.

    With one thread, rows are stored and sums are added in a fixed order: equal data gives equal
    numbers. Raises UserError if ``path`` cannot be opened.
    """
    try:
        return duckdb.connect(
            ":memory:" if path is None else str(path),
            read_only=read_only,
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
    except duckdb.Error as error:
        if path is None:
            raise
        raise UserError(_unopened(path, " ".join(str(error).split()))) from error


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database for reading. Raises UserError if it cannot be opened."""
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        raise UserError(_unopened(path, " ".join(str(error).split()))) from error


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
