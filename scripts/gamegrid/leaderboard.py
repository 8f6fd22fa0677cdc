"""Print the leaderboard of a results folder: ``python -m gamegrid.leaderboard [results]``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from gamegrid.store.tables import leaderboard_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Print it, and where the rest lies. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gamegrid.leaderboard", description=__doc__)
    parser.add_argument("results", nargs="?", default="results", type=Path)
    folder: Path = parser.parse_args(arguments).results
    database = folder / "gamegrid.duckdb"
    if not database.exists():
        print(f"gamegrid: there is no {database}; play a grid first.", file=sys.stderr)
        return 1
    try:
        text = leaderboard_text(database)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        print(f"gamegrid: {database} cannot be read: {reason}", file=sys.stderr)
        return 1
    print(text)
    print(f"\nTables: {folder / 'tables'}/   Database: {database}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
