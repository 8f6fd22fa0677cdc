"""Fill the tables of statistics.sql: intervals, ratings and comparisons.

This module reads the deals from the database; gamegrid.stats computes the numbers.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from gamegrid.records import duckdb_files
from gamegrid.stats.davidson import Matches
from gamegrid.stats.dropped import bounds_over_games
from gamegrid.stats.intervals import CONFIDENCE, Interval, mean_interval
from gamegrid.stats.nash import DISAGREE, NONE, nash_average, payoffs, share_disagreeing
from gamegrid.stats.observations import Fixed, Observations, Part, combined_interval
from gamegrid.stats.ratings import (
    Anchor,
    Fit,
    RatedSet,
    Rating,
    differences,
    ladder,
    pairs_of_seats,
    rate_sets,
)
from gamegrid.stats.verdict import Verdict
from gamegrid.store.between_games import games_like_these
from gamegrid.store.comparisons import compare_pairs, rows_of
from gamegrid.store.conduct import marked, read_provisional
from gamegrid.store.control_checks import controls
from gamegrid.store.corrected_means import corrected_means
from gamegrid.store.equivalences import equivalence_rows, primary, read_planned
from gamegrid.store.looks import Cells, Looks, counted
from gamegrid.store.memory import memory
from gamegrid.store.open_questions import open_questions
from gamegrid.store.standings import Question, game_ranks
from gamegrid.store.strength_equivalents import strength_equivalents
from gamegrid.store.sweep_best import sweep_best
from gamegrid.store.values import (
    WIN_LOSS,
    CellValues,
    Ends,
    Pooled,
    TableRow,
    Worst,
    ends,
    ratio_parts,
    read_cells,
    read_normalized,
    read_seats,
)

_MATCHES = """
    SELECT
        game, any_value(family), any_value(luck), any_value(deal), any_value(fixed),
        list(agent ORDER BY seat), list(score ORDER BY seat)
    FROM deals JOIN episodes USING (game, matchup, deal) JOIN games USING (game)
    JOIN rated_games USING (game) JOIN seats USING (episode_id)
    LEFT JOIN fixed_matchups USING (game, matchup)
    WHERE counted AND NOT self_play AND unrated_reason IS NULL
    GROUP BY game, episode_id
    ORDER BY game, episode_id
"""

_ANCHORS = "SELECT agent, rating, se, correlations FROM ladder WHERE rating IS NOT NULL"

_PAIRS = """
    SELECT game, agent, rival, difference, p, p IS NULL AND verdict IS NOT NULL
    FROM comparisons
    WHERE game IS NOT NULL AND difference IS NOT NULL
"""

_LIMITS = """
    SELECT game, lowest_return, highest_return FROM games WHERE highest_return > lowest_return
"""

_SPANS = """
    SELECT game, highest_return - lowest_return FROM games WHERE highest_return > lowest_return
"""

_NO_SCALE = """
    SELECT game, coalesce(max(in_words(reason)), in_words('not_computed'))
    FROM games LEFT JOIN return_scales USING (game)
    GROUP BY game
    HAVING count(seat) = 0 OR count(reason) > 0
"""

_MOVES = """
    SELECT
        game, agent, any_value(luck),
        CASE WHEN count(fixed) = count(*) THEN max(fixed) END,
        list(deal ORDER BY deal),
        list(moves ORDER BY deal), list(best ORDER BY deal)
    FROM measured_moves
    GROUP BY game, agent
    ORDER BY game, agent
"""

_PLIES = """
    SELECT
        game, agent, ply, any_value(luck),
        CASE WHEN count(fixed) = count(*) THEN max(fixed) END,
        list(deal ORDER BY deal),
        list(moves ORDER BY deal), list(regret ORDER BY deal)
    FROM measured_plies
    GROUP BY game, agent, ply
    ORDER BY game, agent, ply
"""


_POSITIONS = """
    SELECT
        game, any_value(family), any_value(luck), any_value(scoring), '', agent, [],
        list(position ORDER BY position),
        list(coalesce(optimal, false)::DOUBLE ORDER BY position),
        NULL,
        list(regret ORDER BY position) FILTER (WHERE regret IS NOT NULL)
    FROM positions JOIN games USING (game)
    GROUP BY game, agent
    ORDER BY game, agent
