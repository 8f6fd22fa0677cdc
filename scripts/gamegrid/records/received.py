"""Check the files of a results folder before anything reads or writes them.

Results may come from somebody else. A link in them could make a run overwrite a file elsewhere, a
pipe or a device could make it wait forever, and a small file can unpack to more than the memory
holds.
"""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import duckdb

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files
from gamegrid.records.duckdb_files import exact

DEPTHS = {
    "chunks": 3,
    "journal": 3,
    "human": 2,
    "positions": 2,
    "probes": 2,
    "judged": 1,
    "exploitability": 1,
    "corrections": 1,
}
"""The folders of results that hold files of gamegrid, and how deep below them the files lie."""
FILES = (".duckdb", ".html", ".json", ".jsonl", ".txt")
"""Endings of names that belong to files, directly in the results folder."""

MB = 1_000_000
JSON_LIMIT = 256 * MB
"""The largest JSON file that is read, in bytes. Real ones are a thousandth of that."""
TABLE_LIMIT = 1000 * MB
"""The texts of a table file may have this many bytes in all,"""
RATIO_LIMIT = 1000
"""or this many times its size, if that is more: equal texts are stored once."""
ROW = 100
"""What a row counts beside its texts, in bytes."""

KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


def check_folder(results: Path) -> None:
    """Check that a results folder holds only folders and regular files, each where it belongs.

    The folder itself may be missing, or a link. Raises UserError that names the first other file.
    """
    if not results.exists() and not results.is_symlink():
        return
    if not results.is_dir():
        raise UserError(f"{results} is not a folder, so it holds no results. Name another folder.")
    for path, entry in _entries(results):
        if reason := _wrong(path.relative_to(results), entry):
            raise UserError(f"{str(path)!r} {reason}.")


def check_file(path: Path, limit: int | None = None) -> None:
    """Check that ``path`` is a regular file, or a link to one, of at most ``limit`` bytes.

    Raises UserError otherwise, and if there is no such file.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: what no path can be
        said = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot read {str(path)!r}: {said}.") from error
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{str(path)!r} is a folder; a file belongs here.")
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{str(path)!r} is {_kind(status.st_mode)}; a file belongs here.")
    if limit is not None and status.st_size > limit:
        raise UserError(
            f"{str(path)!r} is {status.st_size / MB:,.0f} MB large; a file of this kind has at "
            f"most {limit / MB:,.0f} MB."
        )


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises UserError if there is no such file or it is too large, and ValueError if it holds no
    JSON, or JSON that is nested too deeply.
    """
    check_file(path, JSON_LIMIT)
    return loads(path.read_bytes())


def loads(text: bytes | str) -> Any:
    """Return the value of a JSON text. Raises ValueError, for deep nesting too."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error


def check_tables(paths: Sequence[Path]) -> None:
    """Check how much Parquet files unpack to, before their rows are read.

    Files that cannot be read are left to their readers. Raises UserError.
    """
    for path in paths:
        check_file(path)
        most = max(TABLE_LIMIT, RATIO_LIMIT * path.stat().st_size)
        try:
            with duckdb_files.connect(files=[path]) as connection:
                sizes = (measure(connection, path) for measure in (_stated, _texts))
                size = next((size for size in sizes if size > most), None)
        except duckdb.Error:
            continue
        if size is not None:
            raise UserError(
                f"{path} unpacks to {size / MB:,.0f} MB, which is more than a file of its size "
                f"can honestly hold. It was not read."
            )


def _stated(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return the size that a Parquet file states, in bytes."""
    [(size,)] = connection.execute(
        "SELECT (SELECT sum(num_rows) FROM parquet_file_metadata($path)) * $row "
        "+ (SELECT coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata($path))",
        {"path": exact(path), "row": ROW},
    ).fetchall()
    return int(size)


def _texts(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return the length of all texts in a Parquet file, in bytes.

    A text that many rows share is stored once, so a file cannot state this.
    """
    source, file = "FROM read_parquet($path, hive_partitioning = false)", {"path": exact(path)}
    columns = connection.execute(f"SELECT * {source} LIMIT 0", file).description or ()
    parts = [_length(_quoted(name), kind) for name, kind, *_ in columns]
    [(size,)] = connection.execute(f"SELECT sum({' + '.join(parts)}) {source}", file).fetchall()
    return int(size or 0)


def _length(value: str, kind: Any, depth: int = 0) -> str:
    """Return SQL for the length of the texts in a value of type ``kind``."""
    match kind.id:
        case "varchar":
            return f"coalesce(strlen({value}), 0)::HUGEINT"
        case "blob":
            return f"coalesce(octet_length({value}), 0)::HUGEINT"
        case "list":
            (_, inner), each = kind.children[0], f"each{depth}"
            part = _length(each, inner, depth + 1)
            return f"coalesce(list_sum([{part} FOR {each} IN {value}]), 0)::HUGEINT"
        case "struct":
            fields = [
                _length(f"struct_extract({value}, {_literal(name)})", inner, depth + 1)
                for name, inner in kind.children
            ]
            return f"({' + '.join(fields)})"
        case _:
            return "8::HUGEINT"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _entries(folder: Path) -> Iterator[tuple[Path, os.DirEntry[str]]]:
    """Yield everything in a folder and its folders, without following links."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(f"cannot read the folder {str(folder)!r}: {error.strerror}.") from error
    for entry in entries:
        path = folder / entry.name
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(path)


def _wrong(place: PurePath, entry: os.DirEntry[str]) -> str | None:
    """Say in a few words why something cannot be in a results folder; None if it can."""
    if entry.is_symlink():
        return (
            "is a link. Results hold no links, because a run could overwrite what a link leads "
            "to. Put a copy in its place"
        )
    if entry.is_dir(follow_symlinks=False):
        top, depth = place.parts[0], len(place.parts)
        if depth == 1 + DEPTHS.get(top, depth) or (depth == 1 and place.suffix in FILES):
            return "is a folder where a file belongs. Move it away"
        return None
    if not entry.is_file(follow_symlinks=False):
        kind = _kind(entry.stat(follow_symlinks=False).st_mode)
        return f"is {kind}; results hold only files and folders. Remove it"
    if len(place.parts) == 1 and place.name in (*DEPTHS, "tables", "logs", "progress"):
        return "is a file where a folder belongs. Move it away"
    return None


def _kind(mode: int) -> str:
    return next((name for holds, name in KINDS if holds(mode)), "no regular file")
