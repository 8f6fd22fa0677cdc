"""Judge every decision of a game by its oracle: the value of the move and of the best move.

The states are rebuilt from the trajectories and no model is asked, so judging again costs nothing.
Equal lines of play are judged once.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, assert_never

import duckdb
import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply
from gamegrid.oracles.exact import NOISE, solver
from gamegrid.paths import replacing
from gamegrid.records import duckdb_files
from gamegrid.records.chunkfile import Columns, check_whole
from gamegrid.records.duckdb_files import exact

JUDGED: Columns = MappingProxyType(
    {
        "episode_id": "VARCHAR",
        "ply": "INTEGER",
        "seat": "INTEGER",
        "best_value": "DOUBLE",
        "value": "DOUBLE",
        "regret": "DOUBLE",
        "optimal": "BOOLEAN",
        "trivial": "BOOLEAN",
        "oracle": "VARCHAR",
    }
)
"""The columns of a file of judged decisions."""

BATCH = 1000
"""Lines of play held in memory at once."""

Values = Callable[[pyspiel.State, int], Mapping[int, float] | None]
"""Return the value of each action of a seat in a state, for that seat; None if unknown."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An oracle for judging moves. ``name`` is ``exact`` or the name of an equilibrium."""

    name: str
    values: Values
    decides: bool
    """True if moves can be called optimal. A mixed strategy has no single best move."""


@dataclass(frozen=True, slots=True)
class Move:
    """One decision to judge. ``own`` is False for a move made in the agent's place."""

    ply: int
    seat: int
    action: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class MoveVerdict:
    """An oracle's verdict on one decision, in units of the seat's return. None means unknown.

    ``value`` is that of the action played, whoever chose it. ``regret`` and ``optimal`` describe
    the agent's choice and are None for a fallback's move and for a forfeit. ``optimal`` is also
    None if the oracle is an equilibrium. ``trivial`` is True if all legal moves have equal values.
    """

    best_value: float | None = None
    value: float | None = None
    regret: float | None = None
    optimal: bool | None = None
    trivial: bool | None = None


def judge_of(game: Game) -> Judge:
    """Return the judge of a game. Raises ValueError for a game without an oracle."""
    match game.oracle:
        case Oracle.EXACT:
            best = solver(game.load_string)
            return Judge("exact", lambda state, _: best.action_values(state), decides=True)
        case Oracle.EQUILIBRIUM:
            # Imported here because it loads scipy, which no other oracle needs.
            from gamegrid.oracles.equilibrium import action_values, solved

            reference = solved(game.load_string)
            values = action_values(game.spiel, reference.policy)
            return Judge(
                reference.name,
                lambda state, seat: values[seat][state.information_state_string(seat)],
                decides=False,
            )
        case Oracle.NONE:
            raise ValueError(f"no oracle for {game.load_string}")
        case other:
            assert_never(other)


def verdict(judge: Judge, state: pyspiel.State, move: Move) -> MoveVerdict:
    """Judge one decision. ``state`` is the state in which it was made."""
    values = judge.values(state, move.seat)
    if values is None:
        return MoveVerdict()
    best = max(values.values())
    trivial = best - min(values.values()) <= NOISE
    if move.action is None:
        return MoveVerdict(best_value=best, trivial=trivial)
    value = values[move.action]
    if not move.own:
        return MoveVerdict(best_value=best, value=value, trivial=trivial)
    regret = best - value
    regret = regret if regret > NOISE else 0.0
    return MoveVerdict(best, value, regret, regret == 0 if judge.decides else None, trivial)


def replayed(
    game: Game, trajectory: Sequence[Joint], opening: int
) -> Iterator[tuple[int, pyspiel.State]]:
    """Yield each state in which a seat decides, after the opening, with its ply.

    If the trajectory ends before the game does, its last state is included, because a seat may have
    forfeited there. All states are one object, which changes from one step to the next.
    """
    state, ply = game.spiel.new_initial_state(), -opening
    for step in trajectory:
        if not state.is_chance_node():
            if ply >= 0:
                yield ply, state
            ply += 1
        apply(state, step)
    if not state.is_terminal() and not state.is_chance_node() and ply >= 0:
        yield ply, state


