"""Render the server's pages: templates, one style sheet and scripts, each known by its hash.

A page holds its style and its scripts, and its Content-Security-Policy allows no others, as in the
report. Whatever a model or a file says enters a page as text.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup

from gamegrid.prompts import sandbox
from gamegrid.report import page, replay_bundle
from gamegrid.report.page import Asset, Frame

PLACES = {"/": "Results", "/progress": "Progress", "/episodes": "Episodes", "/play": "Play"}
"""The pages in the bar at the top, by path."""
_STATED = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def show(
    template: str, here: str, scripts: Sequence[str] = (), own: str = "", **values: Any
) -> web.Response:
    """Return a page.

    ``here`` is its path in the bar. ``scripts`` names files of templates/ that it runs, after the
    text ``own`` of scripts that are not the server's.
    """
    style = Asset.of(_style())
    script = Asset.of(own + "".join(_text(f"{name}.js") for name in ("live", *scripts)))
    text = _environment().get_template(f"{template}.jinja").render(
        here=here, places=PLACES, style=style, script=script, **values
    )  # fmt: skip
    policy = (
        f"default-src 'none'; style-src {style.source}; script-src {script.source}; "
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
    )
    return _html(text, policy)


def report(text: str) -> web.Response:
    """Return the report, which states its own policy."""
    stated = _STATED.search(text)
    assert stated is not None, "the report has no policy"
    return _html(text, stated[1].replace("&#39;", "'"))


def frame() -> Frame:
    """Return what the server puts around the report."""
    top = _environment().get_template("bar.jinja").render(here="/", places=PLACES)
    return Frame(top, _text("serve.css"), _text("live.js"))


def _html(text: str, policy: str) -> web.Response:
    return web.Response(
        # A half character, which some replies hold, cannot be written as UTF-8.
        body=text.encode("utf-8", "replace"),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"},
    )


def _style() -> str:
    return page.theme() + page.texts("css") + _text("serve.css")


@cache
def _text(name: str) -> str:
    return (files("gamegrid.serve") / "templates" / name).read_text("utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = sandbox.environment(
        loader=jinja2.PackageLoader("gamegrid.serve"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = page.shown
    environment.filters["embedded"] = lambda value: Markup(replay_bundle.embedded(value))
    environment.globals["pairs"] = lambda values: [(value, value) for value in values]
    return environment
