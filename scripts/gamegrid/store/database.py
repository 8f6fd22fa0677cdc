"""Build gamegrid.duckdb from chunk files: replaced as a whole, never left half-written."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files, received, registrations
from gamegrid.records.chunkfile import check_whole
from gamegrid.records.duckdb_files import exact
from gamegrid.store import looks, shared_comments, table_files
from gamegrid.store.grid_rows import Rows
from gamegrid.store.table_files import TableFile

LAYERS = ("statistics", "answers", "moves", "conduct", "layers", "reasoning_texts")
"""The .sql files that the tables are made from, each built on those before it."""

REFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "return_scales": "references",
        "expectations": "expectations",
        "control_plays": "plays",
        "control_draws": "draws",
        "best_responses": "responses",
    }
)
"""The key of each table in the file of references."""

SHOWN = 5
"""How many problems an error message lists before it counts the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files that a database is built from."""

    chunks: Sequence[Path]
    """Chunk files of episodes and of single moves."""
    judged: Sequence[Path] = ()
    """What oracles say about their decisions. The oracle columns of other decisions are NULL."""
    corrections: Sequence[Path] = ()
    """What control variates add to strict returns. Those of other games have no correction."""
    exploitability_estimates: Sequence[Path] = ()
    """The exploitability of the probed policies."""
    references: Path | None = None
    """The output of compute_references. Without it no return is normalized and no control made."""
    looks: Path | None = None
    """The record of looks, which is only read here."""
    registrations: Path | None = None
    """The record of preregistered plans, which is only read here."""

    @property
    def parquet(self) -> list[Path]:
        """All the Parquet files."""
        return [
            *self.chunks,
            *self.judged,
            *self.corrections,
            *self.exploitability_estimates,
        ]


def build(database: Path, rows: Rows, sources: Sources, interim: str | None = None) -> None:
    """Build ``database`` from exactly these rows and files, and replace what was there.

    ``interim`` says how much of the grid is there, if not all of it. The old database stays as it
    was if an error is raised: ValueError for rows that contradict each other, such as an episode
    that is there twice; UserError for a damaged file or a plug-in table that cannot be created;
    duckdb.Error for a value that its column cannot hold.
    """
    # scipy only where it is needed
    from gamegrid.store.headline import fill_headline
    from gamegrid.store.planned import Preregistration, fill_deviations, fill_questions
    from gamegrid.store.reasoning_tables import fill_reasoning
    from gamegrid.store.statistics import fill_statistics

    check_whole(sources.chunks)
    partial = database.with_name(database.name + ".partial")
    wal, partial_wal = (path.with_name(path.name + ".wal") for path in (database, partial))
    for leftover in (partial, partial_wal):
        leftover.unlink(missing_ok=True)
    try:
        with closing(duckdb_files.connect(partial, files=sources.parquet)) as connection:
            connection.begin()
            connection.execute(_sql("schema"))
            _fill(connection, rows, interim)
            _read(connection, sources)
            _check(connection)
            _create_views(connection, rows.own_tables)
            stated = Preregistration(
                registrations.read(sources.registrations) if sources.registrations else (),
                looks.times(sources.looks) if sources.looks else (),
            )
            fill_questions(connection, stated)
            fill_statistics(connection, looks.read(sources.looks) if sources.looks else ())
            fill_deviations(connection, stated)
            fill_headline(connection)
            fill_reasoning(connection)
            connection.commit()
            connection.execute("CHECKPOINT")
        # The log of the old database goes first: replayed into the new one it would ruin it.
        wal.unlink(missing_ok=True)
        partial.replace(database)
    finally:
        for leftover in (partial, partial_wal):
            leftover.unlink(missing_ok=True)


def create_empty(
    connection: duckdb.DuckDBPyConnection, own_tables: Sequence[TableFile] = ()
) -> None:
    """Create every table and view without a row, the user's own tables included.

    Raises UserError if one of the user's tables cannot be created.
    """
    connection.execute(_sql("schema"))
    _create_views(connection, own_tables)


def _create_views(connection: duckdb.DuckDBPyConnection, own_tables: Sequence[TableFile]) -> None:
    for name in LAYERS:
        connection.execute(_sql(name))
    table_files.create(connection, own_tables)
    shared_comments.copy(connection)


def _sql(name: str) -> str:
    """Return the text of one .sql file of this package."""
    return (files("gamegrid.store") / f"{name}.sql").read_text("utf-8")


def _fill(connection: duckdb.DuckDBPyConnection, rows: Rows, interim: str | None) -> None:
    """Insert what the configuration knows."""
    _insert(connection, "agents", [asdict(row) for row in rows.agents])
    _insert(connection, "games", [asdict(row) for row in rows.games])
    _insert(connection, "ladder", [asdict(row) for row in rows.ladder])
    grid = {
        "usd_per_gpu_hour": rows.usd_per_gpu_hour, "interim": interim, "shard": rows.shard
    }  # fmt: skip
    _insert(connection, "grid", [grid])


def _read(connection: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    """Insert what the files hold."""
    if sources.references:
        _read_references(connection, sources.references)
    connection.execute(
        "CREATE TEMP TABLE judged AS "
        "SELECT episode_id, ply, seat, best_value, value, regret, optimal, trivial, oracle "
        "FROM decisions LIMIT 0"
    )
    _append(connection, "judged", sources.judged)
    if sources.chunks:  # DuckDB refuses to read no file at all
        _read_episodes(connection, sources.chunks)
        connection.execute(_sql("load_decisions"))
    connection.execute("DROP TABLE judged")
    _append(connection, "corrections", sources.corrections)
    _append(connection, "exploitability_estimates", sources.exploitability_estimates)


def _read_episodes(connection: duckdb.DuckDBPyConnection, chunks: Sequence[Path]) -> None:
    connection.execute("SET VARIABLE chunks = ?", [_exact(chunks)])
    connection.execute(_sql("load"))


def read_episodes(
    rows: Rows, chunks: Sequence[Path]
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """Return a database in memory with the episodes of ``chunks``, to close after use.

    It has the layers of layers.sql. It has no decisions, references, statistics or tables. Raises
    UserError for a damaged file.
    """
    check_whole(chunks)
    connection = duckdb_files.connect(files=chunks)
    connection.execute(_sql("schema"))
    _fill(connection, rows, None)
    _read_episodes(connection, chunks)
    for name in LAYERS:
        connection.execute(_sql(name))
    return closing(connection)


def _read_references(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Insert what is known without playing. Raises UserError for a file of another version."""
    try:
        known = received.read_json(path)
        for table, key in REFERENCES.items():
            _insert(connection, table, known.get(key, []))  # earlier versions wrote fewer
    except (ValueError, TypeError, AttributeError, LookupError, duckdb.Error) as error:
        raise UserError(
            f"{path} is damaged, or another version of gamegrid wrote it. Delete it and run the "
            f"same command again: the next run computes it anew and asks no model."
        ) from error


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        values = ", ".join(f"unnest(?) AS {_quoted(name)}" for name in rows[0])
        columns = [[row[name] for row in rows] for name in rows[0]]
        connection.execute(f"INSERT INTO {table} BY NAME SELECT {values}", columns)


def _quoted(name: str) -> str:
    """Return a column's name as SQL; names in files may hold anything."""
    return '"' + name.replace('"', '""') + '"'


def _append(connection: duckdb.DuckDBPyConnection, table: str, paths: Sequence[Path]) -> None:
    """Insert the rows of files that all name the same columns."""
    if paths:
        connection.execute(
            f"INSERT INTO {table} BY NAME "
            "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [_exact(paths)],
        )


def _exact(paths: Sequence[Path]) -> list[str]:
    return [exact(path) for path in paths]


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ValueError with the first problems, if the rows contradict each other."""
    problems = [text for (text,) in connection.execute(_sql("checks")).fetchall()]
    if problems:
        more = f" (and {len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
        raise ValueError("the chunk files do not agree: " + "; ".join(problems[:SHOWN]) + more)
