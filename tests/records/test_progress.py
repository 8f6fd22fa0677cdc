"""Progress: what a running chunk reports, and the file that the status rule reads."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from gamegrid.records import progress
from gamegrid.records.progress import ChunkState, Progress


def state(**changes: Any) -> ChunkState:
    usual: dict[str, Any] = {
        "chunk": "g/a--b/00000-00009",
        "episodes": 20,
        "done": 5,
        "errors": 0,
        "asked": 0,
        "replayed": 0,
        "elapsed_s": 12.0,
        "finished": False,
        "host": "here",
        "pid": 1,
    }
    return ChunkState(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "5 of 20 episodes in 12 s, about 36 s left"),
        ({"done": 0, "elapsed_s": 3.0}, "0 of 20 episodes in 3 s"),
        ({"done": 1}, "1 of 20 episodes in 12 s"),
        ({"done": 20}, "20 of 20 episodes in 12 s"),
        (
            {"done": 20, "asked": 7, "replayed": 3, "errors": 2},
            "20 of 20 episodes in 12 s, 7 replies bought, 3 from the journal, 2 not finished",
        ),
        ({"episodes": 0, "done": 0}, "0 of 0 episodes in 12 s"),
    ],
)
def test_a_line_says_what_is_known(changes: dict[str, Any], line: str) -> None:
    assert state(**changes).line() == f"g/a--b/00000-00009: {line}"


def test_the_file_is_there_from_the_start_and_whole_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "g/a--b/00000-00009.json"
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(progress, "SECONDS", -1.0)
    running = Progress("g/a--b/00000-00009", path, 3)
    assert json.loads(path.read_text())["done"] == 0
    for number in range(3):
        running.episode("no answer" if number == 1 else None, asked=number, replayed=10)
        found = json.loads(path.read_text())
        assert (found["done"], found["finished"]) == (number + 1, False)
    running.finish(asked=4, replayed=10)
    found = json.loads(path.read_text())
    assert (found["done"], found["errors"], found["asked"]) == (3, 1, 4)
    assert (found["replayed"], found["finished"], found["episodes"]) == (10, True, 3)
    assert len(caplog.records) == 4
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_little_is_told_of_fast_episodes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    running = Progress("c", tmp_path / "c.json", 1000)
    for _ in range(1000):
        running.episode(None, asked=0, replayed=0)
    assert not caplog.records
