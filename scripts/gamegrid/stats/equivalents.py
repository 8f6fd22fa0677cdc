"""The setting at which a bot would be as strong as an agent.

A ladder is one kind of bot at several settings. A setting's place is a number that is higher for
stronger settings; between two neighbouring bots of a ladder, strength is assumed to be linear in
it. A place is then tested like a strength: as a contrast of the agent with a mixture of the two
bots (see contrasts). The interval contains every place that is not rejected. It includes the
uncertainty of the bots' strengths: Fieller, "Some problems in interval estimation" (1954).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import optimize, special

from gamegrid.stats.arrays import Floats
from gamegrid.stats.contrasts import Clusters, FittedModel, held_at
from gamegrid.stats.davidson import Matches
from gamegrid.stats.intervals import CONFIDENCE, Reason
from gamegrid.stats.paired import holm
from gamegrid.stats.ratings import components, framed

CLOSE = 0.01
"""Precision of an end, as a share of the distance between two neighbouring bots."""


@dataclass(frozen=True, slots=True)
class LadderBot:
    """A bot of a ladder. ``place`` is in any unit, and higher for bots meant to be stronger."""

    agent: str
    place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthEquivalent:
    """The place of an agent on a ladder, in the unit of the bots' places."""

    place: float | None = None
    """None if the agent has no place; see ``reason``."""
    low: float | None = None
    """Weaker end of the 95 % interval; None if it is not between two bots of the ladder."""
    high: float | None = None
    """Stronger end of the 95 % interval; None if it is not between two bots of the ladder."""
    reason: str | None = None
    """The reason the agent has no place; None if it has one."""


