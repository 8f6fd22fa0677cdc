"""The likelihood of Bradley-Terry with draws, penalised: its maximum, and what each cluster adds.

Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison
experiments" (1970): with eta = theta_first - theta_second + delta_game, the first wins, draws and
loses with weights exp(eta/2), nu_game and exp(-eta/2). delta is the first mover's advantage, as in
Davidson and Beaver, "On extending the Bradley-Terry model to incorporate within-pair order effects"
(1977); nu says how often the game is drawn. Parameters, in this order: theta of every agent, delta
of every game, log nu of every game.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse

from gamegrid.stats.intervals import Floats

Integers = NDArray[np.int64]

ELO = 400 / float(np.log(10))
"""Rating points per unit of theta: 400 points are odds of ten to one, draws apart."""
PRIOR_SD = 1000 / ELO
"""SD of the normal penalty on strengths about their mean, on delta and on log nu about 0.

A thousand points weigh an eighth of a match: a match of equals informs theta by 1/4, they by
1/33.
"""
NOBODY = np.array([], dtype=np.int64)
STEPS = 200
CLOSE = 1e-6
"""The last step of the search, after which the next would be about its square."""
WIN, DRAW, LOSS = 0, 1, 2
_ETA, _LOG_NU = np.array([1.0, -1.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
"""What a cell's four parameters (two strengths, delta, log nu) give to eta and to log nu."""
_CURVES = np.stack(
    [
        np.outer(_ETA, _ETA),
        np.outer(_ETA, _LOG_NU) + np.outer(_LOG_NU, _ETA),
        np.outer(_LOG_NU, _LOG_NU),
    ]
).reshape(3, 16)
"""What the variances of eta's and log nu's statistics, and their covariance, give to the curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Results of two-seat matches, one array entry per match; codes count from 0.

    ``game`` and ``family`` are codes, a game being of one family; ``deal`` is a number within its
    game, the same for all matches that had the same luck. ``score`` is the first seat's: 1, 1/2 or
    0. What deterministic agents repeated move by move is one match, given once. Raises ValueError
    for columns of different lengths or none, another score, an agent against itself or without a
    name, and a game of two families.
    """

    agents: tuple[str, ...]
    game: Integers
    family: Integers
    first: Integers
    second: Integers
    score: Floats
    deal: Integers

    def __post_init__(self) -> None:
        columns = (self.game, self.family, self.first, self.second, self.score, self.deal)
        if len({len(column) for column in columns}) != 1 or not len(self.score):
            raise ValueError("matches need columns of one length, and one match at least")
        if not np.isin(self.score, (0.0, 0.5, 1.0)).all():
            raise ValueError("a score is 0, 1/2 or 1")
        if (self.first == self.second).any():
            raise ValueError("an agent does not play itself")
        players = np.concatenate([self.first, self.second])
        if players.min() < 0 or players.max() >= len(self.agents):
            raise ValueError("an agent has no name")
        if codes(self.game, self.family).max() > codes(self.game).max():
            raise ValueError("a game is of one family")

    def where(self, kept: NDArray[np.bool_]) -> "Matches":
        """Some of the matches. ``kept``: per match. Raises ValueError if it is none."""
        columns = ("game", "family", "first", "second", "score", "deal")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})

    def among(self, agents: Integers) -> "Matches":
        """The matches of some agents with each other, these coded anew. ``agents``: sorted codes.

        Raises ValueError if there is none.
        """
        kept = self.where(np.isin(self.first, agents) & np.isin(self.second, agents))
        return replace(
            kept,
            agents=tuple(self.agents[code] for code in agents),
            first=np.searchsorted(agents, kept.first),
            second=np.searchsorted(agents, kept.second),
        )


def codes(*columns: Integers) -> Integers:
    """Number the different rows of ``columns`` from 0, in their sorted order."""
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        numbers = np.unique(numbers * len(values) + place, return_inverse=True)[1]
    return numbers


