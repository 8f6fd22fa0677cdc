"""Nash averaging: cycles, clones, and disagreements that luck explains."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gamegrid.stats.davidson import Matches
from gamegrid.stats.nash import DISAGREE, nash_average, payoffs, share_disagreeing

CYCLE = np.array([[0, 0.5, -0.5], [-0.5, 0, 0.5], [0.5, -0.5, 0]])


def test_a_cycle_weighs_alike_and_a_clone_shares_a_weight() -> None:
    """Balduzzi et al. (2018), section 4: Nash averaging is invariant to redundant agents."""
    assert nash_average(CYCLE).weights == pytest.approx(np.full(3, 1 / 3), abs=1e-4)
    clone = [0, 1, 2, 2]
    found = nash_average(CYCLE[np.ix_(clone, clone)])
    assert found.weights == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6], abs=1e-4)
    assert found.averages == pytest.approx(np.zeros(4), abs=1e-6)


def test_who_beats_all_has_all_weight_and_equals_share_it() -> None:
    ladder = np.array([[0, 0.2, 0.3], [-0.2, 0, 0.1], [-0.3, -0.1, 0]])
    found = nash_average(ladder)
    assert found.weights == pytest.approx([1, 0, 0], abs=1e-6)
    assert found.averages == pytest.approx([0, -0.2, -0.3], abs=1e-6)
    assert nash_average(np.zeros((4, 4))).weights == pytest.approx(np.full(4, 1 / 4), abs=1e-3)


def test_no_agent_beats_the_mixture() -> None:
    luck = np.random.default_rng(1)
    for size in (2, 5, 12):
        upper = np.triu(luck.uniform(-0.5, 0.5, (size, size)), 1)
        found = nash_average(upper - upper.T)
        assert found.averages.max() <= 1e-6
        assert found.weights.sum() == pytest.approx(1)
        assert found.weights @ found.averages == pytest.approx(0, abs=1e-6)


def played(
    pairs: Sequence[tuple[int, int]], scores: Sequence[float], families: Sequence[int] | None = None
) -> Matches:
    """Return matches of three agents, each in a separate deal, with one game per family."""
    firsts, seconds = np.array(pairs).T
    family = np.zeros(len(scores), dtype=np.int64) if families is None else np.array(families)
    return Matches(
        agents=("a", "b", "c"), game=family, family=family, first=firsts, second=seconds,
        score=np.array(scores), luck=family, deal=np.arange(len(scores)),
    )  # fmt: skip


def test_payoffs_are_mean_scores_less_a_half() -> None:
    # Agent 0 scored 1, 1/2 and 0 against agent 1: mean 1/2.
    found = payoffs(played([(0, 1), (1, 0), (0, 1)], [1.0, 0.5, 0.0]))
    assert found == pytest.approx(np.zeros((3, 3)))
    found = payoffs(played([(0, 1), (1, 0)], [1.0, 0.5]))
    assert found[0, 1] == -found[1, 0] == 0.25
    assert found[2].tolist() == [0, 0, 0]


def test_families_weigh_alike_however_much_each_was_played() -> None:
    """Agent 0 wins the only match of one family and loses all nine of the other."""
    found = payoffs(played([(0, 1)] * 10, [1.0, *[0.0] * 9], [0, *[1] * 9]))
    assert found[0, 1] == pytest.approx(0)


def test_only_disagreement_beyond_luck_is_worth_a_warning() -> None:
    """Agent 0 always beats agent 2, and loses to agent 1 in 9 of 10 deals, or in 6 of 10."""
    pairs = [(0, 1)] * 40 + [(0, 2)] * 40 + [(1, 2), (2, 1)] * 20
    for lost, beyond in ((36, True), (21, False)):
        scores = [*(np.arange(40) >= lost).astype(float), *[1.0] * 40, *[1.0, 0.0] * 19, 1.0, 0.5]
        found = share_disagreeing(
            0, replace(played(pairs, scores), deal=np.tile(np.arange(40), 3)), resamples=100
        )
        assert (found >= DISAGREE) is beyond


def test_payoffs_that_are_not_a_symmetric_games_are_refused() -> None:
    with pytest.raises(ValueError, match="antisymmetric"):
        nash_average(np.ones((2, 2)))
