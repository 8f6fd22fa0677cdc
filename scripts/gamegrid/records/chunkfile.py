"""The chunk file: the output of one play job, one Parquet row per episode.

Episodes go to a temporary NDJSON file beside the target as they end, so a long job keeps none in
memory. DuckDB converts it to the chunk file with declared types, so an empty list or an unknown
value never changes a column's type.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from keyword import iskeyword
from math import isfinite
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import orjson

from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records import duckdb_files
from gamegrid.records.duckdb_files import exact
from gamegrid.records.record_types import OWN, EpisodeRecord, EpisodeStatus, RunRecord, Task

Columns = Mapping[str, str]
"""Column names and their SQL types, in order."""

RUN: Columns = MappingProxyType(
    {
        "run_id": "VARCHAR",
        "started_at": "TIMESTAMP",
        "config": "VARCHAR",
        "code_version": "VARCHAR",
        "interpreter": "VARCHAR",
        "packages": "VARCHAR",
        "host": "VARCHAR",
        "wall_s": "DOUBLE",
        "gpus": "INTEGER",
        "models": "VARCHAR",
        "prompts": "VARCHAR",
        "value_function": "VARCHAR",
    }
)
SEAT: Columns = MappingProxyType(
    {
        "seat": "INTEGER",
        "agent": "VARCHAR",
        "return": "DOUBLE",
        "score": "DOUBLE",
        "strict_score": "DOUBLE",
        "strict_return": "DOUBLE",
        "fallbacks": "INTEGER",
    }
)
DECISION: Columns = MappingProxyType(
    {
        "ply": "INTEGER",
        "seat": "INTEGER",
        "agent": "VARCHAR",
        "observation": "VARCHAR",
        "legal": "VARCHAR",
        "action": "BIGINT",
        "label": "VARCHAR",
        "status": "VARCHAR",
        "attempts": "INTEGER",
        "reasoning": "VARCHAR",
        "latency_s": "DOUBLE",
        "prompt_tokens": "BIGINT",
        "completion_tokens": "BIGINT",
    }
)
CALL: Columns = MappingProxyType(
    {
        "ply": "INTEGER",
        "seat": "INTEGER",
        "attempt": "INTEGER",
        "backend": "VARCHAR",
        "model": "VARCHAR",
        "model_served": "VARCHAR",
        "messages": "VARCHAR",
        "reply": "VARCHAR",
        "reasoning": "VARCHAR",
        "finish_reason": "VARCHAR",
        "failure": "VARCHAR",
        "prompt_tokens": "BIGINT",
        "completion_tokens": "BIGINT",
        "reasoning_tokens": "BIGINT",
        "cached_tokens": "BIGINT",
        "latency_s": "DOUBLE",
        "transport_attempts": "INTEGER",
        "replayed": "BOOLEAN",
        "likelihoods": "VARCHAR",
        "fingerprint": "VARCHAR",
        "maybe_billed": "INTEGER",
    }
)
FLAT: Columns = MappingProxyType(
    {
        "episode_id": "VARCHAR",
        "task": "VARCHAR",
        "run_id": "VARCHAR",
        "matchup": "VARCHAR",
        "game": "VARCHAR",
        "deal": "INTEGER",
        "seating": "INTEGER",
        "seed": "BIGINT",
        "status": "VARCHAR",
        "plies": "INTEGER",
        "trajectory": "VARCHAR",
        "duration_s": "DOUBLE",
        "error": "VARCHAR",
    }
)
"""The columns of an episode that are not lists."""

JSON_TEXTS = frozenset(
    {
        "config",
        "packages",
        "host",
        "models",
        "prompts",
        "legal",
        "messages",
        "trajectory",
        "likelihoods",
    }
)
"""Columns of JSON text that become JSON columns of the database."""

PARAMS_KEY = "params"
"""The key of the job's params string in the Parquet file's metadata."""

DEFAULT_OBJECT_SIZE = 16 * 1024 * 1024
"""Bytes that DuckDB allows for one JSON object unless told otherwise."""

WRITTEN_AT_ONCE = 2**18
"""Bytes of rows that wait in memory before they are written."""
BATCH = 100
"""Episodes in memory at once while a file is read."""

EpisodeRow = dict[str, Any]
"""An episode: values by column name."""


def struct(columns: Columns) -> str:
    """Return the SQL type of a struct with ``columns``."""
    return "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in columns.items()) + ")"


EPISODE: Columns = MappingProxyType(
    {
        **FLAT,
        "seats": struct(SEAT) + "[]",
        "decisions": struct(DECISION) + "[]",
        "calls": struct(CALL) + "[]",
    }
)


Kept = Mapping[Path, Collection[str]]
"""Episodes to take over from other chunk files, by id."""


class Writer:
    """Write a chunk file, as a context manager. Only ``finish`` replaces ``path``.

    Lone surrogates in texts become U+FFFD.
    """

    def __init__(self, path: Path, run_id: str):
        self._path = path.absolute()
        self._run_id = run_id
        self._rows = self._path.with_name(f"{path.name}.ndjson.partial")
        self._longest = 0
        self._unwritten = bytearray()
        self.unfinished = False
        """Whether an episode with status error was added."""

    def __enter__(self) -> "Writer":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._rows.open("wb", buffering=0)
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._rows.unlink(missing_ok=True)

    def add(self, episode: EpisodeRecord) -> None:
        """Add an episode that has ended.

        Raises ValueError for an episode of another run or a number that is not finite.
        """
        if episode.run_id != self._run_id:
            raise ValueError(
                f"episode {episode.episode_id} belongs to run {episode.run_id}, not {self._run_id}"
            )
        self.unfinished |= episode.status is EpisodeStatus.ERROR
        line = _line(episode) + b"\n"
        self._longest = max(self._longest, len(line))
        self._unwritten += line
        if len(self._unwritten) < WRITTEN_AT_ONCE:
            return
        with suppress(
            OSError
        ):  # a full disk may have room again by ``finish``, which raises otherwise
            self._hand_over()

    def finish(self, run: RunRecord, params: str, kept: Kept = MappingProxyType({})) -> None:
        """Replace the chunk file as a whole or not at all.

        Episodes ``kept`` from other files are copied unchanged, with the run that played them.
        Rows are sorted by deal and seating, so equal runs give equal files apart from times. The
        file's metadata holds ``params``. Raises duckdb.Error for an integer beyond its column, and
        OSError.
        """
        self._hand_over()
        object_size = max(DEFAULT_OBJECT_SIZE, 2 * self._longest)
        with replacing(self._path, durable=True) as temporary:
            _copy(self._rows, temporary, run, params, kept, object_size)

    def _hand_over(self) -> None:
        while self._unwritten:
            del self._unwritten[: self._file.write(bytes(self._unwritten))]


def write(
    path: Path,
    run: RunRecord,
    episodes: Iterable[EpisodeRecord],
    params: str,
    kept: Kept = MappingProxyType({}),
) -> None:
    """Write a chunk file of ``episodes``; see ``Writer``."""
    with Writer(path, run.run_id) as writer:
        for episode in episodes:
            writer.add(episode)
        writer.finish(run, params, kept)


def pack(paths: Sequence[Path], packed: Path, params: str) -> None:
    """Unite chunk files in one that can be published: it does not name the machines.

    Raises duckdb.Error if a file is missing or is no chunk file.
    """
    with duckdb_files.connect(files=[*paths, packed]) as connection:
        connection.execute(
            f"""
            COPY (
                SELECT * REPLACE (struct_update(run, host := '{{}}') AS run)
                FROM read_parquet($paths, union_by_name = true, hive_partitioning = false)
                ORDER BY game, matchup, deal, seating
            ) TO $packed (
                FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19,
                KV_METADATA {{{PARAMS_KEY}: $params}},
                USE_TMP_FILE false
            )
            """,
            {"paths": [exact(path) for path in paths], "packed": str(packed), "params": params},
        )


def unite(paths: Sequence[Path], united: Path, params: str, ids: Collection[str]) -> None:
    """Copy the episodes ``ids`` of chunk files with equal ``params`` to one file.

    The file is written as a whole or not at all. Raises duckdb.Error if a file is no chunk file.
    """
    with (
        replacing(united) as temporary,
        duckdb_files.connect(files=[*paths, temporary]) as connection,
    ):
        connection.execute(
            f"""
            COPY (
                SELECT *
                FROM read_parquet($paths, union_by_name = true, hive_partitioning = false)
                WHERE list_contains($ids, episode_id)
                ORDER BY deal, seating
            ) TO $temporary (
                FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{PARAMS_KEY}: $params}},
                USE_TMP_FILE false
            )
            """,
            {
                "paths": [exact(path) for path in paths],
                "ids": sorted(ids),
                "temporary": str(temporary),
                "params": params,
            },
        )


def read_unfinished(paths: Sequence[Path]) -> dict[Path, list[tuple[str, str | None]]]:
    """Return (episode_id, error) of each episode with status error, in row order, by file.

    Files without any are left out. Raises duckdb.Error if one is missing or is no chunk file.
    """
    if not paths:
        return {}
    by_name = {str(path.absolute()): path for path in paths}
    with duckdb_files.connect(files=paths) as connection:
        rows = connection.execute(
            "SELECT filename, episode_id, error "
            "FROM read_parquet($paths, filename = true, hive_partitioning = false) "
            "WHERE status = $error",
            {"paths": [exact(path) for path in paths], "error": EpisodeStatus.ERROR.value},
        ).fetchall()
    by_path: dict[Path, list[tuple[str, str | None]]] = {}
    for name, episode_id, error in rows:
        by_path.setdefault(by_name[name], []).append((episode_id, error))
    return by_path


def count_replies(paths: Sequence[Path]) -> dict[str, int]:
    """Return the number of replies in the episodes of chunk files, by GAME/MATCHUP.

    An episode that several files hold counts once. Damaged files and those of other kinds are
    ignored; ``check_whole`` names them.
    """
    whole = list(read_params(paths))
    if not whole:
        return {}
    with duckdb_files.connect(files=whole) as connection:
        rows = connection.execute(
            """
            SELECT game, matchup, sum(replies)::BIGINT
            FROM (
                SELECT game, matchup, max(len(calls)) AS replies
                FROM read_parquet($paths, union_by_name = true, hive_partitioning = false)
                GROUP BY game, matchup, episode_id
            )
            GROUP BY game, matchup
            """,
            {"paths": [exact(path) for path in whole]},
        ).fetchall()
    return {f"{game}/{matchup}": number for game, matchup, number in rows}


def read_finished(path: Path) -> dict[str, str]:
    """Return the trajectories of the finished episodes of ``path``, by id.

    Raises duckdb.Error if the file is missing or is no chunk file.
    """
    with duckdb_files.connect(files=[path]) as connection:
        rows = connection.execute(
            "SELECT episode_id, trajectory FROM read_parquet($path, hive_partitioning = false) "
            "WHERE status <> $error",
            {"path": exact(path), "error": EpisodeStatus.ERROR.value},
        ).fetchall()
    return dict(rows)


def count_turns(path: Path, ids: Collection[str]) -> list[tuple[str, int, int]]:
    """Return for each agent its decisions in the episodes ``ids``, and how many are its own.

    Raises duckdb.Error if the file is missing or is no chunk file.
    """
    with duckdb_files.connect(files=[path]) as connection:
        found: list[tuple[str, int, int]] = connection.execute(
            """
            SELECT
                decision.agent, count(*),
                count(*) FILTER (WHERE list_contains($own, decision.status))
            FROM (
                SELECT unnest(decisions) AS decision
                FROM read_parquet($path, hive_partitioning = false)
                WHERE list_contains($ids, episode_id)
            )
            GROUP BY decision.agent
            """,
            {"path": exact(path), "ids": sorted(ids), "own": sorted(OWN)},
        ).fetchall()
    return found


def read_episodes(path: Path) -> Iterator[EpisodeRow]:
    """Yield the episodes of ``path``, with seats, decisions and calls as lists.

    Raises duckdb.Error if the file is missing or is no chunk file.
    """
    with duckdb_files.connect(files=[path]) as connection:
        result = connection.execute(
            "SELECT * EXCLUDE (run) FROM read_parquet($path, hive_partitioning = false)",
            {"path": exact(path)},
        )
        names = [column[0] for column in result.description]
        while batch := result.fetchmany(BATCH):
            for values in batch:
                yield dict(zip(names, values, strict=True))


def task_of(row: EpisodeRow) -> Task:
    """Return the task of an episode that was read; files of earlier versions name none."""
    return Task(row.get("task") or Task.EPISODE)


def as_read(episode: EpisodeRecord) -> EpisodeRow:
    """Return an episode as ``read_episodes`` would yield it once written."""
    row: EpisodeRow = json.loads(_line(episode))
    return row


def read_params(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the params string of each file, without damaged files and those of other kinds."""
    if not paths:
        return {}
    by_name = {str(path.absolute()): path for path in paths}
    try:
        # One connection for all files, because opening one takes 20 ms: 40 s for 2,000 files.
        with duckdb_files.connect(files=paths) as connection:
            rows = connection.execute(
                "SELECT file_name, decode(value) FROM parquet_kv_metadata($paths) "
                "WHERE decode(key) = $key",
                {"paths": [exact(path) for path in paths], "key": PARAMS_KEY},
            ).fetchall()
    except duckdb.Error:
        if len(paths) == 1:
            return {}
        # One damaged file fails the whole query: halve the list until it is alone.
        half = len(paths) // 2
        return read_params(paths[:half]) | read_params(paths[half:])
    return {by_name[name]: params for name, params in rows}


