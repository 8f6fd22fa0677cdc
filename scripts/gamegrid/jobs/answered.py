"""At the end of a run, say what the preregistered questions found."""

import logging
from contextlib import closing
from pathlib import Path

from gamegrid.records import duckdb_files

log = logging.getLogger(__name__)


def tell(database: Path) -> None:
    """Log two sentences for each preregistered primary question; nothing without a plan."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        if not connection.execute("FROM planned_questions LIMIT 1").fetchall():
            return
        # scipy only where it is needed
        from gamegrid.store.claims import preregistered

        for said in preregistered(connection):
            log.info("preregistered: %s", said)
