"""Records of one small game, written by hand."""

from dataclasses import replace
from typing import Any

from gamegrid.records.record_types import (
    CallRecord,
    DecisionRecord,
    DecisionStatus,
    EpisodeRecord,
    EpisodeStatus,
    RunRecord,
    SeatRecord,
)

RUN = RunRecord(
    run_id="run1",
    started_at="2025-03-04T05:06:07.891011",
    config='{"seed":42}',
    code_version="0.1.0",
    interpreter="CPython 3.11",
    packages='{"duckdb":"2.0.0"}',
    host='{"name":"node1"}',
)


def seat(number: int, **changes: Any) -> SeatRecord:
    usual = SeatRecord(
        seat=number,
        agent="ab"[number],
        return_=1.0 - 2 * number,
        score=1.0 - number,
        strict_score=1.0 - number,
        strict_return=None,
        fallbacks=0,
    )
    return replace(usual, **changes)


def decision(**changes: Any) -> DecisionRecord:
    usual = DecisionRecord(
        ply=0,
        seat=0,
        agent="a",
        observation="the board",
        legal='["left","right"]',
        action=0,
        label="left",
        status=DecisionStatus.OK,
        attempts=1,
        reasoning=None,
        latency_s=0.25,
        prompt_tokens=None,
        completion_tokens=None,
    )
    return replace(usual, **changes)


def call(**changes: Any) -> CallRecord:
    usual = CallRecord(
        ply=0,
        seat=0,
        attempt=0,
        backend="hf",
        model="hf_tiny",
        model_served=None,
        messages='[{"role":"user","content":"your move"}]',
        reply="left",
        reasoning=None,
        finish_reason="stop",
        failure=None,
        prompt_tokens=None,
        completion_tokens=None,
        reasoning_tokens=None,
        cached_tokens=None,
        latency_s=None,
        transport_attempts=1,
        replayed=False,
    )
    return replace(usual, **changes)


def episode(deal: int = 0, seating: int = 0, **changes: Any) -> EpisodeRecord:
    usual = EpisodeRecord(
        episode_id=f"game/a--b/{deal}/{seating}",
        run_id="run1",
        matchup="a--b",
        game="game",
        deal=deal,
        seating=seating,
        seed=42,
        status=EpisodeStatus.COMPLETE,
        plies=1,
        trajectory="[0]",
        duration_s=0.5,
        error=None,
        seats=(seat(0), seat(1)),
        decisions=(),
        calls=(),
    )
    return replace(usual, **changes)
