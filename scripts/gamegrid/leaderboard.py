"""Print the leaderboard of a results folder: ``python -m gamegrid.leaderboard [results]``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from gamegrid import controls
from gamegrid.store.tables import leaderboard_text

GREEN, RED, PLAIN = "\033[32m", "\033[31m", "\033[0m"


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
        text, verdict = leaderboard_text(database), controls.read(database)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        print(f"gamegrid: {database} cannot be read: {reason}", file=sys.stderr)
        return 1
    print(text)
    print(f"\n{_coloured(verdict)}")
    print(f"\nTables: {folder / 'tables'}/   Database: {database}")
    if (report := folder / "report.html").exists():
        print(f"Report: {report}")
    return 0


def _coloured(verdict: controls.Verdict) -> str:
    """What the controls say, in colour on a terminal."""
    if not sys.stdout.isatty() or not (verdict.passed or verdict.red):
        return verdict.text
    return f"{RED if verdict.red else GREEN}{verdict.text}{PLAIN}"


if __name__ == "__main__":
    sys.exit(main())
