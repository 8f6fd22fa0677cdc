"""Pages opened in a real Chromium, with everything they log or request."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")

Page = Any
"""A page of playwright's, which is imported only where a browser test runs."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("There is no Chromium: apt-get install chromium.")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=list(QUIET))
        yield opened
        opened.close()


class Watched:
    """An open page, which must log nothing and request nothing but its own file."""

    def __init__(self, browser: Any, file: Path, width: int = 1440, scheme: str = "light") -> None:
        self.file = file
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *_: object) -> None:
        self.page.close()
        assert self.said == []
        assert {url.partition("#")[0] for url in self.asked} == {self.file.as_uri()}


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, each with the elements that it names."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: "
        + ", ".join(node["html"][:160] for node in each["nodes"][:5])
        for each in found
    ]


def open_all(page: Page) -> None:
    """Open every part of a page that opens, and wait for what its script then makes."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.wait_for_function(
        "[...document.querySelectorAll('details[data-numbers]')].every("
        "each => each.querySelector('table'))"
    )
