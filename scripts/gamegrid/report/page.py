"""Build results/report.html, a single file that works offline and loads nothing.

The page is rendered from templates/: ``page.jinja`` and its includes, plus every style sheet
(*.css) and script (*.js) in that folder. The Content-Security-Policy lists the hashes of those
scripts and styles, so the browser runs nothing else, whatever a model's reply contains. Replies
enter the page only as JSON, which the replays show as text.
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
from gamegrid.prompts import sandbox
from gamegrid.report import drawing, palette
from gamegrid.report.drawing import Drawn
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import FigureRow, Section
from gamegrid.report.replay_section import replay_data, section
from gamegrid.store.tables import ABSENT, connect, decimals

QUERIES = ("summary", "agents", "games", "versions")
"""SQL files beside this module that describe what was run."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A style sheet or a script, and its hash in the form the policy uses."""

    text: Markup
    source: str

    @classmethod
    def of(cls, text: str) -> "Asset":
        """Return an asset for ``text`` with its SHA-256."""
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return cls(Markup(text), f"'sha256-{digest}'")


def build(database: Path, output: Path) -> None:
    """Write the page of ``database`` to ``output``.

    Equal databases give equal pages. Raises UserError if the drawing packages are not installed,
    or if ``database`` cannot be opened.
    """
    drawing.check_installed()
    with closing(connect(database)) as connection:
        facts = {name: _query(connection, name) for name in QUERIES}
        controls = _rows(connection, "controls")
        drawn = [drawing.draw(connection, figure) for figure in figures()]
        meanings = _meanings(connection)
    styles = Asset.of(theme() + texts("css"))
    scripts = Asset.of(texts("js"))
    text = (
        environment()
        .get_template("page.jinja")
        .render(
            summary=facts["summary"][0],
            agents=facts["agents"],
            games=facts["games"],
            versions=facts["versions"],
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
    """Return the leaderboard figure, which the page merges into its first table."""
    return next(each for each in drawn if each.figure.name == "leaderboard")


def _sections(drawn: Sequence[Drawn]) -> list[tuple[Section, list[Drawn]]]:
    """Return the other figures, grouped by section."""
    others = [each for each in drawn if each.figure.name != "leaderboard"]
    return [(name, list(part)) for name, part in groupby(others, lambda d: d.figure.section)]


def _query(connection: duckdb.DuckDBPyConnection, name: str) -> list[FigureRow]:
    """Return the rows of one of ``QUERIES``."""
    sql = (files("gamegrid.report") / f"{name}.sql").read_text("utf-8")
    return drawing.select(connection, sql)[1]


def _rows(connection: duckdb.DuckDBPyConnection, view: str) -> list[FigureRow]:
    """Return all rows of a view; none if the database lacks the view."""
    if not drawing.has(connection, view):
        return []
    return drawing.select(connection, f'SELECT * FROM "{view}"')[1]


def _meanings(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the unit and meaning of each view's columns, taken from their comments."""
    described = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE comment IS NOT NULL AND NOT internal ORDER BY ALL"
    ).fetchall()
    meanings: dict[str, dict[str, str]] = defaultdict(dict)
    for view, column, comment in described:
        meanings[view][column] = ": ".join(comment.split(" | ")[:2])
    return meanings


def theme() -> str:
    """Return the palette as CSS variables for every theme."""
    return palette.css()


def texts(kind: str) -> str:
    """Return all files of one kind in templates/, joined in order of their names."""
    items = [item for item in _templates().iterdir() if item.name.endswith(f".{kind}")]
    return "".join(item.read_text("utf-8") for item in sorted(items, key=lambda item: item.name))


def _templates() -> Any:
    return files("gamegrid.report") / "templates"


def environment() -> jinja2.Environment:
    """Return a Jinja environment that escapes everything except what this module marks as safe."""
    jinja = sandbox.environment(
        loader=jinja2.PackageLoader("gamegrid.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals["ABSENT"] = ABSENT
    jinja.filters |= {
        "shown": shown,
        "drawing": Markup,
        "pretty": _pretty,
        "place": _place,
    }
    return jinja


def shown(value: object) -> str:
    """Format a value for readers; None becomes ABSENT."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float():
            return decimals(value, ",.3f")
        case int():
            return f"{value:,}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return str(value)


def _pretty(text: str) -> str:
    """Return JSON text with indentation."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _place(value: float | None, missing: float) -> float:
    """Scale a share to a drawing 100 units wide; ``missing`` replaces an absent end."""
    return round(100 * (missing if value is None else value), 2)
