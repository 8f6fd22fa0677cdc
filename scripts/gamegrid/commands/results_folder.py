"""Open the results that a command names, which may come from somebody else; check its output."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from gamegrid.errors import UserError
from gamegrid.paths import there
from gamegrid.records import received

DATABASE = "gamegrid.duckdb"
UNFIT = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError)
"""What code raises that reads a database with other values than gamegrid writes."""


@contextmanager
def database_of(results: Path) -> Iterator[Path]:
    """Yield the path of a results folder's database, to be read in the block.

    Raises UserError if there is none, if the folder holds what no results hold, or if reading the
    database fails because it holds something else.
    """
    received.check_folder(results)
    database = results / DATABASE
    if not database.exists():
        raise UserError(f"there is no {database}; play a grid first.")
    try:
        yield database
    except (duckdb.Error, RecursionError, *UNFIT) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise UserError(f"cannot read {database}: {type(error).__name__}: {said}.") from error


def check_output(path: Path) -> None:
    """Check that a file can be written to ``path``. Raises UserError."""
    if there(path, Path.is_dir):
        raise UserError(f"cannot write {path}: it is a folder. Name a file.")
    if not there(path.parent, Path.is_dir):
        raise UserError(f"cannot write {path}: there is no folder {path.parent}. Make it first.")