def check_whole(paths: Sequence[Path]) -> None:
    """Raise UserError if a file was cut short or is no chunk file."""
    whole = read_params([path for path in paths if path.is_file()])
    damaged = [path for path in paths if path not in whole]
    if damaged:
        raise UserError(
            f"{damaged[0]} is damaged or no chunk file ({len(damaged)} such files). Delete it and "
            f"run the same command again: it is written anew, and no reply is asked for twice."
        )


def _copy(
    rows: Path, target: Path, run: RunRecord, params: str, kept: Kept, object_size: int
) -> None:
    """Write the NDJSON file ``rows`` and the episodes ``kept`` to the Parquet file ``target``."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in EPISODE.items())
    others = "".join(
        f"""
                UNION ALL BY NAME SELECT * FROM read_parquet($path{n}, hive_partitioning = false)
                WHERE list_contains($ids{n}, episode_id)"""
        for n in range(len(kept))
    )
    values: dict[str, object] = {
        "run": {
            name: _mended(value) if isinstance(value, str) else value
            for name, value in _reader(RUN)(run).items()
        },
        "rows": exact(rows),
        "object_size": object_size,
        "target": str(target),
        "params": _mended(params),
    }
    for n, (path, ids) in enumerate(kept.items()):
        values |= {f"path{n}": exact(path), f"ids{n}": sorted(ids)}
    with duckdb_files.connect(files=[rows, target, *kept]) as connection:
        connection.execute(
            f"""
            COPY (
                SELECT *, CAST($run AS {struct(RUN)}) AS run
                FROM read_json(
                    $rows, columns = {{{columns}}}, format = 'newline_delimited',
                    auto_detect = false, compression = 'uncompressed',
                    hive_partitioning = false, maximum_object_size = $object_size
                ){others}
                ORDER BY deal, seating
            ) TO $target (
                FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{PARAMS_KEY}: $params}},
                USE_TMP_FILE false
            )
            """,
            values,
        )


def _line(episode: EpisodeRecord) -> bytes:
    """Return the JSON of an episode's row. Raises ValueError for a number that is not finite."""
    if _is_finite(episode):
        # orjson writes records as they are, ten times as fast as ``_ENCODER`` writes dicts of them.
        row = _FLAT(episode)
        row["seats"] = [_SEAT(record) for record in episode.seats]
        row["decisions"], row["calls"] = episode.decisions, episode.calls
        with suppress(TypeError):  # it refuses lone surrogates and integers beyond 64 bits
            line = orjson.dumps(row)
            if _ESCAPE_IN_TEXT not in line:
                return line
    return _encoded(_ENCODER.encode(_row(episode)))


