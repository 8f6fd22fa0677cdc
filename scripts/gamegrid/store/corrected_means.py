"""Means of margin games after control variates: the rows of corrected_means."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

from gamegrid.stats.intervals import SAME, MaybeInterval, NoInterval
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.observations import Observations, Part, mean_test, pool
from gamegrid.store.comparisons import Compared, differences_of
from gamegrid.store.values import CellValues, TableRow, ends, read_corrected

_CORRECTABLE = """
    SELECT game, matchup, value_function, in_words(reason), moves, known_moves FROM correctable
"""

_Cells: TypeAlias = Mapping[tuple[str, str], Sequence[CellValues]]
"""The cells with deals of each (game, agent)."""


@dataclass(frozen=True, slots=True)
class _Matchup:
    """How the returns of one matchup are corrected. ``reason`` says in words why they are not."""

    value_function: str | None
    reason: str | None
    moves: int
    known_moves: int


def corrected_means(
    connection: duckdb.DuckDBPyConnection,
    cells: Iterable[CellValues],
    compared: Iterable[Compared],
) -> Iterator[TableRow]:
    """Yield a row for each agent of each margin game, and for each pair of agents in it.

    ``cells`` hold the values as played, and ``compared`` the pairs. A pair has the interval that it
    has in ``paired``.
    """
    matchups = {
        (game, matchup): _Matchup(*rest)
        for game, matchup, *rest in connection.execute(_CORRECTABLE).fetchall()
    }
    plain, corrected = _by_agent(cells), _by_agent(read_corrected(connection))

    def behind(game: str, *agents: str) -> list[_Matchup]:
        names = {cell.matchup for agent in agents for cell in plain[game, agent]}
        return [matchups[game, name] for name in sorted(names)]

    margin = {key for key, played in plain.items() if played[0].scoring == "margin"}
    for game, agent in sorted(margin):
        own = pool([cell.observations for cell in plain[game, agent]])
        after = _pooled(corrected.get((game, agent), ()))
        intervals = own.mean_interval(), None if after is None else after.mean_interval()
        yield game, agent, None, *_row(own, after, intervals, behind(game, agent))
    for each in compared:
        if each.game is None or (each.game, each.pair[0]) not in margin:
            continue
        game, (agent, rival) = each.game, each.pair
        own = differences_of(plain[game, agent], plain[game, rival]).observations
        after = _apart(corrected, game, agent, rival)
        tested = None if after is None else _tested(mean_test([Part(after)], None))
        intervals = _tested(each.test), tested
        yield game, agent, rival, *_row(own, after, intervals, behind(game, agent, rival))


def _by_agent(cells: Iterable[CellValues]) -> _Cells:
    held: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in cells:
        if len(cell.observations):
            held[cell.game, cell.agent].append(cell)
    return held


def _pooled(cells: Sequence[CellValues]) -> Observations | None:
    return pool([cell.observations for cell in cells]) if cells else None


def _apart(cells: _Cells, game: str, agent: str, rival: str) -> Observations | None:
    mine, theirs = cells.get((game, agent)), cells.get((game, rival))
    return differences_of(mine, theirs).observations if mine and theirs else None


def _tested(test: MeanTest | NoInterval) -> MaybeInterval:
    return test if isinstance(test, NoInterval) else test.interval()


def _row(
    plain: Observations,
    corrected: Observations | None,
    intervals: tuple[MaybeInterval, MaybeInterval | None],
    behind: Sequence[_Matchup],
) -> TableRow:
    """Return the columns after the names. Without a reason in words, all deals are corrected.

    ``intervals`` are those of the means of ``plain`` and of ``corrected``.
    """
    reason = next((matchup.reason for matchup in behind if matchup.reason), None)
    functions = [matchup.value_function for matchup in behind if matchup.value_function]
    moves = sum(matchup.moves for matchup in behind)
    known = sum(matchup.known_moves for matchup in behind) / moves if moves else None
    told = (known, functions[0] if functions else None)
    own = (len(plain), plain.mean, *ends(intervals[0]))
    if reason is not None or corrected is None or intervals[1] is None:
        return *own, None, None, None, reason, None, *told
    after = (corrected.mean, *ends(intervals[1]))
    return *own, *after, variance_left(plain, corrected), *told


def variance_left(plain: Observations, corrected: Observations) -> float | None:
    """Return the variance of corrected values as a share of that of the values as played.

    Returns None if luck did not move the values as played, and with fewer than two deals.
    """
    if len(plain) < 2 or plain.values.var() < SAME:
        return None
    return float(corrected.values.var() / plain.values.var())
