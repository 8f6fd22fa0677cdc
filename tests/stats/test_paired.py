"""Paired comparison: tests do not claim too much, and one may look at results at any time."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval, NoInterval, Reason
from gamegrid.stats.observations import Fixed, Observations
from gamegrid.stats.paired import (
    anytime_interval,
    benjamini_hochberg,
    compare,
    holm,
    looks,
    sign_flip,
)
from stats_coverage import CASES, anytime_misses, null_p


def observations(differences: Floats, fixed: Fixed | None = None) -> Observations:
    deals = np.arange(len(differences))
    return Observations(luck="a game", deals=deals, values=differences, fixed=fixed)


@pytest.mark.parametrize(("deals", "samples"), [(10, 800), (24, 300)])
def test_p_is_uniform_where_there_is_no_difference(deals: int, samples: int) -> None:
    found = null_p(deals, samples, 1)
    assert stats.kstest(found, "uniform").pvalue > 0.001
    assert np.mean(found <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / samples) ** 0.5


def test_p_is_exact_for_few_deals() -> None:
    """1, 1 and 1/2: of 8 patterns only +++ and --- reach 2.5, so p = 2/8. Zeros change nothing."""
    for differences in ([1.0, 1.0, 0.5], [1.0, 0.0, 1.0, 0.5, 0.0]):
        found = sign_flip(np.array(differences))
        assert (found.p, found.smallest_p, found.exact) == (0.25, 0.25, True)
    # -1/2: 1+1-1/2 = 1.5 or beyond: +++, ++-, ---, --+: 4/8.
    assert sign_flip(np.array([1.0, 1.0, -0.5])).p == 0.5


def test_nothing_to_flip_gives_p_1() -> None:
    assert sign_flip(np.zeros(5)).p == sign_flip(np.array([])).p == 1.0


def test_random_patterns_agree_with_all_of_them_and_are_repeatable() -> None:
    """The reference for 20 differences is all 2**20 patterns, by convolution of quarters."""
    differences = np.random.default_rng(2).choice([-1, -0.5, 0.5, 1, 1], 20)
    chances = np.array([1.0])
    for size in (2 * np.abs(differences)).astype(int):  # sums of halves, as integers
        step = np.zeros(2 * size + 1)
        step[0] = step[-1] = 0.5
        chances = np.convolve(chances, step)
    sums = np.arange(len(chances)) - (len(chances) - 1) // 2
    reference = chances[np.abs(sums) >= abs(2 * differences.sum())].sum()
    found = sign_flip(differences)
    assert not found.exact
    assert found.p == pytest.approx(reference, abs=4 * (reference / 9999) ** 0.5 + 1e-4)
    assert found == sign_flip(differences)
    assert found.smallest_p == pytest.approx(1e-4)
    assert sign_flip(np.ones(200)).p == found.smallest_p


def test_holm_and_benjamini_hochberg_by_hand() -> None:
    """Holm: .01*3, then max with .02*2, then .3*1. BH: .01*3/1, .02*3/2, .3: running minimum."""
    assert holm([0.3, 0.01, 0.02]).p.tolist() == pytest.approx([0.3, 0.03, 0.04])
    assert benjamini_hochberg([0.3, 0.01, 0.02]).p.tolist() == pytest.approx([0.3, 0.03, 0.03])
    assert holm([0.9, 0.8]).p.tolist() == [1.0, 1.0]
    assert holm([0.9, 0.8]).m == benjamini_hochberg([0.9, 0.8]).m == 2
    assert holm([]).m == benjamini_hochberg([]).m == 0


def test_ten_looks_miss_in_5_percent_of_sequences_at_most() -> None:
    for case, correlation in product((CASES[0], CASES[1], CASES[3], CASES[5]), (0.0, 1.0)):
        assert anytime_misses(case, correlation, 100, 60, 5) <= 0.05 + 0.05, case.name


def test_ten_looks_at_a_fixed_sample_interval_miss_more() -> None:
    """Why the sequence exists: over ten looks, t intervals miss far more often than 5 %."""
    luck, missed = np.random.default_rng(6), 0
    for _ in range(200):
        row = luck.uniform(-1, 1, 200)
        missed += any(stats.ttest_1samp(row[:n], 0).pvalue < 0.05 for n in range(20, 201, 20))
    assert missed / 200 > 0.1


def test_the_sequence_closes_in_on_the_mean() -> None:
    luck = np.random.default_rng(7)
    found = looks(luck.choice([-0.5, 0.0, 0.5, 1.0], 2000), [20, 200, 2000])
    widths = [look.interval.half_width for look in found if isinstance(look.interval, Interval)]
    assert [look.number for look in found] == [1, 2, 3]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.06
    last = found[-1].interval
    assert isinstance(last, Interval) and last.covers(0.25)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_equal_differences_lie_in_their_sequence(value: float) -> None:
    found = anytime_interval(np.full(50, value))
    assert isinstance(found, Interval)
    assert found.covers(value)
    assert 0.05 < found.half_width < 0.3


def test_looks_are_refused_out_of_order_or_of_reach() -> None:
    for after in ([], [0], [2, 1], [9]):
        with pytest.raises(ValueError, match="no looks"):
            looks(np.zeros(5), after)
    with pytest.raises(ValueError, match="between -1 and 1"):
        looks(np.full(5, 1.5), [5])


def test_a_comparison_agrees_with_itself_turned_round() -> None:
    differences = np.random.default_rng(8).choice([-0.5, 0.0, 0.5, 1.0], 30)
    one, other = compare(observations(differences)), compare(observations(-differences))
    assert isinstance(one.interval, Interval) and isinstance(other.interval, Interval)
    assert (one.interval.low, one.interval.high) == pytest.approx(
        (-other.interval.high, -other.interval.low)
    )
    assert one.difference == pytest.approx(differences.mean())
    assert one.test == other.test


def test_a_comparison_that_luck_cannot_move_has_no_interval() -> None:
    same = compare(observations(np.full(40, 1.0), fixed=Fixed.DETERMINISTIC))
    assert same.interval == same.anytime == NoInterval(Reason.DETERMINISTIC)
    assert (same.difference, same.test.p) == (1.0, 1.0)


def test_no_common_deal_is_no_comparison() -> None:
    found = compare(observations(np.array([])))
    assert (found.deals, found.difference, found.test.p) == (0, None, 1.0)
    assert found.interval == found.anytime == NoInterval(Reason.NO_DEALS)
