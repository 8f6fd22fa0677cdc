"""Entropy: its value, its bias correction, and how often its interval covers."""

import numpy as np
import pytest

from gamegrid.stats.entropy import entropy, entropy_interval
from gamegrid.stats.intervals import Interval, NoInterval, Reason

SHARES = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
TRUE = float(-(SHARES * np.log2(SHARES)).sum())


@pytest.mark.parametrize(
    ("counts", "bits"),
    [([4, 4], 1), ([1, 1, 1, 1], 2), ([7, 0, 0], 0), ([0, 0], 0), ([2, 1, 1], 1.5)],
)
def test_entropy_of_counts(counts: list[int], bits: float) -> None:
    assert entropy(np.array(counts)) == pytest.approx(bits)


def samples(deals: int, texts: int, times: int, together: float = 0.0) -> list[np.ndarray]:
    """Draw counts by deal; ``together`` is the chance that a deal's texts share one category."""
    luck = np.random.default_rng(11)
    found = []
    for _ in range(times):
        apart = luck.multinomial(texts, SHARES, deals)
        alike = texts * luck.multinomial(1, SHARES, deals)
        found.append(np.where(luck.random((deals, 1)) < together, alike, apart))
    return found


@pytest.mark.parametrize(("deals", "texts", "together"), [(10, 2, 0), (20, 3, 0), (20, 3, 1)])
def test_the_bias_of_few_texts_is_taken_away(deals: int, texts: int, together: float) -> None:
    found = samples(deals, texts, 400, together)
    plain = np.mean([entropy(counts.sum(axis=0)) for counts in found])
    better = np.mean([entropy_interval(counts)[0] for counts in found])  # type: ignore[misc]
    assert plain < TRUE - 0.05
    assert abs(better - TRUE) < 0.5 * (TRUE - plain)


@pytest.mark.parametrize(
    ("deals", "texts", "together"), [(20, 3, 0.0), (20, 3, 1.0), (50, 2, 0.5), (200, 5, 0.5)]
)
def test_it_covers(deals: int, texts: int, together: float) -> None:
    """This also holds if all texts of a deal are alike, so that 3 texts tell no more than one."""
    covered = []
    for counts in samples(deals, texts, 400, together):
        _, interval = entropy_interval(counts)
        assert isinstance(interval, Interval)
        covered.append(interval.covers(TRUE))
    print(f"{deals} deals of {texts} texts, {together} together: covered {np.mean(covered):.3f}")
    assert np.mean(covered) >= 0.92


def test_why_there_is_none() -> None:
    assert entropy_interval(np.zeros((3, 4), dtype=int)) == (None, NoInterval(Reason.NO_DEALS))
    one = np.array([[1, 1], [0, 0]])
    assert entropy_interval(one) == (1.0, NoInterval(Reason.ONE_DEAL))
    same = np.array([[3, 0], [2, 0], [1, 0]])
    assert entropy_interval(same) == (0.0, NoInterval(Reason.ALL_EQUAL))