def _is_finite(episode: EpisodeRecord) -> bool:
    """Return whether all numbers are finite. Elsewhere, orjson would write null."""
    numbers = [episode.duration_s, *(each.latency_s for each in episode.decisions)]
    numbers += [each.latency_s for each in episode.calls]
    for seat in episode.seats:
        numbers += [seat.return_, seat.score, seat.strict_score, seat.strict_return]
    return all(number is None or isfinite(number) for number in numbers)


def _row(episode: EpisodeRecord) -> EpisodeRow:
    row = _FLAT(episode)
    row["seats"] = [_SEAT(record) for record in episode.seats]
    row["decisions"] = [_DECISION(record) for record in episode.decisions]
    row["calls"] = [_CALL(record) for record in episode.calls]
    return row


def _reader(columns: Columns) -> Callable[[Any], dict[str, Any]]:
    """Return a function that turns a record into a dict of ``columns``.

    A column whose name is a Python keyword is read from the attribute with an underscore added.
    """
    names = tuple(columns)
    values = attrgetter(*(f"{name}_" if iskeyword(name) else name for name in names))
    texts = tuple(JSON_TEXTS.intersection(names))

    def read(record: Any) -> dict[str, Any]:
        row = dict(zip(names, values(record), strict=True))
        for name in texts:
            if row[name] is not None:
                row[name] = _plain(row[name])
        return row

    return read


_FLAT, _SEAT, _DECISION, _CALL = map(_reader, (FLAT, SEAT, DECISION, CALL))
# ensure_ascii off: escapes of lone surrogates would be refused by the JSON reader.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)
_ESCAPE_IN_TEXT = rb"\\u"
"""What escapes of JSON text look like within JSON; some of them are decoded."""
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def _plain(text: str) -> str:
    """Decode surrogates that JSON text escapes, since DuckDB's JSON type refuses lone ones."""
    if _SURROGATE_ESCAPE.search(text) is None:
        return text
    return json.dumps(json.loads(text), ensure_ascii=False)


def _encoded(text: str) -> bytes:
    """Return ``text`` in UTF-8, its lone surrogates replaced by U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _mended(text).encode()


def _mended(text: str) -> str:
    """Join surrogate pairs and replace lone surrogates by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
