"""Two one-sided tests: p and interval are one answer, and agents that differ seldom pass."""

import numpy as np
import pytest
from scipy import stats

from gamegrid.stats.equivalence import ALPHA, equivalence
from gamegrid.stats.intervals import Interval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest, Sample

SHARES = Interval(-1, 1)


def mean_test_of(values: np.ndarray, limits: Interval | None = SHARES) -> MeanTest | NoInterval:
    return MeanTest.of([Sample(values)], limits)


@pytest.mark.parametrize("shift", [-0.4, -0.1, 0.0, 0.2, 0.3])
def test_p_is_that_of_two_one_sided_t_tests(shift: float) -> None:
    """scipy's one-sided t tests against -margin and margin; the larger p (Schuirmann 1987)."""
    half = np.random.default_rng(1).normal(0, 1, 30)
    values = np.append(half, -half) + shift  # no skew, so that the test is Student's alone
    found = equivalence(mean_test_of(values, None), float(values.mean()), 0.25)
    reference = max(
        stats.ttest_1samp(values, -0.25, alternative="greater").pvalue,
        stats.ttest_1samp(values, 0.25, alternative="less").pvalue,
    )
    assert found.p == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize("limits", [SHARES, None])
def test_interval_p_and_verdict_never_contradict(limits: Interval | None) -> None:
    luck = np.random.default_rng(2)
    verdicts = set()
    for _ in range(150):
        values = luck.choice([-0.5, 0, 0.5], int(luck.integers(5, 300)), p=[0.1, 0.75, 0.15])
        margin, questions = float(luck.uniform(0.01, 0.3)), int(luck.integers(1, 6))
        found = equivalence(mean_test_of(values, limits), float(values.mean()), margin, questions)
        if isinstance(found.interval, NoInterval):
            assert found.p is None and not found.equivalent
            continue
        assert found.p is not None and found.p_adjusted is not None
        inside = -margin < found.interval.low and found.interval.high < margin
        assert inside == found.equivalent == (found.p_adjusted < ALPHA)
        verdicts.add(inside)
    assert verdicts == {True, False}


@pytest.mark.parametrize("deals", [10, 30, 100])
def test_agents_that_differ_by_the_margin_are_seldom_called_equivalent(deals: int) -> None:
    """At the margin itself the error is largest: at most 5 %, with three standard errors more.

    Mean 0.1: deals of 0, 1/2 and -1/2 with chances .7, .25 and .05.
    """
    luck, samples = np.random.default_rng(3), 800
    wrong = sum(
        equivalence(mean_test_of(values), float(values.mean()), 0.1).equivalent
        for values in luck.choice([0, 0.5, -0.5], (samples, deals), p=[0.7, 0.25, 0.05])
    )
    assert wrong / samples <= 0.05 + 3 * (0.05 * 0.95 / samples) ** 0.5


def test_equal_agents_are_called_equivalent_if_deals_suffice() -> None:
    """SD .35, 400 deals: standard error .0177, margin .1 is 5.6 of them: nearly always."""
    luck = np.random.default_rng(4)
    right = sum(
        equivalence(mean_test_of(values), float(values.mean()), 0.1).equivalent
        for values in luck.choice([0, 0.5, -0.5], (100, 400), p=[0.5, 0.25, 0.25])
    )
    assert right >= 98


@pytest.mark.parametrize(
    ("reason", "difference", "equivalent"),
    [
        (Reason.DETERMINISTIC, 0.05, True),
        (Reason.EVERY_DEAL, -0.05, True),
        (Reason.EVERY_DEAL, 0.1, False),
        (Reason.ONE_DEAL, 0.0, False),
        (Reason.ALL_EQUAL, 0.0, False),
        (Reason.NO_DEALS, None, False),
    ],
)
def test_without_luck_the_difference_decides(
    reason: Reason, difference: float | None, equivalent: bool
) -> None:
    found = equivalence(NoInterval(reason), difference, 0.1)
    assert (found.p, found.p_adjusted, found.equivalent) == (None, None, equivalent)


def test_a_margin_of_nothing_is_refused() -> None:
    for margin, questions in ((0.0, 1), (-1.0, 1), (float("nan"), 1), (0.1, 0)):
        with pytest.raises(ValueError, match="no test"):
            equivalence(NoInterval(Reason.NO_DEALS), 0.5, margin, questions)