"""


def fill_statistics(connection: duckdb.DuckDBPyConnection, seen: Sequence[Cells] = ()) -> None:
    """Fill the tables once the views exist. ``seen``: the deals of earlier looks."""
    cells = read_cells(connection)
    comparable = connection.execute("SELECT game, agent, rival FROM comparable").fetchall()
    ranked = connection.execute("SELECT game, agent, rival FROM ranked_pairs").fetchall()
    provisional = read_provisional(connection)
    own = [cell for cell in cells if (cell.game, cell.agent) not in provisional]
    spans = dict(connection.execute(_SPANS).fetchall())
    compared = marked(compare_pairs(cells, comparable, spans), provisional)
    planned = read_planned(connection)
    agents = [name for (name,) in connection.execute("SELECT agent FROM agents").fetchall()]
    games: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in cells:
        games[cell.game, cell.agent].append(cell)
    pooled = {key: Pooled.of(parts) for key, parts in games.items()}

    rows: dict[str, list[TableRow]] = {
        "cell_intervals": [
            (cell.game, cell.matchup, cell.agent, *ends(cell.interval), *cell.worst)
            for cell in cells
        ],
        "game_intervals": [
            (*key, *ends(each.interval), *each.worst) for key, each in pooled.items()
        ],
        "normalized_intervals": list(_normalized_rows(connection)),
        "corrected_means": list(corrected_means(connection, cells, compared)),
        "seat_intervals": list(_seat_rows(read_seats(connection))),
        "score_intervals": [
            (agent, *score_ends(agent, pooled), *_score_worst(agent, pooled))
            for agent in sorted(agents)
        ],
        "quality_intervals": list(_quality_rows(connection)),
        "regret_intervals": list(_regret_rows(connection)),
        "comparisons": rows_of(compared, Looks(seen, counted(connection)), primary(planned)),
        "equivalence_tests": list(equivalence_rows(compared, planned)),
        "open_questions": list(open_questions(compared, planned)),
        "games_like_these": list(games_like_these(own, ranked)),
        "memory_differences": list(memory(connection, cells, spans, provisional)),
        "sweep_winners": list(sweep_best(connection, own, ranked)),
        **_position_rows(connection),
        "control_checks": controls(connection),
        "ratings": [],
        "rating_pairs": [],
        "nash_averages": [],
        "first_moves": [],
    }
    played = rated_matches(connection)
    if played is not None:
        _rate(*played, _anchors(connection), rows)
        rows["strength_equivalents"] = list(strength_equivalents(connection, *played))
    for table, lines in rows.items():
        duckdb_files.insert(connection, table, lines)
    limits = {
        game: Interval(low, high) for game, low, high in connection.execute(_LIMITS).fetchall()
    }
    ranks = game_ranks(cells, ranked, _pairs(connection), limits)
    duckdb_files.insert(connection, "game_ranks", list(ranks))


def _pairs(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[tuple[str, str], Question]]:
    """Return the comparisons of each game."""
    pairs: dict[str, dict[tuple[str, str], Question]] = defaultdict(dict)
    for game, agent, rival, difference, p, fixed in connection.execute(_PAIRS).fetchall():
        pairs[game][agent, rival] = Question(mean=difference, p=p, fixed=fixed)
    return pairs


def _normalized_rows(connection: duckdb.DuckDBPyConnection) -> Iterator[TableRow]:
    """Yield the intervals of each agent's normalized return in each margin game."""
    why = dict(connection.execute(_NO_SCALE).fetchall())
    games: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in read_normalized(connection):
        games[cell.game, cell.agent].append(cell)
    for (game, agent), cells in games.items():
        low, high, reason = ends(Pooled.of(cells).interval)
        yield game, agent, low, high, why.get(game, reason)


