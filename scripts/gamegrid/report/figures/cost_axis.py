"""An axis of costs, whose ticks never collide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gamegrid.report.figures.sketch import LETTER

ROUND = (1, 2, 5)
WIDE = 10.0
"""How many times the least cost the greatest must be for a logarithmic axis."""
AIR = 2 * LETTER
"""Pixels between the words of two ticks."""


@dataclass(frozen=True, slots=True)
class CostAxis:
    """Where costs, which are at least 0, lie on an axis.

    Costs of more than one order of magnitude lie by their logarithms, and 0 left of all others.
    """

    costs: tuple[float, ...]
    width: float
    """In pixels."""

    @property
    def logarithmic(self) -> bool:
        """Whether costs lie by their logarithms."""
        known = self._positive()
        return bool(known) and max(known) >= WIDE * min(known)

    @property
    def domain(self) -> tuple[float, float]:
        """The places at which the axis begins and ends."""
        known = self._positive()
        if not self.logarithmic:
            return 0.0, 1.15 * max(known, default=1.0)
        low, high = math.log10(min(known)), math.log10(max(known))
        air = 0.08 * (high - low)
        return (self.place(0) if 0 in self.costs else low) - air, high + air

    def place(self, cost: float) -> float:
        """Return where a cost lies."""
        if not self.logarithmic:
            return cost
        known = self._positive()
        return math.log10(cost) if cost else math.log10(min(known)) - 0.15 * self._reach()

    def share(self, cost: float) -> float:
        """Return where a cost lies, as a share of the axis."""
        low, high = self.domain
        return (self.place(cost) - low) / (high - low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the place and the words of each tick, as many as do not collide."""
        rounded = self._rounded()
        for every in range(1, len(rounded) + 1):
            chosen = rounded[::every]
            if self.logarithmic and 0 in self.costs:
                chosen = [0.0, *chosen]
            if self._fit(chosen):
                return [(self.place(cost), written(cost)) for cost in chosen]
        return [(self.place(cost), written(cost)) for cost in rounded[-1:]]

    def _positive(self) -> list[float]:
        return [cost for cost in self.costs if cost > 0]

    def _reach(self) -> float:
        known = self._positive()
        return math.log10(max(known) / min(known))

    def _rounded(self) -> list[float]:
        """Return the round numbers on the axis, from low to high."""
        low, high = self.domain
        if not self.logarithmic:
            step = min(
                (unit * 10.0**power for power in _powers(high) for unit in ROUND),
                key=lambda step: abs(high / step - 5),
            )
            return [n * step for n in range(int(high / step) + 1)]
        least = math.log10(min(self._positive()))
        start = low if 0 not in self.costs else least - 0.05 * self._reach()
        units = ROUND if high - least < 2 else (1,)
        powers = range(math.floor(start), math.ceil(high) + 1)
        found = [unit * 10.0**power for power in powers for unit in units]
        return [cost for cost in found if start <= math.log10(cost) <= high]

    def _fit(self, costs: Sequence[float]) -> bool:
        """Return whether the words of these ticks stand apart."""
        spans = [(self.width * self.share(cost), LETTER * len(written(cost)) / 2) for cost in costs]
        return all(
            right - reach >= left + half + AIR for (left, half), (right, reach) in pairwise(spans)
        )


def _powers(value: float) -> range:
    at = math.floor(math.log10(value))
    return range(at - 2, at + 1)


def written(cost: float) -> str:
    """Return a cost without an exponent, with as few digits as it needs."""
    text = f"{cost:,.10f}".rstrip("0").rstrip(".")
    return text if float(text.replace(",", "")) or not cost else f"{cost:.0e}"
