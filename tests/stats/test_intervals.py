"""Intervals of means over deals: what they cover, and when there is none."""

from itertools import product

import numpy as np
import pytest

from gamegrid.stats.intervals import (
    Interval,
    NoInterval,
    Reason,
    Stratum,
    combined_share_interval,
    mean_interval,
    share_ends,
    share_interval,
)
from stats_coverage import (
    CASES,
    CORRELATIONS,
    DEALS,
    Case,
    deal_means,
    mean_coverage,
    naive_coverage,
    share_coverage,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_95_percent_intervals_cover_93_and_from_50_deals_98_at_most(case: Case) -> None:
    for deals, correlation in product(DEALS, CORRELATIONS):
        found = share_coverage(case, correlation, deals, 2000, 7)
        noise = 3 * (0.05 * 0.95 / 2000) ** 0.5
        assert found >= 0.93 - noise, (deals, correlation, found)
        assert deals < 50 or found <= 0.98 + noise, (deals, correlation, found)


def test_counting_episodes_as_independent_covers_too_little() -> None:
    """With all luck shared, 100 episodes are 50 deals: 1.96/sqrt(2) SDs cover 83.4 %."""
    case = Case("share .5", (0.5, 0.5))
    assert naive_coverage(case, 1.0, 50, 4000, 1) < 0.88
    assert share_coverage(case, 1.0, 50, 4000, 1) > 0.93


def test_fully_shared_luck_is_wilsons_interval_on_deals() -> None:
    """3 of 10 deals. n_eff: p(1-p)/(s^2/n) = n-1 = 9, less the prior's third of a deal of p(1-p):
    9 (s^2 = .21 * 10/9) + 1/3 (.21) over 9 1/3 gives .2325; n_eff = .21/.2325 * 10 = 9.0323.
    Wilson at t(9) = 2.2622 by hand: share = .56658; ends (.3 + .28329 -+ .44812)/1.56658.
    """
    found = share_interval(np.array([1.0] * 3 + [0.0] * 7))
    assert isinstance(found, Interval)
    half = (0.56658 * (0.21 + 0.56658 / 4)) ** 0.5
    assert found.low == pytest.approx((0.3 + 0.28329 - half) / 1.56658, abs=1e-4)
    assert found.high == pytest.approx((0.3 + 0.28329 + half) / 1.56658, abs=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("deals", [2, 5, 200])
def test_equal_deals_give_a_width_and_the_mean_is_inside(value: float, deals: int) -> None:
    found = share_interval(np.full(deals, value))
    assert isinstance(found, Interval)
    assert found.low <= value <= found.high
    assert found.high - found.low > 0.01
    assert found.low >= 0 and found.high <= 1


def test_wins_and_losses_are_mirror_images() -> None:
    deals = np.random.default_rng(1).integers(0, 3, 20) / 2
    one, other = share_interval(deals), share_interval(1 - deals)
    assert isinstance(one, Interval) and isinstance(other, Interval)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


def test_where_there_is_no_interval_the_reason_is_said() -> None:
    one, none, same = np.array([0.5]), np.array([]), np.full(8, 0.5)
    assert share_interval(none) == mean_interval(none) == NoInterval(Reason.NO_DEALS)
    assert share_interval(one) == mean_interval(one) == NoInterval(Reason.ONE_DEAL)
    assert combined_share_interval([]) == NoInterval(Reason.NO_DEALS)
    assert mean_interval(same) == NoInterval(Reason.ALL_EQUAL)
    with pytest.raises(ValueError, match="between 0 and 1"):
        share_interval(np.array([0.0, 1.5]))


def test_a_mean_over_games_is_covered_though_one_is_always_lost() -> None:
    luck = np.random.default_rng(3)
    hits = []
    for _ in range(400):
        strata = [
            Stratum((luck.random(10) < share).astype(float), weight)
            for share, weight in ((0.01, 1), (0.5, 1), (0.8, 2))
        ]
        found = combined_share_interval(strata)
        assert isinstance(found, Interval)
        hits.append(found.covers((0.01 + 0.5 + 2 * 0.8) / 4))
    assert np.mean(hits) >= 0.93


def test_one_game_alone_is_combined_to_its_own_interval() -> None:
    deals = np.array([0.0, 0.5, 1.0, 1.0, 0.5])
    alone, combined = share_interval(deals), combined_share_interval([Stratum(deals, 3.0)])
    assert isinstance(alone, Interval) and isinstance(combined, Interval)
    assert (combined.low, combined.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize("deals", [8, 40])
def test_means_without_bounds_are_covered(deals: int) -> None:
    """Draw swapped poker hands: sums of two returns of 1 or 2 units, with mean .25."""
    luck = np.random.default_rng(4)
    hits = []
    for _ in range(150):
        hands = luck.choice([-2.0, -1.0, 1.0, 2.0], (deals, 2), p=[0.15, 0.3, 0.4, 0.15])
        found = mean_interval(hands.mean(axis=1))
        assert isinstance(found, Interval)
        hits.append(found.covers(-0.3 - 0.3 + 0.4 + 0.3))
    assert np.mean(hits) >= 0.90  # 95 % minus three standard errors of 150 samples


def test_a_skewed_mean_is_covered_with_many_deals_only() -> None:
    """Skewness 2: in 90 % with 10 deals, in 94 % or more from 100 on (Student's t)."""
    few, many = (mean_coverage("exponential", deals, 1500, 1) for deals in (10, 100))
    assert few < 0.925 < many


def test_many_samples_at_once_are_the_same_intervals() -> None:
    samples = deal_means(CASES[3], 0.5, 12, 20, np.random.default_rng(6))
    low, high = share_ends(samples)
    singles = [one for one in map(share_interval, samples) if isinstance(one, Interval)]
    assert low == pytest.approx([one.low for one in singles])
    assert high == pytest.approx([one.high for one in singles])


def test_an_interval_has_its_ends_in_order() -> None:
    with pytest.raises(ValueError, match="no interval"):
        Interval(1.0, 0.0)
