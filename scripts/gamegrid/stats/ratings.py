"""Strength of many agents on one scale, from all games at once, with what is not known said.

The model is davidson's. A match of more than two seats enters as its pairs of seats
(pairs_of_seats); the clustered intervals allow for pairs of one match hanging together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse, stats
from scipy.sparse import csgraph

from gamegrid.stats.davidson import ELO, Davidson, Integers, Matches, codes
from gamegrid.stats.groups import letters
from gamegrid.stats.intervals import (
    CONFIDENCE,
    Floats,
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
)
from gamegrid.stats.paired import holm


@dataclass(frozen=True, slots=True)
class Anchor:
    """A rating known beforehand, in rating points; ``se`` is its standard error."""

    rating: float
    se: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One agent's strength in rating points: 400 are odds of ten to one, draws apart."""

    agent: str
    rating: float
    """Where results are one-sided or not connected, the penalty's doing more than the data's."""
    these_games: MaybeInterval
    """How far other deals of the same games could have moved it."""
    games_like_these: MaybeInterval
    """How far other families of games could have moved it."""
    component: int
    """Number from 0 of the set of agents that matches link; across sets nothing compares."""
    group: str
    """Letters; two agents that share one cannot be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameEffect:
    """What the fit says of one game, by its code in Matches."""

    game: int
    first_mover: float
    """Rating points that moving first is worth."""
    interval: MaybeInterval
    draw_rate: float
    """Probability of a draw between equals where moving first is worth nothing, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What was fitted to some matches."""

    ratings: tuple[Rating, ...]
    """In the order of Matches.agents."""
    games: tuple[GameEffect, ...]
    pair_p: Floats
    """Shape (agents, agents): Holm's p of a pair's difference; 1 for pairs no matches link."""
    pairs: int
    """How many pairs were tested."""


@dataclass(frozen=True, slots=True)
class _Spread:
    """Standard errors of all parameters, and how many clusters each rests on."""

    errors: Floats
    clusters: Integers


def pairs_of_seats(returns: Sequence[float]) -> list[tuple[int, int, float]]:
    """A match as its pairs of seats: (lower seat, higher seat, score of the lower).

    ``returns``: one number per seat, in any unit; the higher wins, equal ones draw.
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

    With ``anchors`` their ratings are given, and their errors carried into all others'; without,
    the mean is 0 over the largest set of agents none of whom only won or only lost against the
    rest of it. Intervals are the cluster jackknife's (CR3: Bell and McCaffrey, "Bias reduction in
    standard errors for linear regression with multi-stage samples", 2002) in one Newton step, with
    the t quantile of the agent's clusters less one. Clusters are deals of a game, over all
    matchups, or families. Pairs are tested on the matches alone, without anchors.
    Raises ValueError for an anchor without a match.
    """
    names, known = matches.agents, dict(anchors or {})
    unplayed = set(known) - {names[code] for code in _players(matches)}
    if unplayed:
        raise ValueError(f"anchors without a match: {', '.join(sorted(unplayed))}")
    fixed = np.array([code for code, name in enumerate(names) if name in known], dtype=np.int64)
    model = Davidson.of(matches, centred=bool(known))
    point, basis = _maximum(model, fixed, [known[names[code]].rating / ELO for code in fixed])

    components, core = _components(matches), _core(matches, fixed)
    open_ended = model.open_ended(fixed if len(fixed) else core[:1])
    centre = np.eye(model.size)
    if not len(fixed):
        solid = np.setdiff1d(core, np.flatnonzero(open_ended))
        origin = solid if len(solid) else core
        centre[: model.agents, origin] -= 1 / len(origin)
    place = centre @ point
    known_se = np.array([known[names[code]].se / ELO for code in fixed])
    carried = _carried(model, point, basis, fixed, known_se)
    deals = codes(matches.game, matches.deal)
    spreads = [
        _spread(model, matches, point, basis, centre, carried, clusters)
        for clusters in (deals, codes(matches.family))
    ]

    linked = np.isin(components, components[core])
    held = np.isin(np.arange(model.agents), fixed[known_se == 0])

    def interval(code: int, spread: _Spread, alone: Reason) -> MaybeInterval:
        if code < model.agents and held[code]:
            return NoInterval(Reason.FIXED)
        if code < model.agents and not linked[code]:
            return NoInterval(Reason.NOT_CONNECTED)
        if open_ended[code]:
            return NoInterval(Reason.ONE_SIDED)
        if spread.clusters[code] < 2:
            return NoInterval(alone)
        quantile = stats.t.ppf((1 + confidence) / 2, spread.clusters[code] - 1)
        half = float(quantile * spread.errors[code])
        return Interval((float(place[code]) - half) * ELO, (float(place[code]) + half) * ELO)

    pair_p, pairs = _pair_tests(matches, deals, components)
    groups = letters(place[: model.agents].tolist(), pair_p < 1 - confidence)
    nu = np.exp(place[model.agents + model.games :])
    return Fit(
        ratings=tuple(
            Rating(
                agent=name,
                rating=float(place[code]) * ELO,
                these_games=interval(code, spreads[0], Reason.ONE_DEAL),
                games_like_these=interval(code, spreads[1], Reason.ONE_FAMILY),
                component=int(components[code]),
                group=groups[code],
            )
            for code, name in enumerate(names)
        ),
        games=tuple(
            GameEffect(
                game=int(game),
                first_mover=float(place[code]) * ELO,
                interval=interval(code, spreads[0], Reason.ONE_DEAL),
                draw_rate=float(nu[code - model.agents] / (2 + nu[code - model.agents])),
            )
            for code, game in enumerate(np.unique(matches.game), model.agents)
        ),
        pair_p=pair_p,
        pairs=pairs,
    )


def _players(matches: Matches) -> Integers:
    """Codes of the agents in any match."""
    return np.unique(np.concatenate([matches.first, matches.second]))


def _maximum(model: Davidson, fixed: Integers, values: Sequence[float]) -> tuple[Floats, Floats]:
    """The fitted point, and the directions in which it was free to move."""
    start = np.zeros(model.size)
    start[fixed] = values
    basis = np.delete(np.eye(model.size), fixed, axis=1)
    return model.maximise(start, basis), basis


def _components(matches: Matches) -> Integers:
    """Per agent the number of the set of agents that matches link, draws and all."""
    size = len(matches.agents)
    links = sparse.coo_matrix(
        (np.ones(len(matches.first)), (matches.first, matches.second)), (size, size)
    )
    return np.asarray(csgraph.connected_components(links, directed=False)[1], dtype=np.int64)


def _core(matches: Matches, fixed: Integers) -> Integers:
    """The agents that others are placed against: the anchors, or Ford's largest set.

    Within it everybody has, over some chain of opponents, taken points from everybody: Ford,
    "Solution of a ranking problem from binary comparisons" (1957).
    """
    if len(fixed):
        return fixed
    size = len(matches.agents)
    took, gave = matches.score > 0, matches.score < 1
    winners = np.concatenate([matches.first[took], matches.second[gave]])
    losers = np.concatenate([matches.second[took], matches.first[gave]])
    edges = sparse.coo_matrix((np.ones(len(winners)), (winners, losers)), (size, size))
    _, sets = csgraph.connected_components(edges, directed=True, connection="strong")
    return np.flatnonzero(sets == np.bincount(sets).argmax())


def _carried(
    model: Davidson, point: Floats, basis: Floats, fixed: Integers, errors: Floats
) -> Floats:
    """Variances the anchors' errors give to all parameters (implicit differentiation)."""
    curve = model.hessian(point)
    answer = -basis @ linalg.solve(basis.T @ curve @ basis, basis.T @ curve[:, fixed])
    answer[fixed, np.arange(len(fixed))] = 1.0
    return np.asarray(((answer * errors) ** 2).sum(axis=1), dtype=np.float64)


