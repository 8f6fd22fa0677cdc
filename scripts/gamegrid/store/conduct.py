"""Models whose results are not their own: the pairs that are not tested because of them.

layers.sql states which results are provisional, in the table ``model_conduct``.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeAlias

import duckdb

from gamegrid.stats.intervals import NoInterval, Reason
from gamegrid.store.comparisons import Compared

Provisional: TypeAlias = Collection[tuple[str | None, str]]
"""Games and agents whose results there are provisional. None stands for all win_loss games."""

_PROVISIONAL = "SELECT game, agent FROM model_conduct WHERE standing = 'provisional'"


def read_provisional(connection: duckdb.DuckDBPyConnection) -> Provisional:
    """Return the games and models with provisional results."""
    return set(connection.execute(_PROVISIONAL).fetchall())


def marked(compared: Sequence[Compared], provisional: Provisional) -> list[Compared]:
    """Return the pairs, those with provisional results without their test.

    So these pairs have no verdict, and the p-values of the others are not adjusted for them.
    """
    return [
        untested(each) if any((each.game, agent) in provisional for agent in each.pair) else each
        for each in compared
    ]


def untested(compared: Compared) -> Compared:
    """Return a comparison without its test, because results behind it are provisional."""
    if not compared.deals:  # which is reason enough
        return compared
    return replace(compared, test=NoInterval(Reason.PROVISIONAL))
