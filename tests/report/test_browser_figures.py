"""Figures in a real Chromium: one drawing for the width, and colours of the reader's choice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import paper_samples
from browser_watch import SCHEMES, WIDTHS, Watched, chromium
from gamegrid.report import palette
from report_samples import built

pytestmark = pytest.mark.browser

EVERY_PANEL = (
    "[...document.querySelectorAll('.panel')].map(panel => [...panel.querySelectorAll('svg')]"
    ".map(svg => svg.getBoundingClientRect()).filter(box => box.width).map("
    "box => [box.left, box.right]))"
)
FONTS = (
    "[...new Set([...document.querySelectorAll('.panel svg text')].filter(text =>"
    " text.getBoundingClientRect().width).map(text => Math.round(10 * parseFloat("
    "getComputedStyle(text).fontSize) * text.ownerSVGElement.getBoundingClientRect().width"
    " / text.ownerSVGElement.viewBox.baseVal.width) / 10))]"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(paper_samples.results(tmp_path_factory.mktemp("figures")))


def value(page: Any, colour: palette.Colour) -> str:
    """Return the colour that a variable has on the page."""
    style = "getComputedStyle(document.documentElement)"
    return str(page.evaluate(f"{style}.getPropertyValue('--{colour.name}').trim()"))


@pytest.mark.parametrize("width", WIDTHS)
def test_every_panel_has_one_drawing_within_the_window_in_words_that_can_be_read(
    browser: Any, page_file: Path, width: int
) -> None:
    with Watched(browser, page_file, width) as page:
        panels = page.evaluate(EVERY_PANEL)
        assert len(panels) > 10
        for boxes in panels:
            [(left, right)] = boxes
            assert 0 <= left < right <= width
        assert min(page.evaluate(FONTS)) >= 12


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_theme_that_is_set_wins_over_the_reader_s(
    browser: Any, page_file: Path, scheme: str
) -> None:
    with Watched(browser, page_file, scheme=scheme) as page:
        assert value(page, palette.PAPER) == getattr(palette.PAPER, scheme)
        for theme in SCHEMES:
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            assert value(page, palette.PAPER) == getattr(palette.PAPER, theme)
            assert value(page, palette.AMOUNT.fills[-1]) == getattr(palette.AMOUNT.fills[-1], theme)
        page.emulate_media(media="print")
        assert value(page, palette.INK) == palette.INK.light


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_high_contrast_drawings_keep_their_colours_on_their_own_ground(
    browser: Any, page_file: Path, scheme: str
) -> None:
    with Watched(browser, page_file, scheme=scheme) as page:
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        panel = page.locator("#score_map .panel").first
        ground, words = (
            panel.evaluate(f"panel => getComputedStyle(panel).{name}")
            for name in ("backgroundColor", "color")
        )
        assert (ground, words) == tuple(
            rgb(getattr(each, scheme)) for each in (palette.PAPER, palette.INK)
        )


def rgb(colour: str) -> str:
    """Return a colour like #00ff00 as browsers write it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
