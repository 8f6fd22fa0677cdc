"""The live line's numbers: from progress files and journals, from the first reply on."""

import json
from pathlib import Path
from typing import Any

import pytest

from gamegrid.jobs.staleness import works
from gamegrid.jobs.watch import Sight, Tail, Watch, playing
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.progress import Progress
from loopback import Endpoint


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def tell(results: Path, path: str, episodes: int, **state: Any) -> None:
    """Write a progress file as a job does."""
    file = results / "progress" / f"{path}.json"
    Progress(path, file, episodes)
    file.write_text(json.dumps(json.loads(file.read_text()) | state))


BOTS: dict[str, Any] = {
    "games": ["kuhn_poker"],
    "agents": {name: {"type": "random"} for name in ("a", "b")},
    "deals": 20,
    "chunk": 5,
    "models": [],
}


def bots(folder: Path) -> plan.Plan:
    return plan.make(BOTS, folder)


def test_episodes_count_for_the_whole_grid_and_earlier_runs_do_not_set_the_pace(
    tmp_path: Path,
) -> None:
    made, clock = bots(tmp_path), Clock()
    one, two, *_ = todo = works(made)[1:]  # the first chunk is finished
    tell(tmp_path, one.path, 10, done=7)  # by a run that was killed
    watch = Watch(made, tmp_path, todo, clock)
    assert watch.look() == Sight(
        episodes=40, done=10, unfinished=0, replies=0, usd=0.0, per_minute=None, left_s=None
    )
    clock.seconds = 10.0
    tell(tmp_path, one.path, 10, done=5, errors=1, causes={"no answer": 1})
    tell(tmp_path, two.path, 6, done=1)  # 4 are taken over from a shorter file
    sight = watch.look()
    assert (sight.done, sight.unfinished) == (10 + 4 + 5, 1)
    assert sight.left_s == 20.0  # 10 of 30 in 10 s
    assert watch.causes == {"no answer": 1}
    assert sight.line() == "19 of 40 episodes, 1 not finished, about 20 s left"


def test_replies_and_money_come_from_the_journal_as_it_grows(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    clock, results = Clock(), tmp_path / "results"
    with Endpoint() as endpoint:
        (tmp_path / "models.yaml").write_text(
            f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}', "
            f"input_price: 1000.0, output_price: 1000.0}}\n"
        )
        raw = {
            "games": ["matrix_rps"], "deals": 4, "chunk": 2, "models": ["models.yaml"],
            "agents": {"m": {"type": "llm", "model": "litellm_openai/m"}, "r": {"type": "random"}},
        }  # fmt: skip
        made = plan.make(raw, tmp_path)
        watch = Watch(made, results, works(made), clock)
        watch.expect()
        watch.look()
        clock.seconds = 30.0
        first = made.chunks[0]
        play_chunk(
            Job(config=raw, game="matrix_rps", matchup="m--r", block=first.block, threads=1,
                results=results, output=results / first.file)
        )  # fmt: skip
        progress = results / "progress" / f"{first.path}.json"
        progress.unlink()  # as if no episode had ended yet
        early = watch.look()
    assert (early.replies, early.done, early.per_minute) == (4, 0, 8.0)
    assert early.usd is not None and early.usd > 0
    assert early.left_s == 30.0  # random play foretells eight replies
    assert "replies at 8/min" in early.line()
    again = Watch(made, results, works(made), clock)
    assert again.look().replies == 0  # those of an earlier run


def test_a_tail_yields_whole_lines_once_and_follows_a_mended_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"old\ntorn")
    tail = Tail(path)
    path.write_bytes(b"old\n")  # the next job removes the torn line
    assert list(tail.lines()) == []
    with path.open("ab") as file:
        file.write(b"one\ntw")
    assert list(tail.lines()) == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\n")
    assert list(tail.lines()) == [b"two"]
    assert list(Tail(tmp_path / "none").lines()) == []


def test_the_jobs_that_play_are_known_by_their_files(tmp_path: Path) -> None:
    made = bots(tmp_path)
    results = tmp_path / "results"
    files = ["results/tables/README.md", f"results/{made.chunks[2].file}"]
    assert playing(made, results, files) == [made.chunks[2]]


def test_of_a_bundle_only_the_chunks_that_are_not_current_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw, results = {**BOTS, "max_jobs": 2}, tmp_path / "results"
    made = plan.make(raw, tmp_path)
    bundle, _ = made.bundles
    first, *others = bundle.chunks
    play_chunk(
        Job(config=raw, game="kuhn_poker", matchup="a--b", block=first.block, threads=1,
            results=results, output=results / first.file)
    )  # fmt: skip
    assert playing(made, results, [f"results/{bundle.file}"]) == others
