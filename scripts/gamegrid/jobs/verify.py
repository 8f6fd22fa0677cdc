"""Compute results again from chunk files and journal, and compare them with those on file.

The checks, in order: the files that the tables were made of, every episode, every number in the
database, every table. The first difference ends the check. The folder may have been moved.
"""

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb

from gamegrid import games, plugins
from gamegrid.agents.agent import AgentSettings, settings_of
from gamegrid.analysis.exploitability import measure_game
from gamegrid.analysis.judge import judge_game
from gamegrid.errors import UserError
from gamegrid.play import reproduce
from gamegrid.play.reproduce import Counts, Difference
from gamegrid.prompts import templates
from gamegrid.records import duckdb_files, upkeep
from gamegrid.store import journal_counts, looks, manifest
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import AgentRow, Rows
from gamegrid.store.tables import write_tables

TOLERANCE = 1e-9
"""Relative difference that counts as rounding; sums may be taken in another order."""
BATCH = 10_000


def verify(results: Path, working: Path) -> str:
    """Return a sentence that says what was computed again and came out equal.

    Raises Difference with the first thing that differs, and UserError if the results are incomplete
    or something that the check needs is missing.
    """
    stated = _manifest(results)
    config = stated["config"]
    plugins.use_configured(config, working)
    played = {
        kind: [manifest.place(name, results) for name in names]
        for kind, names in stated["files"].items()
    }
    _check_files(stated, results)
    if trouble := [*upkeep.verify(results), *map(str, journal_counts.shortfalls(results))]:
        raise Difference(trouble[0])
    counts = Counts()
    prompts = templates.places(working)
    for path in (*played["chunks"], *played["positions"], *played["probes"]):
        reproduce.check(path, results / "journal", prompts, counts)
    with tempfile.TemporaryDirectory() as folder:
        tables = _check_database(stated, played, results, Path(folder))
    unfinished = f"; {counts.unfinished} episodes are unfinished" if counts.unfinished else ""
    return (
        f"equal: {counts.episodes} episodes with {counts.decisions} decisions and "
        f"{counts.replies} replies, the database and {tables} files of tables{unfinished}; of the "
        f"moves of bots {counts.repeated} were made again and {counts.held} only checked against "
        f"the rules"
    )


def _manifest(results: Path) -> dict[str, Any]:
    path = results / manifest.NAME
    try:
        stated = dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(
            f"there is no {path}: these results are incomplete. Run the grid again."
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read. Run the grid again to write it anew.") from error
    if stated.get("form") != manifest.FORM:
        raise UserError(
            f"{path} is of form {stated.get('form')!r}; this version reads form {manifest.FORM}. "
            f"Use the version of gamegrid that wrote it."
        )
    return stated


def _check_files(stated: Mapping[str, Any], results: Path) -> None:
    for names in stated["files"].values():
        for name, digest in names.items():
            path = manifest.place(name, results)
            if not path.is_file():
                raise Difference(
                    f"{path} is missing, which the tables were made of. Run the grid again."
                )
            if manifest.sha256(path) != digest:
                raise Difference(f"{path} is not the file that the tables were made of.")


def _settings(row: AgentRow) -> AgentSettings:
    """Return the settings of an agent that asks no model."""
    return settings_of(json.loads(row.params))


def _check_database(
    stated: Mapping[str, Any],
    played: Mapping[str, Sequence[Path]],
    results: Path,
    folder: Path,
) -> int:
    """Build database and tables in ``folder`` and compare; return the number of table files."""
    chunks, positions, probes = (played[kind] for kind in ("chunks", "positions", "probes"))
    rows = Rows.of(stated)
    by_name = {row.game: games.load(row.load_string) for row in rows.games}
    judged = [folder / "judged" / path.name for path in played["judged"]]
    for path in judged:
        judge_game(by_name[path.stem], [*chunks, *positions], path)
    exploitability_estimates = [
        folder / "exploitability" / path.name for path in played["exploitability"]
    ]
    for path in exploitability_estimates:
        files = [probe for probe in probes if probe.parent.name == path.stem]
        probed = {probe.stem for probe in files}
        known = [row for row in rows.agents if row.agent in probed and not row.model]
        bots = {row.agent: _settings(row) for row in known}
        measure_game(by_name[path.stem], files, path, bots)
    fresh, stored = folder / "gamegrid.duckdb", results / "gamegrid.duckdb"
    [references] = played["references"]
    sources = Sources(
        chunks=[*chunks, *positions, *probes],
        judged=judged,
        exploitability_estimates=exploitability_estimates,
        references=references,
        looks=results / looks.NAME,
    )
    build(fresh, rows, sources)
    if not stored.is_file():
        raise Difference(f"{stored} is missing. Run the grid again.")
    _compare(stored, fresh)
    write_tables(stored, folder / "tables")
    written = sorted((folder / "tables").iterdir())
    for path in written:
        there = results / "tables" / path.name
        if not there.is_file() or there.read_bytes() != path.read_bytes():
            raise Difference(f"{there} is not what the database says.")
    return len(written)


def _compare(stored: Path, fresh: Path) -> None:
    """Compare two databases table by table."""
    with closing(duckdb_files.connect()) as connection:
        for name, path in (("stored", stored), ("fresh", fresh)):
            duckdb_files.attach(connection, path, name)
        wanted = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'fresh' "
            "ORDER BY table_oid"
        ).fetchall()
        there = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'stored'"
        ).fetchall()
        if lacking := sorted({table for (table,) in {*wanted} - {*there}}):
            raise Difference(
                f"the database was made by another version: it has no {', '.join(lacking)}."
            )
        for (table,) in wanted:
            _compare_table(connection, table)


def _compare_table(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    sides = [
        connection.cursor().execute(f'SELECT * FROM {side}."{table}" ORDER BY ALL')
        for side in ("stored", "fresh")
    ]
    names = [[column[0] for column in side.description] for side in sides]
    if names[0] != names[1]:
        raise Difference(f"the database was made by another version: columns of {table} differ.")
    while True:
        ours, theirs = (side.fetchmany(BATCH) for side in sides)
        if not ours and not theirs:
            return
        for filed, computed in zip_longest(ours, theirs):
            if difference := _unlike(names[0], filed, computed):
                raise Difference(f"gamegrid.duckdb, table {table}: {difference}.")


def _unlike(names: Sequence[str], filed: Any, computed: Any) -> str | None:
    """Name the column in which two rows differ, and the row; None if they are equal."""
    if filed is None or computed is None:
        row, side = (filed, "on file") if computed is None else (computed, "computed")
        return f"the row {_shown(names, row)} is only {side}"
    for name, one, other in zip(names, filed, computed, strict=True):
        if not _equal(one, other):
            return f"{name} is {one!r}, computed {other!r}, in {_shown(names, filed)}"
    return None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def _shown(names: Sequence[str], row: Sequence[Any]) -> str:
    """Return the first columns of a row, enough to identify it."""
    return ", ".join(f"{name} {value!r}" for name, value in list(zip(names, row, strict=True))[:4])
