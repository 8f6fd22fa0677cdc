"""Build results/report.html, a single file that works offline and loads nothing.

The page opens with what the tests found, ranks the agents once, and then shows each figure with its
meaning and its caution. It is rendered from templates/: ``page.jinja`` and its includes, plus every
style sheet (*.css) and script (*.js) in that folder. The Content-Security-Policy lists the hashes
of those scripts and styles, so the browser runs nothing else, whatever a model's reply contains.
Replies enter the page only as JSON, which the replays show as text.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from gamegrid.paths import replacing
from gamegrid.prompts import sandbox
from gamegrid.report import agents_shown, drawing, legend, numbers, palette, ranked_list
from gamegrid.report.agents_shown import AgentShown
from gamegrid.report.drawing import Drawn
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import FigureRow, Section
from gamegrid.report.figures.sketch import Key, Mark
from gamegrid.report.replay_bundle import embedded
from gamegrid.report.replay_section import replay_data, section
from gamegrid.store.tables import ABSENT, connect, decimals

QUERIES = ("summary", "agents", "games", "versions", "tables")
"""SQL files beside this module that describe what was run and what there is."""
RANKED = "ratings"
"""The figure whose rows the page shows as its ranked list, with every agent."""


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


@dataclass(frozen=True, slots=True)
class Frame:
    """What a server puts around the page: HTML above it, a style sheet and a script."""

    top: str = ""
    style: str = ""
    script: str = ""


def build(database: Path, output: Path, frame: Frame | None = None) -> None:
    """Write the page of ``database`` to ``output``, by default without a ``frame``.

    Equal databases give equal pages. Raises UserError if the drawing packages are not installed,
    or if ``database`` cannot be opened.
    """
    drawing.check_installed()
    with closing(connect(database)) as connection:
        facts = {name: _query(connection, name) for name in QUERIES}
        controls, board = rows_of(connection, "controls"), rows_of(connection, "leaderboard")
        headline = rows_of(connection, "headline")
        agents = agents_shown.read(connection)
        drawn = [drawing.draw(connection, figure, agents) for figure in figures()]
        meanings = numbers.meanings(connection)
    around = frame or Frame()
    styles = Asset.of(theme() + texts("css") + around.style)
    scripts = Asset.of(texts("js") + around.script)
    text = (
        environment()
        .get_template("page.jinja")
        .render(
            summary=facts["summary"][0],
            agents=agents.in_order(facts["agents"]),
            games=facts["games"],
            versions=facts["versions"],
            tables=facts["tables"],
            controls=controls,
            answer=[row for row in headline if row["game"] is None],
            game_answers=[row for row in headline if row["game"] is not None],
            board=ranked_list.sets(board, agents),
            sections=_sections(drawn),
            figures={each.figure.name: each for each in drawn},
            absent=[each.figure for each in drawn if not each.rows],
            meanings=meanings,
            numbers=Markup(embedded(_numbers(drawn, controls, meanings))),
            replays=Markup(section(replay_data(database))),
            styles=styles,
            scripts=scripts,
            top=Markup(around.top),
            connect="'self'" if frame else "'none'",
        )
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(output) as temporary:
        temporary.write_text(text, "utf-8")


def _sections(drawn: Sequence[Drawn]) -> list[tuple[Section, list[Drawn]]]:
    """Return the figures that show something, by section, without the one of the ranked list.

    The first section is there even without a figure, because it holds that list.
    """
    shown: dict[Section, list[Drawn]] = {Section.STANDINGS: []}
    for each in drawn:
        if each.rows and each.figure.name != RANKED:
            shown.setdefault(each.figure.section, []).append(each)
    return list(shown.items())


def _numbers(
    drawn: Sequence[Drawn], controls: Sequence[FigureRow], meanings: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return the data of every table that the page makes when a reader opens it."""
    tables = {
        each.figure.name: numbers.table(each.columns, each.rows, meanings.get(each.figure.view, {}))
        for each in drawn
        if each.rows
    }
    if controls:
        tables["controls"] = numbers.table(
            list(controls[0]), controls, meanings.get("controls", {})
        )
    return tables


def _query(connection: duckdb.DuckDBPyConnection, name: str) -> list[FigureRow]:
    """Return the rows of one of ``QUERIES``."""
    sql = (files("gamegrid.report") / f"{name}.sql").read_text("utf-8")
    return drawing.select(connection, sql)[1]


def rows_of(connection: duckdb.DuckDBPyConnection, view: str) -> list[FigureRow]:
    """Return all rows of a view; none if the database lacks the view."""
    if not drawing.has(connection, view):
        return []
    return drawing.select(connection, f'SELECT * FROM "{view}"')[1]


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
        "swatch": _swatch,
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


def _swatch(agent: AgentShown) -> Markup:
    """Return the dot that stands for an agent, as SVG elements."""
    return Markup(legend.swatch(Key(Mark.DOT, (agent.colour,), agent.label, shape=agent.shape)))
