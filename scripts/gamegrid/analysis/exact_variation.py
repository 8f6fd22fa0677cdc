"""Compute exactly how much the difference of two agents varies from deal to deal.

This takes known policies, and a game whose luck a deal fixes before the first decision: its cards,
or its opening. The seatings of a deal share this luck and nothing else, so given the luck their
results are independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyspiel

from gamegrid.analysis.references import opened
from gamegrid.games.game import Game, Scoring
from gamegrid.games.policy import Policy, successors
from gamegrid.play.scoring import by_returns
from gamegrid.stats.arrays import Floats

MOST_LUCKS = 1000
"""Enumerate games with up to this many different deals."""
MOST_POSITIONS = 10_000
"""Enumerate games with up to this many positions, which takes seconds."""


@dataclass(frozen=True, slots=True)
class _Moments:
    """What seat 0 gets more than seat 1, given each luck. Both arrays have shape (lucks,)."""

    means: Floats
    variances: Floats


def exact_variations(
    game: Game, policies: Mapping[str, Policy], opening_plies: int, max_plies: int
) -> dict[tuple[str, str], float]:
    """Return the variance of a deal's difference for every pair of agents, by their names.

    They play each other, every deal in both seatings. Values are scores in win_loss games, else
    returns. The result is empty for other games than those of two seats, if luck comes after the
    first decision, if episodes may be cut off and for games that are too large.

    Matchups with others are left out: an agent has the same luck in a deal whoever the opponent, so
    that its matchups depend on each other in ways that the policies do not tell.
    """
    if game.players != 2 or game.scoring not in (Scoring.WIN_LOSS, Scoring.MARGIN):
        return {}
    starts = list(opened(game, opening_plies).values())
    if len(starts) > MOST_LUCKS:
        return {}
    states, lucks = [state for state, _ in starts], np.array([chance for _, chance in starts])
    found = dict[tuple[str, str], float]()
    for one, two in combinations(sorted(policies), 2):
        first = _moments(game, states, (policies[one], policies[two]), max_plies)
        second = _moments(game, states, (policies[two], policies[one]), max_plies)
        if first is None or second is None:
            return {}
        means = (first.means - second.means) / 2
        variances = (first.variances + second.variances) / 4
        found[one, two] = float((means - means @ lucks) ** 2 @ lucks + variances @ lucks)
    return found


def _moments(
    game: Game, starts: list[pyspiel.State], policies: tuple[Policy, Policy], max_plies: int
) -> _Moments | None:
    """Return the moments given each start; None if luck follows, or an episode may be cut off."""
    ended = dict[float, Floats]()
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
    differences, chances = np.array(list(ended)), np.array(list(ended.values()))
    means = differences @ chances
    return _Moments(means, differences**2 @ chances - means**2)


def _after(
    game: Game,
    layer: Mapping[object, tuple[pyspiel.State, Floats]],
    policies: tuple[Policy, Policy],
    ended: dict[float, Floats],
) -> dict[object, tuple[pyspiel.State, Floats]] | None:
    """Return the positions one ply later, with their probability given each start.

    Episodes that end are added to ``ended``, by what seat 0 gets more than seat 1. None if luck
    follows a decision.
    """
    following: dict[object, tuple[pyspiel.State, Floats]] = {}
    for state, chances in layer.values():
        for child, part in successors(state, policies):
            if child.is_chance_node():
                return None
            if child.is_terminal():
                returns = list(child.returns())
                scored = by_returns(returns) if game.scoring is Scoring.WIN_LOSS else returns
                gained = float(scored[0] - scored[1])
                ended[gained] = ended.get(gained, np.zeros(len(chances))) + chances * part
                continue
            place: object = (
                (child.current_player(), str(child))
                if game.perfect_information
                else child.history_str()
            )
            merged, already = following.get(place, (child, np.zeros(len(chances))))
            following[place] = merged, already + chances * part
    return following
