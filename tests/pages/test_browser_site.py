"""The site of the documents in a real Chromium, at phone and desktop width, without a network."""

import functools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from documents import pages
from gamegrid.paths import WORKFLOW

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)
THEME = {"landmark-unique", "scrollable-region-focusable"}
"""Rules of axe that the theme breaks: its buttons for copying have no names of their own, and wide
tables scroll without focus."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site as ``make docs`` builds it."""
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "PYTHONPATH": str(WORKFLOW / "scripts")}
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=WORKFLOW, env={**environment, "NO_MKDOCS_2_WARNING": "1"}, check=True, timeout=300,
    )  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("There is no Chromium: apt-get install chromium.")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=found, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(params=WIDTHS)
def page(browser: Any, site: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of that width, which asks nobody but the site and logs no error."""
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    asked, said = [], []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site}/")
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((site, "blob:", "data:"))] == []
    assert said == []


def address(name: str) -> str:
    """The path of a document's page."""
    path = Path(name)
    return str(path.parent if path.stem == "README" else path.with_suffix("")) + "/"


def test_no_document_is_wider_than_the_window(page: Any, site: str) -> None:
    for name in [*pages(), "reference/gamegrid.games.game.md"]:
        page.goto(f"{site}/{address(name)}")
        wide, window = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= window, name
        assert page.locator("h1").count() == 1, name


def test_every_picture_is_there(page: Any, site: str) -> None:
    for name in ("README.md", "docs/analysis.md", "docs/concepts.md"):
        page.goto(f"{site}/{address(name)}")
        widths = "all => all.map(each => each.naturalWidth)"
        shown = page.eval_on_selector_all("article img", widths)
        assert shown and all(shown), name


def test_a_search_finds_what_a_deal_is(page: Any) -> None:
    if page.viewport_size["width"] == min(WIDTHS):
        page.locator("label.md-header__button[for=__search]").click()
    field = page.locator("input.md-search__input")
    field.click()
    field.press_sequentially("deal")
    found = page.locator("a.md-search-result__link").first
    explained = re.compile(r"/(concepts|glossary)/($|\?)")
    playwright.expect(found).to_have_attribute("href", explained, timeout=20_000)
    found.click()
    page.wait_for_url("**/docs/**")
    assert "deal" in page.locator("article").inner_text()


def test_a_link_to_a_source_file_shows_it(page: Any, site: str) -> None:
    page.goto(f"{site}/docs/extending/")
    page.locator("article a", has_text="scripts/gamegrid/games/").first.click()
    page.locator("article a", has_text="tic_tac_toe.py").first.click()
    assert "class TicTacToe" in page.locator("article pre").inner_text()


@pytest.mark.parametrize(
    "name", ["README.md", "docs/analysis.md", "config/README.md", "docs/api.md"]
)
def test_axe_finds_nothing_in_a_document(page: Any, site: str, name: str) -> None:
    page.goto(f"{site}/{address(name)}")
    found = axe.Axe().run(page).response["violations"]
    ours = {each["id"]: [n["html"][:120] for n in each["nodes"]] for each in found}
    assert {rule: nodes for rule, nodes in ours.items() if rule not in THEME} == {}
