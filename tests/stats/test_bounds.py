"""The bounds of controls: false alarms are no more frequent than stated; real faults are found."""

import numpy as np
import pytest
from scipy import stats

from gamegrid.stats.bounds import FAMILY_ALPHA, Law, at_least


@pytest.mark.parametrize("chance", [0.03, 0.5, 0.97])
@pytest.mark.parametrize("deals", [1, 5, 40, 500])
@pytest.mark.parametrize("alpha", [0.05, 1e-5])
def test_outside_lies_less_than_alpha_and_not_much_less(
    chance: float, deals: int, alpha: float
) -> None:
    """Compare with exact binomial tails; Chernoff's bound is loose by a factor of about sqrt(n)."""
    found = Law(np.array([0.0, 1.0]), np.array([1 - chance, chance])).accepted(deals, alpha)
    wins = np.arange(deals + 1)
    inside = (found.low <= wins / deals) & (wins / deals <= found.high)
    outside = float(stats.binom.pmf(wins[~inside], deals, chance).sum())
    assert outside <= alpha
    exact = stats.binom.interval(1 - alpha / 30, deals, chance)
    assert exact[0] / deals - 1 / deals <= found.low
    assert found.high <= exact[1] / deals + 1 / deals


def test_honest_results_are_seldom_red_by_mean_or_by_any_share() -> None:
    """Kuhn's returns under uniform play; alpha, half per check, is large enough to count errors."""
    law = Law(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([3 / 16, 1 / 4, 3 / 8, 3 / 16]))
    luck, red = np.random.default_rng(3), 0
    for _ in range(1000):
        found = luck.choice(law.results, 30, p=law.chances)
        mean = law.accepted(30, 0.05).covers(float(found.mean()))
        red += not mean or law.odd_share(found, 30, 0.05) is not None
    assert red <= 100 + 3 * 100**0.5
    always_passing = law.odd_share(luck.choice([-1.0, 1.0], 100), 100, 1e-5)
    assert always_passing is not None
    impossible = law.odd_share(np.array([1.0, 1.5]), 2, 1e-5)
    assert impossible is not None and (impossible.result, impossible.chance) == (1.5, 0.0)


def test_a_certain_result_is_accepted_alone() -> None:
    found = Law(np.array([0.5]), np.array([1.0])).accepted(7, 1e-6)
    assert found.covers(0.5)
    assert found.half_width < 1e-9


@pytest.mark.parametrize("chance", [0.0, 1.0])
@pytest.mark.parametrize("deals", [2, 500])
def test_what_is_certain_leaves_luck_no_room(chance: float, deals: int) -> None:
    found = Law(np.array([0.0, 1.0]), np.array([1 - chance, chance])).accepted(deals, 1e-6)
    assert found.covers(chance)
    assert found.half_width < 1e-6


def test_a_mean_over_seatings_that_share_luck_is_rarer_outside() -> None:
    """The law describes one seating; the mean of two varies less."""
    law, luck = Law(np.array([0.0, 0.5, 1.0]), np.array([0.3, 0.1, 0.6])), np.random.default_rng(1)
    found = law.accepted(20, 0.05)
    pairs = luck.choice(law.results, (4000, 20, 2), p=law.chances).mean(axis=(1, 2))
    singles = luck.choice(law.results, (4000, 20), p=law.chances).mean(axis=1)
    rare, rarer = (float(np.mean((m < found.low) | (m > found.high))) for m in (singles, pairs))
    assert rarer <= rare <= 0.05


def test_a_mean_that_is_what_it_is_said_to_be_is_seldom_doubted() -> None:
    """Kuhn's returns under uniform play have mean 1/8: a tenth of the samples have p below 0.1."""
    returns, chances = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([3 / 16, 1 / 4, 3 / 8, 3 / 16])
    luck = np.random.default_rng(2)
    drawn = luck.choice(returns, (2000, 60), p=chances)
    found = np.array([at_least(row, 1 / 8, -2, 2) for row in drawn])
    for limit in (0.1, 0.01):
        assert np.mean(found <= limit) <= limit + 3 * (limit / 2000) ** 0.5
    robbed = np.array([at_least(row - 0.5, 1 / 8, -2.5, 2) for row in np.tile(drawn[:50], 10)])
    assert np.median(robbed) < FAMILY_ALPHA / 10