def _seat_rows(cells_by_seat: Iterable[tuple[int, CellValues]]) -> Iterator[TableRow]:
    """Yield the intervals of each agent in each seat."""
    seats: dict[tuple[str, str, int], list[CellValues]] = defaultdict(list)
    for seat, cell in cells_by_seat:
        seats[cell.game, cell.agent, seat].append(cell)
    for key, cells in seats.items():
        pooled = Pooled.of(cells)
        yield (*key, *ends(pooled.interval), *pooled.worst)


def _quality_rows(connection: duckdb.DuckDBPyConnection) -> Iterator[TableRow]:
    """Yield the intervals of the shares of optimal decisions."""
    for game, agent, *row in connection.execute(_MOVES).fetchall():
        yield game, agent, *ends(_ratio(row).share_interval())


def _regret_rows(connection: duckdb.DuckDBPyConnection) -> Iterator[TableRow]:
    """Yield the intervals of the mean regret at each ply."""
    for game, agent, ply, *row in connection.execute(_PLIES).fetchall():
        yield game, agent, ply, *ends(_ratio(row).mean_interval())


def _ratio(row: Sequence[Any]) -> Observations:
    """Return each deal's contribution to a ratio: parts of wholes, such as optimal moves of all."""
    luck, fixed, deals, wholes, parts = row
    return Observations(
        luck=luck,
        deals=np.array(deals, dtype=np.int64),
        values=ratio_parts(np.array(parts), np.array(wholes)),
        fixed=None if fixed is None else Fixed(fixed),
    )


def _position_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, list[TableRow]]:
    """Return the intervals and comparisons of agents in given positions.

    A position is one observation, as a deal is elsewhere: other positions could have been chosen.
    """
    intervals, cells = list[TableRow](), list[CellValues]()
    for *row, regrets in connection.execute(_POSITIONS).fetchall():
        cell = replace(
            CellValues.of(row), scoring=WIN_LOSS
        )  # right or wrong, whatever the scoring of the game
        cells.append(cell)
        regret = mean_interval(np.array(regrets or [], dtype=np.float64))
        intervals.append((cell.game, cell.agent, *ends(cell.interval), *ends(regret)))
    pairs = [
        (one.game, one.agent, other.agent)
        for one in cells
        for other in cells
        if one.game == other.game and one is not other
    ]
    return {
        "position_intervals": intervals,
        "position_comparisons": rows_of(compare_pairs(cells, pairs)),
    }


def score_ends(agent: str, pooled: Mapping[tuple[str, str], Pooled]) -> Ends:
    """Return the interval of the mean over families of the mean over games."""
    return ends(combined_interval([part for _, part in _score_parts(agent, pooled)]))


def _score_worst(agent: str, pooled: Mapping[tuple[str, str], Pooled]) -> Worst:
    """Return the bounds of the same mean if a deal of any game was dropped."""
    parts = _score_parts(agent, pooled)
    bounds = [(each.bounds, part.weight) for each, part in parts if each.bounds is not None]
    if len(bounds) < len(parts) or not any(each.dropped for each, _ in parts):
        return None, None
    found = bounds_over_games(bounds, combined_interval)
    return (found.low, found.high) if found else (None, None)


def _score_parts(agent: str, pooled: Mapping[tuple[str, str], Pooled]) -> list[tuple[Pooled, Part]]:
    """Return an agent's values in each game that counts for its score, with the game's weight."""
    played = [
        each
        for (_, name), each in pooled.items()
        if name == agent and each.scoring == WIN_LOSS and len(each.observations)
    ]
    sizes = Counter(each.family for each in played)
    return [(each, Part(each.observations, 1 / len(sizes) / sizes[each.family])) for each in played]


