"""The numbers behind figures: data of the page, from which its script makes tables when opened.

A table with thousands of cells costs a browser more than all drawings together, and few readers
open any. The data hold what the tables show, column by column.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from gamegrid.report.figures.figure import FigureRow


def table(
    columns: Sequence[str], rows: Sequence[FigureRow], meanings: Mapping[str, str]
) -> dict[str, Any]:
    """Return a table as plain values.

    ``meanings`` are those of columns, by name. Each column has its ``name``, its ``values``, its
    ``kind`` (real, whole or text; None if no value is known) and, if known, its ``meaning``.
    Repeated texts are listed once: their values are places in ``words``.
    """
    return {"columns": [_column(name, [row[name] for row in rows], meanings) for name in columns]}


def _column(name: str, values: Sequence[Any], meanings: Mapping[str, str]) -> dict[str, Any]:
    kind = _kind(values)
    column: dict[str, Any] = {"name": name, "kind": kind}
    if name in meanings:
        column["meaning"] = meanings[name]
    if kind != "text":
        return column | {"values": [] if kind is None else list(values)}
    texts = [None if value is None else _text(value) for value in values]
    words = list(dict.fromkeys(text for text in texts if text is not None))
    places = {word: place for place, word in enumerate(words)}
    return column | {
        "words": words,
        "values": [None if text is None else places[text] for text in texts],
    }


def _kind(values: Sequence[Any]) -> str | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in known):
        return "text"
    return "real" if any(isinstance(value, float) for value in known) else "whole"


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def meanings(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the unit and meaning of each view's columns, taken from their comments."""
    described = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE comment IS NOT NULL AND NOT internal ORDER BY ALL"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for view, column, comment in described:
        found.setdefault(view, {})[column] = ": ".join(comment.split(" | ")[:2])
    return found
