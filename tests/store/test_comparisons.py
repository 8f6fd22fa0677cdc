"""Rows of comparisons: over random results, no two columns of a row contradict each other."""

import numpy as np
import pytest

from random_comparisons import contradictions, random_rows


@pytest.mark.parametrize("seed", range(60))
def test_no_row_contradicts_itself(seed: int) -> None:
    rows = random_rows(np.random.default_rng(seed))
    assert [said for row in rows if (said := contradictions(row))] == []


@pytest.mark.nightly
def test_no_row_of_2000_results_contradicts_itself() -> None:
    count, apart = 0, 0
    for seed in range(2000):
        for row in random_rows(np.random.default_rng([seed, 15])):
            assert contradictions(row) == []
            count, apart = count + 1, apart + (row[5] in ("better", "worse"))
    assert count > 20_000
    assert 0.1 < apart / count < 0.9


def test_a_pair_with_one_game_has_no_row_over_games() -> None:
    for seed in range(40):
        rows = random_rows(np.random.default_rng(seed))
        games = {row[0] for row in rows} - {None, "cards"}
        assert (None in {row[0] for row in rows}) == (len(games) > 1)
