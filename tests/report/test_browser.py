"""The page in a real Chromium, opened from a file, at phone and desktop width."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import report_samples
from browser_watch import WIDTHS, Page, Watched, chromium, open_all
from gamegrid.report import drawing
from gamegrid.report.figures import figures
from gamegrid.store.tables import connect
from workflow_runs import ROOT, snakemake

pytestmark = pytest.mark.browser

SHOTS = ROOT / "results/browser"
"""Screenshots of the last run, for people to look at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the default grid."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(ROOT / "config/config.yaml", folder / "grid.yaml")
    run = snakemake(folder, None, "--", "all")
    assert run.code == 0, run.output
    return folder / "results"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose models' replies try to do harm."""
    return report_samples.built(report_samples.hostile(tmp_path_factory.mktemp("hostile")))


def query(demo: Path, sql: str) -> list[tuple[Any, ...]]:
    with connect(demo / "gamegrid.duckdb") as connection:
        return connection.execute(sql).fetchall()


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_text_contents()]


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_the_screen_in_either_dress(
    browser: Any, demo: Path, width: int, scheme: str
) -> None:
    with Watched(browser, demo / "report.html", width, scheme) as page:
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{width}-{scheme}.png", full_page=True)
        ink, paper = (
            page.evaluate(f"getComputedStyle(document.body).{name}")
            for name in ("color", "backgroundColor")
        )
        lightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, paper)]
        assert (lightness[0] < lightness[1]) == (scheme == "light")


# Numbers


def test_the_ranked_list_is_the_database_s_and_sorts(browser: Any, demo: Path) -> None:
    def agents(order: str = "") -> list[str]:
        return [name for (name,) in query(demo, f"SELECT agent FROM leaderboard {order}")]

    with Watched(browser, demo / "report.html") as page:
        shown = lambda: texts(page, ".board tbody th > span")  # noqa: E731
        assert shown() == agents()
        cells = page.locator(".board td:nth-child(4)")
        ratings = [rating for (rating,) in query(demo, "SELECT rating FROM leaderboard")]
        assert cells.evaluate_all("all => all.map(each => +each.dataset.value)") == ratings
        heading = page.locator(".board thead th", has_text="expected")
        heading.get_by_role("button").click()
        assert shown() == agents("ORDER BY expected_score DESC")
        assert heading.get_attribute("aria-sort") == "descending"
        heading.get_by_role("button").press("Enter")
        assert shown() == agents("ORDER BY expected_score")
        page.locator(".board thead th", has_text="rating").get_by_role("button").press("Space")
        assert shown() == agents("ORDER BY rating DESC")


def test_the_page_opens_with_what_the_database_says(browser: Any, demo: Path) -> None:
    said = query(
        demo,
        "SELECT sentence FROM headline WHERE game IS NULL"
        " ORDER BY list_position(['bad', 'plain', 'warn'], severity), place",
    )
    with Watched(browser, demo / "report.html") as page:
        assert texts(page, ".bad p, .answer, .further") == [sentence for (sentence,) in said]


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.name)
def test_the_numbers_behind_a_figure_are_the_database_s(
    browser: Any, demo: Path, figure: Any
) -> None:
    with connect(demo / "gamegrid.duckdb") as connection:
        rows = [tuple(row.values()) for row in drawing.read(connection, figure)[1]]
    with Watched(browser, demo / "report.html") as page:
        place = page.locator(f"#{figure.name}")
        if not rows:
            assert place.count() == 0
            assert figure.empty in texts(page, "#run .tables dd")
            return
        place.locator("summary").click()
        place.locator("details table").wait_for()
        shown = place.locator("details tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell =>"
            " 'value' in cell.dataset ? +cell.dataset.value :"
            " cell.classList.contains('absent') ? null : cell.textContent.trim()))"
        )
        assert len(shown) == len(rows)
        for line, row in zip(shown, rows, strict=True):
            assert line == [_told(value, cell) for value, cell in zip(row, line, strict=True)]


def _told(value: Any, cell: Any) -> Any:
    """Return a value as a table tells it; numbers are words in a column that holds words, too."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) and isinstance(cell, str) else value


def test_the_dots_lie_where_the_numbers_are(browser: Any, demo: Path) -> None:
    """The axis runs from score 0 to 1, so places are a straight line through all scores."""
    scores = dict(query(demo, "SELECT agent, score FROM per_game WHERE game = 'tic_tac_toe'"))
    with Watched(browser, demo / "report.html") as page:
        panel = page.locator("#per_game .panel", has_text="tic_tac_toe")
        dots = panel.locator("svg:visible path[aria-roledescription=point][fill='var(--blue)']")
        places = {
            label.split()[0]: place
            for label, place in dots.evaluate_all(
                "all => all.map(each => [each.getAttribute('aria-label'),"
                " each.transform.baseVal[0].matrix.e])"
            )
        }
    assert places.keys() == scores.keys()
    lowest, highest = sorted(scores, key=lambda agent: scores[agent])[:: len(scores) - 1]
    scale = (places[highest] - places[lowest]) / (scores[highest] - scores[lowest])
    assert scale > 100
    start = places[lowest] - scale * scores[lowest]
    expected = {agent: start + scale * score for agent, score in scores.items()}
    assert places == pytest.approx(expected, abs=0.1)


# What models say


def test_no_script_but_the_page_s_own_would_run(browser: Any, hostile: Path) -> None:
    watched = Watched(browser, hostile)
    failed: dict[str, str] = {}
    watched.page.on("requestfailed", lambda request: failed.update({request.url: request.failure}))
    watched.page.evaluate(
        "const one = document.createElement('script'); one.textContent = 'window.ran = 1';"
        "document.body.append(one);"
        "const add = html => document.body.insertAdjacentHTML('beforeend', html);"
        'add(\'<img src="data:," onerror="window.ran = 2">\');'
        "add('<img src=\"https://example.org/x.png\">');"
    )
    watched.page.wait_for_timeout(200)
    assert watched.page.evaluate("window.ran") is None
    assert watched.said
    assert all("Content Security Policy" in text for text in watched.said)
    assert failed == {"https://example.org/x.png": "csp"}
    watched.page.close()
