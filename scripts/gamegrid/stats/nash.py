"""Nash averaging: an equilibrium weights the agents, so clones and easy opponents do not count.

Balduzzi, Tuyls, Perolat, Graepel, "Re-evaluating evaluation" (2018): two players each pick an agent
and get its mean score against the other's agent, minus one half. The equilibrium of that game with
the largest entropy weights the agents. An agent's Nash average is its payoff against that mixture.
It complements a rating, which cannot show that a beats b, b beats c and c beats a.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import Matches, family_weights

NONE = 1e-6
"""A smaller weight or payoff counts as 0."""
DISAGREE = 0.95
"""From this share of resamples on, rating and Nash average disagree beyond luck."""
RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class NashAverage:
    """The mixture of agents that no agent beats, and each agent's payoff against it."""

    weights: Floats
    """The mixture, shape (agents,); sums to 1."""
    averages: Floats
    """Each agent's payoff against the mixture, shape (agents,), from -1/2 to 0."""


def payoffs(matches: Matches, times: Floats | None = None) -> Floats:
    """Return the antisymmetric matrix of mean scores minus one half, shape (agents, agents).

    Families get equal weight. ``times`` says how often each match counts, by default once. The
    entry is 0 for pairs that never met, as if they were equal.
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
    """Return the equilibrium of an antisymmetric payoff ``matrix`` with the largest entropy.

    Raises ValueError if the matrix is not antisymmetric.
    """
    if matrix.shape != matrix.T.shape or not np.allclose(matrix, -matrix.T):
        raise ValueError("the payoff matrix is not antisymmetric")
    start = _equilibrium(matrix)
    solution = optimize.minimize(
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
    weights = np.clip(solution.x, 0, None) / np.clip(solution.x, 0, None).sum()
    # An equilibrium guarantees the value of the game, 0. If the mixture found here does not, use
    # the equilibrium of the linear program, which does.
    if not solution.success or float((matrix.T @ weights).min()) < -NONE:
        weights = start
    return NashAverage(weights, np.asarray(matrix @ weights))


def share_disagreeing(
    leader: int, matches: Matches, *, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """Return the share of resamples of the deals in which no equilibrium includes ``leader``.

    ``leader`` is the agent with the best rating. A share below DISAGREE may be luck; warn only from
    there on.
    """
    cluster = matches.clusters
    size = int(cluster.max()) + 1
    luck = np.random.default_rng(seed)
    outside = 0
    for _ in range(resamples):
        times = luck.multinomial(size, np.full(size, 1 / size)).astype(np.float64)[cluster]
        outside += bool(_equilibrium(payoffs(matches, times), leader)[leader] < NONE)
    return outside / resamples


def _equilibrium(matrix: Floats, favoured: int | None = None) -> Floats:
    """Return a mixture that no agent beats, with as much weight on ``favoured`` as possible.

    Raises ArithmeticError if the solver fails.
    """
    size = len(matrix)
    aim = np.zeros(size)
    if favoured is not None:
        aim[favoured] = -1
    solution = optimize.linprog(
        aim, A_ub=-matrix.T, b_ub=np.full(size, 1e-9), A_eq=np.ones((1, size)), b_eq=[1.0]
    )
    if solution.status != 0:
        raise ArithmeticError(f"linprog found no equilibrium: {solution.message}")
    return np.asarray(solution.x, dtype=np.float64)
