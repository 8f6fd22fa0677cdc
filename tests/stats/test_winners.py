"""The best of several candidates: a value without bias, and an interval that covers."""

from collections.abc import Sequence

import numpy as np
import pytest

from gamegrid.stats.intervals import Interval, NoInterval, Reason
from gamegrid.stats.observations import Fixed, Observations, Part, combined_interval
from gamegrid.stats.winners import Winner, winner
from skill_coverage import SWEEPS, winner_errors


def part(values: Sequence[float], luck: str = "a", fixed: Fixed | None = None) -> Part:
    return Part(
        Observations(luck=luck, deals=np.arange(len(values)), values=np.array(values), fixed=fixed)
    )


def judged(*candidates: Sequence[float]) -> Winner:
    return winner([[part(values)] for values in candidates], combined_interval)


def interval(found: Winner) -> Interval:
    assert isinstance(found.interval, Interval)
    return found.interval


def test_each_deal_judges_the_choice_of_the_others_by_hand() -> None:
    """Without deal 0 the first leads (1, 1 to 1, 0), without 1 the second (1, 0 to 1, 1)...

    Values (0, 1, 1) and (1, 0, 1): without deal 0, the first has 1 and the second 1/2, so deal 0
    counts the first's 0. Without deal 1 it is the other way round, and deal 1 counts the second's
    0. Without deal 2 they tie, the first is chosen and gets 1. The mean is 1/3; both have 2/3.
    """
    found = judged([0, 1, 1], [1, 0, 1])
    assert (found.place, found.found) == (0, pytest.approx(2 / 3))
    assert found.corrected == pytest.approx(1 / 3)
    assert found.same_choice == pytest.approx(2 / 3)


def test_a_candidate_far_ahead_keeps_its_mean_and_its_upper_end() -> None:
    ahead, behind = [1, 1, 0.5, 1, 1, 0.5], [0, 0.5, 0, 0, 0, 0.5]
    found, usual = judged(behind, ahead), combined_interval([part(ahead)])
    assert isinstance(usual, Interval)
    assert (found.place, found.same_choice) == (1, 1)
    assert found.corrected == pytest.approx(found.found) == pytest.approx(np.mean(ahead))
    assert interval(found).high == usual.high
    assert interval(found).low < usual.low


def test_more_candidates_lower_the_lower_end_only() -> None:
    luck = np.random.default_rng(1)
    best = np.append(luck.choice([0.5, 1.0], 19), 1.0)
    rest = [luck.choice([0, 0.5], 20) for _ in range(15)]
    intervals = [interval(judged(best, *rest[:count])) for count in (1, 7, 15)]
    lows = [each.low for each in intervals]
    assert lows == sorted(lows, reverse=True)
    assert len({each.high for each in intervals}) == 1


def test_games_count_by_their_weights_and_share_their_folds() -> None:
    """A game that repeats another, deal by deal, changes nothing."""
    luck = np.random.default_rng(2)
    values = luck.choice([0, 0.5, 1], (3, 20))
    once = winner([[part(each)] for each in values], combined_interval)
    twice = winner([[part(each), part(each)] for each in values], combined_interval)
    assert once.corrected == pytest.approx(twice.corrected)
    assert interval(once).low == pytest.approx(interval(twice).low)


def test_without_luck_there_is_nothing_to_correct() -> None:
    values = [[0.5] * 4, [1.0] * 4]
    found = winner([[part(each, fixed=Fixed.DETERMINISTIC)] for each in values], combined_interval)
    assert (found.place, found.found, found.corrected) == (1, 1, 1)
    assert found.interval == NoInterval(Reason.DETERMINISTIC)


def test_one_deal_leaves_the_value_unknown() -> None:
    found = judged([1], [0])
    assert (found.corrected, found.same_choice) == (None, None)
    assert found.interval == NoInterval(Reason.ONE_DEAL)


def test_a_candidate_without_deals_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a deal"):
        judged([], [1])


def test_the_best_of_equal_candidates_is_judged_rightly_where_its_own_interval_is_not() -> None:
    found = winner_errors(SWEEPS["equal"](16), 50, 200, seed=3)
    assert found.naive < 0.85
    assert found.naive_bias > 0.05
    assert found.coverage >= 0.95 - 3 * (0.05 * 0.95 / 200) ** 0.5
    # A standard error of .35 (of a deal) / sqrt(50 deals) / sqrt(200 samples) is .0035.
    assert abs(found.bias) < 3 * 0.0035


@pytest.mark.nightly
@pytest.mark.parametrize("name", SWEEPS)
@pytest.mark.parametrize("count", [2, 8, 16])
@pytest.mark.parametrize("deals", [20, 50, 200])
def test_every_sweep_is_covered(name: str, count: int, deals: int) -> None:
    found = winner_errors(SWEEPS[name](count), deals, 500, seed=5)
    assert found.coverage >= 0.95 - 3 * (0.05 * 0.95 / 500) ** 0.5
    assert abs(found.bias) <= abs(found.naive_bias) + 0.01
