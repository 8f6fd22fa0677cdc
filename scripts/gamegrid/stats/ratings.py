"""Ratings: the strength of many agents on one scale, from all games at once, with intervals.

The model is that of the module davidson. A match of more than two seats enters as its pairs of
seats (pairs_of_seats). If ranks follow the model of Plackett (1975) and Luce (1959), each pair
follows that of Bradley and Terry with the same strengths, so all pairs of a match estimate them
without bias: Azari Soufiani, Chen, Parkes and Xia, "Generalized method-of-moments for rank
aggregation" (2013). Unlike the likelihood of whole rankings, pairs treat ties and the first move as
in matches of two seats. The pairs of one match are not independent; intervals are clustered by luck
and deal, which allows for that: Varin, Reid and Firth, "An overview of composite likelihood
methods" (2011).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special
from scipy.linalg import block_diag
from scipy.sparse import csgraph

from gamegrid.stats.arrays import Floats, Integers
from gamegrid.stats.contrasts import Clusters, FittedModel, around, held_at
from gamegrid.stats.davidson import CLOSE, DRAW, ELO, WIN, Davidson, Matches, chances, codes
from gamegrid.stats.intervals import CONFIDENCE, SAME, Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.observations import Fixed
from gamegrid.stats.paired import holm
from gamegrid.stats.ranks import Ranks, Relation, possible_ranks, tied_groups


@dataclass(frozen=True, slots=True)
class Anchor:
    """A rating that is given, in rating points. ``se`` is its standard error.

    ``correlations`` are those of its error with the errors of other anchors, by name; those not
    listed are 0. The anchors of one ladder share the error of its zero. Treated as independent,
    these errors made an anchored 95 % interval cover 83 % in three of four simulated cases.
    """

    rating: float
    se: float = 0.0
    correlations: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """An agent's strength in rating points: 400 points mean odds of ten to one, draws aside."""

    agent: str
    rating: float
    """If results are one-sided or not connected, this owes more to the penalty than to the data."""
    these_games: MaybeInterval
    """How far other deals of the same games could have moved the rating."""
    games_like_these: MaybeInterval
    """How far other families of games could have moved the rating."""
    component: int
    """Number, from 0, of the set of agents that matches link. Compare ratings only within a set."""
    rank: int
    """The place within the set, from 1. Equal ratings share a place."""
    ranks: Ranks
    """The places that tests of all pairs of the set leave possible."""
    group: str
    """Letters. Agents share a letter exactly if matches link them and cannot tell them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameEffect:
    """The fitted parameters of one game. ``game`` is its code in Matches."""

    game: int
    first_mover: float
    """The rating points that moving first is worth."""
    interval: MaybeInterval
    """The interval of ``first_mover``, over other deals of the game."""
    draw_rate: float
    """Probability of a draw between equals if moving first were worth nothing, 0 to 1."""
    weight: float
    """The game's share of the weight of all matches, 0 to 1."""

    def expected_score(self, difference: float) -> float:
        """Return the mean score against an opponent rated ``difference`` points lower.

        Half of the matches are played in each seat; a draw counts 1/2. ``difference`` may be
        infinite.
        """
        if np.isinf(difference):
            return float(difference > 0)
        log_nu = np.log(2 * self.draw_rate) - np.log1p(-self.draw_rate)
        eta = (difference + np.array([1.0, -1.0]) * self.first_mover) / ELO
        outcomes = chances(eta, np.full(2, log_nu)).mean(axis=0)
        return float(outcomes[WIN] + outcomes[DRAW] / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The ratings and game effects fitted to some matches."""

    ratings: tuple[Rating, ...]
    """In the order of Matches.agents."""
    games: tuple[GameEffect, ...]
    pair_p: Floats
    """Holm-adjusted p of each pair's difference, shape (agents, agents); 1 for unlinked pairs."""
    pairs: int
    """The number of pairs tested."""
    above: Relation
    """Which agent (row) is stronger than which (column), beyond luck, for all pairs at once."""

    def expected_score(self, difference: float) -> float:
        """Return the mean score against an opponent rated ``difference`` points lower.

        It is the mean over games, each with the weight it has in the fit, and over both seats. It
        includes draws: if most matches are drawn, a large difference means a score near 1/2.
        """
        return sum(game.weight * game.expected_score(difference) for game in self.games)

    def expected_interval(self, ratings: MaybeInterval) -> MaybeInterval:
        """Return what an interval of a rating difference means as expected scores.

        The draw rate and the first mover's effect are taken as known.
        """
        match ratings:
            case Interval(low, high):
                return Interval(self.expected_score(low), self.expected_score(high))
            case NoInterval():
                return ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much stronger one agent is than another, in rating points."""

    one: str
    other: str
    difference: float
    interval: MaybeInterval
    """It holds 0 exactly if ``Fit.pair_p`` does not tell the two apart, so it allows for the number
    of pairs."""

    def turned(self) -> "Difference":
        """Return how much stronger the other agent is."""
        match self.interval:
            case Interval(low, high):
                interval: MaybeInterval = Interval(-high, -low)
            case NoInterval():
                interval = self.interval
        return Difference(
            one=self.other, other=self.one, difference=-self.difference, interval=interval
        )


@dataclass(frozen=True, slots=True)
class RatedSet:
    """Agents that matches link, with their ratings."""

    matches: Matches
    fit: Fit


def pairs_of_seats(returns: Sequence[float]) -> list[tuple[int, int, float]]:
    """Split a match into its pairs of seats: (lower seat, higher seat, score of the lower seat).

    ``returns`` holds one number per seat, in any unit. The higher number wins; equal ones draw.
    """
    return [
        (low, high, 0.5 + 0.5 * float(np.sign(returns[low] - returns[high])))
        for low in range(len(returns))
        for high in range(low + 1, len(returns))
    ]


def rate(
    matches: Matches,
    anchors: Mapping[str, Anchor] | None = None,
    *,
    confidence: float = CONFIDENCE,
) -> Fit:
    """Rate all agents of ``matches``.

    Without ``anchors``, the mean rating is 0 over the largest set of agents whose differences the
    results bound. With ``anchors``, their ratings are fixed, and the errors of these ratings enter
    all other intervals. Matches between two anchors then determine no strength, only how often a
    game is drawn and what its first move is worth. Intervals are clustered by deal, over all
    matchups and all games with the same luck, and by family (see contrasts). The tests of pairs use
    the matches alone, without anchors. Raises ValueError for an anchor without a match.
    """
    known = dict(anchors or {})
    met = np.unique(np.concatenate([matches.first, matches.second]))
    unplayed = set(known) - {matches.agents[code] for code in met}
    if unplayed:
        raise ValueError(f"anchors without a match: {', '.join(sorted(unplayed))}")

    plain = framed(matches, {})
    frame = framed(matches, known) if known else plain
    origin = frame.fixed if known else _core(matches, frame)
    linked = components(matches)
    scale = _Scale(
        frame=frame,
        origin=origin,
        errors=_errors({name: known[name] for name in matches.agents if name in known}),
        linked=np.isin(linked, linked[origin]),
        fixed=_all_fixed(matches),
        confidence=confidence,
    )
    by_deal = Clusters.make(frame, matches, matches.clusters)
    by_family = Clusters.make(frame, matches, codes(matches.family))
    pair_p, above, pairs = _pair_tests(
        by_deal if frame is plain else Clusters.make(plain, matches, matches.clusters),
        met,
        linked,
        1 - confidence,
    )
    weight = np.bincount(codes(matches.game), frame.model.weight) / frame.model.weight.sum()
    places = np.array([scale.place(code) for code in range(frame.model.agents)])
    standings = _standings(places, linked, above)
    return Fit(
        ratings=tuple(
            Rating(
                agent=name,
                rating=float(places[code]),
                these_games=(
                    scale.held(code) if code in frame.fixed else scale.interval(code, by_deal)
                ),
                games_like_these=scale.interval(code, by_family, by_deal),
                component=int(linked[code]),
                rank=standings[code].rank,
                ranks=standings[code].ranks,
                group=standings[code].group,
            )
            for code, name in enumerate(matches.agents)
        ),
        games=tuple(
            GameEffect(
                game=int(game),
                first_mover=scale.place(code),
                interval=scale.interval(code, by_deal),
                draw_rate=scale.draw_rate(code),
                weight=float(share),
            )
            for code, (game, share) in enumerate(
                zip(np.unique(matches.game), weight, strict=True), frame.model.agents
            )
        ),
        pair_p=pair_p,
        pairs=pairs,
        above=above,
    )


def rate_sets(matches: Matches, anchors: Mapping[str, Anchor] | None = None) -> list[RatedSet]:
    """Rate each set of agents that matches link by itself, the largest set first.

    Each set has a zero of its own. ``component`` is the number of the set. Agents of different sets
    never share a letter: the letters of one set go on where those of the one before end. See rate.
    Raises ValueError if an agent of the matches played none.
    """
    linked = components(matches)
    members = [np.flatnonzero(linked == number) for number in np.unique(linked)]
    sets = []
    for each in sorted(members, key=lambda each: (-len(each), each[0])):
        part = matches.among(each)
        known = {name: held for name, held in (anchors or {}).items() if name in part.agents}
        sets.append(RatedSet(part, rate(part, known)))
    above = block_diag(*(each.fit.above for each in sets)).astype(bool)
    number = np.repeat(np.arange(len(sets)), [len(each.fit.ratings) for each in sets])
    rated = [rating for each in sets for rating in each.fit.ratings]
    order = sorted(range(len(rated)), key=lambda row: (number[row], -rated[row].rating, row))
    groups = iter(tied_groups(order, above, _peers(number)))
    return [
        replace(
            each,
            fit=replace(
                each.fit,
                ratings=tuple(
                    replace(rating, component=place, group=next(groups))
                    for rating in each.fit.ratings
                ),
            ),
        )
        for place, each in enumerate(sets)
    ]


def differences(
    matches: Matches, fit: Fit, *, confidence: float = CONFIDENCE
) -> Iterator[Difference]:
    """Yield the difference of each pair of agents of one set, from the matches alone.

    ``fit`` is what ``rate`` says of the same matches; its anchors play no part. The intervals have
    the confidence 1 - alpha / k, where alpha is 1 - ``confidence`` and k the number of pairs that
    are not told apart, or 1: the level at which Holm's procedure tests those pairs.
    """
    frame = framed(matches, {})
    deals = Clusters.make(frame, matches, matches.clusters)
    fixed, size = _all_fixed(matches), len(matches.agents)
    undecided = int((fit.pair_p[np.triu_indices(size, 1)] >= 1 - confidence).sum())
    level = 1 - (1 - confidence) / max(1, undecided)
    for one, other in combinations(range(size), 2):
        contrast = np.zeros(frame.model.size)
        contrast[one], contrast[other] = 1.0, -1.0
        freedom = deals.freedom(contrast)
        yield Difference(
            one=matches.agents[one],
            other=matches.agents[other],
            difference=float(contrast @ frame.point) * ELO,
            interval=(
                NoInterval(Reason.TOO_FEW if fixed is None else fixed.reason)
                if fixed is not None or freedom < 1
                else _in_points(around(frame, contrast, deals.design(contrast), freedom, level))
            ),
        )


def _in_points(interval: Interval) -> Interval:
    return Interval(interval.low * ELO, interval.high * ELO)


@dataclass(frozen=True, slots=True)
class _Standing:
    """An agent's place in its set of agents, and how certain it is."""

    rank: int
    ranks: Ranks
    group: str


def _standings(places: Floats, linked: Integers, above: Relation) -> list[_Standing]:
    """Return the standing of each agent. ``places`` are ratings in points, shape (agents,)."""
    peers = _peers(linked)
    ranks = 1 + (peers & (places > places[:, None] + SAME)).sum(axis=1)
    order = sorted(range(len(places)), key=lambda code: (linked[code], -places[code], code))
    return [
        # The tests leave out the anchors, which may put an agent where no test would.
        _Standing(int(rank), Ranks(min(rank, each.low), max(rank, each.high)), group)
        for rank, each, group in zip(
            ranks.tolist(),
            possible_ranks(above, peers),
            tied_groups(order, above, peers),
            strict=True,
        )
    ]


def _peers(linked: Integers) -> Relation:
    """Return which agents are ranked together: different agents of one set."""
    return np.asarray((linked[:, None] == linked) & ~np.eye(len(linked), dtype=bool))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """A fitted model with the zero of its ratings. Codes are those of parameters."""

    frame: FittedModel
    origin: Integers
    """The agents that define zero: the anchors, or those whose mean rating is 0."""
    errors: Floats
    """Covariance of the errors of the anchors, shape (fixed, fixed), in units of theta."""
    linked: NDArray[np.bool_]
    """For each agent, whether matches link it with the origin."""
    fixed: Fixed | None
    """Why luck can move no match at all; None if it can move any."""
    confidence: float

    def contrast(self, code: int) -> Floats:
        """Return the contrast that is estimated: a strength against the origin, or a delta."""
        contrast = np.zeros(self.frame.model.size)
        contrast[code] = 1
        if code < self.frame.model.agents and not len(self.frame.fixed):
            contrast[self.origin] -= 1 / len(self.origin)
        return contrast

    def place(self, code: int) -> float:
        """Return the estimate of a parameter, in rating points."""
        return float(self.contrast(code) @ self.frame.point) * ELO

    def draw_rate(self, code: int) -> float:
        """Return the chance of a draw between equals in the game whose delta has ``code``."""
        nu = float(np.exp(self.frame.point[code + self.frame.model.games]))
        return nu / (2 + nu)

    def held(self, code: int) -> MaybeInterval:
        """Return an anchor's interval, from its own error; none if that is 0."""
        place = int(np.flatnonzero(self.frame.fixed == code)[0])
        half = self._quantile * float(np.sqrt(self.errors[place, place])) * ELO
        if half == 0:
            return NoInterval(Reason.ANCHORED)
        return Interval(self.place(code) - half, self.place(code) + half)

    def interval(self, code: int, *clusters: Clusters) -> MaybeInterval:
        """Return the interval of a parameter, in rating points.

        The design effect is the largest over ``clusters``; the degrees of freedom are those of the
        first.
        """
        contrast = self.contrast(code)
        reason = self._missing(code, contrast, clusters[0])
        if reason is not None:
            return NoInterval(reason)
        design = max(each.design(contrast) for each in clusters)
        freedom = clusters[0].freedom(contrast)
        sampling = around(self.frame, contrast, design, freedom, self.confidence)
        centre = float(contrast @ self.frame.point)
        carried = self._quantile * self._carried(contrast)
        return Interval(
            ELO * (centre - float(np.hypot(centre - sampling.low, carried))),
            ELO * (centre + float(np.hypot(sampling.high - centre, carried))),
        )

    def _missing(self, code: int, contrast: Floats, clusters: Clusters) -> Reason | None:
        """Return the reason there is no interval, else None."""
        agent = code < self.frame.model.agents
        if code in self.frame.fixed or not contrast.any():
            return Reason.ANCHORED
        if agent and not self.linked[code]:
            return Reason.NOT_CONNECTED
        if self.fixed is not None:
            return self.fixed.reason
        if clusters.freedom(contrast) < 1:
            return Reason.TOO_FEW
        return None

    @property
    def _quantile(self) -> float:
        return float(special.ndtri((1 + self.confidence) / 2))

    def _carried(self, contrast: Floats) -> float:
        """Return the standard error of ``contrast``'s estimate due to the anchors' errors."""
        curve = self.frame.model.hessian(self.frame.point)[:, self.frame.fixed]
        moved = self.frame.lever(contrast) @ curve
        return float(np.sqrt(max(float(moved @ self.errors @ moved), 0.0)))


def ladder(matches: Matches, zero: str) -> dict[str, Anchor]:
    """Rate agents against ``zero`` by their own matches, as anchors for the ratings of others.

    Agents whose difference from ``zero`` the results do not bound are left out. The errors are
    those over other deals of the same games, clustered as in ``rate``, and scaled so that the 95 %
    interval is 1.96 standard errors to either side. Raises ValueError if ``zero`` is not an agent
    of the matches.
    """
    names = matches.agents
    start = names.index(zero)
    frame, linked = framed(matches, {}), components(matches)
    deals = Clusters.make(frame, matches, matches.clusters)
    apart = np.eye(frame.model.size)[: len(names)]
    apart[:, start] -= 1
    known = [
        code
        for code, contrast in enumerate(apart)
        if code != start
        and linked[code] == linked[start]
        and deals.freedom(contrast) >= 1
        and not frame.one_sided(contrast)
    ]
    covariance = deals.covariance(apart[known])
    freedom = np.array([deals.freedom(apart[code]) for code in known])
    se = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(se, se)
    wide = se * special.stdtrit(freedom, (1 + CONFIDENCE) / 2) / special.ndtri((1 + CONFIDENCE) / 2)
    return {zero: Anchor(0.0)} | {
        names[code]: Anchor(
            rating=float(apart[code] @ frame.point) * ELO,
            se=float(wide[row]) * ELO,
            correlations={
                names[other]: float(correlations[row, column])
                for column, other in enumerate(known)
                if other != code
            },
        )
        for row, code in enumerate(known)
    }


def _errors(anchors: Mapping[str, Anchor]) -> Floats:
    """Return the covariance of the anchors' errors, in units of theta, shape (anchors, anchors)."""
    alike = np.array(
        [
            [
                1.0 if one == other else anchors[one].correlations.get(other, 0.0)
                for other in anchors
            ]
            for one in anchors
        ]
    )
    se = np.array([each.se for each in anchors.values()]) / ELO
    return np.asarray(alike.reshape(len(se), len(se)) * np.outer(se, se), dtype=np.float64)


def framed(matches: Matches, known: Mapping[str, Anchor]) -> FittedModel:
    """Fit the model to ``matches``, with the strengths of ``known`` fixed."""
    names = matches.agents
    fixed = np.array([code for code, name in enumerate(names) if name in known], dtype=np.int64)
    model = Davidson.of(matches, anchors=fixed)
    start = np.zeros(model.size)
    start[fixed] = [known[names[code]].rating / ELO for code in fixed]
    point = model.maximise(start, np.delete(np.eye(model.size), fixed, axis=1))
    return FittedModel(model=model, point=point, fixed=fixed, bounded=model.bounds_all(fixed))


def components(matches: Matches) -> Integers:
    """Return, for each agent, the number of the set of agents that matches link it with."""
    size = len(matches.agents)
    links = sparse.coo_matrix(
        (np.ones(len(matches.first)), (matches.first, matches.second)), (size, size)
    )
    return np.asarray(csgraph.connected_components(links, directed=False)[1], dtype=np.int64)


def _core(matches: Matches, frame: FittedModel) -> Integers:
    """Return the largest set of agents whose differences the results bound."""
    left, best = _mutual(matches), np.array([], dtype=np.int64)
    while len(left) > len(best):
        against = np.eye(frame.model.size)[left]
        against[:, left[0]] -= 1
        bounded = left[[not frame.one_sided(contrast) for contrast in against]]
        best = max(best, bounded, key=len)
        left = np.setdiff1d(left, bounded)
    return best


def _mutual(matches: Matches) -> Integers:
    """Return the largest set in which a chain of wins or draws leads from each agent to each other.

    This is the condition of Ford, "Solution of a ranking problem from binary comparisons" (1957).
    """
    size = len(matches.agents)
    took, gave = matches.score > 0, matches.score < 1
    winners = np.concatenate([matches.first[took], matches.second[gave]])
    losers = np.concatenate([matches.second[took], matches.first[gave]])
    edges = sparse.coo_matrix((np.ones(len(winners)), (winners, losers)), (size, size))
    _, sets = csgraph.connected_components(edges, directed=True, connection="strong")
    return np.flatnonzero(sets == np.bincount(sets).argmax())


def _pair_tests(
    clusters: Clusters, met: Integers, linked: Integers, alpha: float
) -> tuple[Floats, Relation, int]:
    """Return each linked pair's Holm-adjusted p, who is above whom, and the number of pairs."""
    frame = clusters.frame
    pair_p = np.ones((frame.model.agents, frame.model.agents))
    pairs = [
        (one, other)
        for place, one in enumerate(met)
        for other in met[place + 1 :]
        if linked[one] == linked[other]
    ]
    adjusted = holm([_apart(clusters, one, other) for one, other in pairs]).p
    for (one, other), p in zip(pairs, adjusted, strict=True):
        pair_p[one, other] = pair_p[other, one] = p
    strengths = frame.point[: frame.model.agents]
    above = (pair_p < alpha) & (strengths[:, None] > strengths)
    return pair_p, above, len(pairs)


def _all_fixed(matches: Matches) -> Fixed | None:
    """Return why luck can move no match; None if it can move any."""
    if matches.fixed is None or matches.free.any():
        return None
    return Fixed.EVERY_DEAL if Fixed.EVERY_DEAL in matches.fixed else Fixed.DETERMINISTIC


def _apart(clusters: Clusters, one: int, other: int) -> float:
    """Return the two-sided p of two agents being equally strong; 1 if one played only one deal.

    If luck can move no match, the order is known: p is 0, or 1 for equal strengths.
    """
    if not len(clusters.times):
        point = clusters.frame.point
        return float(abs(point[one] - point[other]) < CLOSE)
    contrast = np.zeros(clusters.frame.model.size)
    contrast[one], contrast[other] = 1.0, -1.0
    freedom = clusters.freedom(contrast)
    if freedom < 1:
        return 1.0
    return held_at(clusters.frame, contrast, clusters.design(contrast), freedom)
