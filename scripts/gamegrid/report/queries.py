"""The SQL files of this room, as text."""

from importlib.resources import files


def text(name: str) -> str:
    """Return the query in ``name``.sql."""
    return (files("gamegrid.report") / f"{name}.sql").read_text("utf-8")


def with_outcomes(name: str) -> str:
    """Return the query in ``name``.sql, which calls the rows of seat_outcomes.sql ``results``."""
    return f"WITH results AS (\n{text('seat_outcomes')})\n{text(name)}"
