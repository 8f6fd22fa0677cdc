"""Small records written by hand, and a database built from them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from gamegrid.agents.agent import kinds
from gamegrid.records import chunkfile
from gamegrid.records.record_types import (
    CallRecord,
    DecisionRecord,
    DecisionStatus,
    EpisodeRecord,
    EpisodeStatus,
    Failure,
    RunRecord,
    SeatRecord,
    Task,
)
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import AgentRow, GameRow, LadderRow, Rows, declared

STATUSES = {
    "complete": EpisodeStatus.COMPLETE,
    "forfeited": EpisodeStatus.FORFEITED,
    "truncated": EpisodeStatus.TRUNCATED,
    "error": EpisodeStatus.ERROR,
}


def run(run_id: str = "run1", **changes: Any) -> RunRecord:
    usual = {
        "run_id": run_id,
        "started_at": "2025-03-04T05:06:07",
        "config": '{"seed":42}',
        "code_version": "0.1.0",
        "interpreter": "CPython 3.11",
        "packages": "{}",
        "host": "{}",
    }
    return RunRecord(**{**usual, **changes})


def agent(name: str, **changes: Any) -> AgentRow:
    usual = {"agent": name, "type": "random", "backend": None, "model": None, "params": "{}"}
    return AgentRow(**{**usual, **changes})


def bot(name: str, kind: str, **settings: Any) -> AgentRow:
    """Return a bot's row as its file declares it."""
    stated = kinds()[kind].settings(type=kind, **settings)
    return agent(name, type=kind, params=json.dumps(settings), **declared(stated))


def game(name: str, scoring: str = "win_loss", players: int = 2, family: str = "") -> GameRow:
    return GameRow(
        game=name,
        load_string=name,
        players=players,
        scoring=scoring,
        luck=name,
        opening_plies=0,
        family=family or name,
        hidden_information=False,
        chance=False,
        oracle="none",
        generic=False,
        disguise_of=None,
    )


GAMES = (
    game("tic_tac_toe"),
    game("hex_4", family="hex"),
    game("hex_5", family="hex"),
    game("trio", players=3),
    game("kuhn_poker", "margin"),
    game("kuhn_poker_3p", "margin", players=3),
    game("matrix_pd", "payoff"),
    game("patience", "solo", players=1),
)

MARGIN = {row.game for row in GAMES if row.scoring == "margin"}

AGENTS = tuple(map(agent, "abcd"))
ROWS = Rows(agents=AGENTS, games=GAMES)


def episode(
    game: str,
    seated: Sequence[str],
    deal: int,
    seating: int,
    *,
    scores: Sequence[float] | None = None,
    returns: Sequence[float] | None = None,
    strict: Sequence[float] | None = None,
    strict_returns: Sequence[float] | None = None,
    fallbacks: Sequence[int] | None = None,
    status: str = "complete",
    trajectory: Sequence[int] | None = None,
    decisions: Sequence[DecisionRecord] = (),
    calls: Sequence[CallRecord] = (),
    run_id: str = "run1",
    task: Task = Task.EPISODE,
) -> EpisodeRecord:
    """Make an episode of the agents ``seated``. By default trajectories differ.

    A string names an agent by each letter.

    In win_loss games ``scores`` are given and returns follow from them; else ``returns``, which
    in the margin games of ``GAMES`` are strict too unless ``strict_returns`` says otherwise.
    """
    if scores is not None and returns is None:
        returns = [2 * score - 1 for score in scores]
    strict = strict or scores
    if game in MARGIN and status == "complete":
        strict_returns = strict_returns or returns
    matchup = "--".join(sorted(seated))
    path = trajectory if trajectory is not None else [deal, seating]
    return EpisodeRecord(
        episode_id=f"{game}:{matchup}:{'' if task is Task.EPISODE else task + ':'}{deal}:{seating}",
        task=task,
        run_id=run_id,
        matchup=matchup,
        game=game,
        deal=deal,
        seating=seating,
        seed=42,
        status=STATUSES[status],
        plies=len(decisions),
        trajectory=json.dumps(path),
        duration_s=0.5,
        error="server gone" if status == "error" else None,
        seats=tuple(
            SeatRecord(
                seat=seat,
                agent=name,
                return_=returns[seat] if returns and status == "complete" else None,
                score=scores[seat] if scores else None,
                strict_score=strict[seat] if strict else None,
                strict_return=strict_returns[seat] if strict_returns else None,
                fallbacks=fallbacks[seat] if fallbacks else 0,
            )
            for seat, name in enumerate(seated)
        ),
        decisions=tuple(decisions),
        calls=tuple(calls),
    )


def decision(name: str, ply: int, seat: int, status: str = "ok", **changes: Any) -> DecisionRecord:
    forfeit = status == "forfeit"
    usual = {
        "ply": ply,
        "seat": seat,
        "agent": name,
        "observation": "the board",
        "legal": '["left","right"]',
        "action": None if forfeit else 0,
        "label": None if forfeit else "left",
        "status": DecisionStatus(status),
        "attempts": 0,
        "reasoning": None,
        "latency_s": None,
        "prompt_tokens": None,
        "completion_tokens": None,
    }
    return DecisionRecord(**{**usual, **changes})


def call(ply: int, seat: int, failure: str | None = None, **changes: Any) -> CallRecord:
    usual = {
        "ply": ply,
        "seat": seat,
        "attempt": 0,
        "backend": "hf",
        "model": "hf_tiny",
        "model_served": None,
        "messages": '[{"role":"user","content":"your move"}]',
        "reply": "left",
        "reasoning": None,
        "finish_reason": "stop",
        "failure": Failure(failure) if failure else None,
        "prompt_tokens": None,
        "completion_tokens": None,
        "reasoning_tokens": None,
        "cached_tokens": None,
        "latency_s": None,
        "transport_attempts": 1,
        "replayed": False,
    }
    return CallRecord(**{**usual, **changes})


def pair(game: str, one: str, two: str, deal: int, first: float, second: float, **more: Any) -> Any:
    """Make both seatings of a deal from ``one``'s score as first and as second player."""
    return [
        episode(game, one + two, deal, 0, scores=[first, 1 - first], **more),
        episode(game, two + one, deal, 1, scores=[1 - second, second], **more),
    ]


def money(
    game: str,
    one: str,
    two: str,
    deal: int,
    first: float,
    second: float,
    strict_returns: tuple[float, float] | None = None,
) -> Any:
    """Make both seatings of a zero-sum deal from ``one``'s return as first and as second player.

    ``strict_returns`` are those of ``one`` and ``two`` in either seating, if they differ.
    """
    one_first, two_first = strict_returns, strict_returns and strict_returns[::-1]
    return [
        episode(game, one + two, deal, 0, returns=[first, -first], strict_returns=one_first),
        episode(game, two + one, deal, 1, returns=[-second, second], strict_returns=two_first),
    ]


def database(
    folder: Path,
    episodes: Sequence[EpisodeRecord],
    agents: Sequence[AgentRow] = AGENTS,
    games: Sequence[GameRow] = GAMES,
    ladder: Sequence[LadderRow] = (),
    shard: str | None = None,
) -> Path:
    """Build a database from one chunk with ``episodes``."""
    chunk = folder / "chunk.parquet"
    chunkfile.write(chunk, run(), episodes, "{}")
    path = folder / "gamegrid.duckdb"
    rows = Rows(agents=agents, games=games, ladder=ladder, shard=shard)
    build(path, rows, Sources(chunks=[chunk]))
    return path


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()
