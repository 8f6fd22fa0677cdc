"""Draw figures: SVG for the page, SVG and PNG for papers.

No browser is needed: vl-convert holds the Vega-Lite compiler and a renderer.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from gamegrid.errors import UserError
from gamegrid.report import palette
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Figure, FigureRow, Panel
from gamegrid.store.tables import connect

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
PNG_SCALE = 3
"""Pixels of the PNG for each of the SVG: about 290 dots per inch at the SVG's size."""

CONFIG = MappingProxyType(
    {
        "background": "transparent",
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {
            "labelColor": "currentColor",
            "labelFontSize": 11,
            "labelLimit": 130,
            "titleColor": str(palette.MUTED),
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "gridColor": str(palette.RULE),
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
            "labelFlush": False,
            "labelOverlap": "greedy",
            "tickCount": 5,
        },
        "axisBand": {"grid": False, "labelOverlap": False},
        "legend": {
            "labelColor": "currentColor",
            "titleColor": str(palette.MUTED),
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "titleFontSize": 11,
            "orient": "top",
            "symbolType": "circle",
            "columns": 3,
        },
        "title": {"color": "currentColor", "anchor": "start", "fontSize": 12, "fontWeight": 600},
        "text": {"color": "currentColor", "font": FONT},
    }
)
"""How all figures look, as a Vega-Lite config."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure with its rows, and a title and an SVG for each panel. No rows, no panels."""

    figure: Figure
    columns: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    panels: tuple[tuple[str, str], ...]


def draw(connection: duckdb.DuckDBPyConnection, figure: Figure) -> Drawn:
    """Draw one figure for the page: its colours are CSS variables. Raises UserError."""
    columns, rows = read(connection, figure)
    panels = figure.panels(rows) if rows else ()
    drawn = tuple((panel.title, svg(panel.chart)) for panel in panels)
    return Drawn(figure, columns, tuple(rows), drawn)


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

    Equal databases give equal files. A figure without rows says so in its file. Raises UserError
    if what draws is not installed or ``database`` cannot be opened.
    """
    check_installed()
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    with closing(connect(database)) as connection:
        for figure in figures():
            rows = read(connection, figure)[1]
            text = palette.fixed(svg(_standing_alone(figure, figure.panels(rows) if rows else ())))
            (folder / f"{figure.name}.svg").write_text(text, "utf-8")
            png = vl_convert.svg_to_png(text, scale=PNG_SCALE)
            (folder / f"{figure.name}.png").write_bytes(png)


def svg(chart: Any) -> str:
    """Compile a chart to SVG, without altair's theme. Nothing is fetched from the network."""
    import altair as alt
    import vl_convert

    with alt.theme.enable("none"):
        spec = chart.to_dict()
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


def _standing_alone(figure: Figure, panels: Sequence[Panel]) -> Any:
    """Return all panels in one chart on white, or the figure's sentence if there are none."""
    import altair as alt

    if panels:
        charts = [panel.chart.properties(title=panel.title) for panel in panels]
        chart = alt.concat(*charts, columns=2).resolve_scale(color="independent")
    else:
        text = alt.Chart(alt.Data(values=[{"text": figure.empty}]))
        chart = (
            text.mark_text(align="left", fontSize=12)
            .encode(text="text:N", x=alt.value(0))
            .properties(width=7 * len(figure.empty), height=30)
        )
    return chart.properties(background=palette.PAPER.light)
