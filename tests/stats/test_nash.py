"""Nash averaging: cycles, clones, and disagreements that luck explains."""

import numpy as np
import pytest

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


def test_payoffs_are_mean_scores_less_a_half() -> None:
    found = payoffs(3, np.array([0, 1, 0]), np.array([1, 0, 1]), np.array([1.0, 0.5, 0.0]))
    # Agent 0 scored 1, 1/2 and 0 against agent 1: mean 1/2.
    assert found == pytest.approx(np.zeros((3, 3)))
    found = payoffs(3, np.array([0, 1]), np.array([1, 0]), np.array([1.0, 0.5]))
    assert found[0, 1] == -found[1, 0] == 0.25
    assert found[2].tolist() == [0, 0, 0]


def test_only_disagreement_beyond_luck_is_worth_a_warning() -> None:
    """Agent 0 robs agent 2, and loses to agent 1 in 9 of 10 deals, or in 6 of 10."""
    pairs = np.array([(0, 1), (0, 2), (1, 2)])
    for lost, beyond in ((36, True), (21, False)):
        deals = np.arange(40)
        scores = [(deals >= lost).astype(float), np.ones(40), np.full(40, 0.55)]
        found = share_disagreeing(
            0, 3, np.repeat(pairs[:, 0], 40), np.repeat(pairs[:, 1], 40),
            np.concatenate(scores), np.tile(deals, 3), resamples=100,
        )  # fmt: skip
        assert (found >= DISAGREE) is beyond


def test_payoffs_that_are_not_a_symmetric_games_are_refused() -> None:
    with pytest.raises(ValueError, match="antisymmetric"):
        nash_average(np.ones((2, 2)))
