"""Colours: every pair that meets on the page has the contrast that WCAG 2.2 asks for."""

import re
from itertools import pairwise

import pytest

from gamegrid.report import palette
from gamegrid.report.palette import BLACK, WHITE, Colour, Ramp, contrast

THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
RAMPS = pytest.mark.parametrize("ramp", palette.RAMPS, ids=["even", "amount"])


def value(colour: Colour, dark: bool) -> str:
    return colour.dark if dark else colour.light


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == 21
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.005)


@THEMES
@pytest.mark.parametrize("ground", palette.GROUNDS, ids=str)
def test_words_and_marks_stand_out_from_what_they_stand_on(ground: Colour, dark: bool) -> None:
    for text in palette.TEXTS:
        assert contrast(value(text, dark), value(ground, dark)) >= 4.5, text
    for mark in palette.MARKS:
        assert contrast(value(mark, dark), value(ground, dark)) >= 3, mark


@THEMES
@RAMPS
def test_numbers_can_be_read_on_every_cell(ramp: Ramp, dark: bool) -> None:
    for fill, ink in zip(ramp.fills, ramp.inks, strict=True):
        assert contrast(value(fill, dark), value(ink, dark)) >= 4.5, fill


@THEMES
@RAMPS
def test_a_ramp_runs_from_the_page_to_what_stands_out(ramp: Ramp, dark: bool) -> None:
    """Further from the neutral colour is further from the page, so order is seen without hue."""
    middle = len(ramp.fills) // 2 if ramp is palette.EVEN else 0
    paper = value(palette.PAPER, dark)
    away = [contrast(value(fill, dark), paper) for fill in ramp.fills]
    for side in (away[middle:], away[middle::-1]):
        assert all(near < far for near, far in pairwise(side))
        assert not side[1:] or side[-1] >= 3


@THEMES
def test_colours_that_mean_something_differ(dark: bool) -> None:
    for group in (
        palette.CATEGORIES,
        (palette.OWN, palette.RETHOUGHT, palette.FALLBACK, palette.FORFEIT),
        (palette.RIGHT, palette.WRONG, *palette.SEATS),
        palette.PHASES,
    ):
        shades = [value(each, dark) for each in group]
        assert len(set(shades)) == len(shades)
    whose = {value(each, dark) for each in (palette.OWN, palette.FALLBACK, palette.FORFEIT)}
    assert whose.isdisjoint(value(each, dark) for each in palette.SEATS)


def test_variables_have_names_of_their_own_and_all_themes_set_all_of_them() -> None:
    assert len({each.name for each in palette.COLOURS}) == len(palette.COLOURS)
    blocks = re.findall(r"\{([^{}]*)\}", palette.css())
    assert len(blocks) == 3
    for block, dark in zip(blocks, (False, True, True), strict=True):
        for name, colour in palette.variables(dark=dark).items():
            assert f"{name}:{colour};" in block


def test_files_have_no_variables() -> None:
    text = " ".join(map(str, palette.COLOURS)) + " currentColor"
    assert not re.search(r"var\(|currentColor", palette.fixed(text))
