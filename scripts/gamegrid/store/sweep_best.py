"""The rows of sweep_best: the best variant of each sweep, corrected for having been chosen."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import permutations
from typing import TypeAlias

import duckdb

from gamegrid.stats.intervals import MaybeInterval, NoInterval, Reason
from gamegrid.stats.observations import Part, combined_interval
from gamegrid.stats.winners import winner
from gamegrid.store.values import WIN_LOSS, CellValues, Pooled, TableRow, ends

_CANDIDATES = "SELECT sweep, list(agent ORDER BY agent) FROM candidates GROUP BY sweep ORDER BY ALL"

Games: TypeAlias = Mapping[str, Pooled]
"""What one variant got in each game where it has deals."""


def sweep_best(
    connection: duckdb.DuckDBPyConnection,
    cells: Sequence[CellValues],
    comparable: Collection[tuple[str, str, str]],
) -> Iterator[TableRow]:
    """Yield a row for each sweep in each game that two variants or more played, and over games.

    ``comparable`` holds (game, agent, rival) in both directions.
    """
    played: dict[str, dict[str, list[CellValues]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        if len(cell.observations):
            played[cell.agent][cell.game].append(cell)
    compared = set(comparable)
    for sweep, agents in connection.execute(_CANDIDATES).fetchall():
        variants = {
            agent: {game: Pooled.of(parts) for game, parts in sorted(played[agent].items())}
            for agent in agents
            if played[agent]
        }
        for game in sorted({game for games in variants.values() for game in games}):
            here = {
                agent: {game: games[game]} for agent, games in variants.items() if game in games
            }
            if len(here) > 1:
                yield sweep, game, *_row(here, compared)
        wins = {agent: _win_loss(games) for agent, games in variants.items()}
        sets = {tuple(games) for games in wins.values()}
        if len(wins) > 1 and len(sets) == 1 and len(sets.pop()) > 1:
            yield sweep, None, *_row(wins, compared)


def _win_loss(games: Games) -> Games:
    return {game: pooled for game, pooled in games.items() if pooled.scoring == WIN_LOSS}


def _row(variants: Mapping[str, Games], compared: Collection[tuple[str, str, str]]) -> TableRow:
    """Return the columns from candidates on. All variants have the same games."""
    games = next(iter(variants.values()))
    if not all(
        (game, one, other) in compared for one, other in permutations(variants, 2) for game in games
    ):
        missing = ends(NoInterval(Reason.OTHER_OPPONENTS))
        return len(variants), None, 0, None, None, *missing, None
    candidates = [_parts(each) for each in variants.values()]
    scoring = next(iter(games.values())).scoring
    found = winner(candidates, _share if scoring == WIN_LOSS else _mean)
    return (
        len(variants),
        list(variants)[found.place],
        sum(len(part.observations) for part in candidates[found.place]),
        found.found,
        found.corrected,
        *ends(found.interval),
        found.same_choice,
    )


def _parts(games: Games) -> list[Part]:
    """Return one part per game: families weigh equally, and games within a family."""
    sizes = Counter(each.family for each in games.values())
    return [Part(each.observations, 1 / len(sizes) / sizes[each.family]) for each in games.values()]


def _share(parts: Sequence[Part], confidence: float) -> MaybeInterval:
    return combined_interval(parts, confidence)


def _mean(parts: Sequence[Part], confidence: float) -> MaybeInterval:
    """Return the interval in one game whose results have no common unit with others."""
    (part,) = parts
    return part.observations.mean_interval(confidence)
