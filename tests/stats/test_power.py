"""What a number of deals can show, before and after play."""

import numpy as np
import pytest
from scipy import stats

from gamegrid.stats.intervals import Interval, mean_interval, share_interval
from gamegrid.stats.mean_test import MeanTest, Sample
from gamegrid.stats.power import (
    DIFFERENCE_SD,
    Design,
    Variation,
    deals_needed,
    expected_half_width,
    expected_share_half_width,
    least_mean,
    power_of,
    resolvable_difference,
)
from stats_coverage import CASES, deal_means


@pytest.mark.parametrize(("effect", "deals"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_deals_needed_are_cohens(effect: float, deals: int) -> None:
    """One sample, two-sided .05, power .80, d = .2, .5, .8: 199, 34, 15 (G*Power's values)."""
    assert deals_needed(effect, 1.0) == deals


@pytest.mark.parametrize("deals", [5, 20, 200])
def test_the_difference_resolved_takes_so_many_deals(deals: int) -> None:
    difference = resolvable_difference(deals, 0.4)
    assert deals_needed(difference * 1.0001, 0.4) == deals
    assert power_of(difference, deals, 0.4) == pytest.approx(0.8, abs=1e-6)


def test_power_is_what_a_simulation_finds() -> None:
    luck = np.random.default_rng(1)
    difference = resolvable_difference(20, 0.5)
    samples = luck.normal(difference, 0.5, (4000, 20))
    found = np.mean(stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05)
    assert found == pytest.approx(0.8, abs=0.02)


def test_worst_case_is_the_default_and_nothing_is_worse() -> None:
    assert resolvable_difference(30) == resolvable_difference(30, DIFFERENCE_SD)
    assert np.std([-1.0, 1.0] * 50) == DIFFERENCE_SD


@pytest.mark.parametrize("deals", [10, 50, 200])
def test_half_widths_are_as_foretold(deals: int) -> None:
    luck = np.random.default_rng(2)
    case = CASES[5]
    # Two independent seatings of .9 and .3: Var = (.09 + .21) / 4.
    foretold = expected_share_half_width(deals, (0.3 / 4) ** 0.5, case.mean)
    shares = [share_interval(row) for row in deal_means(case, 0.0, deals, 200, luck)]
    found = np.mean([each.half_width for each in shares if isinstance(each, Interval)])
    assert found == pytest.approx(foretold, rel=0.1)

    foretold = expected_half_width(deals, 2.0)
    means = [mean_interval(row) for row in luck.normal(0, 2.0, (40, deals))]
    found = np.mean([each.half_width for each in means if isinstance(each, Interval)])
    assert found == pytest.approx(foretold, rel=0.1)


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        deals_needed(0.0)
    with pytest.raises(ValueError, match="no power from 1 deals"):
        power_of(0.1, 1, 0.5)


def test_a_variation_gives_back_the_spread_of_the_mean_it_was_made_of() -> None:
    luck = np.random.default_rng(5)
    differences = luck.normal(0, 1, (3, 50)) + luck.normal(0, 0.5, 50)
    covariances, met = np.cov(differences), np.array([True, False, False])
    found = Variation.of(covariances, met)
    assert found.sd(Design(1, 2)) == pytest.approx(differences.mean(axis=0).std(ddof=1))
    # More opponents that share little luck with each other vary less together.
    assert found.sd(Design(0, 20)) < found.sd(Design(0, 2))


@pytest.mark.parametrize("met", [True, False])
def test_what_one_matchup_does_not_say_is_put_on_the_safe_side(met: bool) -> None:
    """With one matchup, more of them are planned as if they shared all their luck."""
    found = Variation.of(np.array([[0.25]]), np.array([met]))
    assert found.sd(Design(int(met), int(not met))) == pytest.approx(0.5)
    assert found.sd(Design(0, 7)) == pytest.approx(0.5)
    assert found.sd(Design(1, 0)) >= 0.5


@pytest.mark.parametrize("deals", [15, 60])
def test_the_least_mean_is_where_the_test_of_a_hidden_loss_begins_to_reject(deals: int) -> None:
    """The values vary too little for anything else to matter."""
    for share, rejected in ((0.99, False), (1.01, True)):
        values = share * least_mean(deals, 1.0) + np.linspace(-1e-3, 1e-3, deals)
        test = MeanTest.of([Sample(values)], Interval(-1.0, 1.0))
        assert isinstance(test, MeanTest)
        assert (test.p() < 0.05) is rejected


def test_differences_that_hardly_vary_still_take_deals() -> None:
    assert deals_needed(0.1, 0.01) <= 3
    found = deals_needed(0.1, 0.01, limit=1.0)
    assert least_mean(found, 1.0) < 0.1 < least_mean(found - 2, 1.0)
