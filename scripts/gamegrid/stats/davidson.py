"""The Bradley-Terry model with draws: its penalised likelihood, and how to maximise it.

Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison
experiments" (1970): let eta = theta_first - theta_second + delta_game. The first agent wins, draws
and loses with probabilities proportional to exp(eta/2), nu_game and exp(-eta/2). theta is strength.
delta is the first mover's advantage, as in Davidson and Beaver, "On extending the Bradley-Terry
model to incorporate within-pair order effects" (1977). nu says how often the game is drawn. The
parameters are, in this order: theta of every agent, delta of every game, log nu of every game.

A score may also be a share between 0 and 1, such as a share of the points. A share s counts as s
wins and 1 - s losses, and exactly 1/2 as a draw. The likelihood is then a quasi-likelihood: its
estimates need only the expected score to follow the model, not the distribution around it
(Wedderburn, "Quasi-likelihood functions, generalized linear models, and the Gauss-Newton method",
1974; Papke and Wooldridge, "Econometric methods for fractional response variables", 1996). A share
is not split into a win and a draw: an agent that always got 0.6 would then have no losses, and no
bound on its rating.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse

from gamegrid.stats.arrays import Floats, Integers

ELO = 400 / float(np.log(10))
"""Rating points per unit of theta: 400 points mean odds of ten to one, draws aside."""
PRIOR_SD = 1000 / ELO
"""SD of the normal penalty: on strengths around their mean, and on delta and log nu around 0.

