"""The variety of texts sorted into categories: Shannon's entropy, with an interval over deals."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import CONFIDENCE, SAME, Interval, MaybeInterval, NoInterval, Reason


def entropy(counts: NDArray[np.int64]) -> Floats:
    """Return the entropy, in bits, of counts along the last axis; 0 if all are 0.

    It is not corrected for bias. With few observations it is too low, because rare categories have
    had no chance to appear.
    """
    totals = counts.sum(axis=-1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=-1) + 0.0)


def entropy_interval(
    deals: NDArray[np.int64], *, confidence: float = CONFIDENCE
) -> tuple[float | None, MaybeInterval]:
    """Return the entropy in bits, with the bias of few observations removed, and its interval.

    ``deals`` holds counts, shape (deals, categories); deals without counts are left out. The
    jackknife over deals removes the bias to first order and allows for dependence between the
    texts of a deal: Zahl, "Jackknifing an index of diversity" (1977). The interval is Student's t
    on the pseudo-values. Estimate and ends are clipped to 0 and log2(categories). The estimate is
    None if nothing was counted, and is not corrected if there is only one deal.
    """
    counts = deals[deals.sum(axis=1) > 0]
    size = len(counts)
    if size == 0:
        return None, NoInterval(Reason.NO_DEALS)
    whole = float(entropy(counts.sum(axis=0)))
    if size == 1:
        return whole, NoInterval(Reason.ONE_DEAL)
    pseudo = size * whole - (size - 1) * entropy(counts.sum(axis=0) - counts)
    most = float(np.log2(counts.shape[1]))
    centre = float(np.clip(pseudo.mean(), 0, most))
    if np.ptp(pseudo) < SAME:
        return centre, NoInterval(Reason.ALL_EQUAL)
    quantile = float(special.stdtrit(size - 1, (1 + confidence) / 2))
    half = quantile * float(pseudo.std(ddof=1)) / size**0.5
    return centre, Interval(max(0.0, centre - half), min(most, centre + half))
