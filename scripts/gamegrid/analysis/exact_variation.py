"""Compute exactly how much the difference of two agents varies from deal to deal.

This takes known policies, and a game whose luck a deal fixes before the first decision: its cards,
or its opening. The seatings of a deal share this luck and nothing else, so given the luck their
results are independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import pyspiel

from gamegrid.analysis.references import moves, opened
from gamegrid.games.game import Game, Scoring
from gamegrid.games.policy import Policy
from gamegrid.play.scoring import by_returns
from gamegrid.stats.arrays import Floats
from gamegrid.stats.power import Variation

MOST_LUCKS = 1000
"""Enumerate games with up to this many different deals."""
MOST_POSITIONS = 10_000
"""Enumerate games with up to this many positions, which takes seconds."""


@dataclass(frozen=True, slots=True)
class _Moments:
    """Results of episodes given each luck. Both arrays have shape (3, lucks).

    The rows are those of seat 0, of seat 1, and of seat 0 minus seat 1.
    """

    means: Floats
    variances: Floats


def exact_variations(
    game: Game, policies: Mapping[str, Policy], opening_plies: int, max_plies: int
) -> dict[tuple[str, str], Variation]:
    """Return the variation of every pair of agents with known ``policies``, by their names.

    Every deal is played in both seatings. Values are scores in win_loss games, else returns. The
    result is empty for other games than those of two seats, if luck comes after the first decision,
    if episodes may be cut off and for games that are too large.
    """
    if game.players != 2 or game.scoring not in (Scoring.WIN_LOSS, Scoring.MARGIN):
        return {}
    starts = list(opened(game, opening_plies).values())
    if len(starts) > MOST_LUCKS:
        return {}
    lucks = np.array([chance for _, chance in starts])
    results = dict[tuple[str, str], _Moments]()
    for first, second in permutations(policies, 2):
        found = _moments(
            game, [state for state, _ in starts], (policies[first], policies[second]), max_plies
        )
        if found is None:
            return {}
        results[first, second] = found
    return {
        pair: _variation(pair, [name for name in policies if name not in pair], results, lucks)
        for pair in combinations(sorted(policies), 2)
    }


def _variation(
    pair: tuple[str, str],
    others: list[str],
    results: Mapping[tuple[str, str], _Moments],
    lucks: Floats,
) -> Variation:
    """Combine the means and variances of episodes, given the luck of the deal."""
    one, two = pair
    first, second = results[one, two], results[two, one]
    # Against each other, the mean over both seatings of what one gets more than the other.
    means = [(first.means[2] - second.means[2]) / 2]
    variances = [(first.variances[2] + second.variances[2]) / 4]
    for other in others:
        mine, theirs = ([(results[agent, other], 0), (results[other, agent], 1)] for agent in pair)
        gained = sum(own.means[seat] for own, seat in mine)
        means.append((gained - sum(own.means[seat] for own, seat in theirs)) / 2)
        variances.append(sum(own.variances[seat] for own, seat in (*mine, *theirs)) / 4)
    matrix = np.array(means)
    centred = matrix - (matrix @ lucks)[:, None]
    covariances = (centred * lucks) @ centred.T
    covariances += np.diag(np.array(variances) @ lucks)
    return Variation.of(covariances, np.arange(len(means)) == 0)


def _moments(
    game: Game, starts: list[pyspiel.State], policies: tuple[Policy, Policy], max_plies: int
) -> _Moments | None:
    """Return the moments given each start; None if luck follows, or an episode may be cut off."""
    ended = dict[tuple[float, ...], Floats]()
    following: dict[object, tuple[pyspiel.State, Floats]] = dict(
        enumerate(zip(starts, np.eye(len(starts)), strict=True))
    )
    visited = 0
    for _ in range(max_plies):
        grown = _after(game, following, policies, ended)
        if grown is None or visited > MOST_POSITIONS:
            return None
        following, visited = grown, visited + len(grown)
    if following:
        return None
    amounts, chances = np.array(list(ended)), np.array(list(ended.values()))
    columns = np.column_stack([amounts, amounts[:, 0] - amounts[:, 1]])
    means = columns.T @ chances
    return _Moments(means, (columns**2).T @ chances - means**2)


def _after(
    game: Game,
    layer: Mapping[object, tuple[pyspiel.State, Floats]],
    policies: tuple[Policy, Policy],
    ended: dict[tuple[float, ...], Floats],
) -> dict[object, tuple[pyspiel.State, Floats]] | None:
    """Return the positions one ply later, with their probability given each start.

    Episodes that end are added to ``ended``. None if luck follows a decision.
    """
    following: dict[object, tuple[pyspiel.State, Floats]] = {}
    for state, chances in layer.values():
        for child, part in moves(state, policies):
            if child.is_chance_node():
                return None
            if child.is_terminal():
                returns = list(child.returns())
                scored = by_returns(returns) if game.scoring is Scoring.WIN_LOSS else returns
                key = tuple(map(float, scored))
                ended[key] = ended.get(key, np.zeros(len(chances))) + chances * part
                continue
            place: object = (
                (child.current_player(), str(child))
                if game.perfect_information
                else child.history_str()
            )
            merged, already = following.get(place, (child, np.zeros(len(chances))))
            following[place] = merged, already + chances * part
    return following
