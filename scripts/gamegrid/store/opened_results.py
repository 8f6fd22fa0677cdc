"""Read the results of a grid from Python: as rows, or as typed pandas and polars frames."""

import re
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from gamegrid.errors import UserError, nearest
from gamegrid.records import duckdb_files, received

if TYPE_CHECKING:
    import pandas
    import polars

DATABASE = "gamegrid.duckdb"
_WORDS = re.compile(r", | or ")


class Results:
    """The database of a results folder, open for reading until it is closed.

    Use it in a ``with`` statement, or call ``close``. No query can change the results, and none
    reads or writes a file. NULL means "not known" and stays apart from 0 and from NaN.
    """

    def __init__(self, folder: Path) -> None:
        """Open the database of a results folder.

        Raises UserError if there is none or it cannot be opened.
        """
        received.check_folder(folder)
        path = folder / DATABASE
        if not path.exists():
            raise UserError(f"there is no {path}; play a grid first, or name its results folder.")
        self._connection = duckdb_files.connect(path, read_only=True)

    def __enter__(self) -> "Results":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Relations that ``sql`` returned can no longer be read."""
        self._connection.close()

    @cached_property
    def tables(self) -> Mapping[str, str]:
        """What each table and view holds, by name: first the tables of ``results/tables/``."""
        found = self._connection.execute(
            "SELECT name, comment FROM ("
            "SELECT table_name AS name, comment FROM duckdb_tables() WHERE NOT internal UNION ALL "
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
            ") LEFT JOIN result_tables USING (name) ORDER BY place NULLS LAST, name"
        ).fetchall()
        return MappingProxyType({name: comment or "" for name, comment in found})

    def columns(self, table: str) -> Mapping[str, str]:
        """Return ``unit | meaning | source`` of each column of a table or view, by name.

        Raises UserError if there is no such table.
        """
        self._check_name(table)
        found = self._connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ? "
            "AND NOT internal ORDER BY column_index",
            [table],
        ).fetchall()
        return MappingProxyType({name: comment or "" for name, comment in found})

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Return what a query finds, to ``show()``, to ``fetchall()`` or to query further.

        Raises UserError if DuckDB rejects the query.
        """
        try:
            return self._connection.sql(query)
        except duckdb.Error as error:
            raise UserError(f"the query fails: {str(error).strip()}") from error

    def pandas(self, source: str) -> "pandas.DataFrame":
        """Return a table, a view or the result of a query as a pandas frame.

        Whole numbers and true or false are of pandas' nullable types (``Int64``, ``boolean``), so
        NULL is ``<NA>`` there; in floats it is NaN. A column of a table whose comment lists its
        values, such as ``status``, is categorical. Raises UserError if there is no such table, if
        DuckDB rejects the query, or if pandas is not installed.
        """
        pandas, arrow = _library("pandas"), _library("pyarrow")
        types = {
            arrow.bool_(): pandas.BooleanDtype(),
            arrow.string(): pandas.StringDtype(),
            **{getattr(arrow, f"int{n}")(): getattr(pandas, f"Int{n}Dtype")() for n in (32, 64)},
        }
        return self._arrow(source).to_pandas(types_mapper=types.get)

    def polars(self, source: str) -> "polars.DataFrame":
        """Return a table, a view or the result of a query as a polars frame.

        NULL stays null. A column of a table whose comment lists its values, such as ``status``, is
        categorical. Raises UserError if there is no such table, if DuckDB rejects the query, or if
        polars is not installed.
        """
        frame: polars.DataFrame = _library("polars").from_arrow(self._arrow(source))
        return frame

    def _arrow(self, source: str) -> Any:
        """Return a table or the result of a query as a pyarrow table."""
        arrow, compute = _library("pyarrow"), _library("pyarrow.compute")
        if not re.fullmatch(r"\w+", source.strip()):
            return self.sql(source).to_arrow_table()
        table = source.strip()
        units = {name: said.split(" | ")[0] for name, said in self.columns(table).items()}
        found = self.sql(f'SELECT * FROM "{table}"').to_arrow_table()
        for place, (name, unit) in enumerate(units.items()):
            if " or " not in unit or found[name].type != arrow.string():
                continue
            words = arrow.array(_WORDS.split(unit))
            values = found[name].combine_chunks()
            kept = compute.index_in(values, words)
            if kept.null_count == values.null_count:  # the unit lists every value
                found = found.set_column(
                    place, name, arrow.DictionaryArray.from_arrays(kept, words)
                )
        return found

    def _check_name(self, table: str) -> None:
        if table not in self.tables:
            hint = nearest(table, self.tables)
            raise UserError(
                f"there is no table or view {table!r}.{hint} The attribute tables lists all."
            )


def _library(name: str) -> Any:
    """Import one of the libraries of the extra ``analysis``. Raises UserError if it is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise UserError(
            f"{package} is not installed. Install it with: pip install 'gamegrid[analysis]'"
        ) from error