A thousand points weigh about an eighth of a match: a match between equals has information 1/4 about
theta, the penalty 1/33.
"""
NOBODY = np.array([], dtype=np.int64)
STEPS = 200
"""Most steps of the search for the maximum."""
CLOSE = 1e-6
"""The search ends with a step shorter than this: the next would be about as long as its square."""
WIN, DRAW, LOSS = 0, 1, 2
COLUMNS = ("game", "family", "first", "second", "score", "luck", "deal")
"""The fields of Matches that hold an entry per match."""
_ETA, _LOG_NU = np.array([1.0, -1.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
"""The coefficients of a cell's four parameters (two strengths, delta, log nu) in eta and log nu."""
_CURVES = np.stack(
    [
        np.outer(_ETA, _ETA),
        np.outer(_ETA, _LOG_NU) + np.outer(_LOG_NU, _ETA),
        np.outer(_LOG_NU, _LOG_NU),
    ]
).reshape(3, 16)
"""Second derivatives by a cell's parameters, shape (3, 4 * 4).

Row 0 is multiplied by the variance of eta's statistic, row 1 by the covariance of the statistics of
eta and log nu, and row 2 by the variance of log nu's.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Results of two-seat matches, one array entry per match; codes count from 0.

    ``game`` and ``family`` are codes; each game belongs to one family. ``luck`` is the code of the
    source of the deals, and ``deal`` a number within it: matches with the same luck and deal were
    played with the same random events, whatever their game. A game shares its luck with its
    disguises. ``first`` and ``second`` are codes of agents, and ``score`` is that of ``first``,
    from 0 to 1. List every match that was played, also if deterministic agents repeat one move by
    move: each deal is a draw of luck, and repetitions show how often luck gives this match.
    ``fixed`` says for each match why luck cannot move the mean of the matches it belongs to, a
    member of Fixed, or is None if luck can; by default, luck can move all. Raises
    ValueError if there are no matches or the columns differ in length, for any other score, for an
    agent that plays itself or has no name, and for a game of two families.
    """

    agents: tuple[str, ...]
    game: Integers
    family: Integers
    first: Integers
    second: Integers
    score: Floats
    luck: Integers
    deal: Integers
    fixed: NDArray[np.object_] | None = None

    def __post_init__(self) -> None:
        columns = [getattr(self, name) for name in COLUMNS]
        columns += [] if self.fixed is None else [self.fixed]
        if len({len(column) for column in columns}) != 1 or not len(self.score):
            raise ValueError("matches need columns of one length and at least one match")
        if not ((self.score >= 0) & (self.score <= 1)).all():
            raise ValueError("a score is from 0 to 1")
        if (self.first == self.second).any():
            raise ValueError("an agent plays itself")
        players = np.concatenate([self.first, self.second])
        if players.min() < 0 or players.max() >= len(self.agents):
            raise ValueError("an agent has no name")
        if codes(self.game, self.family).max() > codes(self.game).max():
            raise ValueError("a game belongs to one family")

    @property
    def clusters(self) -> Integers:
        """A number from 0 per match, the same for matches of one luck and deal: one cluster."""
        return codes(self.luck, self.deal)

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which matches belong to a mean that luck can move, shape (matches,)."""
        if self.fixed is None:
            return np.ones(len(self.score), dtype=bool)
        return np.array([each is None for each in self.fixed], dtype=bool)

    def where(self, kept: NDArray[np.bool_]) -> "Matches":
        """Return the matches for which ``kept`` is True. Raises ValueError if there are none."""
        fixed = None if self.fixed is None else self.fixed[kept]
        return replace(self, fixed=fixed, **{name: getattr(self, name)[kept] for name in COLUMNS})

    def among(self, agents: Integers) -> "Matches":
        """Return the matches between ``agents``, which are sorted codes and get new ones.

        Raises ValueError if there are none.
        """
        kept = self.where(np.isin(self.first, agents) & np.isin(self.second, agents))
        return replace(
            kept,
            agents=tuple(self.agents[code] for code in agents),
            first=np.searchsorted(agents, kept.first),
            second=np.searchsorted(agents, kept.second),
        )


def codes(*columns: Integers) -> Integers:
    """Return a number from 0 for each row of ``columns``; equal rows share it. Rows are sorted."""
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        numbers = np.unique(numbers * len(values) + place, return_inverse=True)[1]
    return numbers


def family_weights(matches: Matches, anchors: Integers = NOBODY) -> Floats:
    """Return the weight of each match. Families weigh equally, and the mean weight is 1.

    With ``anchors``, each match in a family has the weight that makes the matches between two
    anchors weigh equally in all families.
    """
    # Strength differs by game, so a copy of a bot would get another rating than the bot if games
    # did not weigh as in the fit that rated the anchors.
    family = codes(matches.family)
    every = np.bincount(family)
    held = np.isin(matches.first, anchors) & np.isin(matches.second, anchors)
    among = np.bincount(family[held], minlength=len(every))
    weight = 1 / np.where(among > 0, among, every)[family]
    return np.asarray(weight / weight.mean())


def chances(eta: Floats, log_nu: Floats) -> Floats:
    """Return the chances of win, draw and loss, shape (cells, 3). Both have shape (cells,)."""
    half = eta / 2
    top = np.maximum(np.abs(half), log_nu)
    parts = np.exp(np.stack([half - top, log_nu - top, -half - top], axis=1))
    return np.asarray(parts / (parts[:, WIN] + parts[:, DRAW] + parts[:, LOSS])[:, None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Davidson:
    """The model of some matches. Matches with equal (game, first, second) form a cell."""

    agents: int
    """Number of agents."""
    games: int
    """Number of games."""
    index: Integers
    """The parameters of each cell (two strengths, delta, log nu), shape (cells, 4)."""
    counts: Floats
    """The weights of the first agent's wins, draws and losses, shape (cells, 3)."""
    penalty: Floats
    """The penalty is point @ penalty @ point / 2. Shape (parameters, parameters)."""
    cell: Integers
    """The cell of each match."""
    score: Floats
    """The score of each match's first agent."""
    squares: Floats
    """For each cell, the sum of the squared weights of its matches."""
    weight: Floats
    """For each match; mean 1. Families weigh equally, a family's games by their matches."""

    @classmethod
    def of(cls, matches: Matches, *, anchors: Integers = NOBODY) -> "Davidson":
        """Make the model. ``anchors`` are the agents whose strengths will be held fixed.

        With anchors, the penalty leaves the mean strength free; without, it makes the mean 0.
        """
        game = codes(matches.game)
        cell = codes(game, matches.first, matches.second)
        _, example = np.unique(cell, return_index=True)
        agents, games = len(matches.agents), int(game.max()) + 1
        index = np.stack(
            [matches.first, matches.second, agents + game, agents + games + game], axis=1
        )[example]
        weight = family_weights(matches, anchors)
        drawn = matches.score == 0.5
        parts = np.where(drawn, [[0.0], [1.0], [0.0]], [matches.score, drawn, 1 - matches.score])
        counts = np.array([np.bincount(cell, weight * part) for part in parts], dtype=np.float64).T
        penalty = np.eye(agents + 2 * games)
        if len(anchors):
            penalty[:agents, :agents] -= 1 / agents
        return cls(
            agents=agents, games=games, index=index, counts=counts,
            penalty=penalty / PRIOR_SD**2, cell=cell, score=matches.score, weight=weight,
            squares=np.bincount(cell, weight**2).astype(np.float64),
        )  # fmt: skip

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.agents + 2 * self.games

    def chances(self, point: Floats) -> Floats:
        """Return the probabilities of win, draw and loss, shape (cells, 3)."""
        first, second, delta, log_nu = point[self.index].T
        return chances(first - second + delta, log_nu)

    def value(self, point: Floats) -> float:
        """Return the penalised log-likelihood."""
        likely = np.log(np.maximum(self.chances(point), 1e-300))
        return float((self.counts * likely).sum() - point @ self.penalty @ point / 2)

    def gradient(self, point: Floats) -> Floats:
        """Return the gradient of the penalised log-likelihood."""
        return self.pull(point) - self.penalty @ point

    def pull(self, point: Floats) -> Floats:
        """Return the gradient of the log-likelihood without the penalty."""
        residuals = self.counts - self.counts.sum(axis=1, keepdims=True) * self.chances(point)
        up, drawn = (residuals[:, WIN] - residuals[:, LOSS]) / 2, residuals[:, DRAW]
        return self._gathered(self.index, up, drawn)

    def hessian(self, point: Floats) -> Floats:
        """Return minus the second derivatives of the penalised log-likelihood.

        The matrix is positive definite, except along the mean strength of a model with anchors,
        which the penalty leaves free.
        """
        cells = np.arange(len(self.counts))
        return self._information(point, self.counts.sum(axis=1), cells) + self.penalty

    def maximise(self, start: Floats, basis: Floats) -> Floats:
        """Return the point of largest value in ``start`` + span of ``basis``.

        ``basis`` has shape (parameters, directions). The value is concave; Newton's method halves
        each step until the value rises. Raises ArithmeticError if it does not converge.
        """
        point = start
        for _ in range(STEPS):
            slope = basis.T @ self.gradient(point)
            curve = basis.T @ self.hessian(point) @ basis
            step = basis @ linalg.solve(curve, slope, assume_a="pos")
            if float(np.abs(step).max(initial=0.0)) < CLOSE:
                return np.asarray(point + step)
            height, length = self.value(point), 1.0
            while self.value(point + length * step) < height - 1e-9 * abs(height):
                length /= 2
            point = point + length * step
        raise ArithmeticError("the ratings did not converge")

    def left_out(
        self, point: Floats, basis: Floats, clusters: Integers, free: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """Return how far one Newton step moves the maximum if a cluster is left out.

        ``clusters`` holds the cluster of each match. Matches that are not ``free`` always stay.
        Clusters with the same results are of one kind. Returns (steps, times): the steps, shape
        (kinds, parameters), and the number of clusters of each kind.
        """
        whole = basis.T @ self.hessian(point) @ basis
        kinds = Counter(self._kinds(clusters, free) if free.any() else ())
        steps = np.empty((len(kinds), self.size))
        for row, (cells, scores, weights) in enumerate(_unpacked(kinds)):
            lost = basis.T @ self._information(point, weights, cells) @ basis
            slope = basis.T @ self._slope_of(point, cells, scores, weights)
            steps[row] = -basis @ linalg.solve(whole - lost, slope, assume_a="sym")
        return steps, np.array(list(kinds.values()), dtype=np.float64)

    def spread(self, point: Floats, squares: Floats | None = None) -> Floats:
        """Return the covariance of the gradient if matches were independent.

        ``squares`` holds the sum of squared weights for each cell, by default that of the cell's
        matches. Multiply each match's square by the number of matches that may share its luck to
        get the covariance if they shared it completely.
        """
        weights = self.squares if squares is None else squares
        return self._information(point, weights, np.arange(len(self.index)))

    def bounds_all(self, fixed: Integers) -> bool:
        """Return True if ``unbounded`` is False for every contrast: one fast check for all."""
        # A generic contrast is orthogonal to no direction that matters. If it is bounded on both
        # sides, all contrasts are.
        generic = np.zeros(self.size)
        generic[: self.agents + self.games] = (
            1 + np.sqrt(np.arange(2, self.agents + self.games + 2)) % 1
        )
        return not self.unbounded(generic, fixed if len(fixed) else np.array([0]))

    def unbounded(self, contrast: Floats, fixed: Integers) -> bool:
        """Return True if the results, without the penalty, leave ``contrast`` unbounded on a side.

        It is unbounded if it changes along a direction in which no result becomes less likely.
        Linear programs search for such a direction: Konis, "Linear programming algorithms for
        detecting separated data in binary logistic regression models" (2007). For strengths alone,
        this is the condition of Ford, "Solution of a ranking problem from binary comparisons"
        (1957). ``fixed`` are the parameters held. Raises ArithmeticError if the solver fails.
        """
        rows, limits = self._recession(), np.ones(self.size)
        limits[fixed] = 0
        for side in (contrast, -contrast):
            solution = optimize.linprog(
                side,
                A_ub=-rows,
                b_ub=np.zeros(rows.shape[0]),
                bounds=np.stack([-limits, limits], 1),
            )
            if solution.status != 0:
                raise ArithmeticError(f"linprog found no solution: {solution.message}")
            if solution.fun < -1e-7:
                return True
        return False

    def _recession(self) -> sparse.csr_matrix:
        """Return rows whose products with a direction are >= 0 if it makes no result less likely.

        Shape (constraints, parameters).
        """
        won, drawn, lost = (self.counts[:, k] > 0 for k in (WIN, DRAW, LOSS))
        cells = np.repeat(np.arange(len(self.index)), 4)
        shape = (len(self.index), self.size)
        eta, log_nu = (
            sparse.csr_matrix(
                (np.tile(parts, len(self.index)), (cells, self.index.ravel())), shape=shape
            )
            for parts in (_ETA, _LOG_NU)
        )
        return sparse.vstack(
            [
                eta[won],
                eta[won] / 2 - log_nu[won],
                -eta[lost],
                -eta[lost] / 2 - log_nu[lost],
                log_nu[drawn] - eta[drawn] / 2,
                log_nu[drawn] + eta[drawn] / 2,
            ]
        ).tocsr()

    def _information(self, point: Floats, weights: Floats, cells: Integers) -> Floats:
        """Return minus the second derivatives of the log-likelihood of some matches.

        ``weights`` and ``cells`` are those of the matches; cells may repeat.
        """
        chances = self.chances(point)[cells]
        lead, drawn = _lead(chances), chances[:, DRAW]
        terms = np.stack([(1 - drawn) / 4 - lead**2, -drawn * lead, drawn * (1 - drawn)], axis=1)
        parts = (weights[:, None] * terms) @ _CURVES
        index = self.index[cells]
        places = index[:, :, None] * self.size + index[:, None, :]
        summed = np.bincount(places.ravel(), parts.ravel(), minlength=self.size**2)
        return np.asarray(summed.reshape(self.size, self.size), dtype=np.float64)

    def _slope_of(self, point: Floats, cells: Integers, scores: Floats, weights: Floats) -> Floats:
        """Return the gradient of the log-likelihood of some matches."""
        expected = self.chances(point)[cells]
        up = scores - 0.5 - _lead(expected)
        drawn = (scores == 0.5) - expected[:, DRAW]
        return self._gathered(self.index[cells], weights * up, weights * drawn)

    def _gathered(self, index: Integers, up: Floats, drawn: Floats) -> Floats:
        """Sum derivatives by eta (``up``) and log nu (``drawn``) by parameter."""
        parts = np.multiply.outer(up, _ETA) + np.multiply.outer(drawn, _LOG_NU)
        summed = np.bincount(index.ravel(), parts.ravel(), minlength=self.size)
        return np.asarray(summed, dtype=np.float64)

    def _kinds(
        self, clusters: Integers, free: NDArray[np.bool_]
    ) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield the cells, scores and weights of each cluster's free matches, as bytes."""
        order = np.lexsort((self.score, self.cell, clusters))
        order = order[free[order]]
        ends = np.flatnonzero(np.diff(clusters[order])) + 1
        columns = (self.cell, self.score, self.weight)
        for parts in zip(*(np.split(each[order], ends) for each in columns), strict=True):
            cells, scores, weights = (part.tobytes() for part in parts)
            yield cells, scores, weights


def _unpacked(
    kinds: Counter[tuple[bytes, bytes, bytes]],
) -> Iterator[tuple[Integers, Floats, Floats]]:
    """Yield the arrays that _kinds turned into bytes."""
    for cells, scores, weights in kinds:
        yield (
            np.frombuffer(cells, dtype=np.int64),
            np.frombuffer(scores, dtype=np.float64),
            np.frombuffer(weights, dtype=np.float64),
        )


def _lead(expected: Floats) -> Floats:
    """Return the mean of eta's statistic: half of the chance of a win minus that of a loss.

    For a win, a draw and a loss the statistic is 1/2, 0 and -1/2; for any score, it is the score
    minus 1/2.
    """
    return np.asarray((expected[:, WIN] - expected[:, LOSS]) / 2)