def family_weights(matches: Matches, anchors: Integers = NOBODY) -> Floats:
    """What each match weighs, 1 in the mean, so that families weigh alike.

    With ``anchors`` a match weighs as those of two of them in its family do: strength differs from
    game to game, and another mixture of games than the anchors were rated by would be another
    scale.
    """
    family = codes(matches.family)
    every = np.bincount(family)
    held = np.isin(matches.first, anchors) & np.isin(matches.second, anchors)
    among = np.bincount(family[held], minlength=len(every))
    weight = 1 / np.where(among > 0, among, every)[family]
    return np.asarray(weight / weight.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Davidson:
    """The model of some matches, each (game, first, second) being one cell."""

    agents: int
    games: int
    index: Integers
    """Shape (cells, 4): the parameters of a cell: two strengths, delta, log nu."""
    counts: Floats
    """Shape (cells, 3): weight of wins, draws and losses of the first."""
    penalty: Floats
    """Shape (parameters, parameters)."""
    outcome: Integers
    """Per match, 3 * cell + WIN, DRAW or LOSS."""
    squares: Floats
    """Per cell, the sum of its matches' squared weights."""
    weight: Floats
    """Per match; mean 1. Families weigh alike, a game within its family by its matches."""

    @classmethod
    def of(cls, matches: Matches, *, anchors: Integers = NOBODY) -> "Davidson":
        """Make the model, the strengths of ``anchors`` to be held.

        The penalty then leaves the mean strength free (else it is 0).
        """
        game = codes(matches.game)
        cell = codes(game, matches.first, matches.second)
        _, example = np.unique(cell, return_index=True)
        agents, games = len(matches.agents), int(game.max()) + 1
        index = np.stack(
            [matches.first, matches.second, agents + game, agents + games + game], axis=1
        )[example]
        weight = family_weights(matches, anchors)
        outcome = 3 * cell + np.rint(2 * (1 - matches.score)).astype(np.int64)
        counts = np.bincount(outcome, weight, minlength=3 * len(index)).astype(np.float64)
        penalty = np.eye(agents + 2 * games)
        if len(anchors):
            penalty[:agents, :agents] -= 1 / agents
        return cls(
            agents=agents, games=games, index=index, counts=counts.reshape(-1, 3),
            penalty=penalty / PRIOR_SD**2, outcome=outcome, weight=weight,
            squares=np.bincount(cell, weight**2).astype(np.float64),
        )  # fmt: skip

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.agents + 2 * self.games

    def chances(self, point: Floats) -> Floats:
        """Shape (cells, 3): probabilities of win, draw and loss."""
        first, second, delta, log_nu = point[self.index].T
        half = (first - second + delta) / 2
        top = np.maximum(np.abs(half), log_nu)
        parts = np.exp(np.stack([half - top, log_nu - top, -half - top], axis=1))
        return np.asarray(parts / (parts[:, WIN] + parts[:, DRAW] + parts[:, LOSS])[:, None])

    def value(self, point: Floats) -> float:
        """The penalised log-likelihood."""
        likely = np.log(np.maximum(self.chances(point), 1e-300))
        return float((self.counts * likely).sum() - point @ self.penalty @ point / 2)

    def gradient(self, point: Floats) -> Floats:
        """Its gradient."""
        return self.pull(point) - self.penalty @ point

    def pull(self, point: Floats) -> Floats:
        """The gradient of the log-likelihood alone."""
        residuals = self.counts - self.counts.sum(axis=1, keepdims=True) * self.chances(point)
        up, drawn = (residuals[:, WIN] - residuals[:, LOSS]) / 2, residuals[:, DRAW]
        return self._gathered(self.index, up, drawn)

    def hessian(self, point: Floats) -> Floats:
        """Minus its second derivatives: positive definite but for the mean of centred strengths."""
        found = self._information(point, self.counts.sum(axis=1), np.arange(len(self.counts)))
        return found + self.penalty

    def maximise(self, start: Floats, basis: Floats) -> Floats:
        """The point of largest value in ``start`` + span of ``basis`` (parameters, directions).

        Newton's method, steps halved until they climb; the value is concave.
        Raises ArithmeticError if it does not settle.
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
        raise ArithmeticError("the ratings did not settle")

    def left_out(self, point: Floats, basis: Floats, clusters: Integers) -> tuple[Floats, Floats]:
        """How far the maximum moves when one cluster is left out, in one Newton step.

        ``clusters``: per match. Returns (steps, times): shape (kinds, parameters), and how many
        clusters are of each kind; clusters with the same results are one kind.
        """
        whole = basis.T @ self.hessian(point) @ basis
        kinds = Counter(self._kinds(clusters))
        steps = np.empty((len(kinds), self.size))
        for row, (outcomes, weights) in enumerate(_unpacked(kinds)):
            cells = outcomes // 3
            lost = basis.T @ self._information(point, weights, cells) @ basis
            slope = basis.T @ self._slope_of(point, outcomes, weights)
            steps[row] = -basis @ linalg.solve(whole - lost, slope, assume_a="sym")
        return steps, np.array(list(kinds.values()), dtype=np.float64)

    def spread(self, point: Floats, squares: Floats | None = None) -> Floats:
        """Covariance of the gradient were matches independent.

        ``squares``: per cell, the sum of the squared weights, if not that of its matches. With each
        match there as often as matches could share its luck, it is what they would spread sharing
        it all.
        """
        weights = self.squares if squares is None else squares
        return self._information(point, weights, np.arange(len(self.index)))

    def bounds_all(self, fixed: Integers) -> bool:
        """Whether ``unbounded`` is False of everything: a quick look before many slow ones."""
        # At no right angle to any direction: if neither way along it is open, none is.
        odd = np.zeros(self.size)
        odd[: self.agents + self.games] = (
            1 + np.sqrt(np.arange(2, self.agents + self.games + 2)) % 1
        )
        return not self.unbounded(odd, fixed if len(fixed) else np.array([0]))

    def unbounded(self, contrast: Floats, fixed: Integers) -> bool:
        """Whether the results alone, unpenalised, leave ``contrast`` without an end on some side.

        A direction along which no result becomes less likely leads out of sight; linear programs
        look for one: Konis, "Linear programming algorithms for detecting separated data in binary
        logistic regression models" (2007). For strengths alone it is the condition of Ford,
        "Solution of a ranking problem from binary comparisons" (1957). ``fixed``: parameters held.
        """
        rows, limits = self._recession(), np.ones(self.size)
        limits[fixed] = 0
        for side in (contrast, -contrast):
            found = optimize.linprog(
                side,
                A_ub=-rows,
                b_ub=np.zeros(rows.shape[0]),
                bounds=np.stack([-limits, limits], 1),
            )
            if found.status != 0:
                raise ArithmeticError(f"no answer from linprog: {found.message}")
            if found.fun < -1e-7:
                return True
        return False

    def _recession(self) -> sparse.csr_matrix:
        """Rows whose product with a direction is not negative if it makes no result less likely."""
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
        """Minus the second derivatives of ``weights`` matches in ``cells``; cells may repeat."""
        chances = self.chances(point)[cells]
        lead, drawn = _lead(chances), chances[:, DRAW]
        terms = np.stack([(1 - drawn) / 4 - lead**2, -drawn * lead, drawn * (1 - drawn)], axis=1)
        parts = (weights[:, None] * terms) @ _CURVES
        index = self.index[cells]
        places = index[:, :, None] * self.size + index[:, None, :]
        found = np.bincount(places.ravel(), parts.ravel(), minlength=self.size**2)
        return np.asarray(found.reshape(self.size, self.size), dtype=np.float64)

    def _slope_of(self, point: Floats, outcomes: Integers, weights: Floats) -> Floats:
        """The gradient of some matches' log-likelihood."""
        cells = outcomes // 3
        up, drawn = _surprise(self.chances(point)[cells], outcomes % 3)
        return self._gathered(self.index[cells], weights * up, weights * drawn)

    def _gathered(self, index: Integers, up: Floats, drawn: Floats) -> Floats:
        """Derivatives along eta and log nu, summed by parameter."""
        parts = np.multiply.outer(up, _ETA) + np.multiply.outer(drawn, _LOG_NU)
        found = np.bincount(index.ravel(), parts.ravel(), minlength=self.size)
        return np.asarray(found, dtype=np.float64)

    def _kinds(self, clusters: Integers) -> Iterator[tuple[bytes, bytes]]:
        """Per cluster its outcomes and their weights, as bytes."""
        order = np.lexsort((self.outcome, clusters))
        ends = np.flatnonzero(np.diff(clusters[order])) + 1
        for outcomes, weights in zip(
            np.split(self.outcome[order], ends), np.split(self.weight[order], ends), strict=True
        ):
            yield outcomes.tobytes(), weights.tobytes()


def _unpacked(kinds: Counter[tuple[bytes, bytes]]) -> Iterator[tuple[Integers, Floats]]:
    """The arrays of _kinds."""
    for outcomes, weights in kinds:
        yield np.frombuffer(outcomes, dtype=np.int64), np.frombuffer(weights, dtype=np.float64)


def _surprise(chances: Floats, kinds: Integers) -> tuple[Floats, Floats]:
    """Outcome less expectation of the statistics of eta (1/2, 0, -1/2) and log nu (0, 1, 0)."""
    return (1 - kinds) / 2 - _lead(chances), (kinds == DRAW) - chances[:, DRAW]


def _lead(chances: Floats) -> Floats:
    """Half of how much likelier a win is than a loss, which is the mean of eta's statistic."""
    return np.asarray((chances[:, WIN] - chances[:, LOSS]) / 2)
