"""The rows of memory: what each agent got in a plain game minus what it got in its disguises.

A disguise has the rules and the deals of its plain game in the words of another story. So each deal
is played twice with the same luck, and only what an agent knows about the plain game by heart can
make a difference.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from gamegrid.stats.intervals import NoInterval, Reason
from gamegrid.stats.observations import Observations, difference, pool
from gamegrid.stats.paired import compare
from gamegrid.store.comparisons import Compared, Differences, within
from gamegrid.store.conduct import Provisional, untested
from gamegrid.store.values import CellValues, TableRow, ends

_DISGUISES = """
    SELECT plain.game, disguise.game
    FROM games AS disguise JOIN games AS plain ON disguise.disguise_of = plain.load_string
    ORDER BY ALL
"""

_SAME_PLAY = """
    SELECT
        plain.game, disguise.game, plain.matchup,
        avg((plain.trajectory = disguise.trajectory)::INTEGER)
    FROM episodes AS plain JOIN episodes AS disguise USING (matchup, deal, seating)
    JOIN games AS story ON story.game = disguise.game
    JOIN games AS known ON known.game = plain.game
    WHERE story.disguise_of = known.load_string
        AND plain.status <> 'error' AND disguise.status <> 'error'
    GROUP BY ALL
"""
"""By plain game, disguise and matchup: the share of episodes with the same moves in both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row, before p is adjusted. Fields are columns of the view memory."""

    agent: str
    game: str
    disguise: str
    opponents: str
    same_play: float | None
    plain: float | None
    disguised: float | None
    compared: Compared


def memory(
    connection: duckdb.DuckDBPyConnection,
    cells: Sequence[CellValues],
    spans: Mapping[str, float],
    provisional: Provisional = (),
) -> Iterator[TableRow]:
    """Yield the rows, with p adjusted for the number of them.

    ``spans``: by game, the largest difference of two returns. Rows with ``provisional`` results are
    not tested.
    """
    rows = [
        replace(row, compared=untested(row.compared))
        if any((game, row.agent) in provisional for game in row.compared.pair)
        else row
        for row in _compared(connection, cells, spans)
    ]
    found = compare([row.compared.test for row in rows], [row.compared.difference for row in rows])
    for row, result in zip(rows, found, strict=True):
        yield (
            row.agent, row.game, row.disguise, row.opponents, row.compared.deals, row.same_play,
            row.plain, row.disguised, row.compared.difference, *ends(result.interval), result.p,
            result.p_adjusted,
        )  # fmt: skip


def _compared(
    connection: duckdb.DuckDBPyConnection,
    cells: Sequence[CellValues],
    spans: Mapping[str, float],
) -> Iterator[_Row]:
    """Yield one row for each agent and disguise whose plain game it played, too."""
    models = {
        agent
        for (agent,) in connection.execute(
            "SELECT agent FROM agents WHERE model IS NOT NULL"
        ).fetchall()
    }
    same = {tuple(key): share for *key, share in connection.execute(_SAME_PLAY).fetchall()}
    played: dict[tuple[str, str], dict[str, CellValues]] = defaultdict(dict)
    for cell in cells:
        played[cell.game, cell.agent][cell.matchup] = cell
    agents = sorted({cell.agent for cell in cells})
    for game, disguise in connection.execute(_DISGUISES).fetchall():
        for agent in agents:
            plain, disguised = played[game, agent], played[disguise, agent]
            pairs = [
                (plain[matchup], disguised[matchup])
                for matchup in sorted(plain.keys() & disguised.keys())
            ]
            fair = [pair for pair in pairs if models.isdisjoint(pair[0].others)]
            if fair:
                keys = [(game, disguise, pair[0].matchup) for pair in fair]
                shares = [same[key] for key in keys if key in same]
                same_play = sum(shares) / len(shares) if shares else None
                yield _row(fair, same_play, spans.get(game))
            elif pairs:
                yield _unknown(pairs[0][0], disguise)


def _row(
    pairs: Sequence[tuple[CellValues, CellValues]], same_play: float | None, span: float | None
) -> _Row:
    """Compare an agent's cells in a plain game with those in the disguise."""
    first, second = pairs[0]
    apart = difference([(plain.observations, other.observations) for plain, other in pairs])
    means = [pool([_on(pair[side].observations, apart) for pair in pairs]).mean for side in (0, 1)]
    compared = within(
        first.game,
        (first.game, second.game),
        Differences(
            scoring=first.scoring,
            family=first.family,
            matchups=frozenset(plain.matchup for plain, _ in pairs),
            rounds=len(pairs),
            observations=apart,
        ),
        span,
    )
    if same_play == 1 and len(apart):
        compared = replace(compared, test=NoInterval(Reason.SAME_PLAY))
    return _Row(
        agent=first.agent,
        game=first.game,
        disguise=second.game,
        opponents=", ".join(sorted({name for plain, _ in pairs for name in plain.others})),
        same_play=same_play,
        plain=means[0],
        disguised=means[1],
        compared=compared,
    )


def _unknown(cell: CellValues, disguise: str) -> _Row:
    """Return the row of an agent that met only models, which may know the plain game, too."""
    missing = NoInterval(Reason.ONLY_MODELS)
    return _Row(
        agent=cell.agent,
        game=cell.game,
        disguise=disguise,
        opponents="",
        same_play=None,
        plain=None,
        disguised=None,
        compared=Compared(
            game=cell.game,
            pair=(cell.game, disguise),
            games={},
            deals=0,
            difference=None,
            test=missing,
        ),
    )


def _on(values: Observations, apart: Observations) -> Observations:
    """Return the values on the deals of ``apart``."""
    return apart.with_values(values.at(apart.deals))
