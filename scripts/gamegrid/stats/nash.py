"""Nash averaging: agents weighed by an equilibrium, so that clones and easy prey count for nothing.

Balduzzi, Tuyls, Perolat, Graepel, "Re-evaluating evaluation" (2018): two players each pick an agent
and get its mean score against the other's, less one half. Of the equilibria of that game the one of
largest entropy weighs the agents; an agent's Nash average is its payoff against that mixture. It
stands beside a rating, which cannot show that a beats b beats c beats a.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from gamegrid.stats.davidson import Matches, codes, family_weights
from gamegrid.stats.intervals import Floats

NONE = 1e-6
"""Weight or payoff below which there is none."""
DISAGREE = 0.95
RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class NashAverage:
    """Both of shape (agents,)."""

    weights: Floats
    """The mixture; sums to 1."""
    averages: Floats
    """Payoff against the mixture, -1/2 to 0."""


def payoffs(matches: Matches, times: Floats | None = None) -> Floats:
    """Antisymmetric matrix of mean scores less one half, shape (agents, agents).

    Families weigh alike. ``times``: how often each match counts, once if not given. Pairs that
    never met have 0, as if equal.
    """
    weights = family_weights(matches)
    if times is not None:
        weights = weights * times
    shape = (len(matches.agents), len(matches.agents))
    sums, sizes = np.zeros(shape), np.zeros(shape)
    pairs = (matches.first, matches.second)
    np.add.at(sums, pairs, (matches.score - 0.5) * weights)
    np.add.at(sizes, pairs, weights)
    sizes += sizes.T
    return np.divide(sums - sums.T, sizes, out=np.zeros(shape), where=sizes > 0)


def nash_average(matrix: Floats) -> NashAverage:
    """The equilibrium of largest entropy of an antisymmetric payoff ``matrix``.

    Raises ValueError if it is not antisymmetric.
    """
    if matrix.shape != matrix.T.shape or not np.allclose(matrix, -matrix.T):
        raise ValueError("payoffs of a symmetric game are antisymmetric")
    start = _equilibrium(matrix)
    found = optimize.minimize(
        lambda p: float((p * np.log(np.maximum(p, 1e-300))).sum()),
        0.5 * start + 0.5 / len(start),
        jac=lambda p: np.log(np.maximum(p, 1e-12)) + 1,
        bounds=[(0.0, 1.0)] * len(start),
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1, "jac": lambda p: np.ones(len(p))},
            {"type": "ineq", "fun": lambda p: matrix.T @ p, "jac": lambda _: matrix.T},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    weights = np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum()
    # An equilibrium guarantees the game's value, 0; the linear program's does if this one fails to.
    if not found.success or float((matrix.T @ weights).min()) < -NONE:
        weights = start
    return NashAverage(weights, np.asarray(matrix @ weights))


def share_disagreeing(
    leader: int, matches: Matches, *, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """Share of resamples of the deals in which ``leader`` has no part in any equilibrium.

    ``leader``: the best by rating. Luck explains a disagreement unless the share is DISAGREE at
    least: warn from there on only.
    """
    cluster = codes(matches.game, matches.deal)
    size = int(cluster.max()) + 1
    luck = np.random.default_rng(seed)
    outside = 0
    for _ in range(resamples):
        times = luck.multinomial(size, np.full(size, 1 / size)).astype(np.float64)[cluster]
        outside += bool(_equilibrium(payoffs(matches, times), leader)[leader] < NONE)
    return outside / resamples


def _equilibrium(matrix: Floats, favoured: int | None = None) -> Floats:
    """A mixture that no agent beats, with as much of ``favoured`` as there can be."""
    size = len(matrix)
    aim = np.zeros(size)
    if favoured is not None:
        aim[favoured] = -1
    found = optimize.linprog(
        aim, A_ub=-matrix.T, b_ub=np.full(size, 1e-9), A_eq=np.ones((1, size)), b_eq=[1.0]
    )
    if found.status != 0:
        raise ArithmeticError(f"no equilibrium from linprog: {found.message}")
    return np.asarray(found.x, dtype=np.float64)
