"""Draw figures: SVG for the page, SVG and PNG for files.

No browser is needed: vl-convert holds the Vega-Lite compiler and a renderer.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from gamegrid.errors import UserError
from gamegrid.report import agents_shown, legend, palette, sheet
from gamegrid.report.agents_shown import AgentsShown
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Figure, FigureRow, Panel
from gamegrid.report.figures.sketch import FONT_SIZE, NARROW, Key, Look, Sketch
from gamegrid.report.sheet import FONT, Picture
from gamegrid.store.tables import connect

PNG_SCALE = 3
"""Pixels of the PNG for each of the SVG: about 290 dots per inch at the SVG's size."""
WIDTHS = MappingProxyType({1: 1112, 2: 538})
"""How wide a panel is on the page, in pixels, by how many panels its figure has; else NARROW."""
COLUMNS = 3
"""How many narrow panels stand side by side, on the page and in a file."""

CONFIG = MappingProxyType(
    {
        "background": None,
        "font": FONT,
        "padding": {"left": 0, "top": 4, "right": 6, "bottom": 0},
        "view": {"stroke": None},
        "axis": {
            "labelColor": "currentColor",
            "labelFontSize": FONT_SIZE,
            "titleColor": str(palette.MUTED),
            "titleFontSize": FONT_SIZE,
            "titleFontWeight": "normal",
            "gridColor": str(palette.RULE),
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
            "labelFlush": False,
            "tickCount": 4,
        },
        "axisBottom": {"titleAnchor": "end"},
        "axisTop": {"titleAnchor": "start", "titleAlign": "left"},
        "axisLeft": {
            "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": -30,
            "titleY": -8, "titleBaseline": "bottom",
        },
        "legend": {
            "labelColor": "currentColor",
            "titleColor": str(palette.MUTED),
            "titleFontWeight": "normal",
            "labelFontSize": FONT_SIZE,
            "titleFontSize": FONT_SIZE,
            "orient": "top",
            "symbolType": "circle",
            "columns": 3,
        },
        "text": {"color": "currentColor", "font": FONT, "fontSize": FONT_SIZE},
    }
)  # fmt: skip
"""How all figures look, as a Vega-Lite config."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure with its rows, and a title and an SVG for each panel. No rows, no panels.

    Where a panel may use more than a third of the page, its text holds two SVGs, of the classes
    ``for-wide`` and ``for-narrow``, of which the page shows one.
    """

    figure: Figure
    columns: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    panels: tuple[tuple[str, str], ...]
    legend: str = ""
    """One legend for all panels, as HTML."""


def draw(
    connection: duckdb.DuckDBPyConnection, figure: Figure, agents: AgentsShown | None = None
) -> Drawn:
    """Draw one figure for the page: its colours are CSS variables.

    ``agents`` are those of the database, which are read if left out. Raises UserError.
    """
    columns, rows = read(connection, figure)
    if not rows:
        return Drawn(figure, columns, (), ())
    shown = agents or agents_shown.read(connection)
    panels = figure.panels(rows)
    wide = WIDTHS.get(len(panels), NARROW)
    keys: list[Key] = []
    drawn = []
    for panel in panels:
        sketch = sketched(panel, Look(shown, wide))
        keys += sketch.keys
        pictures = [picture(panel, sketch)]
        if pictures[0].width > NARROW and hasattr(panel.chart, "draw"):
            pictures.append(picture(panel, sketched(panel, Look(shown, NARROW))))
        drawn.append((panel.title, _variants(pictures)))
    return Drawn(figure, columns, tuple(rows), tuple(drawn), legend.html(unique(keys)))


def _variants(pictures: Sequence[Picture]) -> str:
    """Return one drawing as it is, or a wide and a narrow one, each with its class."""
    if len(pictures) == 1:
        return pictures[0].svg()
    names = ("for-wide", "for-narrow")
    return "".join(each.svg(name) for each, name in zip(pictures, names, strict=True))


def unique(keys: Iterable[Key]) -> list[Key]:
    """Return each key once."""
    return list(dict.fromkeys(keys))


def sketched(panel: Panel, look: Look) -> Sketch:
    """Return the chart of a panel for a look."""
    chart = panel.chart
    if not hasattr(chart, "draw"):
        return Sketch(chart)
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):  # it validates every part of a chart as it is made
        return chart.draw(look)


def picture(panel: Panel, sketch: Sketch) -> Picture:
    """Return the picture of a panel, with its title and message as its name."""
    return Picture.of(svg(sketch.chart), f"{panel.title}. {sketch.message}".strip())


def read(
    connection: duckdb.DuckDBPyConnection, figure: Figure
) -> tuple[tuple[str, ...], list[FigureRow]]:
    """Return the columns and rows of a figure; neither if the database lacks one of its tables."""
    names = (figure.view, *figure.also)
    if not all(has(connection, name) for name in names):
        return (), []
    tables = {name: select(connection, f'SELECT * FROM "{name}"')[1] for name in names}
    rows = list(figure.select(tables))
    return tuple(rows[0]) if rows else (), rows


def select(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> tuple[tuple[str, ...], list[FigureRow]]:
    """Return the columns and rows of a query."""
    answer = connection.execute(sql)
    columns = tuple(str(column[0]) for column in answer.description or ())
    return columns, [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def has(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Return whether the database has a table or view of this name."""
    wanted = "SELECT 1 FROM information_schema.tables WHERE table_name = ?"
    return connection.execute(wanted, [name]).fetchone() is not None


def write_figures(database: Path, folder: Path) -> None:
    """Write every figure as NAME.svg and NAME.png into ``folder``.

    Equal databases give equal files. A figure with nothing to show has no files. Raises UserError
    if what draws is not installed or ``database`` cannot be opened.
    """
    check_installed()
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    with closing(connect(database)) as connection:
        agents = agents_shown.read(connection)
        for figure in figures():
            rows = read(connection, figure)[1]
            panels = figure.panels(rows) if rows else ()
            if not panels:
                continue
            text = palette.fixed(_whole(panels, agents))
            (folder / f"{figure.name}.svg").write_text(text, "utf-8")
            png = vl_convert.svg_to_png(text, scale=PNG_SCALE)
            (folder / f"{figure.name}.png").write_bytes(png)


def _whole(panels: Sequence[Panel], agents: AgentsShown) -> str:
    """Return all panels and the legend as one SVG."""
    width = WIDTHS.get(len(panels), NARROW)
    sketches = [sketched(panel, Look(agents, width)) for panel in panels]
    titled = [
        (sheet.wrapped(panel.title, width), picture(panel, sketch))
        for panel, sketch in zip(panels, sketches, strict=True)
    ]
    keys = unique(key for sketch in sketches for key in sketch.keys)
    return sheet.sheet(titled, keys, min(len(panels), COLUMNS)).svg()


def svg(chart: Any) -> str:
    """Compile a chart to SVG, without altair's theme. Nothing is fetched from the network."""
    import altair as alt
    import vl_convert

    with alt.theme.enable("none"):
        # A test validates every chart: that takes longer than drawing it.
        spec = chart.to_dict(validate=False)
    drawn: str = vl_convert.vegalite_to_svg(spec, config=dict(CONFIG), allowed_base_urls=[])
    return drawn


def check_installed() -> None:
    """Raise UserError if the drawing libraries are not installed."""
    for name in ("altair", "vl_convert"):
        if find_spec(name) is None:
            raise UserError(
                f"Figures and report need the package {name}, which is not installed; install it "
                f"with: pip install 'gamegrid[report]'"
            )
