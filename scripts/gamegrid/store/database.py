"""Build gamegrid.duckdb from chunk files: replaced as a whole, never left half-written."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from gamegrid.records.chunkfile import check_whole, exact
from gamegrid.store import looks
from gamegrid.store.grid_rows import Rows

VIEWS = (
    "statistics",
    "layers",
    "reasoning",
    "views/per_game",
    "views/leaderboard",
    "views/strength_equivalent",
    "views/head_to_head",
    "views/seat_effect",
    "views/paired",
    "views/move_quality",
    "views/regret_by_ply",
    "views/moves_chosen",
    "views/position_quality",
    "views/paired_positions",
    "views/exploitability",
    "views/failures",
    "views/usage",
    "views/speed",
    "views/prompt_spread",
    "views/controls",
)
"""The .sql files of the tables, each built on those before it."""

REFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "return_scales": "references",
        "expectations": "expectations",
        "control_plays": "plays",
        "best_responses": "responses",
    }
)
"""What each table is called in the file of references."""

SHOWN = 5
"""Problems told of before the rest are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files that a database is made of."""

    chunks: Sequence[Path]
    judged: Sequence[Path] = ()
    """What was judged of their decisions: the oracle columns of others are NULL."""
    positions: Sequence[Path] = ()
    """Chunk files too, of single moves: these enter the table of this name, ``calls_alone`` and
    ``runs``, and no other. So do those of probes."""
    probes: Sequence[Path] = ()
    exploitability_estimates: Sequence[Path] = ()
    """What was measured of the probed policies."""
    references: Path | None = None
    """The file of that rule; without it no return is normalized, and nothing is held against what
    bots should get."""
    looks: Path | None = None
    """The record of looks, which is only read."""


def build(database: Path, rows: Rows, sources: Sources, interim: str | None = None) -> None:
    """Build ``database`` from exactly these; it replaces what was there.

    ``interim`` says how much of the grid is there, if not all. Raises ValueError, naming them, for
    rows that contradict each other (an episode that is there twice, an agent that is not listed),
    UserError for a damaged file, and duckdb.Error for a value its column cannot hold; the old
    database then stays as it was.
    """
    # scipy only where it is needed
    from gamegrid.store.reasoning_tables import fill_reasoning
    from gamegrid.store.statistics import fill_statistics

    check_whole([*sources.chunks, *sources.positions, *sources.probes])
    partial = database.with_name(database.name + ".partial")
    wal, partial_wal = (path.with_name(path.name + ".wal") for path in (database, partial))
    for leftover in (partial, partial_wal):
        leftover.unlink(missing_ok=True)
    try:
        with closing(_connect(partial)) as connection:
            connection.begin()
            connection.execute(_sql("schema"))
            _fill(connection, rows, interim)
            _read(connection, sources)
            _check(connection)
            for name in VIEWS:
                connection.execute(_sql(name))
            fill_statistics(connection, looks.read(sources.looks) if sources.looks else ())
            fill_reasoning(connection)
            connection.commit()
            connection.execute("CHECKPOINT")
        # The log of the old database goes first: replayed into the new one it would ruin it.
        wal.unlink(missing_ok=True)
        partial.replace(database)
    finally:
        for leftover in (partial, partial_wal):
            leftover.unlink(missing_ok=True)


def create_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every table and view, without a row: what there is, and what its comments say."""
    for name in ("schema", *VIEWS):
        connection.execute(_sql(name))


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open ``path`` for writing, never fetching an extension.

    With one thread rows lie and sums add up in one order: equal data, equal numbers.
    """
    return duckdb.connect(
        str(path),
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": 1,
        },
    )


def _sql(name: str) -> str:
    """Return the text of one .sql file of this package."""
    return (files("gamegrid.store") / f"{name}.sql").read_text("utf-8")


def _fill(connection: duckdb.DuckDBPyConnection, rows: Rows, interim: str | None) -> None:
    """Put in what the configuration tells."""
    _insert(connection, "agents", [asdict(row) for row in rows.agents])
    _insert(connection, "games", [asdict(row) for row in rows.games])
    _insert(connection, "ladder", [asdict(row) for row in rows.ladder])
    _insert(connection, "grid", [{"usd_per_gpu_hour": rows.usd_per_gpu_hour, "interim": interim}])


def _read(connection: duckdb.DuckDBPyConnection, sources: Sources) -> None:
    """Put in what the files hold."""
    if sources.references:
        known = json.loads(sources.references.read_text("utf-8"))
        for table, key in REFERENCES.items():
            _insert(connection, table, known.get(key, []))  # an earlier version wrote fewer
    connection.execute(
        "CREATE TEMP TABLE judged AS "
        "SELECT episode_id, ply, seat, best_value, value, regret, optimal, trivial, oracle "
        "FROM decisions LIMIT 0"
    )
    _append(connection, "judged", sources.judged)
    if sources.chunks:  # DuckDB refuses to read no file at all
        connection.execute("SET VARIABLE chunks = ?", [_exact(sources.chunks)])
        connection.execute(_sql("load"))
    for asked, paths in (("positions", sources.positions), ("probes", sources.probes)):
        if paths:
            connection.execute("SET VARIABLE chunks = ?", [_exact(paths)])
            connection.execute("SET VARIABLE asked = ?", [asked])
            connection.execute(_sql("load_alone"))
            connection.execute(_sql(f"load_{asked}"))
    connection.execute("DROP TABLE judged")
    _append(connection, "exploitability_estimates", sources.exploitability_estimates)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put in rows that name the columns alike."""
    if rows:
        values = ", ".join(f"unnest(?) AS {name}" for name in rows[0])
        columns = [[row[name] for row in rows] for name in rows[0]]
        connection.execute(f"INSERT INTO {table} BY NAME SELECT {values}", columns)


def _append(connection: duckdb.DuckDBPyConnection, table: str, paths: Sequence[Path]) -> None:
    """Put in the rows of files that name the columns alike."""
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
