"""A question whose answers cannot be read is not bought without end, over all reruns."""

from pathlib import Path

import pytest

from gamegrid.backends.backend import (
    Attempt,
    BackendError,
    Completion,
    FinishReason,
    Message,
    Request,
    Sampling,
)
from gamegrid.luck import Place
from gamegrid.records.journal import Journal
from gamegrid.records.unreadable import MOST

PLACE = Place(seed=1, game="kuhn_poker", deal=3, matchup="a--b", seating=0, seat=1)


def question(text: str = "hi") -> Request:
    return Request(model="litellm_m", messages=(Message("user", text),), sampling=Sampling())


def lost(status: int | None, kind: str = "maybe_billed") -> Attempt:
    return Attempt(at="2026-01-01T00:00:00.000", seconds=1.0, kind=kind, status=status, body="[[")


async def rerun(path: Path, *attempts: Attempt, text: str = "hi") -> str | None:
    """Run a job that asks one question; return the error if it was not asked."""
    asked = False

    async def buy(_: Request) -> Completion:
        nonlocal asked
        asked = True
        raise BackendError("unreadable", attempts)

    with Journal(path) as journal, pytest.raises(BackendError) as trouble:
        await journal.ask(PLACE, 0, 0, question(text), buy)
    return None if asked else str(trouble.value)


async def test_unreadable_answers_are_bounded_over_all_reruns(tmp_path: Path) -> None:
    path = tmp_path / "0-1.jsonl"
    bought = 0
    for _ in range(8):
        if (refusal := await rerun(path, *[lost(200)] * 3)) is not None:
            break
        bought += 3
    assert bought == MOST and refusal is not None
    assert "litellm_m" in refusal and str(path.with_suffix(".lost")) in refusal
    assert await rerun(path, text="another question") is None
    path.with_suffix(".lost").rename(tmp_path / "away")
    assert await rerun(path) is None


@pytest.mark.parametrize("attempt", [lost(None), lost(504), lost(503, "unbilled")])
async def test_failures_that_pass_are_asked_again(tmp_path: Path, attempt: Attempt) -> None:
    for _ in range(5):
        assert await rerun(tmp_path / "0-1.jsonl", *[attempt] * 3) is None


async def test_a_damaged_line_stops_no_job(tmp_path: Path) -> None:
    (tmp_path / "0-1.lost").write_bytes(b'{"key"\n\xff\xfe\n' + b"[" * 5000 + b"\n7\n")
    assert await rerun(tmp_path / "0-1.jsonl") is None


async def test_a_reply_on_file_is_still_replayed(tmp_path: Path) -> None:
    path = tmp_path / "0-1.jsonl"

    async def buy(_: Request) -> Completion:
        return Completion(text="a", finish_reason=FinishReason.STOP, attempts=(lost(200),) * 9)

    for _ in range(2):
        with Journal(path) as journal:
            assert (await journal.ask(PLACE, 0, 0, question(), buy)).completion.text == "a"
