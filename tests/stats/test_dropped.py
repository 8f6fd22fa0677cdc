"""Bounds hold whatever became of the deals that were dropped."""

import numpy as np
import pytest

from gamegrid.stats.arrays import Floats
from gamegrid.stats.dropped import Bounds, bounds_over_games, difference_bounds, pool_bounds
from gamegrid.stats.observations import Observations, combined_interval
from stats_coverage import dropped_coverage


def observed(values: Floats) -> Observations:
    return Observations(luck="g", deals=np.arange(len(values)), values=values)


def bounds(values: Floats, dropped: Floats, low: float = 0.0, high: float = 1.0) -> Bounds:
    """The bounds if the deals marked in ``dropped`` are unknown."""
    return Bounds(
        observed(np.where(dropped, low, values)), observed(np.where(dropped, high, values))
    )


@pytest.mark.parametrize("seed", range(50))
def test_the_mean_of_all_deals_lies_between_the_ends(seed: int) -> None:
    luck = np.random.default_rng(seed)
    values = luck.random(int(luck.integers(3, 20)))
    found = bounds(values, luck.random(len(values)) < luck.random())
    interval = found.interval(Observations.share_interval)
    assert interval is not None
    assert interval.covers(float(values.mean()))


@pytest.mark.parametrize("seed", range(50))
def test_bounds_of_a_difference_hold_the_difference(seed: int) -> None:
    luck = np.random.default_rng(seed)
    one, other = luck.random((2, int(luck.integers(1, 20))))
    pairs = [(bounds(one, luck.random(len(one)) < 0.3), bounds(other, luck.random(len(one)) < 0.3))]
    found = difference_bounds(pairs)
    least, most = found.least.mean, found.most.mean
    assert least is not None and most is not None
    assert least - 1e-12 <= float((one - other).mean()) <= most + 1e-12


def test_opponents_and_games_weigh_as_in_the_mean() -> None:
    one = bounds(np.array([1.0, 1.0]), np.array([False, True]))
    other = bounds(np.array([0.0, 1.0]), np.array([False, False]))
    pooled = pool_bounds([one, other])
    assert (pooled.least.mean, pooled.most.mean) == (0.5, 0.75)
    found = bounds_over_games([(one, 0.5), (other, 0.5)], combined_interval)
    assert found is not None
    assert found.low < 0.5 and found.high > 0.75


def test_equal_values_are_bounded_by_their_mean() -> None:
    """Nothing but the dropped deals is unknown if all others are worth the same."""
    found = bounds(np.full(4, 2.0), np.array([True] + [False] * 3), -2, 2).interval(
        Observations.mean_interval
    )
    assert found is not None and found.high == 2.0
    assert (
        bounds(np.array([2.0]), np.array([True]), -2, 2).interval(Observations.mean_interval)
        is None
    )


@pytest.mark.parametrize("size", [10, 40, 200])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_the_ends_cover_the_mean_whichever_deals_are_dropped(size: int, share: float) -> None:
    """Deals below 1/2 are dropped with this probability, as by an agent that gives up when behind.

    300 samples (seed 7): three standard errors of a coverage of 95 % are 3.8 points. The interval
    over the deals that are left covers 67 % of the means with 40 deals, and 6 % with 200.
    """
    bounded, plain = dropped_coverage(size, share, 300, 7)
    assert bounded > 0.91
    if share == 0.5 and size > 10:
        assert plain < 0.8
