"""The anytime interval holds at all looks at once, and its price is what the module says."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from anytime_coverage import (
    SHARES,
    SOURCES,
    boundary_misses,
    games_misses,
    misses,
    sequential_misses,
)
from gamegrid.stats.anytime import (
    FIRST_LOOK,
    MOST_DEALS,
    anytime_interval,
    boundary,
    confidence_after,
    deals_to_decide,
    mixture_price,
)
from gamegrid.stats.intervals import CONFIDENCE, Interval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest, Sample

SOME = [source for source in SOURCES if source.name.endswith(("returns", "loss", "luck 0.8"))]


def noise(samples: int) -> float:
    """Return three standard errors of a share of 5 %."""
    return float(3 * (0.05 * 0.95 / samples) ** 0.5)


def mean_test_of(values: np.ndarray, limits: Interval | None = SHARES) -> MeanTest | NoInterval:
    return MeanTest.of([Sample(values)], limits)


def test_brownian_motion_leaves_the_boundary_in_5_percent_of_paths() -> None:
    """A boundary that is too low or too high by a tenth would show."""
    found = boundary_misses(4000, 1)
    assert 0.05 - noise(4000) <= found <= 0.05 + noise(4000)


def test_looks_at_a_fixed_sample_interval_miss_far_more() -> None:
    """Why the boundary exists: thirty looks at 95 % intervals, of which one misses in a quarter."""
    luck = np.random.default_rng(6)
    after = np.geomspace(FIRST_LOOK, 1000, 30).round().astype(int)
    walks = np.cumsum(luck.standard_normal((1000, 1000)), axis=1)[:, after - 1]
    assert np.mean((np.abs(walks) > 1.96 * np.sqrt(after)).any(axis=1)) > 0.2


@pytest.mark.parametrize("source", SOME, ids=lambda source: source.name)
def test_few_sequences_have_a_look_that_misses(source: object) -> None:
    assert misses(source, 200, 40, 2, times=8) <= 0.05 + noise(40)  # type: ignore[arg-type]


@pytest.mark.nightly
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_sequences_with_a_look_that_misses_are_at_most_6_percent(source: object) -> None:
    assert misses(source, 1000, 400, 3) <= 0.06 + noise(400)  # type: ignore[arg-type]


@pytest.mark.nightly
def test_allocation_by_anytime_intervals_leaves_them_valid() -> None:
    sources = SOURCES[::3]
    assert sequential_misses(sources, 40, 4, 1000) <= 0.06 + noise(40 * len(sources))


@pytest.mark.nightly
def test_the_interval_over_games_holds_whatever_game_gets_deals() -> None:
    assert games_misses(SOURCES[4:24:8], 300, 5, 1000) <= 0.06 + noise(300)


def test_it_is_the_interval_of_the_same_test_and_contains_it() -> None:
    values = np.random.default_rng(7).choice([-0.5, 0, 0.5, 1], 60)
    test = mean_test_of(values)
    assert isinstance(test, MeanTest)
    found, fixed = anytime_interval(test), test.interval()
    assert found == test.interval(confidence_after(60), CONFIDENCE)
    assert isinstance(found, Interval) and found.low < fixed.low and fixed.high < found.high


def test_the_price_is_at_most_half_of_the_width_up_to_ten_times_the_first_look() -> None:
    """By Student's t, against the 95 % interval of the same number of deals."""
    for deals, price in ((20, 1.5), (50, 1.5), (100, 1.5), (200, 1.5), (1000, 1.81)):
        quantiles = stats.t.isf([stats.norm.sf(boundary(deals)), 0.025], deals - 1)
        assert 1.4 < quantiles[0] / quantiles[1] <= price + 1e-3, deals


def test_no_mixture_from_the_first_deal_on_is_cheaper() -> None:
    """Robbins' mixture, by a search on a grid: 1.549 times the normal quantile at r = .13."""
    r = np.geomspace(0.01, 1, 2000)
    widths = np.sqrt((1 + r) * np.log((1 + r) / (r * 0.05**2)))
    assert mixture_price() == pytest.approx(widths.min() / stats.norm.ppf(0.975), abs=1e-5)
    assert boundary(10 * FIRST_LOOK) / stats.norm.ppf(0.975) < mixture_price()


def test_the_first_look_is_at_twenty_deals_in_every_game() -> None:
    values = np.random.default_rng(8).choice([-0.5, 0, 0.5], 19)
    assert anytime_interval(mean_test_of(values)) == NoInterval(Reason.FEW_DEALS)
    both = MeanTest.of([Sample(values, 0.5), Sample(np.tile(values, 9), 0.5)], SHARES)
    assert anytime_interval(both) == NoInterval(Reason.FEW_DEALS)
    missing = NoInterval(Reason.EVERY_DEAL)
    assert anytime_interval(missing) is missing


def test_the_game_with_the_most_deals_decides_the_confidence() -> None:
    values = np.random.default_rng(9).choice([-0.5, 0, 0.5], 300)
    both = MeanTest.of([Sample(values[:30], 0.5), Sample(values, 0.5)], SHARES)
    assert isinstance(both, MeanTest)
    assert anytime_interval(both) == both.interval(confidence_after(300), CONFIDENCE)


def test_confidence_rises_with_the_deals() -> None:
    levels = [confidence_after(deals) for deals in range(FIRST_LOOK, 3000)]
    assert all(one < other for one, other in pairwise(levels))


@pytest.mark.parametrize(
    ("interval", "margin", "decided"),
    [
        (Interval(0.1, 0.3), None, True),
        (Interval(-0.3, -0.1), None, True),
        (Interval(-0.1, 0.3), None, False),
        (Interval(-0.1, 0.1), 0.2, True),
        (Interval(-0.1, 0.1), 0.05, False),
    ],
)
def test_a_decided_question_needs_no_deals(
    interval: Interval, margin: float | None, decided: bool
) -> None:
    needed = deals_to_decide(interval, (interval.low + interval.high) / 2, 40, margin)
    assert (needed == 40) == decided
    if not decided:
        assert needed is None or needed > 40


def test_deals_needed_are_those_at_which_the_interval_would_decide() -> None:
    """Half-width .2 at 50 deals, centre .05: four times narrower, at a slightly higher boundary."""
    needed = deals_to_decide(Interval(-0.15, 0.25), 0.05, 50)
    assert needed is not None

    def half(deals: int) -> float:
        return 0.2 * boundary(deals) / boundary(50) * (50 / deals) ** 0.5

    assert half(needed) < 0.05 <= half(needed - 1)
    assert deals_to_decide(Interval(-0.2, 0.2), 0.0, 50) is None
    assert deals_to_decide(Interval(-0.2001, 0.2), -0.00005, 50) is None  # beyond MOST_DEALS
    assert MOST_DEALS > needed > 16 * 50


def test_deals_needed_follow_the_difference_and_not_the_middle_of_a_skewed_interval() -> None:
    """The middle is below 0 and the difference above it, so only the lower end must move."""
    needed = deals_to_decide(Interval(-0.8, 0.6), 0.2, 20)
    assert needed == deals_to_decide(Interval(-0.8, 1.2), 0.2, 20)
    assert needed == deals_to_decide(Interval(-0.6, 0.8), -0.2, 20)
    assert needed is not None and needed > 20 * 5**2  # five times nearer, at a higher boundary
