"""Whether two agents are equivalent: whether their difference is shown to lie within a margin.

No test of a difference can show that there is none. Two one-sided tests can show that it is smaller
than a margin stated in advance: Schuirmann, "A comparison of the two one-sided tests procedure and
the power approach for assessing the equivalence of average bioavailability" (1987).
"""

from dataclasses import dataclass

from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest

ALPHA = 0.05
"""The probability, at most, of calling agents equivalent that differ by the margin or more."""

_KNOWN = (Reason.DETERMINISTIC, Reason.EVERY_DEAL)
"""Reasons that leave no luck: the difference is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """The result of two one-sided tests."""

    confidence: float
    """1 - 2 ALPHA / questions, so that the interval agrees with the adjusted p."""
    interval: MaybeInterval
    """The interval at this confidence."""
    p: float | None
    """The larger of the two one-sided p; None without an interval."""
    p_adjusted: float | None
    """p times the number of questions, at most 1 (Bonferroni)."""
    equivalent: bool
    """True exactly if the interval lies within the margin, which is if p_adjusted < ALPHA."""


def equivalence(
    test: MeanTest | NoInterval, difference: float | None, margin: float, questions: int = 1
) -> Equivalence:
    """Test whether a difference is larger than -margin and smaller than margin.

    ``test`` is that of the mean difference, ``difference`` the mean, None without deals; both have
    the units of ``margin``, which is above 0. ``questions`` is the number of tests of equivalence
    made at once. The interval inverts the same test, so p and interval cannot contradict each
    other. A difference that luck cannot move is compared with the margin itself. Raises ValueError
    for other numbers.
    """
    if not margin > 0 or questions < 1:
        raise ValueError(f"no test of a margin of {margin} among {questions} questions")
    confidence = 1 - 2 * ALPHA / questions
    match test:
        case NoInterval(reason):
            known = difference is not None and reason in _KNOWN
            return Equivalence(
                confidence=confidence,
                interval=test,
                p=None,
                p_adjusted=None,
                equivalent=known and difference is not None and abs(difference) < margin,
            )
        case MeanTest():
            p = max(_one_sided(test, edge, test.mean) for edge in (-margin, margin))
            return Equivalence(
                confidence=confidence,
                interval=test.interval(confidence),
                p=p,
                p_adjusted=min(1.0, questions * p),
                equivalent=questions * p < ALPHA,
            )


def within(interval: Interval, margin: float) -> bool:
    """Return True if the whole interval is closer to 0 than the margin."""
    return -margin < interval.low and interval.high < margin


def _one_sided(test: MeanTest, edge: float, mean: float) -> float:
    """Return the p of the hypothesis that the mean lies at ``edge`` or farther from 0."""
    p = test.p(edge) / 2
    return p if abs(mean) < abs(edge) or (mean > 0) != (edge > 0) else 1 - p