def strength_equivalent(
    matches: Matches, agent: str, ladder: Sequence[LadderBot]
) -> StrengthEquivalent:
    """Place ``agent`` on a ladder, from the matches of one game.

    Bots of the ladder that no matches link with the agent are left out. If luck explains that bots
    are in the wrong order, they share one strength in the estimate of the place; otherwise the
    agent has no place. Raises ValueError if two bots have the same place or if ``agent`` is not an
    agent of the matches.
    """
    if len({bot.place for bot in ladder}) < len(ladder):
        raise ValueError("two ladder bots have the same place")
    me, linked = matches.agents.index(agent), components(matches)
    known = {name: code for code, name in enumerate(matches.agents) if linked[code] == linked[me]}
    bots = sorted((bot for bot in ladder if bot.agent in known), key=lambda bot: bot.place)
    if len(bots) < 2:
        return StrengthEquivalent(reason=Reason.NOT_CONNECTED)
    fit = _GameFit.make(matches, me, [known[bot.agent] for bot in bots])
    if fit.freedom < 1:
        return StrengthEquivalent(reason=Reason.TOO_FEW)
    if (wrong := fit.out_of_order()) is not None:
        weaker, stronger = (bots[each].agent for each in wrong)
        return StrengthEquivalent(reason=f"ladder bots out of order: {stronger} beats {weaker}")

    places = np.array([bot.place for bot in bots])
    above = fit.above_bots()
    low, high = fit.first_within(above), fit.last_within(above)
    reason = _outside(fit, above, bots)
    return StrengthEquivalent(
        place=None if reason else float(np.interp(fit.strength, fit.strengths, places)),
        low=None if low is None else float(np.interp(low, range(len(bots)), places)),
        high=None if high is None else float(np.interp(high, range(len(bots)), places)),
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _GameFit:
    """The model fitted to one game. A position is a bot's number from 0, or between two numbers."""

    frame: FittedModel
    deals: Clusters
    me: int
    """The agent's code."""
    bots: Sequence[int]
    """The codes of the ladder's bots, from the one meant to be weakest."""
    limits: Floats
    """For each bot, how many standard errors the agent may be away from it by luck."""
    freedom: int

    @classmethod
    def make(cls, matches: Matches, me: int, bots: Sequence[int]) -> "_GameFit":
        """Fit the model. ``me`` and ``bots`` are codes of agents."""
        frame = framed(matches, {})
        deals = Clusters.make(frame, matches, matches.clusters)
        apart = [_apart(frame, me, bot) for bot in bots]
        freedom = [deals.freedom(each) for each in apart]
        limits = [
            np.sqrt(deals.design(each)) * special.stdtrit(max(free, 1), (1 + CONFIDENCE) / 2)
            for each, free in zip(apart, freedom, strict=True)
        ]
        return cls(
            frame=frame, deals=deals, me=me, bots=bots, limits=np.array(limits),
            freedom=min(freedom),
        )  # fmt: skip

    @property
    def strength(self) -> float:
        """The agent's strength, in units of theta."""
        return float(self.frame.point[self.me])

    @property
    def strengths(self) -> Floats:
        """The strengths of the bots, made non-decreasing by isotonic regression."""
        rising = optimize.isotonic_regression(self.frame.point[np.array(self.bots)]).x
        return np.asarray(rising, dtype=np.float64)

    def out_of_order(self) -> tuple[int, int] | None:
        """Return two bots of which the first is meant to be stronger but is weaker beyond luck."""
        pairs = list(combinations(range(len(self.bots)), 2))
        gains = [_apart(self.frame, self.bots[high], self.bots[low]) for low, high in pairs]
        p = holm(
            [
                held_at(self.frame, gain, self.deals.design(gain), freedom)
                if gain @ self.frame.point < 0 and (freedom := self.deals.freedom(gain)) > 0
                else 1.0
                for gain in gains
            ]
        ).p
        worst = int(np.argmin(p))
        return (pairs[worst][1], pairs[worst][0]) if p[worst] < 1 - CONFIDENCE else None

    def above_bots(self) -> Floats:
        """Return how far the agent is above each bot. Luck explains values between -1 and 1."""
        return np.array([self._above(position) for position in range(len(self.bots))])

    def first_within(self, above: Floats) -> float | None:
        """Return the weakest position that luck explains; None if it is not between two bots."""
        within = np.flatnonzero(above <= 1)
        if not len(within) or within[0] == 0:
            return None
        return self._end(within[0] - 1, 1)

    def last_within(self, above: Floats) -> float | None:
        """Return the strongest position that luck explains; None if it is not between two bots."""
        within = np.flatnonzero(above >= -1)
        if not len(within) or within[-1] == len(self.bots) - 1:
            return None
        return self._end(within[-1], -1)

    def _end(self, start: int, level: float) -> float:
        """Return the position from ``start`` to the next bot that is ``level`` below the agent."""
        end: float = optimize.brentq(
            lambda position: self._above(position) - level, start, start + 1, xtol=CLOSE
        )
        return end

    def _above(self, position: float) -> float:
        """Return how far the agent is above a position, as a share of what luck explains."""
        low = min(int(position), len(self.bots) - 2)
        part = position - low
        contrast = (1 - part) * _apart(self.frame, self.me, self.bots[low])
        contrast += part * _apart(self.frame, self.me, self.bots[low + 1])
        limit = float(np.interp(position, range(len(self.bots)), self.limits))
        return self.frame.strain(contrast, 0.0, self.frame.lever(contrast)) / limit


def _apart(frame: FittedModel, one: int, other: int) -> Floats:
    contrast = np.zeros(frame.model.size)
    contrast[one], contrast[other] = 1.0, -1.0
    return contrast


def _outside(fit: _GameFit, above: Floats, bots: Sequence[LadderBot]) -> str | None:
    """Say that the agent is beyond the weakest or strongest bot; None if it is between them."""
    weakest, strongest = bots[0].agent, bots[-1].agent
    if fit.strength < fit.strengths[0]:
        return f"weaker than {weakest}" if above[0] < -1 else f"about {weakest} or weaker"
    if fit.strength > fit.strengths[-1]:
        return f"stronger than {strongest}" if above[-1] > 1 else f"about {strongest} or stronger"
    return None
