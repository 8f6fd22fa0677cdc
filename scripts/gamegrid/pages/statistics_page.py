"""Keep docs/statistics.md in step with the tables."""

import re
from collections.abc import Sequence
from functools import cache

from gamegrid.paths import WORKFLOW
from gamegrid.records import duckdb_files
from gamegrid.store.database import create_empty
from gamegrid.store.tables import Table, described, read_tables

PATH = WORKFLOW / "docs/statistics.md"
DOUBT = "**When not to trust it.**"
"""A heading that every section must contain."""
START, END = "<!-- columns -->", "<!-- /columns -->"


@cache
def tables() -> Sequence[Table]:
    """Return the tables of an empty database."""
    with duckdb_files.connect() as connection:
        create_empty(connection)
        return read_tables(connection)


def refreshed(page: str) -> str:
    """Return the page with its descriptions of columns refreshed; add sections for new tables."""
    for table in tables():
        section = sections(page).get(table.name)
        if section is None:
            page = f"{page.rstrip()}\n\n## {table.name}\n\n{_listing(table)}\n\n{DOUBT}\n"
            continue
        before, _, rest = section.partition(START)
        page = page.replace(section, before + _listing(table) + rest.partition(END)[2])
    return page


def sections(page: str) -> dict[str, str]:
    """Return the page's sections by heading."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0].removeprefix("## "): part for part in parts}


def _listing(table: Table) -> str:
    return f"{START}\n{table.about}\n\n{described(table)}{END}"
