"""Nash averaging: agents weighed by an equilibrium, so that clones and easy prey count for nothing.

Balduzzi, Tuyls, Perolat, Graepel, "Re-evaluating evaluation" (2018): two players each pick an agent
and get its mean score against the other's, less one half. Of the equilibria of that game the one of
largest entropy weighs the agents; an agent's Nash average is its payoff against that mixture. It
stands beside a rating, which cannot show that a beats b beats c beats a.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from gamegrid.stats.davidson import Integers
from gamegrid.stats.intervals import Floats

NONE = 1e-6
"""Weight or payoff below which there is none."""
DISAGREE = 0.95


@dataclass(frozen=True, slots=True)
class NashAverage:
    """``weights`` sum to 1; ``averages``: payoff against the mixture, -1/2 to 0; shape (agents,)."""

    weights: Floats
    averages: Floats


def payoffs(agents: int, first: Integers, second: Integers, score: Floats) -> Floats:
    """Antisymmetric matrix of mean scores less one half, from the first's ``score`` per deal.

    Pairs that never met have 0, as if equal. Shape (agents, agents).
    """
    sums, times = np.zeros((agents, agents)), np.zeros((agents, agents))
    np.add.at(sums, (first, second), score - 0.5)
    np.add.at(times, (first, second), 1.0)
    return np.asarray((sums - sums.T) / np.maximum(times + times.T, 1))


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
            {"type": "ineq", "fun": lambda p: matrix.T @ p, "jac": lambda p: matrix.T},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    weights = np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum()
    # An equilibrium guarantees the game's value, 0; the linear program's does if this one fails to.
    if not found.success or float((matrix.T @ weights).min()) < -NONE:
        weights = start
    return NashAverage(weights, np.asarray(matrix @ weights))


def share_disagreeing(matrices: Floats, leaders: Integers) -> float:
    """Share of resamples whose leader by rating or score has no part in the equilibrium.

    ``matrices``: shape (resamples, agents, agents), each from deals drawn with replacement;
    ``leaders``: the code of the leader in each. A warning is due from DISAGREE on: below it, luck
    explains the difference.
    """
    inside = [
        _can_lead(matrix, int(leader)) for matrix, leader in zip(matrices, leaders, strict=True)
    ]
    return 1 - float(np.mean(inside))


def _can_lead(matrix: Floats, agent: int) -> bool:
    """Whether some equilibrium holds to ``agent``."""
    return bool(_equilibrium(matrix, agent)[agent] > NONE)


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
