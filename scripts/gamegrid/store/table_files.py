"""Find and create the tables of the results: each is one .sql file, found by its folder.

A file ``NAME.sql`` creates the view ``NAME``. Its first line, ``-- table: NUMBER``, makes the view
a table and puts it in order. The comments on the view and its columns describe it. The folders of
the configuration's ``plugins`` may hold further tables.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files
from pathlib import Path

import duckdb

from gamegrid import plugins
from gamegrid.errors import UserError

_HEADER = re.compile(r"-- table: (\d+)\n(?:-- paper: (.*)\n)?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOT_CODE = re.compile(r"--.*|^COMMENT ON (?:'(?:[^']|'')*'|[^;'])*;|'(?:[^']|'')*'", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """The text of one .sql file, which creates the view ``name``."""

    name: str
    sql: str

    @property
    def place(self) -> int | None:
        """The number in the order of tables. None for a view that is no table of the results."""
        header = _HEADER.match(self.sql)
        return int(header[1]) if header else None

    @property
    def paper(self) -> str | None:
        """The columns that a paper prints, in the words of ``paper_columns``; None for none."""
        header = _HEADER.match(self.sql)
        return header[2] if header else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table as its comment describes it."""

    name: str
    unit: str
    meaning: str
    source: str
    numeric: bool


@cache
def package_files() -> tuple[TableFile, ...]:
    """Return the package's own files, by name."""
    folder = files("gamegrid.store") / "views"
    return tuple(
        TableFile(name=Path(file.name).stem, sql=file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


def plugin_files(folders: plugins.Folders) -> list[TableFile]:
    """Return the tables in the user's folders.

    Raises UserError, naming the file, if one has no header or a name that cannot be used.
    """
    taken = {file.name for file in package_files()}
    tables = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.sql"))):
        table = TableFile(name=path.stem, sql=path.read_text("utf-8"))
        if table.place is None:
            raise plugins.refusal(path, "does not begin with a line like '-- table: 500'")
        if not _NAME.fullmatch(table.name):
            raise plugins.refusal(path, "needs a name of lower-case letters, digits and _")
        if table.name in taken:
            raise plugins.refusal(path, f"declares the table {table.name!r}, which is taken")
        taken.add(table.name)
        tables.append(table)
    return tables


def table_names() -> list[str]:
    """Return the names of all tables in order, those of the user's folders included."""
    return _names([*package_files(), *plugin_files(plugins.folders())])


def paper_choices() -> dict[str, str]:
    """Return the columns that papers print of each table whose file names some."""
    every = [*package_files(), *plugin_files(plugins.folders())]
    return {file.name: file.paper for file in every if file.paper}


def create(connection: duckdb.DuckDBPyConnection, own: Sequence[TableFile] = ()) -> None:
    """Create the views of the package and the user's ``own`` tables, and list the tables.

    Raises UserError if one of the user's tables cannot be created or is not described.
    """
    everything = {file.name: file for file in (*package_files(), *own)}
    for name in _in_order(everything):
        if everything[name] in own:
            _create_own(connection, everything[name])
        else:
            connection.execute(everything[name].sql)
    for name in _names(everything.values()):
        connection.execute(
            "INSERT INTO result_tables VALUES (?, ?)", [name, everything[name].place]
        )


def described(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, tuple[Column, ...]]:
    """Return what the comments of a view say about it and its columns.

    Raises ValueError if one is missing or a column's comment is not ``unit | meaning | source``.
    """
    about = connection.execute(
        "SELECT comment FROM duckdb_views() WHERE view_name = ? AND NOT internal", [name]
    ).fetchone()
    if about is None or about[0] is None:
        raise ValueError(f"view {name} is missing or has no comment")
    columns = connection.execute(
        "SELECT column_name, comment, data_type FROM duckdb_columns() "
        "WHERE table_name = ? AND NOT internal ORDER BY column_index",
        [name],
    ).fetchall()
    return str(about[0]), tuple(_column(name, *row) for row in columns)


def _names(tables: Iterable[TableFile]) -> list[str]:
    placed = [(file.place, file.name) for file in tables if file.place is not None]
    return [name for _, name in sorted(placed)]


def _in_order(everything: Mapping[str, TableFile]) -> list[str]:
    """Return the names so that each view follows those that its code names."""
    uses = {
        name: (set(re.findall(r"\w+", _NOT_CODE.sub("", file.sql))) & everything.keys()) - {name}
        for name, file in everything.items()
    }
    return list(TopologicalSorter(uses).static_order())


def _create_own(connection: duckdb.DuckDBPyConnection, table: TableFile) -> None:
    try:
        connection.execute(table.sql)
        described(connection, table.name)
    except (duckdb.Error, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise UserError(
            f"config: plugins: the table of {table.name}.sql cannot be created: {said}."
        ) from error


def _column(table: str, name: str, comment: str | None, kind: str) -> Column:
    parts = (comment or "").split(" | ")
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"column {table}.{name} is not described as 'unit | meaning | source'")
    unit, meaning, source = parts
    return Column(
        name=name,
        unit=unit,
        meaning=meaning,
        source=source,
        numeric=kind not in ("VARCHAR", "BOOLEAN"),
    )
