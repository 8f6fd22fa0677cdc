"""Intervals and tests of one contrast of the fitted model: a rating, a difference, a first move.

A contrast is a linear combination of parameters. The score test compares a value with the data: it
fits the model with the contrast fixed at the value, and compares the data's pull on the contrast
with the standard error *at that value*. The resulting interval behaves as Wilson's does for a
share. It covers near the ends of the scale, where a standard error at the estimate fails, and it is
open-ended if one side always won. The variance is that of independent matches times a design
effect, which says how much more the estimate varies between deals (or families): Rao and Scott,
"On simple adjustments to chi-square tests with sample survey data" (1987).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from gamegrid.stats.arrays import Floats, Integers
from gamegrid.stats.davidson import Davidson, Matches, codes
from gamegrid.stats.intervals import PRIOR_DEALS, Interval

FAR = 20.0
"""Distance, in units of theta (3474 rating points), beyond which an end counts as infinite."""
CLOSE = 1e-3
"""Precision of an end, in units of theta: a sixth of a rating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A fitted model. A contrast has shape (parameters,)."""

    model: Davidson
    point: Floats
    """The parameters that maximise the model's value, shape (parameters,)."""
    fixed: Integers
    """The parameters that were not fitted but given."""
    bounded: bool
    """Whether the results bound every contrast on both sides."""

    def one_sided(self, contrast: Floats) -> bool:
        """Return True if the results leave ``contrast`` unbounded on at least one side."""
        return not self.bounded and self.model.unbounded(contrast, self.fixed)

    @property
    def basis(self) -> Floats:
        """The directions of the parameters that are not fixed, shape (parameters, free)."""
        return np.asarray(np.delete(np.eye(self.model.size), self.fixed, axis=1))

    def lever(self, contrast: Floats) -> Floats:
        """Return how far each component of the gradient moves the estimate of ``contrast``."""
        basis = self.basis
        curve = basis.T @ self.model.hessian(self.point) @ basis
        return np.asarray(basis @ linalg.solve(curve, basis.T @ contrast, assume_a="pos"))

    def strain(self, contrast: Floats, value: float, lever: Floats) -> float:
        """Return the data's pull on ``contrast`` held at ``value``, in standard errors there.

        This is the score statistic. It is positive if the data favour a higher value. ``lever`` is
        the lever of the same contrast.
        """
        free = np.setdiff1d(np.arange(self.model.size), self.fixed)
        given = free[np.abs(contrast[free]).argmax()]
        basis = np.delete(np.eye(self.model.size), np.append(self.fixed, given), axis=1)
        basis[given] = -(contrast @ basis) / contrast[given]
        start = self.point + (value - contrast @ self.point) / (contrast @ lever) * lever
        point = self.model.maximise(start, basis)
        along = np.zeros(self.model.size)
        along[given] = 1 / contrast[given]
        curve = self.model.hessian(point)
        taken = linalg.solve(basis.T @ curve @ basis, basis.T @ curve @ along, assume_a="pos")
        net = along - basis @ taken
        spread = net @ self.model.spread(point) @ net
        return float(net @ self.model.pull(point) / np.sqrt(spread)) if spread > 0 else 0.0


def held_at(frame: FittedModel, contrast: Floats, design: float, freedom: int) -> float:
    """Return the two-sided p of ``contrast`` being 0.

    ``design`` is the design effect from Clusters.design, ``freedom`` the degrees of freedom.
    """
    strain = frame.strain(contrast, 0.0, frame.lever(contrast))
    return float(2 * special.stdtr(freedom, -abs(strain) / np.sqrt(design)))


