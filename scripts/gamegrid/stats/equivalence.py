"""Whether two agents are equivalent: whether their difference is shown to lie within a margin.

No test of a difference can show that there is none. Two one-sided tests can show that it is smaller
than a margin stated in advance: Schuirmann, "A comparison of the two one-sided tests procedure and
the power approach for assessing the equivalence of average bioavailability" (1987).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval, Reason

ALPHA = 0.05
"""The probability, at most, of calling agents equivalent that differ by the margin or more."""
STEPS = 50
"""Halvings in the search for p."""

IntervalAt: TypeAlias = Callable[[float], MaybeInterval]
"""The interval of a difference at a confidence between 0 and 1. A higher one contains a lower."""

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
    """True exactly if the interval lies within the margin, which is if p_adjusted <= ALPHA."""


def equivalence(
    interval_at: IntervalAt, difference: float | None, margin: float, questions: int = 1
) -> Equivalence:
    """Test whether a difference is larger than -margin and smaller than margin.

    ``difference`` is the mean, in the units of the interval and of ``margin``, which is above 0.
    ``questions`` is the number of tests of equivalence made at once. The one-sided tests are those
    that ``interval_at`` inverts, so p and interval cannot contradict each other. A difference that
    luck cannot move is compared with the margin itself. Raises ValueError for other numbers.
    """
    if not margin > 0 or questions < 1:
        raise ValueError(f"no test of a margin of {margin} among {questions} questions")
    confidence = 1 - 2 * ALPHA / questions
    found = interval_at(confidence)
    match found:
        case NoInterval(reason):
            known = reason in _KNOWN and difference is not None
            return Equivalence(
                confidence=confidence,
                interval=found,
                p=None,
                p_adjusted=None,
                equivalent=known and difference is not None and abs(difference) < margin,
            )
        case Interval():
            p = _p(interval_at, margin)
            return Equivalence(
                confidence=confidence,
                interval=found,
                p=p,
                p_adjusted=min(1.0, questions * p),
                equivalent=within(found, margin),
            )


def within(interval: Interval, margin: float) -> bool:
    """Return True if the whole interval is closer to 0 than the margin."""
    return -margin < interval.low and interval.high < margin


def _p(interval_at: IntervalAt, margin: float) -> float:
    """Return the smallest alpha whose interval of confidence 1 - 2 alpha lies within the margin.

    If not even the narrowest does, the difference lies beyond the margin, and p is 1 minus the
    smallest alpha whose interval lies wholly beyond it.
    """
    if _holds(interval_at, 0.5, lambda interval: within(interval, margin)):
        return _smallest(interval_at, lambda interval: within(interval, margin))
    return 1 - _smallest(
        interval_at, lambda interval: interval.low >= margin or interval.high <= -margin
    )


def _smallest(interval_at: IntervalAt, fits: Callable[[Interval], bool]) -> float:
    """Return the smallest alpha up to 1/2 whose interval fits, from above."""
    low, high = 0.0, 0.5
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _holds(interval_at, middle, fits) else (middle, high)
    return high


def _holds(interval_at: IntervalAt, alpha: float, fits: Callable[[Interval], bool]) -> bool:
    found = interval_at(1 - 2 * alpha)
    return isinstance(found, Interval) and fits(found)
