"""Ratings and ranges of ranks hold the truth in sets of results drawn from what bots played."""

import pytest

from played_coverage import GRIDS
from rank_coverage import KUHN, game_errors, population, rating_errors


def noise(share: float, samples: int) -> float:
    """Return three standard errors of a share."""
    return 3 * (share * (1 - share) / samples) ** 0.5


def test_ranks_of_a_margin_game_are_possible_ones_where_the_order_shown_is_wrong() -> None:
    """Five bots in kuhn_poker: at 20 deals the order shown is hardly ever the true one."""
    found = game_errors(population(KUHN, 600, 5), 20, 40, 6)
    assert found.right < 0.5
    assert found.ranks >= 0.95 - noise(0.95, 40)


@pytest.mark.nightly
@pytest.mark.parametrize("grid", GRIDS[:4], ids=lambda grid: grid.name)
def test_ratings_of_bots_cover_with_and_without_luck_or_a_disguise(grid) -> None:
    matches = population(grid, 600, 5).matches
    for deals in (5, 20, 50):
        found = rating_errors(matches, deals, 60, 6)
        # Ratings of one sample hang together, so a sample counts as one.
        assert found.coverage >= 0.95 - noise(0.95, 60)
        assert found.ranks >= 0.95 - noise(0.95, 60)


@pytest.mark.nightly
def test_deals_of_a_disguise_that_counted_as_its_own_would_cover_too_little() -> None:
    """The simulation fails if the method is wrong: this is what the tables once did."""
    matches = population(GRIDS[2], 600, 5).matches
    assert rating_errors(matches, 20, 100, 6, apart=True).coverage < 0.9
