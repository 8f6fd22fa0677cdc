"""A plan is on file before its first deal, and its digest can be published before that."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.jobs import registered
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records import registrations
from played_grids import BOTS, played

PLAIN: dict[str, Any] = {"games": ["nim"], "deals": 2, "agents": BOTS}
STATED = {"pairs": [["optimal", "random"]], "games": {"nim": {"deals": 2}}}


def test_the_plan_is_named_by_its_digest_until_and_since_it_is_on_file(tmp_path: Path) -> None:
    made = plan.make({**PLAIN, "preregister": STATED}, tmp_path)
    assert registered.line(plan.make(PLAIN, tmp_path), tmp_path) is None
    assert made.planned is not None
    line = registered.line(made, tmp_path)
    assert line is not None and made.planned.sha256 in line and "first job that plays" in line
    registrations.note(tmp_path, made.planned)
    assert "on file since 2" in (registered.line(made, tmp_path) or "")


def test_the_first_job_notes_the_plan_before_it_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(tmp_path, monkeypatch, **PLAIN, preregister=STATED)
    path = tmp_path / "results" / registrations.NAME
    [first] = registrations.read(path)
    assert first.played == frozenset()
    again = {**STATED, "games": {"nim": {"deals": 3}}}
    played(tmp_path, monkeypatch, **{**PLAIN, "deals": 3}, preregister=again)
    assert [each.played for each in registrations.read(path)] == [
        frozenset(),
        {"nim/optimal--random"},
    ]


def test_a_job_that_cannot_note_the_plan_plays_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / registrations.NAME).write_text("{}\n")
    config = {"seed": 1, **PLAIN, "preregister": STATED}
    output = tmp_path / "results/chunks/nim/optimal--random/00000-00001.parquet"
    job = Job(config=config, game="nim", matchup="optimal--random", block="00000-00001",
              threads=1, results=tmp_path / "results", output=output)  # fmt: skip
    with pytest.raises(Exception, match="line 1 is not a preregistration"):
        play_chunk(job)
    assert not output.exists()
