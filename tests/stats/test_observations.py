"""One deal of one luck is one observation, in however many games and against whomever it counts."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval, NoInterval, Reason, share_interval
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.observations import (
    Fixed,
    Observations,
    Part,
    add,
    by_luck,
    combined_interval,
    count,
    difference,
    mean_of,
    mean_test,
    pool,
)

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
ALL = Interval(-1, 1)
"""The range of differences."""


def observed(
    values: Floats | list[float],
    luck: str = "plain",
    deals: list[int] | None = None,
    fixed: Fixed | None = None,
) -> Observations:
    numbers = np.arange(len(values)) if deals is None else np.array(deals)
    return Observations(luck=luck, deals=numbers, values=np.array(values, dtype=float), fixed=fixed)


def ends(found: object) -> tuple[float, float]:
    assert isinstance(found, Interval)
    return found.low, found.high


def interval(found: MeanTest | NoInterval) -> Interval:
    assert isinstance(found, MeanTest)
    return found.interval()


def drawn(seed: int, deals: int) -> Floats:
    return np.random.default_rng(seed).choice(SHARES, deals)


@pytest.mark.parametrize("copies", [2, 4])
def test_a_game_played_again_with_the_same_luck_adds_nothing(copies: int) -> None:
    plain = observed(drawn(1, 20))
    parts = [Part(plain)] * copies
    assert ends(combined_interval(parts)) == pytest.approx(ends(plain.share_interval()))
    assert mean_test(parts, None) == mean_test([Part(plain)], None)
    assert count(parts) == 20
    apart = observed(plain.values, luck="another")
    narrower = np.ptp(ends(combined_interval([Part(plain), Part(apart)])))
    assert narrower < 0.8 * np.ptp(ends(plain.share_interval()))


def test_opposite_results_of_one_luck_cancel_before_their_variance_is_taken() -> None:
    values = drawn(2, 30)
    one, other = observed(values), observed(1 - values)
    assert add([Part(one), Part(other)]).values == pytest.approx(np.full(30, 0.5))
    assert mean_test([Part(one), Part(other)], None) == NoInterval(Reason.ALL_EQUAL)


def test_the_mean_is_the_weighted_mean_of_means_though_deals_are_missing() -> None:
    one, other = observed(drawn(3, 12)), observed(drawn(4, 5), deals=[1, 3, 4, 8, 30])
    third = observed(drawn(5, 9), luck="another")
    parts = [Part(one, 1.0), Part(other, 3.0), Part(third, 2.0)]
    truth = (one.values.mean() + 3 * other.values.mean() + 2 * third.values.mean()) / 6
    assert add(parts[:2]).mean == pytest.approx((one.values.mean() + 3 * other.values.mean()) / 4)
    assert list(add(parts[:2]).deals) == [*range(12), 30]
    assert mean_of(parts) == pytest.approx(truth)
    tested = mean_test(parts, None)
    assert isinstance(tested, MeanTest)
    assert tested.mean == pytest.approx(truth)
    low, high = ends(combined_interval(parts))
    assert low < truth < high


def test_the_variance_is_right_though_deals_are_missing() -> None:
    """Two games of one luck, of which one has a third of the deals: var(sum of weighted means)."""
    luck, found = np.random.default_rng(6), []
    for _ in range(4000):
        shared = luck.normal(size=30)
        one = observed(shared + luck.normal(size=30))
        other = observed((shared + luck.normal(size=30))[:10])
        both = add([Part(one), Part(other)])
        found.append((both.values.mean(), both.values.var(ddof=1) / len(both)))
    means, variances = np.array(found).T
    # By hand: 1/4 (2/30 + 2/10 + 2 * 1/30), since 10 of the 30 and 10 deals are common.
    assert means.var() == pytest.approx(1 / 12, rel=0.08)
    assert variances.mean() == pytest.approx(1 / 12, rel=0.08)


@pytest.mark.parametrize("few", [10, 20])
def test_few_deals_against_one_opponent_are_not_made_certain_by_many_against_another(
    few: int,
) -> None:
    """With deals-1 degrees of freedom, 90 % would be covered with 10 deals."""
    luck, hits = np.random.default_rng(13), []
    for _ in range(1500):
        cells = [observed(luck.integers(0, 3, deals) / 2) for deals in (200, few)]
        found = pool(cells)
        hits.append([each.covers(0.5) for each in (found.share_interval(), found.mean_interval())
                     if isinstance(each, Interval)])  # fmt: skip
    assert np.mean(hits, axis=0) == pytest.approx([0.95, 0.95], abs=0.03)
    equal = pool([observed(drawn(14, 20)), observed(drawn(15, 20))])
    assert equal.freedom == 19


def test_opponents_that_share_deals_are_one_observation() -> None:
    cell = observed(drawn(7, 12))
    assert pool([cell, cell, observed([])]).values == pytest.approx(cell.values)
    assert len(pool([observed([]), observed([])])) == 0
    short = observed(cell.values[:5])
    assert pool([cell, short]).mean == pytest.approx((cell.mean + short.mean) / 2)


def test_what_luck_cannot_move_has_no_interval_and_says_why() -> None:
    for fixed in Fixed:
        still = observed([0.0, 1.0, 1.0], fixed=fixed)
        for found in (still.share_interval(), still.mean_interval(), mean_test([Part(still)], None),
                      combined_interval([Part(still), Part(still)])):  # fmt: skip
            assert found == NoInterval(Reason(fixed.value))
    both = [Part(observed([1.0], fixed=fixed)) for fixed in Fixed]
    assert combined_interval(both) == NoInterval(Reason.EVERY_DEAL)
    assert observed([], fixed=Fixed.DETERMINISTIC).share_interval() == NoInterval(Reason.NO_DEALS)


def test_a_game_that_cannot_vary_moves_a_difference_and_adds_no_width() -> None:
    varying = observed(2 * drawn(8, 10) - 1)
    still = observed([0.5], luck="another", fixed=Fixed.DETERMINISTIC)
    alone = interval(mean_test([Part(varying)], ALL))
    found = interval(mean_test([Part(varying), Part(still)], ALL))
    assert ends(found) == pytest.approx(((alone.low + 0.5) / 2, (alone.high + 0.5) / 2))


@pytest.mark.parametrize("luck", ["plain", "another"])
def test_a_game_that_cannot_vary_moves_an_interval_and_adds_no_width(luck: str) -> None:
    varying = observed(drawn(8, 10))
    still = observed(drawn(9, 10), luck=luck, fixed=Fixed.EVERY_DEAL)
    low, high = ends(varying.share_interval())
    found = ends(combined_interval([Part(varying), Part(still)]))
    assert high - low > 0.1
    assert found == pytest.approx(((low + still.mean) / 2, (high + still.mean) / 2))


def test_a_luckless_pair_is_known_better_with_every_deal() -> None:
    """Tic-tac-toe's tape has 24 openings: a deal is a draw of one, and 95 % of intervals cover.

    The value of each opening is drawn once; the truth is their mean.
    """
    luck = np.random.default_rng(10)
    openings = luck.choice([-1.0, -0.5, 0.0, 0.5, 1.0], 24)
    widths = []
    for deals in (20, 200, 1000):
        intervals = [
            ends(interval(mean_test([Part(observed(luck.choice(openings, deals)))], ALL)))
            for _ in range(400)
        ]
        covered = np.mean([low <= openings.mean() <= high for low, high in intervals])
        assert covered >= 0.95 - 3 * (0.05 * 0.95 / 400) ** 0.5
        widths.append(np.mean([high - low for low, high in intervals]))
    # As the square root of the number of deals, from 200 to 1,000.
    assert widths[1] / widths[2] == pytest.approx(5**0.5, rel=0.05)
    assert widths[0] / widths[1] > 2.5


@pytest.mark.parametrize(("disguises", "deals"), [*product((0, 3), (10, 40))])
def test_scores_over_games_are_covered_with_and_without_disguises(
    disguises: int, deals: int
) -> None:
    """Two lucks; in the disguises of the first, bots replay the same episodes."""
    luck, truth, hits = np.random.default_rng(11), (0.6 * (1 + disguises) + 0.3), []
    for _ in range(600):
        plain = observed((luck.random(deals) < 0.6).astype(float))
        other = observed((luck.random(deals) < 0.3).astype(float), luck="another")
        found = combined_interval([Part(plain)] * (1 + disguises) + [Part(other)])
        low, high = ends(found)
        hits.append(low <= truth / (2 + disguises) <= high)
    assert stats.binomtest(sum(hits), len(hits), 0.93).pvalue > 0.001 or np.mean(hits) > 0.93
    assert np.mean(hits) < 0.99


def test_differences_are_on_the_deals_that_everybody_has() -> None:
    one = observed([1.0, 0.5, 0.0], deals=[0, 1, 2])
    other = observed([0.5, 0.5, 1.0], deals=[1, 2, 3])
    found = difference([(one, other), (one, one)])
    assert list(found.deals) == [1, 2]
    assert found.values == pytest.approx([0.0, -0.25])
    turned = difference([(other, one), (one, one)])
    assert turned.values == pytest.approx(-found.values)


def test_the_order_of_lucks_and_weights_is_kept() -> None:
    parts = [Part(observed([1.0], luck), weight) for luck, weight in (("b", 1), ("a", 2), ("b", 4))]
    assert [(part.observations.luck, part.weight) for part in by_luck(parts)] == [
        ("b", 5),
        ("a", 2),
    ]


def test_deals_and_values_that_do_not_fit_are_refused() -> None:
    for deals in ([0, 0], [1, 0], [0]):
        with pytest.raises(ValueError, match="each deal needs one value"):
            observed([0.0, 1.0], deals=deals)
    with pytest.raises(ValueError, match="no deals"):
        add([Part(observed([]))])
    with pytest.raises(ValueError, match="positive"):
        Part(observed([1.0]), 0.0)


def test_one_game_alone_has_its_own_interval() -> None:
    values = drawn(12, 9)
    expected = ends(share_interval(values))
    assert ends(combined_interval([Part(observed(values), 3.0)])) == pytest.approx(expected)
    assert combined_interval([]) == NoInterval(Reason.NO_DEALS)
