"""Bots play whole grids: the tables' intervals cover the truth, with and without disguises."""

import pytest

from played_coverage import GRIDS, LUCKLESS, Grid, answers, coverage, play, tables, within


@pytest.mark.nightly
def test_a_disguise_that_counts_as_a_game_of_its_own_covers_too_little() -> None:
    with play(GRIDS[0], 2000, 11) as results:
        wrong, right = (coverage(each, 20) for each in (results.apart, results))
    for question in ("scores", "pairs over games"):
        assert wrong[question].coverage < 0.9 < 0.93 < right[question].coverage


@pytest.mark.nightly
@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_intervals_cover_93_percent_end_to_end(grid: Grid) -> None:
    """Two standard errors of the independent sets are left for chance."""
    with play(grid, 2000, 11) as results:
        for deals in (10, 20, 50):
            noise = 2 * (0.05 * 0.95 / (2000 / deals)) ** 0.5
            for question, found in coverage(results, deals).items():
                assert found.coverage >= 0.93 - noise, (deals, question, found)
                assert deals == 10 or found.coverage <= 0.99 + noise, (deals, question, found)


def test_the_tables_of_a_block_are_those_of_its_deals_alone() -> None:
    """So that splitting the deals of one database measures what many databases would say."""
    grid = Grid("small", ("tic_tac_toe", "number_scrabble"), LUCKLESS)
    with play(grid, 12, 1, chunk=6) as results:
        cells = [within(cell, 6, 6) for cell in results.cells]
        split = {answer[:2]: answer[2:] for answer in answers(cells, results)}
        built = {answer[:2]: answer[2:] for answer in tables(results, "00006-00011")}
    assert built.keys() == split.keys()
    for key, interval in built.items():
        assert interval == pytest.approx(split[key]), key