def around(
    frame: FittedModel, contrast: Floats, design: float, freedom: int, confidence: float
) -> Interval:
    """Return the values of ``contrast`` that the data do not reject; an end may be infinite.

    ``design`` is the design effect from Clusters.design, ``freedom`` the degrees of freedom.
    """
    limit = float(special.stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(design))
    centre = float(contrast @ frame.point)
    lever = frame.lever(contrast)
    spread = frame.model.spread(frame.point)
    # Where one side always won, the estimate's own spread may reach beyond what can be computed.
    scale = min(max(limit * float(np.sqrt(lever @ spread @ lever)), CLOSE), FAR)

    def end(side: int) -> float:
        def excess(distance: float) -> float:
            return -side * frame.strain(contrast, centre + side * distance, lever) - limit

        near, far = 0.0, scale
        if excess(near) >= 0:
            return centre  # the penalty pulled the estimate to the end of the interval
        while excess(far) < 0:
            near, far = far, 2 * far
            if far > FAR:
                return side * float("inf")
        root: float = optimize.brentq(excess, near, far, xtol=CLOSE)
        return centre + side * root

    return Interval(end(-1), end(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """How a frame's estimates move if one cluster of matches at a time is left out.

    Clusters with the same results move them equally and form one kind.
    """

    frame: FittedModel
    steps: Floats
    """How far the maximum moves without a cluster of the kind, shape (kinds, parameters)."""
    times: Floats
    """The number of clusters of each kind, shape (kinds,)."""
    of: Integers
    """For each parameter, the number of clusters whose matches involve it."""
    alone: Floats
    """Covariance of the gradient if all matches were independent."""
    shared: Floats
    """Covariance of the gradient if a pair's matches in one draw of luck shared all of it."""

    @classmethod
    def make(cls, frame: FittedModel, matches: Matches, clusters: Integers) -> "Clusters":
        """Leave out each cluster in turn. ``clusters`` holds the cluster of each match.

        Matches whose mean luck cannot move add nothing to the variance.
        """
        model, free = frame.model, matches.free
        steps, times = model.left_out(frame.point, frame.basis, clusters, free)
        game = model.agents + codes(matches.game)
        owners = np.concatenate([matches.first, matches.second, game, game + model.games])
        free_owners = np.stack([owners, np.tile(clusters, 4)], axis=1)[np.tile(free, 4)]
        pairs = np.unique(free_owners, axis=0)
        of = np.bincount(pairs[:, 0], minlength=model.size)
        low, high = np.sort([matches.first, matches.second], axis=0)
        sharing = codes(matches.clusters, low, high)
        together = np.bincount(sharing)[sharing]
        squares = np.bincount(model.cell, model.weight**2 * together * free)
        return cls(
            frame=frame,
            steps=steps,
            times=times,
            # What luck cannot move by itself still moves with the rest.
            of=np.where(of > 0, of, len(np.unique(clusters[free]))),
            alone=model.spread(frame.point),
            shared=model.spread(frame.point, squares.astype(np.float64)),
        )

    def design(self, contrast: Floats) -> float:
        """Return the variance of a contrast's estimate divided by that of independent matches.

        The variance comes from the cluster jackknife (CR3: Bell and McCaffrey, "Bias reduction in
        standard errors for linear regression with multi-stage samples", 2002), averaged with the
        largest possible variance, which weighs as PRIOR_DEALS, as for a share. One-sided results
        say nothing about the variance; for them it is the worst case.
        """
        lever = self.frame.lever(contrast)
        alone, shared = float(lever @ self.alone @ lever), float(lever @ self.shared @ lever)
        if self.frame.one_sided(contrast):
            return shared / alone
        return float(self.covariance(contrast[None])[0, 0]) / alone

    def covariance(self, contrasts: Floats) -> Floats:
        """Return the covariance matrix of the estimates of ``contrasts``.

        The method is that of ``design()``. ``contrasts`` has shape (contrasts, parameters),
        the result (contrasts, contrasts).
        """
        levers = np.array([self.frame.lever(each) for each in contrasts]).reshape(contrasts.shape)
        steps, count = self.steps @ contrasts.T, float(self.times.sum())
        jackknife = (count - 1) / max(count, 1.0) * (self.times * steps.T) @ steps
        shared = levers @ self.shared @ levers.T
        freedom = np.maximum([self.freedom(contrast) for contrast in contrasts], 0)
        freedom = np.minimum.outer(freedom, freedom)
        return np.asarray((freedom * jackknife + PRIOR_DEALS * shared) / (freedom + PRIOR_DEALS))

    def freedom(self, contrast: Floats) -> int:
        """Return the degrees of freedom: the number of clusters minus one.

        Of the parameters with the largest coefficients, the one with the fewest clusters counts.
        """
        largest = np.abs(contrast) >= np.abs(contrast).max() - 1e-9
        return int(self.of[largest].min()) - 1
