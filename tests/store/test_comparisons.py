"""Over random results, no columns of a comparison and no letters contradict each other."""

import numpy as np
import pytest

from random_comparisons import all_contradictions, random_results


@pytest.mark.parametrize("seed", range(60))
def test_no_row_contradicts_itself_or_the_letters(seed: int) -> None:
    assert all_contradictions(random_results(np.random.default_rng(seed))) == []


@pytest.mark.nightly
def test_nothing_in_2000_results_contradicts_itself() -> None:
    count, apart = 0, 0
    for seed in range(2000):
        results = random_results(np.random.default_rng([seed, 15]))
        assert all_contradictions(results) == []
        count += len(results.rows)
        apart += sum(row[5] in ("better", "worse") for row in results.rows)
    assert count > 20_000
    assert 0.1 < apart / count < 0.9


def test_a_pair_with_one_game_has_no_row_over_games() -> None:
    for seed in range(40):
        rows = random_results(np.random.default_rng(seed)).rows
        games = {row[0] for row in rows} - {None, "cards"}
        assert (None in {row[0] for row in rows}) == (len(games) > 1)
