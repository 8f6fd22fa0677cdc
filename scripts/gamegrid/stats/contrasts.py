"""Intervals and tests of one number of the fitted model: a rating, a difference, a first move.

A value is held against the data by the score test: the model is fitted with the number held at the
value, and the data's pull on it compared with what chance would give *there*. So the interval does
what Wilson's does for a share: it covers near the ends of the scale, where the estimate's own
standard error fails, and is open-ended where one side always won. As with the share, chance is that
of independent matches times a design effect, how much more the estimate varies between deals (or
families): Rao and Scott, "On simple adjustments to chi-square tests with sample survey
data" (1987).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from gamegrid.stats.davidson import Davidson, Integers, Matches, codes
from gamegrid.stats.intervals import PRIOR_DEALS, Floats, Interval

FAR = 20.0
"""Distance, in units of theta (3474 rating points), beyond which an end counts as infinite."""
CLOSE = 1e-3
"""How exactly ends are found, in units of theta: a sixth of a rating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A model, its maximum, and the parameters held fixed at it."""

    model: Davidson
    point: Floats
    fixed: Integers
    bounded: bool
    """Whether the results bound everything."""

    def one_sided(self, contrast: Floats) -> bool:
        """Whether the results leave ``contrast`` without an end on some side."""
        return not self.bounded and self.model.unbounded(contrast, self.fixed)

    @property
    def basis(self) -> Floats:
        """The free directions: shape (parameters, free)."""
        return np.asarray(np.delete(np.eye(self.model.size), self.fixed, axis=1))

    def lever(self, contrast: Floats) -> Floats:
        """How far each part of the gradient moves the estimate of ``contrast``."""
        basis = self.basis
        curve = basis.T @ self.model.hessian(self.point) @ basis
        return np.asarray(basis @ linalg.solve(curve, basis.T @ contrast, assume_a="pos"))

    def strain(self, contrast: Floats, value: float, lever: Floats) -> float:
        """The data's pull on ``contrast`` held at ``value``, in standard errors there.

        Positive where the data would have it higher. ``lever``: of the same contrast.
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


def held_at(frame: Frame, contrast: Floats, design: float, freedom: int) -> float:
    """Two-sided p of ``contrast`` being 0. ``design`` as Clusters.design gives it."""
    strain = frame.strain(contrast, 0.0, frame.lever(contrast))
    return float(2 * stats.t.sf(abs(strain) / np.sqrt(design), freedom))


def around(
    frame: Frame, contrast: Floats, design: float, freedom: int, confidence: float
) -> Interval:
    """The values of ``contrast`` that the data do not reject; an end may be infinite."""
    limit = float(stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(design))
    centre = float(contrast @ frame.point)
    lever = frame.lever(contrast)
    spread = frame.model.spread(frame.point)
    scale = max(limit * float(np.sqrt(lever @ spread @ lever)), CLOSE)

    def end(side: int) -> float:
        def excess(distance: float) -> float:
            return -side * frame.strain(contrast, centre + side * distance, lever) - limit

        near, far = 0.0, scale
        if excess(near) >= 0:
            return centre  # the penalty has pulled the estimate to the interval's end
        while excess(far) < 0:
            near, far = far, 2 * far
            if far > FAR:
                return side * float("inf")
        root: float = optimize.brentq(excess, near, far, xtol=CLOSE)
        return centre + side * root

    return Interval(end(-1), end(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """How a frame's estimates move when one cluster of matches at a time is left out."""

    frame: Frame
    steps: Floats
    """Shape (kinds, parameters): how far the maximum moves without a cluster of the kind."""
    times: Floats
    """Clusters of each kind."""
    of: Integers
    """Per parameter, the number of clusters it has a part in."""
    alone: Floats
    """Covariance of the gradient if all matches were independent."""
    shared: Floats
    """The same if a pair's matches in a deal shared all their luck."""

    @classmethod
    def make(cls, frame: Frame, matches: Matches, clusters: Integers) -> "Clusters":
        """Leave each of ``clusters`` (per match) out in turn."""
        model = frame.model
        steps, times = model.left_out(frame.point, frame.basis, clusters)
        game = model.agents + codes(matches.game)
        owners = np.concatenate([matches.first, matches.second, game, game + model.games])
        pairs = np.unique(np.stack([owners, np.tile(clusters, 4)], axis=1), axis=0)
        low, high = np.sort([matches.first, matches.second], axis=0)
        sharing = codes(matches.game, matches.deal, low, high)
        together = np.bincount(sharing)[sharing]
        squares = np.bincount(model.outcome // 3, model.weight**2 * together)
        return cls(
            frame=frame,
            steps=steps,
            times=times,
            of=np.bincount(pairs[:, 0], minlength=model.size),
            alone=model.spread(frame.point),
            shared=model.spread(frame.point, squares.astype(np.float64)),
        )

    def design(self, contrast: Floats) -> float:
        """Variance of ``contrast``'s estimate over what independent matches would give.

        The cluster jackknife's (CR3: Bell and McCaffrey, "Bias reduction in standard errors for
        linear regression with multi-stage samples", 2002), with PRIOR_DEALS of the worst case mixed
        in as for a share. One-sided results say nothing of the variance: the worst case alone then.
        """
        lever = self.frame.lever(contrast)
        alone, shared = float(lever @ self.alone @ lever), float(lever @ self.shared @ lever)
        if self.frame.one_sided(contrast):
            return shared / alone
        return float(self.covariance(contrast[None])[0, 0]) / alone

    def covariance(self, contrasts: Floats) -> Floats:
        """Of the estimates of ``contrasts``, shape (contrasts, parameters): see design."""
        levers = np.array([self.frame.lever(each) for each in contrasts]).reshape(contrasts.shape)
        steps, count = self.steps @ contrasts.T, float(self.times.sum())
        seen = (count - 1) / count * (self.times * steps.T) @ steps
        shared = levers @ self.shared @ levers.T
        rest = np.array([self.freedom(contrast) for contrast in contrasts])
        rest = np.minimum.outer(rest, rest)
        return np.asarray((rest * seen + PRIOR_DEALS * shared) / (rest + PRIOR_DEALS))

    def freedom(self, contrast: Floats) -> int:
        """Clusters less one, of the least met parameter at the heart of ``contrast``."""
        heart = np.abs(contrast) >= np.abs(contrast).max() - 1e-9
        return int(self.of[heart].min()) - 1
