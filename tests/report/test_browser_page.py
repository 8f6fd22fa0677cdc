"""The page of small and of big results in a real Chromium: fit, light, and open to everybody."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_watch import SCHEMES, WIDTHS, Watched, chromium, open_all, violations
from gamegrid.store.tables import connect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

TESTS = Path(__file__).resolve().parents[1]
BIGGEST = 6_000_000
"""The most bytes of a page."""
NODES = 40_000
"""The most elements of a page when it is opened."""
EVERY = pytest.mark.parametrize("name", ["small", "big"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of 4 agents in 3 games and of 20 agents in 15 games."""
    folder = tmp_path_factory.mktemp("sets")
    path = os.pathsep.join([str(TESTS), str(TESTS.parent / "scripts")])
    subprocess.run(  # in a process of its own, because playwright's has an event loop already
        [sys.executable, TESTS / "result_sets.py", folder, "small", "big"],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    return {name: folder / name / "results/report.html" for name in ("small", "big")}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@EVERY
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    with Watched(browser, pages[name], width, scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert violations(page) == []
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_what_opens(browser: Any, pages: dict[str, Path], scheme: str) -> None:
    with Watched(browser, pages["small"], scheme=scheme) as page:
        open_all(page)
        assert violations(page) == []


def test_big_results_make_a_page_that_a_browser_can_carry(
    browser: Any, pages: dict[str, Path]
) -> None:
    assert pages["big"].stat().st_size <= BIGGEST
    with Watched(browser, pages["big"]) as page:
        assert page.evaluate("document.querySelectorAll('*').length") < NODES


@EVERY
def test_every_link_of_the_contents_leads_somewhere(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    with Watched(browser, pages[name]) as page:
        targets = page.locator("nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert len(set(targets)) == len(targets)
        for target in targets:
            assert page.locator(target).count() == 1
        figures = page.locator("main figure").evaluate_all("all => all.map(each => '#' + each.id)")
        assert set(figures) <= set(targets)


@EVERY
def test_each_agent_is_listed_once_with_a_mark_of_its_own(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    with connect(pages[name].with_name("gamegrid.duckdb")) as connection:
        agents = {name for (name,) in connection.execute("SELECT agent FROM agents").fetchall()}
    with Watched(browser, pages[name]) as page:
        rows = page.locator(".board tbody th[scope=row]")
        listed = rows.evaluate_all("all => all.map(each => each.title)")
        labels = [text.strip() for text in rows.all_text_contents()]
        swatches = rows.evaluate_all("all => all.map(each => each.querySelector('svg').innerHTML)")
    assert set(listed) == agents
    assert len(set(labels)) == len(labels) == len(agents) == len(set(swatches))


COLOURS = """
() => {
    const painted = element => {
        const style = getComputedStyle(element);
        return style.fill === "none" ? style.stroke : style.fill;
    };
    const agents = [...document.querySelectorAll(".board tbody th[scope=row]")].map(row => ({
        name: row.title, label: row.querySelector("span").textContent,
        colour: painted(row.querySelector("path")),
    }));
    const found = [];
    for (const figure of document.querySelectorAll("main figure")) {
        const keys = [...figure.querySelectorAll(".legend .key")];
        const named = keys.filter(key => agents.some(agent => agent.label === key.textContent));
        if (!named.length) continue;
        for (const key of named) {
            const agent = agents.find(agent => agent.label === key.textContent);
            const shape = [...key.querySelectorAll("path")].pop();
            found.push([figure.id, "key", agent.name, painted(shape), agent.colour]);
        }
        for (const mark of figure.querySelectorAll("[aria-roledescription=point]")) {
            const words = mark.getAttribute("aria-label");
            const said = agents.filter(agent => words.startsWith(`${agent.name} `)
                || words.startsWith(`${agent.name},`));
            const agent = said.sort((one, other) => other.name.length - one.name.length)[0];
            found.push([figure.id, "mark", agent?.name, painted(mark), agent?.colour]);
        }
    }
    return found;
}
"""
"""Where an agent is drawn in its colour, the colour there, and that in the list of agents."""


@pytest.mark.parametrize("scheme", SCHEMES)
@EVERY
def test_an_agent_has_one_colour_in_all_figures(
    browser: Any, pages: dict[str, Path], name: str, scheme: str
) -> None:
    with Watched(browser, pages[name], scheme=scheme) as page:
        found = page.evaluate(COLOURS)
    assert {what for _, what, *_ in found} == {"key", "mark"}
    assert len({figure for figure, *_ in found}) > 1
    wrong = [each for each in found if each[3] != each[4]]
    assert not wrong


def test_numbers_are_made_when_they_are_opened_by_keyboard(
    browser: Any, pages: dict[str, Path]
) -> None:
    with Watched(browser, pages["small"]) as page:
        numbers = page.locator("#paired details")
        assert numbers.locator("table").count() == 0
        numbers.locator("summary").focus()
        page.keyboard.press("Enter")
        table = page.get_by_role("region", name="Who is better on the same deals: numbers")
        table.wait_for()
        table.get_by_role("columnheader", name="difference").get_by_role("button").press("Enter")
        shown = table.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => +row.cells[4].dataset.value)"
        )
        assert shown == sorted(shown, reverse=True)


def test_a_game_opens_to_its_own_agents(browser: Any, pages: dict[str, Path]) -> None:
    with connect(pages["small"].with_name("gamegrid.duckdb")) as connection:
        found = connection.execute(
            "SELECT agent FROM per_game WHERE game = 'kuhn_poker' AND deals > 0"
        )
        agents = [name for (name,) in found.fetchall()]
    with Watched(browser, pages["small"]) as page:
        game = page.locator(".games details", has_text="kuhn_poker:")
        game.locator("summary").click()
        rows = game.locator("tbody tr")
        rows.first.wait_for()
        assert rows.count() == len(agents)
        for agent, row in zip(agents, rows.all(), strict=True):
            assert agent in row.all_text_contents()[0]


def test_print_is_dark_on_light_whatever_the_scheme(
    browser: Any, pages: dict[str, Path], tmp_path: Path
) -> None:
    with Watched(browser, pages["small"], scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        ink, paper = (
            page.evaluate(f"getComputedStyle(document.body).{name}")
            for name in ("color", "backgroundColor")
        )
        assert paper == "rgb(255, 255, 255)"
        assert ink != paper
        assert not page.locator("nav").first.is_visible()
        printed = tmp_path / "page.pdf"
        page.pdf(path=printed, format="A4")
        assert printed.stat().st_size > 10_000


def test_the_page_works_without_its_script(browser: Any, pages: dict[str, Path]) -> None:
    """What was found, the list and all drawings are there; tables are said to be elsewhere."""
    context = browser.new_context(java_script_enabled=False)
    copy = pages["small"].with_name("copy.html")
    shutil.copy(pages["small"], copy)
    page = context.new_page()
    page.goto(copy.as_uri())
    assert page.locator(".answer").is_visible()
    assert page.locator(".board tbody tr").count() == 4
    page.locator("#paired summary").click()
    assert "Tables need JavaScript" in page.locator("#paired").inner_text()
    context.close()
