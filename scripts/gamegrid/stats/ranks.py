"""Which ranks are possible for each agent, given which agents are above which beyond luck.

If the claims "a is above b" hold simultaneously with 95 % probability, so do the ranges of ranks
that follow from them. Holm's adjustment of the tests of all pairs gives such claims. Sources:
Klein, Wright and Wieczorek, "A joint confidence region for an overall ranking of populations"
(2020); Mohamad, Goeman and van Zwet, "Simultaneous confidence intervals for ranks with application
to ranking institutions" (2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gamegrid.stats.groups import letters

Relation: TypeAlias = NDArray[np.bool_]
"""Shape (agents, agents)."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The best and the worst rank that an agent may have, counted from 1."""

    low: int
    high: int


def possible_ranks(above: Relation, peers: Relation) -> list[Ranks]:
    """Return each agent's possible ranks among its peers and itself.

    ``above`` says which agent (row) is above which (column) beyond luck, and ``peers`` which agents
    are ranked together; it is symmetric.
    """
    better, worse = (above & peers).sum(axis=0), (above & peers).sum(axis=1)
    among = 1 + peers.sum(axis=1)
    return [
        Ranks(1 + int(over), int(size - under))
        for over, under, size in zip(better, worse, among, strict=True)
    ]


def tied_groups(order: Sequence[int], above: Relation, peers: Relation) -> list[str]:
    """Return each agent's letters. Two agents share a letter exactly if they are tied.

    They are tied if they are ranked together and neither is above the other. ``order`` lists the
    agents in the order of the letters.
    """
    places = np.empty(len(order))
    places[np.asarray(order, dtype=np.int64)] = np.arange(len(order))
    return letters((-places).tolist(), ~peers | above | above.T)
