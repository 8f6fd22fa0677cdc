"""Paired comparison: tests do not claim too much."""

from collections import Counter

import numpy as np
import pytest

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest, Sample
from gamegrid.stats.paired import (
    Comparison,
    Verdict,
    compare,
    holm,
)


def examine(differences: Floats | list[float]) -> MeanTest | NoInterval:
    return MeanTest.of([Sample(np.array(differences, dtype=float))], Interval(-1, 1))


def compared(sets: list[Floats]) -> list[Comparison]:
    return compare([examine(each) for each in sets], [float(each.mean()) for each in sets])


def apart(interval: MaybeInterval) -> bool:
    """Return whether an interval excludes 0."""
    assert isinstance(interval, Interval)
    return not interval.low <= 0 <= interval.high


def test_no_interval_contradicts_its_p_and_no_verdict_its_interval() -> None:
    luck, verdicts = np.random.default_rng(1), Counter[Verdict]()
    for _ in range(150):
        shift = luck.uniform(-0.5, 0.5, luck.integers(1, 12))
        sets = [
            np.clip(each + luck.choice([-0.5, 0.0, 0.5], luck.integers(2, 60)), -1, 1)
            for each in shift
        ]
        for found in compared(sets):
            assert found.p is not None and found.p_adjusted is not None
            assert found.verdict is not None
            assert found.p <= found.p_adjusted <= 1
            assert apart(found.interval) == (found.p < 0.05)
            told = found.verdict in (Verdict.BETTER, Verdict.WORSE)
            assert apart(found.adjusted) == (found.p_adjusted < 0.05) == told
            assert isinstance(found.interval, Interval) and isinstance(found.adjusted, Interval)
            assert found.adjusted.low <= found.interval.low
            assert found.interval.high <= found.adjusted.high
            if told:
                better = found.adjusted.low > 0
                assert found.verdict is (Verdict.BETTER if better else Verdict.WORSE)
            verdicts[found.verdict] += 1
    assert min(verdicts.values()) > 100


def test_adjusted_intervals_have_the_level_of_the_pairs_not_told_apart() -> None:
    """Of four pairs, one is told apart: the others are tested at .05/3."""
    luck = np.random.default_rng(2)
    equal = [luck.permutation(np.repeat([-1.0, -0.5, 0.5, 1.0], 10)) for _ in range(3)]
    found = compared([np.full(40, 0.5), *equal])
    expected = examine(equal[0])
    assert isinstance(expected, MeanTest)
    assert [each.verdict for each in found] == [Verdict.BETTER, *[Verdict.NOT_TOLD_APART] * 3]
    assert found[1].adjusted == expected.interval(1 - 0.05 / 3)
    assert found[1].interval == expected.interval(0.95)


def test_equal_agents_are_told_apart_in_5_percent_of_grids_at_most() -> None:
    """Three pairs of equal agents at once. Without adjustment, 12 % of grids have a claim."""
    luck, claims = np.random.default_rng(3), 0
    for _ in range(400):
        found = compared([luck.choice([-1, -0.5, 0, 0.5, 1], 30) for _ in range(3)])
        claims += any(each.verdict is not Verdict.NOT_TOLD_APART for each in found)
    assert claims / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_what_luck_cannot_move_is_known_and_counts_as_no_test() -> None:
    known = NoInterval(Reason.DETERMINISTIC)
    tests = [known, examine([0.5, 1.0] * 4), known, NoInterval(Reason.ONE_DEAL)]
    found = compare(tests, [-0.25, 0.75, 0.0, 1.0])
    verdicts = [Verdict.WORSE, Verdict.BETTER, Verdict.EQUAL, None]
    assert [each.verdict for each in found] == verdicts
    assert [each.p is None for each in found] == [True, False, True, True]
    assert found[1].p == found[1].p_adjusted
    assert found[0].interval == found[0].adjusted == known
    assert compare([NoInterval(Reason.NO_DEALS)], [None])[0].verdict is None
    assert compare([], []) == []


def test_holm_by_hand() -> None:
    """.01*3, then max with .02*2, then .3*1."""
    assert holm([0.3, 0.01, 0.02]).p.tolist() == pytest.approx([0.3, 0.03, 0.04])
    assert holm([0.9, 0.8]).p.tolist() == [1.0, 1.0]
    assert holm([0.9, 0.8]).m == 2
    assert holm([]).m == 0
