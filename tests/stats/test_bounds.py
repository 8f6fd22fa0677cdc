"""The bounds of controls: false alarms are no more frequent than stated; real faults are found."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import optimize, stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.bounds import (
    FAMILY_ALPHA,
    Deviations,
    Law,
    aggregate,
    at_least,
    noticed_loss,
    noticed_once,
)

KUHN = Law(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([3 / 16, 1 / 4, 3 / 8, 3 / 16]))
"""Kuhn's returns in the first seat under uniform play (tests/play/test_enumeration.py)."""
OFTEN_WON = Law(np.array([0.0, 0.5, 1.0]), np.array([0.05, 0.1, 0.85]))


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


@pytest.mark.parametrize("chance", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_only_possible_means_are_accepted(chance: float) -> None:
    """With few deals, luck explains every mean, and no more than that."""
    found = Law(np.array([0.0, 1.0]), np.array([1 - chance, chance])).accepted(5, 1e-6)
    assert 0 <= found.low <= found.high <= 1


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


def faulty(law: Law, shift: float) -> Floats:
    """Return the chances of the same results whose mean is ``shift`` higher: tilted, as if luck
    had been biased a little in every deal."""

    def tilted(tilt: float) -> Floats:
        weights = np.exp(tilt * law.results) * law.chances
        return np.asarray(weights / weights.sum())

    def lack(tilt: float) -> float:
        return float(tilted(tilt) @ law.results - law.mean - shift)

    return tilted(optimize.brentq(lack, -30, 30))


@pytest.mark.parametrize("law", [KUHN, OFTEN_WON], ids=["kuhn", "often won"])
@pytest.mark.parametrize("deals", [100, 1000])
def test_a_shift_that_is_said_to_be_noticed_is_found_four_times_in_five(
    law: Law, deals: int
) -> None:
    """In one direction exactly, in the other more often. 2000 samples: se .009."""
    luck = np.random.default_rng(4)
    shift, accepted = law.noticed_shift(deals, 1e-5), law.accepted(deals, 1e-5)
    assert shift is not None
    found = []
    for side in (shift, -shift):
        if law.results.min() < law.mean + side < law.results.max():
            drawn = luck.choice(law.results, (2000, deals), p=faulty(law, side)).mean(axis=1)
            found.append(float(np.mean((drawn < accepted.low) | (drawn > accepted.high))))
    assert min(found) == pytest.approx(0.8, abs=0.07)


@pytest.mark.parametrize("deals", [50, 1000])
def test_a_share_that_is_said_to_be_noticed_is_found_four_times_in_five(deals: int) -> None:
    luck, law = np.random.default_rng(5), Law.of_share(0.3)
    change = law.noticed_share(deals, 1e-4)
    assert change is not None
    times = luck.binomial(deals, 0.3 + change, 2000)
    rows = [np.repeat([0.0, 1.0], [deals - time, time]) for time in times]
    found = np.mean([law.odd_share(row, deals, 1e-4) is not None for row in rows])
    assert found == pytest.approx(0.8, abs=0.06)
    one_more = luck.binomial(deals, 0.3 + change / 2, 300)
    rows = [np.repeat([0.0, 1.0], [deals - time, time]) for time in one_more]
    assert np.mean([law.odd_share(row, deals, 1e-4) is not None for row in rows]) < 0.4


def test_one_deal_shows_no_shift_of_a_result_that_may_come() -> None:
    assert KUHN.noticed_shift(1, 1e-5) is None
    assert KUHN.noticed_share(1, 1e-5) is None
    certain = Law(np.array([0.5]), np.array([1.0]))
    assert certain.noticed_share(10, 1e-5) is not None  # a single other result is impossible


def test_a_fault_that_shows_in_one_deal_is_noticed_by_its_share() -> None:
    share = noticed_once(60)
    assert 1 - (1 - share) ** 60 == pytest.approx(0.8)


@pytest.mark.parametrize("deals", [200, 1000])
def test_a_loss_that_is_said_to_be_noticed_is_found_about_four_times_in_five(deals: int) -> None:
    """The spread of the sample itself is used, so that the power varies from sample to sample."""
    luck, powers = np.random.default_rng(6), []
    for _ in range(5):
        known = luck.choice(KUHN.results, deals, p=KUHN.chances)
        loss = noticed_loss(known, KUHN.mean, -2, 2, 1e-5)
        assert loss is not None
        drawn = luck.choice(KUHN.results, (60, deals), p=faulty(KUHN, -loss))
        powers.append(np.mean([at_least(row, KUHN.mean, -2, 2) <= 1e-5 for row in drawn]))
    assert np.mean(powers) == pytest.approx(0.8, abs=0.12)


def deviations(
    laws: Sequence[Law], deals: int, luck: np.random.Generator, shift: float = 0.0
) -> Deviations:
    """Draw deals of several games. ``shift`` is a share of the range of results."""
    parts = []
    for law in laws:
        span, each = float(np.ptp(law.results)), np.ones(deals)
        chances = faulty(law, shift * span) if shift else law.chances
        drawn = luck.choice(law.results, deals, p=chances)
        parts.append(
            Deviations(
                found=(drawn - law.mean) / span,
                lowest=each * (law.results.min() - law.mean) / span,
                highest=each * (law.results.max() - law.mean) / span,
                variances=each * law.variance / span**2,
            )
        )
    return Deviations.joined(parts)


@pytest.mark.parametrize("guess", [0.2, 1.0, 5.0])
def test_many_deals_together_seldom_deviate_by_luck(guess: float) -> None:
    """Also if the variances are guessed wrongly; one bet in ten may reach tenfold capital."""
    luck, alarms = np.random.default_rng(7), 0
    for _ in range(1000):
        drawn = deviations([KUHN, OFTEN_WON, Law.of_share(0.4)], 30, luck)
        wrong = Deviations(
            found=drawn.found, lowest=drawn.lowest, highest=drawn.highest,
            variances=drawn.variances * guess,
        )  # fmt: skip
        alarms += aggregate(wrong, 0.1).p <= 0.1
    assert alarms <= 100 + 3 * 90**0.5


def test_small_shifts_in_many_games_are_found_together_and_in_none_alone() -> None:
    """A fiftieth of the range in each of 12 games of 100 deals; 80 % are found as stated."""
    luck, laws, alpha = np.random.default_rng(8), [KUHN, OFTEN_WON, Law.of_share(0.4)] * 4, 1e-4
    noticed = aggregate(deviations(laws, 100, luck), alpha).noticed
    assert noticed is not None and noticed < 0.07
    assert all((law.noticed_shift(100, alpha) or 1) > 1.9 * noticed for law in laws)
    found = [
        np.mean([
            aggregate(deviations(laws, 100, luck, side * noticed), alpha).p <= alpha
            for _ in range(100)
        ])
        for side in (1, -1)
    ]  # fmt: skip
    assert min(found) == pytest.approx(0.8, abs=0.14)
