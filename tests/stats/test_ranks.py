"""Ranges of ranks hold the true ranks, and follow from what is known of pairs."""

import numpy as np
from scipy import stats

from gamegrid.stats.paired import holm
from gamegrid.stats.ranks import Ranks, possible_ranks, tied_groups

ALL = ~np.eye(4, dtype=bool)


def relation(*pairs: tuple[int, int]) -> np.ndarray:
    above = np.zeros((4, 4), dtype=bool)
    for one, other in pairs:
        above[one, other] = True
    return above


def test_a_rank_is_possible_unless_too_many_are_above_or_below() -> None:
    found = possible_ranks(relation((0, 1), (0, 2), (1, 2)), ALL)
    assert found == [Ranks(1, 2), Ranks(2, 3), Ranks(3, 4), Ranks(1, 4)]


def test_who_is_not_ranked_together_neither_counts_nor_shares_a_letter() -> None:
    peers = relation((0, 1), (1, 0), (2, 3), (3, 2))
    found = possible_ranks(relation((0, 2), (2, 3)), peers)
    assert found == [Ranks(1, 2), Ranks(1, 2), Ranks(1, 1), Ranks(2, 2)]
    assert tied_groups([0, 1, 2, 3], relation((2, 3)), peers) == ["a", "a", "b", "c"]


def test_the_true_ranks_are_possible_ones_in_95_of_100_samples() -> None:
    """Six agents, two of them equal, whose means are known with a standard error of 1."""
    luck, samples = np.random.default_rng(1), 400
    truth = np.array([0.0, 0.0, 1.0, 2.0, 3.5, 6.0])
    least = 1 + (truth > truth[:, None]).sum(axis=1)
    most = len(truth) - (truth < truth[:, None]).sum(axis=1)
    held, narrow = 0, 0
    upper = np.triu_indices(len(truth), 1)
    for _ in range(samples):
        means = luck.normal(truth, 1)
        z = (means[:, None] - means) / np.sqrt(2)
        p = np.ones(z.shape)
        p[upper] = holm(2 * stats.norm.sf(np.abs(z[upper]))).p
        above = (np.minimum(p, p.T) < 0.05) & (z > 0)
        found = possible_ranks(above, ~np.eye(len(truth), dtype=bool))
        held += all(
            each.low <= low and high <= each.high
            for each, low, high in zip(found, least, most, strict=True)
        )
        narrow += found[5] == Ranks(1, 1)
    assert held / samples >= 0.95 - 3 * (0.05 * 0.95 / samples) ** 0.5
    assert narrow > 0  # ranges are not simply all ranks
