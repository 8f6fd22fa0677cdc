"""Which setting of a bot an agent plays like: its strength put between those of a ladder's rungs.

A ladder is one kind of bot at several settings. Between two rungs strength is taken to be linear in
the place of the setting, so that a place is held against the data as a strength is: a contrast of
the agent with a mixture of two rungs (see contrasts). The interval is all places that are not
rejected, whatever is unknown of the rungs included: Fieller, "Some problems in interval estimation"
(1954).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import optimize, stats

from gamegrid.stats.contrasts import Clusters, Frame, held_at
from gamegrid.stats.davidson import Matches, codes
from gamegrid.stats.intervals import CONFIDENCE, Floats, Reason
from gamegrid.stats.paired import holm
from gamegrid.stats.ratings import components, framed

CLOSE = 0.01
"""How exactly an end is found, as a share of the way between two rungs."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A bot of a ladder. ``place`` is in any unit, and higher for bots meant to be stronger."""

    agent: str
    place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Where an agent stands on a ladder, in the unit of places."""

    place: float | None = None
    """None: see reason."""
    low: float | None = None
    """Weaker end of the 95 % interval; None where it is beyond the weakest rung, or there is no
    interval on the ladder."""
    high: float | None = None
    reason: str | None = None
    """Why the agent has no place; None where it has."""


def strength_equivalent(matches: Matches, agent: str, ladder: Sequence[Rung]) -> Likeness:
    """Put ``agent`` among the rungs by the matches of one game.

    Rungs that no matches link with it are left out. Neighbours in the wrong order by luck share a
    strength where the agent's place is estimated; where luck does not explain it, there is none.
    Raises ValueError if two rungs have one place, or the agent is no agent of the matches.
    """
    if len({rung.place for rung in ladder}) < len(ladder):
        raise ValueError("two rungs have one place")
    me, linked = matches.agents.index(agent), components(matches)
    known = {name: code for code, name in enumerate(matches.agents) if linked[code] == linked[me]}
    rungs = sorted((r for r in ladder if r.agent in known), key=lambda rung: rung.place)
    if len(rungs) < 2:
        return Likeness(reason=Reason.NOT_CONNECTED)
    ground = _Ground.make(matches, me, [known[rung.agent] for rung in rungs])
    if ground.freedom < 1:
        return Likeness(reason=Reason.TOO_FEW)
    if (wrong := ground.out_of_order()) is not None:
        weaker, stronger = (rungs[each].agent for each in wrong)
        return Likeness(reason=f"rungs out of order: {stronger} beats {weaker}")

    places = np.array([rung.place for rung in rungs])
    above = ground.against()
    low, high = ground.first_within(above), ground.last_within(above)
    reason = _outside(ground, above, rungs)
    return Likeness(
        place=None if reason else float(np.interp(ground.strength, ground.strengths, places)),
        low=None if low is None else float(np.interp(low, range(len(rungs)), places)),
        high=None if high is None else float(np.interp(high, range(len(rungs)), places)),
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """The fit of one game. A position is the number of a rung from 0, or between two."""

    frame: Frame
    deals: Clusters
    me: int
    rungs: Sequence[int]
    limits: Floats
    """By rung, how many standard errors the agent may be from it by luck."""
    freedom: int

    @classmethod
    def make(cls, matches: Matches, me: int, rungs: Sequence[int]) -> "_Ground":
        """Fit. All codes are of agents."""
        frame = framed(matches, {})
        deals = Clusters.make(frame, matches, codes(matches.game, matches.deal))
        apart = [_apart(frame, me, rung) for rung in rungs]
        freedom = [deals.freedom(each) for each in apart]
        limits = [
            np.sqrt(deals.design(each)) * stats.t.ppf((1 + CONFIDENCE) / 2, max(free, 1))
            for each, free in zip(apart, freedom, strict=True)
        ]
        return cls(
            frame=frame, deals=deals, me=me, rungs=rungs, limits=np.array(limits),
            freedom=min(freedom),
        )  # fmt: skip

    @property
    def strength(self) -> float:
        """The agent's strength."""
        return float(self.frame.point[self.me])

    @property
    def strengths(self) -> Floats:
        """Those of the rungs, never falling."""
        found = optimize.isotonic_regression(self.frame.point[np.array(self.rungs)]).x
        return np.asarray(found, dtype=np.float64)

    def out_of_order(self) -> tuple[int, int] | None:
        """Two rungs, the first meant to be the stronger but weaker beyond luck, if there are."""
        pairs = list(combinations(range(len(self.rungs)), 2))
        gains = [_apart(self.frame, self.rungs[high], self.rungs[low]) for low, high in pairs]
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

    def against(self) -> Floats:
        """By rung, how far the agent is above it: beyond 1 and -1 luck does not explain it."""
        return np.array([self._above(position) for position in range(len(self.rungs))])

    def first_within(self, above: Floats) -> float | None:
        """The weakest position that luck explains; None where it is not between rungs."""
        within = np.flatnonzero(above <= 1)
        if not len(within) or within[0] == 0:
            return None
        return self._end(within[0] - 1, 1)

    def last_within(self, above: Floats) -> float | None:
        """The strongest position that luck explains; None where it is not between rungs."""
        within = np.flatnonzero(above >= -1)
        if not len(within) or within[-1] == len(self.rungs) - 1:
            return None
        return self._end(within[-1], -1)

    def _end(self, start: int, level: float) -> float:
        """The position from ``start`` to the next rung where the agent is ``level`` above it."""
        found: float = optimize.brentq(
            lambda position: self._above(position) - level, start, start + 1, xtol=CLOSE
        )
        return found

    def _above(self, position: float) -> float:
        low = min(int(position), len(self.rungs) - 2)
        part = position - low
        contrast = (1 - part) * _apart(self.frame, self.me, self.rungs[low])
        contrast += part * _apart(self.frame, self.me, self.rungs[low + 1])
        limit = float(np.interp(position, range(len(self.rungs)), self.limits))
        return self.frame.strain(contrast, 0.0, self.frame.lever(contrast)) / limit


def _apart(frame: Frame, one: int, other: int) -> Floats:
    contrast = np.zeros(frame.model.size)
    contrast[one], contrast[other] = 1.0, -1.0
    return contrast


def _outside(ground: _Ground, above: Floats, rungs: Sequence[Rung]) -> str | None:
    """In words that the agent is not between rungs, if so."""
    weakest, strongest = rungs[0].agent, rungs[-1].agent
    if ground.strength < ground.strengths[0]:
        return f"weaker than {weakest}" if above[0] < -1 else f"about {weakest} or weaker"
    if ground.strength > ground.strengths[-1]:
        return f"stronger than {strongest}" if above[-1] > 1 else f"about {strongest} or stronger"
    return None