def _spread(
    model: Davidson,
    matches: Matches,
    point: Floats,
    basis: Floats,
    centre: Floats,
    carried: Floats,
    clusters: Integers,
) -> _Spread:
    """Standard errors by leaving out each of ``clusters`` (per match) in turn."""
    steps, times = model.left_out(point, basis, clusters)
    moves = steps @ centre.T
    count = times.sum()
    variances = (count - 1) / count * (times @ moves**2) + carried
    game = model.agents + codes(matches.game)
    owners = np.concatenate([matches.first, matches.second, game, game + model.games])
    pairs = np.unique(np.stack([owners, np.tile(clusters, 4)], axis=1), axis=0)
    return _Spread(np.sqrt(variances), np.bincount(pairs[:, 0], minlength=model.size))


def _pair_tests(matches: Matches, deals: Integers, components: Integers) -> tuple[Floats, int]:
    """Holm's p of each pair's difference in strength, and the number of pairs."""
    model = Davidson.of(matches, centred=False)
    everywhere = np.eye(model.size)
    best = model.maximise(np.zeros(model.size), everywhere)
    found = np.ones((model.agents, model.agents))
    playing = _players(matches)
    pairs = [
        (one, other)
        for place, one in enumerate(playing)
        for other in playing[place + 1 :]
        if components[one] == components[other]
    ]
    adjusted = holm([_equal(model, best, deals, one, other) for one, other in pairs]).p
    for (one, other), p in zip(pairs, adjusted, strict=True):
        found[one, other] = found[other, one] = p
    return found, len(pairs)


def _equal(model: Davidson, best: Floats, deals: Integers, one: int, other: int) -> float:
    """Two-sided p of two agents' strengths being equal: the score test, clustered by deal.

    Fitted with both equal, each deal's pull on their difference is summed, net of what the other
    parameters would take up. Sums scaled by themselves have no heavier tails than the normal
    distribution's where pulls are symmetric (Efron, "Student's t-test under symmetry conditions",
    1969), so few deals make the test cautious, and one who always won can be told apart. Source:
    Boos, "On generalized score tests" (1992).
    """
    basis = np.delete(np.eye(model.size), other, axis=1)
    basis[other] = basis[one]
    start = best.copy()
    start[[one, other]] = (best[one] + best[other]) / 2
    point = model.maximise(start, basis)
    apart = np.zeros(model.size)
    apart[one], apart[other] = 0.5, -0.5
    curve = model.hessian(point)
    taken = linalg.solve(basis.T @ curve @ basis, basis.T @ curve @ apart, assume_a="pos")
    pulls = np.bincount(deals, model.scores(point, apart - basis @ taken))
    size = float(np.sqrt((pulls**2).sum()))
    return float(2 * stats.norm.sf(abs(pulls.sum()) / size)) if size > 0 else 1.0