def judge_line(
    judge: Judge, game: Game, trajectory: Sequence[Joint], opening: int, moves: Sequence[Move]
) -> Iterator[tuple[Move, MoveVerdict]]:
    """Yield each of an episode's ``moves`` with its verdict. ``opening`` is its number of plies."""
    by_ply: dict[int, list[Move]] = {}
    for move in moves:
        by_ply.setdefault(move.ply, []).append(move)
    for ply, state in replayed(game, trajectory, opening):
        for move in by_ply.get(ply, ()):
            yield move, verdict(judge, state, move)


def judge_game(game: Game, chunks: Sequence[Path], output: Path) -> None:
    """Judge all decisions of ``game`` in chunk files and write one Parquet row for each.

    The output is written whole or not at all. Raises ValueError for a game without an oracle and
    UserError for a damaged chunk file.
    """
    check_whole(chunks)
    judge = judge_of(game)
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    rows = output.with_name(f"{output.name}.ndjson")
    try:
        with (
            replacing(output) as temporary,
            duckdb_files.connect(files=[*chunks, rows, temporary]) as connection,
        ):
            _group(connection, game, chunks)
            with rows.open("w", encoding="utf-8") as file:
                for line in _judged(connection, game, judge):
                    file.write(line)
            _write(connection, judge, rows, temporary)
    finally:
        rows.unlink(missing_ok=True)


def _group(connection: duckdb.DuckDBPyConnection, game: Game, chunks: Sequence[Path]) -> None:
    """Create the table ``lines``: each distinct line of play with the episodes that took it."""
    connection.execute(
        """
        CREATE TEMP TABLE lines AS
        SELECT
            row_number() OVER () AS line, trajectory, played, moves, episodes
        FROM (
            SELECT
                trajectory,
                -- A forfeit is a decision without a move.
                plies - (status = 'forfeited')::INTEGER AS played,
                [
                    [d.ply, d.seat, d.action, (d.status IN ('ok', 'rethought'))::BIGINT]
                    FOR d IN decisions
                ] AS moves,
                list(episode_id) AS episodes
            FROM read_parquet($chunks, union_by_name = true, hive_partitioning = false)
            WHERE game = $game
            GROUP BY ALL
        )
        """,
        {"chunks": [exact(path) for path in chunks], "game": game.name},
    )


def _judged(connection: duckdb.DuckDBPyConnection, game: Game, judge: Judge) -> Iterator[str]:
    """Yield one line of JSON for each decision of each line of play."""
    lines = connection.execute("SELECT line, trajectory, played, moves FROM lines ORDER BY line")
    while batch := lines.fetchmany(BATCH):
        for line, text, played, moves in batch:
            trajectory = json.loads(text)
            opening = moves_in(game, trajectory) - played
            decisions = [Move(ply, seat, action, bool(own)) for ply, seat, action, own in moves]
            for move, judged in judge_line(judge, game, trajectory, opening, decisions):
                yield json.dumps(_row(line, move, judged)) + "\n"


def moves_in(game: Game, trajectory: Sequence[Joint]) -> int:
    """Return the number of steps of a trajectory that are moves, not chance events."""
    if not game.chance:
        return len(trajectory)
    state, moves = game.spiel.new_initial_state(), 0
    for step in trajectory:
        moves += not state.is_chance_node()
        apply(state, step)
    return moves


def _row(line: int, move: Move, judged: MoveVerdict) -> dict[str, Any]:
    return {
        "line": line,
        "ply": move.ply,
        "seat": move.seat,
        "best_value": judged.best_value,
        "value": judged.value,
        "regret": judged.regret,
        "optimal": judged.optimal,
        "trivial": judged.trivial,
    }


def _write(connection: duckdb.DuckDBPyConnection, judge: Judge, rows: Path, target: Path) -> None:
    """Write the verdicts on each line of play once for every episode that took it."""
    judged = {name: JUDGED[name] for name in JUDGED if name not in ("episode_id", "oracle")}
    columns = {"line": "BIGINT", **judged}
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    connection.execute(
        f"""
        COPY (
            SELECT unnest(episodes) AS episode_id, {", ".join(judged)}, $oracle AS oracle
            FROM read_json(
                $rows, columns = {{{types}}}, format = 'newline_delimited', auto_detect = false,
                compression = 'uncompressed', hive_partitioning = false
            ) JOIN lines USING (line)
            ORDER BY episode_id, ply, seat
        ) TO $target (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)
        """,
        {"rows": exact(rows), "oracle": judge.name, "target": str(target)},
    )
