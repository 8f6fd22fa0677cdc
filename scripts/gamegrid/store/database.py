"""Build gamegrid.duckdb from chunk files: replaced as a whole, never left half-written."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from gamegrid.play.chunkfile import check_whole, exact
from gamegrid.store import looks

VIEWS = ("statistics", "views", "speed", "reasoning", "prompts")
"""The .sql files of the tables, each built on those before it."""

SHOWN = 5
"""Problems told of before the rest are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """One agent of the grid. ``backend`` and ``model`` are None for agents that ask no model."""

    agent: str
    type: str
    backend: str | None
    model: str | None
    params: str
    """JSON object."""
    input_price: float | None = None
    """USD per million tokens; None where the price is unknown."""
    output_price: float | None = None
    cached_price: float | None = None
    """What prompt tokens read from the provider's cache cost; None where that is unknown."""
    price_source: str | None = None
    """Where the prices come from; None where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One bot of the grid's suite. What is None is not known of it."""

    suite: str
    agent: str
    rating: float | None = None
    """Rating points against the first bot of the ladder, by the suite's frozen games."""
    se: float | None = None
    """Standard error of ``rating``."""
    correlations: str | None = None
    """JSON object: by other bot, of the errors of the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameRow:
    """One game of the grid. ``scoring`` is win_loss, margin, payoff or solo."""

    game: str
    load_string: str
    players: int
    scoring: str
    family: str
    """Variants of one game share it, and one weight in averages over games."""
    hidden_information: bool
    chance: bool
    oracle: str
    """none, exact or equilibrium."""
    generic: bool
    """True if the words are OpenSpiel's and the rules were not told."""
    disguise_of: str | None
    """The load string of the plain game that this one is in other words."""
    lowest_return: float | None = None
    """The least that a seat can get by the rules, in the game's own units."""
    highest_return: float | None = None
    cooperate: int | None = None
    """The action that cooperates; None where the game is no dilemma."""


def build(
    database: Path,
    chunks: Sequence[Path],
    agents: Sequence[AgentRow],
    games: Sequence[GameRow],
    usd_per_gpu_hour: float | None = None,
    judged: Sequence[Path] = (),
    positions: Sequence[Path] = (),
    probes: Sequence[Path] = (),
    readings: Sequence[Path] = (),
    references: Path | None = None,
    interim: str | None = None,
    seen: Path | None = None,
    ladder: Sequence[LadderRow] = (),
) -> None:
    """Build ``database`` from exactly ``chunks`` and what was ``judged`` of their decisions.

    ``positions`` and ``probes`` are chunk files too, of single moves: these enter the tables of
    those names, ``calls_alone`` and ``runs``, and no other. ``readings`` are files of what was
    measured of the probed policies. ``references`` is the file of that rule; without it no return
    is normalized, and nothing is held against what bots should get. ``interim`` says how much of
    the grid is there, if not all. ``seen`` is the record of looks, which is only read. ``ladder``
    are the bots of a suite, whose ratings all others' are then anchored on. It replaces
    what was there. The oracle columns of decisions that nothing judged are NULL.

    Raises ValueError, naming them, for rows that contradict each other (an episode that is
    there twice, an agent that is not listed), UserError for a damaged file, and duckdb.Error for
    a value its column cannot hold; the old database then stays as it was.
    """
    # scipy only where it is needed
    from gamegrid.store.reasoning import fill_reasoning
    from gamegrid.store.statistics import fill_statistics

    check_whole([*chunks, *positions, *probes])
    partial = database.with_name(database.name + ".partial")
    wal, partial_wal = (path.with_name(path.name + ".wal") for path in (database, partial))
    for leftover in (partial, partial_wal):
        leftover.unlink(missing_ok=True)
    try:
        with closing(_connect(partial)) as connection:
            connection.begin()
            connection.execute(_sql("schema"))
            _read_references(connection, references)
            _fill(connection, chunks, agents, games, judged, positions, probes)
            for bot in ladder:
                connection.execute("INSERT INTO ladder VALUES (?, ?, ?, ?, ?)", astuple(bot))
            _read_readings(connection, readings)
            connection.execute("INSERT INTO grid VALUES (?, ?)", [usd_per_gpu_hour, interim])
            _check(connection)
            for name in VIEWS:
                connection.execute(_sql(name))
            fill_statistics(connection, looks.read(seen) if seen else ())
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


def _fill(
    connection: duckdb.DuckDBPyConnection,
    chunks: Sequence[Path],
    agents: Sequence[AgentRow],
    games: Sequence[GameRow],
    judged: Sequence[Path],
    positions: Sequence[Path],
    probes: Sequence[Path],
) -> None:
    """Put every row in, the tables being there."""
    for row in agents:
        connection.execute("INSERT INTO agents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(row))
    for game in games:
        connection.execute(f"INSERT INTO games VALUES ({', '.join('?' * 13)})", astuple(game))
    _read_judged(connection, judged)
    if chunks:  # DuckDB refuses to read no file at all
        connection.execute("SET VARIABLE chunks = ?", [[exact(path) for path in chunks]])
        connection.execute(_sql("load"))
    for asked, paths in (("positions", positions), ("probes", probes)):
        if paths:
            connection.execute("SET VARIABLE chunks = ?", [[exact(path) for path in paths]])
            connection.execute("SET VARIABLE asked = ?", [asked])
            connection.execute(_sql("load_alone"))
            connection.execute(_sql(f"load_{asked}"))
    connection.execute("DROP TABLE judged")


def _read_references(connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Put in what is known of the games without playing them."""
    if path is None:
        return
    known = json.loads(path.read_text("utf-8"))
    for table, rows in (
        ("return_scales", known["references"]),
        ("expectations", known["expectations"]),
        ("control_plays", known["plays"]),
        ("best_responses", known.get("responses", [])),  # an earlier version has none
    ):
        names = list(rows[0]) if rows else []
        columns = [[row[name] for row in rows] for name in names]
        if rows:
            values = ", ".join(f"unnest(?) AS {name}" for name in names)
            connection.execute(f"INSERT INTO {table} BY NAME SELECT {values}", columns)


def _read_judged(connection: duckdb.DuckDBPyConnection, judged: Sequence[Path]) -> None:
    """Make the temporary table ``judged``, empty if no file was."""
    connection.execute(
        "CREATE TEMP TABLE judged AS "
        "SELECT episode_id, ply, seat, best_value, value, regret, optimal, trivial, oracle "
        "FROM decisions LIMIT 0"
    )
    if judged:
        connection.execute(
            "INSERT INTO judged BY NAME "
            "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [[exact(path) for path in judged]],
        )


def _read_readings(connection: duckdb.DuckDBPyConnection, readings: Sequence[Path]) -> None:
    """Fill the table ``readings``."""
    if readings:
        connection.execute(
            "INSERT INTO readings BY NAME "
            "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [[exact(path) for path in readings]],
        )


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ValueError with the first problems, if the rows contradict each other."""
    problems = [text for (text,) in connection.execute(_sql("checks")).fetchall()]
    if problems:
        more = f" (and {len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
        raise ValueError("the chunk files do not agree: " + "; ".join(problems[:SHOWN]) + more)
