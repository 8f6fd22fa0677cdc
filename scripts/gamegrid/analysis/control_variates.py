"""Correct the returns of margin games for luck whose probabilities are known: control variates.

Wherever luck of known probabilities decided an episode, the correction adds the mean value over
everything that could have happened, minus the value of what happened. Its expectation is 0 at every
such step, whatever the value function and however the other seats play. So corrected returns have
the same mean as returns, and less variance if the value function is good. The steps are chance
events and the moves of agents whose policies are known.

Sources: Burch, Schmid, Moravcik, Morrill, Bowling, "AIVAT: A New Variance Reduction Technique for
Agent Evaluation in Imperfect Information Games" (2018); White and Bowling, "Learning a Value
Analysis Tool for Agent Evaluation" (2009). AIVAT also averages over the hidden cards that a known
policy may hold; this does not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pyspiel

from gamegrid.agents.agent import AgentSettings, kinds
from gamegrid.analysis.judge import moves_in
from gamegrid.games.game import Game, Joint, apply
from gamegrid.games.policy import Policy, successors
from gamegrid.oracles.value_function import ValueFunction, mean_values, value_function
from gamegrid.paths import replacing
from gamegrid.records import duckdb_files
from gamegrid.records.chunkfile import Columns, check_whole
from gamegrid.records.duckdb_files import exact
from gamegrid.stats.arrays import Floats

COLUMNS: Columns = MappingProxyType(
    {
        "episode_id": "VARCHAR",
        "seat": "INTEGER",
        "correction": "DOUBLE",
        "value_function": "VARCHAR",
    }
)
"""The columns of a file of corrections. A correction is NULL if a known policy never makes one of
the moves that its agent made."""

_LINES = """
    CREATE TEMP TABLE lines AS
    SELECT row_number() OVER () AS line, *
    FROM (
        SELECT
            trajectory,
            -- A forfeit is a decision without a move.
            plies - (status = 'forfeited')::INTEGER AS played,
            [one.agent FOR one IN list_sort(seats)] AS agents,
            list_min([d.ply FOR d IN decisions IF d.status IN ('fallback', 'forfeit')]) AS failed,
            list(episode_id) AS episodes
        FROM read_parquet($chunks, union_by_name = true, hive_partitioning = false)
        WHERE game = $game AND status <> 'error'
        GROUP BY ALL
    )
"""
_COPY = """
    COPY (
        SELECT
            unnest(episodes) AS episode_id, seat::INTEGER AS seat, correction,
            $name AS value_function
        FROM lines JOIN corrected USING (line)
        ORDER BY episode_id, seat
    ) TO $target (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of play."""

    trajectory: Sequence[Joint]
    opening: int
    """Number of moves before the agents played. They are not corrected."""
    policies: Sequence[Policy | None]
    """By seat; None where it is unknown."""
    failed: int | None = None
    """The ply of the first fallback or forfeit, where a strict return ends; None without any."""


def correction(values: ValueFunction, game: Game, line: Line) -> Floats | None:
    """Return what to add to each seat's strict return, in units of return: shape (seats,).

    The strict return of a failed episode does not depend on luck from the failure on, so only the
    part before it is corrected. Whether a seat fails is decided before the luck that follows, so
    the expectation stays 0. Returns None if a known policy never makes a move that was made.
    """
    total = np.zeros(game.players)
    state, ply = game.spiel.new_initial_state(), -line.opening
    for step in line.trajectory:
        chance = state.is_chance_node()
        if not chance and ply == line.failed:
            break
        if chance or ply >= 0:
            surprise = _surprise(values, state, step, line.policies)
            if surprise is None:
                return None
            total -= surprise
        ply += not chance
        apply(state, step)
    return total


def _surprise(
    values: ValueFunction,
    state: pyspiel.State,
    step: Joint,
    policies: Sequence[Policy | None],
) -> Floats | None:
    """Return the value of a step minus its mean over what known luck could have chosen instead.

    Moves of unknown policies are as they were made. Returns None if the step has probability 0.
    """
    made = _made(state, step)
    if made:
        known = [policy or _fixed(made) for policy in policies]
        if any(known[seat](state, seat).get(action, 0.0) <= 0 for seat, action in made.items()):
            return None
        if all(policies[seat] is None for seat in made):
            return np.zeros(len(policies))
    else:
        known = []
    after = state.clone()
    apply(after, step)
    return np.subtract(values.values(after), mean_values(values, successors(state, known)))


def _made(state: pyspiel.State, step: Joint) -> dict[int, int]:
    """Return the actions of a step by seat; none for a chance event."""
    if state.is_chance_node():
        return {}
    if isinstance(step, list):
        return dict(enumerate(step))
    return {state.current_player(): step}


def _fixed(made: Mapping[int, int]) -> Policy:
    """Return the policy that makes the moves that were made."""
    return lambda _, seat: {made[seat]: 1.0}


def correct_game(
    game: Game, chunks: Sequence[Path], policies: Mapping[str, Policy], output: Path
) -> None:
    """Correct all episodes of ``game`` in chunk files; write a Parquet row for each of their seats.

    ``policies`` are the known ones, by agent. The output is written whole or not at all. Raises
    ValueError for a game without a value function and UserError for a damaged chunk file.
    """
    check_whole(chunks)
    values = value_function(game.load_string)
    if values is None:
        raise ValueError(f"no value function for {game.load_string}")
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(output) as temporary,
        duckdb_files.connect(files=[*chunks, temporary]) as connection,
    ):
        paths = [exact(path) for path in chunks]
        connection.execute(_LINES, {"chunks": paths, "game": game.name})
        rows = list(_corrected(connection, game, values, policies))
        connection.execute(
            "CREATE TEMP TABLE corrected (line BIGINT, seat BIGINT, correction DOUBLE)"
        )
        if rows:
            connection.execute(
                "INSERT INTO corrected SELECT unnest($1), unnest($2), unnest($3)",
                [list(column) for column in zip(*rows, strict=True)],
            )
        connection.execute(_COPY, {"name": values.name, "target": str(temporary)})


def _corrected(
    connection: duckdb.DuckDBPyConnection,
    game: Game,
    values: ValueFunction,
    policies: Mapping[str, Policy],
) -> Iterator[tuple[Any, ...]]:
    """Yield (line, seat, correction) for each line of play and seat."""
    lines = connection.execute(
        "SELECT line, trajectory, played, agents, failed FROM lines ORDER BY line"
    ).fetchall()
    for number, text, played, agents, failed in lines:
        trajectory = json.loads(text)
        line = Line(
            trajectory=trajectory,
            opening=moves_in(game, trajectory) - played,
            policies=[policies.get(agent) for agent in agents],
            failed=failed,
        )
        found = correction(values, game, line)
        for seat in range(game.players):
            yield number, seat, None if found is None else float(found[seat])


def known_policies(settings: Mapping[str, AgentSettings], game: Game) -> dict[str, Policy]:
    """Return the known policies of agents that can play a game, by agent.

    ``settings`` are those of the agents, by name.
    """
    policies = {}
    for agent, own in settings.items():
        kind = kinds()[own.type]
        if kind.policy is not None and kind.unsupported_reason(own, game) is None:
            policies[agent] = kind.policy(own, game)
    return policies