def rated_matches(connection: duckdb.DuckDBPyConnection) -> tuple[list[str], Matches] | None:
    """Return the names of the games and all rated matches that count; None without matches.

    Matches with a model whose results are provisional are left out: they say how its opponent does
    against random moves, and nothing about the model.
    """
    provisional = {agent for game, agent in read_provisional(connection) if game is None}
    rows = [
        (game, family, luck, deal, fixed, agents[low], agents[high], score)
        for game, family, luck, deal, fixed, agents, scores in connection.execute(
            _MATCHES
        ).fetchall()
        for low, high, score in pairs_of_seats(scores)
        if agents[low] != agents[high] and provisional.isdisjoint((agents[low], agents[high]))
    ]
    if not rows:
        return None
    games, families, lucks, deals, fixed, firsts, seconds, scores = zip(*rows, strict=True)
    names, game = np.unique(np.array(games), return_inverse=True)
    agents, players = np.unique(np.array([*firsts, *seconds]), return_inverse=True)
    return names.tolist(), Matches(
        agents=tuple(agents.tolist()),
        game=game,
        family=np.unique(np.array(families), return_inverse=True)[1],
        first=players[: len(rows)],
        second=players[len(rows) :],
        score=np.array(scores),
        luck=np.unique(np.array(lucks), return_inverse=True)[1],
        deal=np.array(deals, dtype=np.int64),
        fixed=np.array([None if each is None else Fixed(each) for each in fixed], dtype=object),
    )


def rate_ladder(database: Path, zero: str) -> dict[str, Anchor]:
    """Rate the agents of a database against the agent ``zero``. Empty if it met nobody."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        played = rated_matches(connection)
    if played is None or zero not in played[1].agents:
        return {}
    return ladder(played[1], zero)


def _anchors(connection: duckdb.DuckDBPyConnection) -> dict[str, Anchor]:
    """Return the ratings of the suite's bots from when the suite was frozen."""
    return {
        agent: Anchor(rating, se, json.loads(correlations))
        for agent, rating, se, correlations in connection.execute(_ANCHORS).fetchall()
    }


def _rate(
    games: Sequence[str],
    matches: Matches,
    anchors: Mapping[str, Anchor],
    rows: dict[str, list[TableRow]],
) -> None:
    """Add the rows of each set of agents that matches link. ``games`` are the names by code."""
    for number, each in enumerate(rate_sets(matches, anchors)):
        anchored = not anchors.keys().isdisjoint(each.matches.agents)
        rows["ratings"] += [
            _rating_row(number, anchored, each.fit, one) for one in each.fit.ratings
        ]
        rows["rating_pairs"] += _pair_rows(number, each)
        best = int(np.argmax([one.rating for one in each.fit.ratings]))
        rows["nash_averages"] += _nash_rows(each.matches, best)
        rows["first_moves"] += [
            (games[one.game], number, one.first_mover, *ends(one.interval), one.draw_rate)
            for one in each.fit.games
        ]


def _rating_row(number: int, anchored: bool, fit: Fit, each: Rating) -> TableRow:
    """Return the row of an agent of the set with a number."""
    expected = fit.expected_interval(each.these_games)
    return (
        each.agent, each.rating, *ends(each.these_games), *ends(each.games_like_these), number,
        each.group, anchored, each.rank, each.ranks.low, each.ranks.high,
        fit.expected_score(each.rating), *ends(expected)[:2],
    )  # fmt: skip


def _pair_rows(number: int, rated: RatedSet) -> Iterator[TableRow]:
    """Yield the difference of each pair of a set, the stronger agent first."""
    place = {agent: code for code, agent in enumerate(rated.matches.agents)}
    for each in differences(rated.matches, rated.fit):
        stronger = each if each.difference >= 0 else each.turned()
        p = float(rated.fit.pair_p[place[each.one], place[each.other]])
        yield (
            stronger.one, stronger.other, number, stronger.difference, *ends(stronger.interval),
            rated.fit.expected_score(stronger.difference),
            *ends(rated.fit.expected_interval(stronger.interval))[:2], p,
            Verdict.BETTER if p < 1 - CONFIDENCE else Verdict.NOT_TOLD_APART,
        )  # fmt: skip


def _nash_rows(matches: Matches, best: int) -> list[TableRow]:
    """Return each agent's Nash average, and a warning for the agent ``best`` by rating."""
    averages = nash_average(payoffs(matches)).averages
    warning = None
    if averages[best] < -NONE:
        share = share_disagreeing(best, matches)
        if share >= DISAGREE:
            warning = f"in no mixture that nobody beats, in {share:.0%} of resamples"
    return [
        (agent, round(float(average), 6) + 0.0, warning if code == best else None)
        for code, (agent, average) in enumerate(zip(matches.agents, averages, strict=True))
    ]
