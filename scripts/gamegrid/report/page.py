"""Build results/report.html: one file that opens offline, fetches nothing and runs no other script.

The page is made of templates/: ``page.jinja`` and what it includes, every style sheet (*.css) and
every script (*.js) there. Their text is named by its hash in the Content-Security-Policy, so the
page runs just these, whatever a model's reply holds. Replies are in the page as JSON alone, which
the replays show as text.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from gamegrid.paths import replacing
from gamegrid.report import drawing, palette
from gamegrid.report.drawing import Drawn
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Row, Section
from gamegrid.report.replay_section import replay_data, section
from gamegrid.store.tables import ABSENT, connect

QUERIES = ("summary", "agents", "games", "versions")
"""The .sql files beside this module that say what was run."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A style sheet or a script, and its hash as the policy names it."""

    text: Markup
    source: str

    @classmethod
    def of(cls, text: str) -> "Asset":
        """Name ``text`` by its SHA-256."""
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"'sha256-{digest}'")


def build(database: Path, output: Path) -> None:
    """Write the page of ``database`` to ``output``.

    Equal databases give equal pages. Raises UserError if what draws is not installed, duckdb.Error
    if ``database`` cannot be read.
    """
    drawing.check_installed()
    with closing(connect(database)) as connection:
        told = {name: _query(connection, name) for name in QUERIES}
        controls = _rows(connection, "controls")
        drawn = [drawing.draw(connection, figure) for figure in figures()]
        meanings = _meanings(connection)
    styles = Asset.of(theme() + texts("css"))
    scripts = Asset.of(texts("js"))
    text = (
        environment()
        .get_template("page.jinja")
        .render(
            summary=told["summary"][0],
            agents=told["agents"],
            games=told["games"],
            versions=told["versions"],
            controls=controls,
            leaderboard=_board(drawn),
            sections=_sections(drawn),
            meanings=meanings,
            replays=Markup(section(replay_data(database))),
            styles=styles,
            scripts=scripts,
        )
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(output) as temporary:
        temporary.write_text(text, "utf-8")


def _board(drawn: Sequence[Drawn]) -> Drawn:
    """The figure that the page draws into its first table."""
    return next(each for each in drawn if each.figure.name == "leaderboard")


def _sections(drawn: Sequence[Drawn]) -> list[tuple[Section, list[Drawn]]]:
    """The other figures under their headings."""
    others = [each for each in drawn if each.figure.name != "leaderboard"]
    return [(name, list(part)) for name, part in groupby(others, lambda d: d.figure.section)]


def _query(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    """The rows of one of ``QUERIES``."""
    sql = (files("gamegrid.report") / f"{name}.sql").read_text("utf-8")
    return drawing.select(connection, sql)[1]


def _rows(connection: duckdb.DuckDBPyConnection, view: str) -> list[Row]:
    """All rows of a view; none where a database lacks it."""
    if not drawing.has(connection, view):
        return []
    return drawing.select(connection, f'SELECT * FROM "{view}"')[1]


def _meanings(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Unit and meaning of each column of each view, as their comments say."""
    described = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE comment IS NOT NULL AND NOT internal ORDER BY ALL"
    ).fetchall()
    meanings: dict[str, dict[str, str]] = defaultdict(dict)
    for view, column, comment in described:
        meanings[view][column] = ": ".join(comment.split(" | ")[:2])
    return meanings


def theme() -> str:
    """The palette as CSS variables, light and dark."""
    light, dark = (
        "".join(f"{name}:{value};" for name, value in palette.variables(dark=dark).items())
        for dark in (False, True)
    )
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def texts(kind: str) -> str:
    """All files of one kind in templates/, by name."""
    found = [item for item in _templates().iterdir() if item.name.endswith(f".{kind}")]
    return "".join(item.read_text("utf-8") for item in sorted(found, key=lambda item: item.name))


def _templates() -> Any:
    return files("gamegrid.report") / "templates"


def environment() -> jinja2.Environment:
    """Where everything is escaped but what this module marks as safe."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("gamegrid.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["ABSENT"] = ABSENT
    made.filters |= {
        "shown": shown,
        "drawing": Markup,
        "pretty": _pretty,
        "place": _place,
    }
    return made


def shown(value: object) -> str:
    """A value as people read it; ABSENT for None."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{value:,.3f}"
        case int():
            return f"{value:,}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return str(value)


def _pretty(text: str) -> str:
    """JSON text with its parts on lines of their own."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _place(value: float | None, missing: float) -> float:
    """A share as a place in a drawing 100 wide; ``missing`` is where an absent end lies."""
    return round(100 * (missing if value is None else value), 2)
