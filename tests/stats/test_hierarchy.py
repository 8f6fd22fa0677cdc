"""Intervals over families of games cover, are wide with few families, and say where they end."""

import numpy as np
import pytest
from scipy import integrate, stats

from gamegrid.stats.hierarchy import Families, Prior, Skill, over_families
from gamegrid.stats.intervals import NoInterval, Reason
from skill_coverage import FAMILIES, KINDS, Kind, family_rating_coverage, skill_errors

KIND = {kind.name: kind for kind in KINDS}


def families(*shares: float, luck: float = 0.001) -> Families:
    return Families(shares=np.array(shares), variances=np.full(len(shares), luck))


def skill(found: Skill | NoInterval) -> Skill:
    assert isinstance(found, Skill), found
    return found


@pytest.mark.parametrize("prior", Prior)
def test_the_probability_is_that_of_the_integral_over_tau(prior: Prior) -> None:
    """Computed anew by adaptive quadrature over tau, with densities from scipy.

    The mean of (.5, .7, .8) is 2/3, its p(1-p) 2/9, and the variance of a family tau^2 + .001.
    """
    density = {
        Prior.WIDE: stats.cauchy(scale=0.25).pdf,
        Prior.NARROW: stats.cauchy(scale=0.1).pdf,
        Prior.LIGHT: stats.norm(scale=0.25).pdf,
        Prior.FLAT: stats.uniform(0, 1).pdf,
    }[prior]
    shares = np.array([0.5, 0.7, 0.8])

    def weight(tau: float) -> float:
        total = tau**2 + 0.001
        return float(density(tau) / total * np.exp(-2 * shares.var(ddof=1) / (2 * total)))

    def above(tau: float) -> float:
        scale = min((tau**2 + 0.001) / (2 / 9), 1) / 3
        return float(stats.norm.sf((0.5 - 2 / 3) / np.sqrt(scale / 4)))

    wanted = (
        integrate.quad(lambda tau: weight(tau) * above(tau), 0, 0.5)[0]
        / integrate.quad(weight, 0, 0.5)[0]
    )
    assert skill(over_families(families(*shares), prior)).above_half == pytest.approx(
        wanted, abs=5e-4
    )


def test_the_interval_leaves_out_a_half_exactly_if_the_probability_is_beyond_its_tail() -> None:
    luck = np.random.default_rng(1)
    for _ in range(40):
        found = skill(over_families(families(*np.clip(luck.normal(0.6, 0.1, 5), 0, 1))))
        sure = abs(found.above_half - 0.5) > 0.475
        assert sure != found.interval.covers(0.5)


def test_swapping_the_two_agents_mirrors_everything() -> None:
    one, other = (
        skill(over_families(families(*shares))) for shares in ((0.5, 0.9, 0.8), (0.5, 0.1, 0.2))
    )
    assert one.interval.low == pytest.approx(1 - other.interval.high, abs=1e-6)
    assert one.above_half == pytest.approx(1 - other.above_half)
    assert one.spread == other.spread


def test_one_family_says_nothing_about_others() -> None:
    assert over_families(families(0.7)) == NoInterval(Reason.ONE_FAMILY)
    assert over_families(families()) == NoInterval(Reason.NO_DEALS)


@pytest.mark.parametrize("luck", [0.0, 0.01])
def test_families_that_were_all_lost_leave_a_share_open(luck: float) -> None:
    """The upper end is Wilson's for 0 of n: z^2 / (n + z^2), .561 for 3 and .278 for 10."""
    for count, high in ((3, 0.561), (10, 0.278)):
        found = skill(over_families(families(*[0.0] * count, luck=luck)))
        assert (found.interval.low, found.interval.high) == pytest.approx((0, high), abs=1e-3)


def test_equal_shares_without_luck_are_no_certainty() -> None:
    """Three families drawn by players without luck: Wilson's interval of 3/2 wins in 3 trials."""
    found = skill(over_families(families(0.5, 0.5, 0.5, luck=0.0)))
    assert found.interval.low == pytest.approx(0.5 - 0.5 * (3.8415 / 6.8415) ** 0.5, abs=1e-3)


def test_more_families_and_narrower_priors_leave_less_open() -> None:
    shares = (0.5, 0.6, 0.7)
    widths = [skill(over_families(families(*shares * n))).interval.half_width for n in (1, 2, 4, 8)]
    assert widths == sorted(widths, reverse=True)
    narrow, wide, flat = (
        skill(over_families(families(*shares), prior)).interval.half_width
        for prior in (Prior.NARROW, Prior.WIDE, Prior.FLAT)
    )
    assert narrow < wide < flat


@pytest.mark.parametrize("shares", [(0.5, 1.1), (-0.1, 0.5)])
def test_what_is_no_share_is_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        families(*shares)


@pytest.mark.parametrize("name", ["sd .2", "skewed, mean .08"])
def test_intervals_cover_the_mean_over_families_and_intervals_over_deals_do_not(name: str) -> None:
    """Five families of 20 deals; 93 % less three standard errors of 200 samples."""
    found = skill_errors(KIND[name], 5, 20, 200, seed=7)
    assert found.coverage >= 0.93 - 3 * (0.07 * 0.93 / 200) ** 0.5
    assert found.over_deals < 0.8


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("count", FAMILIES)
def test_every_kind_of_family_is_covered(kind: Kind, count: int) -> None:
    """The lowest true coverage is .91: skewed families, of which the largest are rare."""
    found = skill_errors(kind, count, 20, 1000, seed=9)
    assert found.coverage >= 0.91 - 3 * (0.09 * 0.91 / 1000) ** 0.5


@pytest.mark.nightly
@pytest.mark.parametrize("count", FAMILIES)
def test_ratings_cover_over_families_where_intervals_over_deals_do_not(count: int) -> None:
    like, these = family_rating_coverage(150, count, 10, 100, seed=8)
    assert like >= 0.95 - 3 * (0.05 * 0.95 / 100) ** 0.5
    assert these < 0.9
