"""Judge every decision of a game by its oracle: what the move was worth, and what the best one was.

Free to compute again: the states are rebuilt from the trajectories, and no model is asked. Equal
lines of play are judged once.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, assert_never

import duckdb
import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, apply
from gamegrid.oracles.exact import solver
from gamegrid.records import duckdb_files
from gamegrid.records.chunkfile import Columns, check_whole, exact

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

NOISE = 1e-9
"""Differences of value below this are rounding."""
BATCH = 1000
"""Lines of play held in memory at once."""

Values = Callable[[pyspiel.State, int], Mapping[int, float] | None]
"""What each action of a seat is worth in a state, for that seat; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An oracle as the judge needs it. ``name`` is ``exact``, or which equilibrium it is."""

    name: str
    values: Values
    decides: bool
    """True if a move can be called optimal: a mixed strategy has no best move to be held to."""


@dataclass(frozen=True, slots=True)
class Move:
    """One decision to judge. ``own`` is False for a move that was made in place of the agent."""

    ply: int
    seat: int
    action: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an oracle says of one decision, in units of the seat's return; None where unknown.

    ``value`` is of the action played, whoever chose it. ``regret`` and ``optimal`` are the agent's:
    None for a fallback's move and for a forfeit. ``optimal`` is None under an equilibrium too.
    ``trivial`` says that all legal moves are worth the same.
    """

    best_value: float | None = None
    value: float | None = None
    regret: float | None = None
    optimal: bool | None = None
    trivial: bool | None = None


def judge_of(game: Game) -> Judge:
    """The judge of a game. Raises ValueError for a game without an oracle."""
    match game.oracle:
        case Oracle.EXACT:
            best = solver(game.load_string)
            return Judge("exact", lambda state, _: best.action_values(state), decides=True)
        case Oracle.EQUILIBRIUM:
            # scipy only where it is needed
            from gamegrid.oracles.equilibrium import action_values, solved

            reference = solved(game.load_string)
            worth = action_values(game.spiel, reference.policy)
            return Judge(
                reference.name,
                lambda state, seat: worth[seat][state.information_state_string(seat)],
                decides=False,
            )
        case Oracle.NONE:
            raise ValueError(f"no oracle for {game.load_string}")
        case other:
            assert_never(other)


def verdict(judge: Judge, state: pyspiel.State, move: Move) -> Verdict:
    """Judge one decision in the state it was made in."""
    values = judge.values(state, move.seat)
    if values is None:
        return Verdict()
    best = max(values.values())
    trivial = best - min(values.values()) <= NOISE
    if move.action is None:
        return Verdict(best_value=best, trivial=trivial)
    value = values[move.action]
    if not move.own:
        return Verdict(best_value=best, value=value, trivial=trivial)
    regret = best - value
    regret = regret if regret > NOISE else 0.0
    return Verdict(best, value, regret, regret == 0 if judge.decides else None, trivial)


def replayed(
    game: Game, trajectory: Sequence[Joint], opening: int
) -> Iterator[tuple[int, pyspiel.State]]:
    """Each state in which somebody decides, with its ply, after the moves of the opening.

    The last one is there too if the game was not over, where a seat may have forfeited. The state
    is the same object each time and moves on.
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
) -> Iterator[tuple[Move, Verdict]]:
    """Judge the decisions of one episode."""
    by_ply: dict[int, list[Move]] = {}
    for move in moves:
        by_ply.setdefault(move.ply, []).append(move)
    for ply, state in replayed(game, trajectory, opening):
        for move in by_ply.get(ply, ()):
            yield move, verdict(judge, state, move)


def judge_game(game: Game, chunks: Sequence[Path], output: Path) -> None:
    """Judge all decisions of ``game`` in chunk files; write one Parquet row for each.

    The file is replaced as a whole or not at all. Raises ValueError for a game without an oracle
    and UserError for a damaged chunk file.
    """
    check_whole(chunks)
    judge = judge_of(game)
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    rows, partial = (output.with_name(f"{output.name}.{end}") for end in ("ndjson", "partial"))
    try:
        with duckdb_files.connect() as connection:
            _group(connection, game, chunks)
            with rows.open("w", encoding="utf-8") as file:
                for line in _judged(connection, game, judge):
                    file.write(line)
            _write(connection, judge, rows, partial)
        partial.replace(output)
    finally:
        for leftover in (rows, partial):
            with suppress(FileNotFoundError):
                leftover.unlink()


def _group(connection: duckdb.DuckDBPyConnection, game: Game, chunks: Sequence[Path]) -> None:
    """Make the table ``lines``: each line of play once, with the episodes that went that way."""
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
    """One JSON object per decision of each line of play."""
    found = connection.execute("SELECT line, trajectory, played, moves FROM lines ORDER BY line")
    while batch := found.fetchmany(BATCH):
        for line, text, played, moves in batch:
            trajectory = json.loads(text)
            opening = moves_in(game, trajectory) - played
            decisions = [Move(ply, seat, action, bool(own)) for ply, seat, action, own in moves]
            for move, said in judge_line(judge, game, trajectory, opening, decisions):
                yield json.dumps(_row(line, move, said)) + "\n"


def moves_in(game: Game, trajectory: Sequence[Joint]) -> int:
    """Steps of a trajectory that are moves, not chance."""
    if not game.chance:
        return len(trajectory)
    state, moves = game.spiel.new_initial_state(), 0
    for step in trajectory:
        moves += not state.is_chance_node()
        apply(state, step)
    return moves


def _row(line: int, move: Move, said: Verdict) -> dict[str, Any]:
    return {
        "line": line,
        "ply": move.ply,
        "seat": move.seat,
        "best_value": said.best_value,
        "value": said.value,
        "regret": said.regret,
        "optimal": said.optimal,
        "trivial": said.trivial,
    }


def _write(connection: duckdb.DuckDBPyConnection, judge: Judge, rows: Path, partial: Path) -> None:
    """Give each episode the verdicts of its line of play."""
    said = {name: JUDGED[name] for name in JUDGED if name not in ("episode_id", "oracle")}
    columns = {"line": "BIGINT", **said}
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    connection.execute(
        f"""
        COPY (
            SELECT unnest(episodes) AS episode_id, {", ".join(said)}, $oracle AS oracle
            FROM read_json(
                $rows, columns = {{{types}}}, format = 'newline_delimited', auto_detect = false,
                compression = 'uncompressed', hive_partitioning = false
            ) JOIN lines USING (line)
            ORDER BY episode_id, ply, seat
        ) TO $partial (FORMAT parquet, COMPRESSION zstd)
        """,
        {"rows": exact(rows), "oracle": judge.name, "partial": str(partial)},
    )
