"""Status: the work done, running, failed and left, and the money spent, from the jobs' files."""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.jobs import check
from gamegrid.jobs.estimate import estimate, text
from gamegrid.jobs.status import Part, parts, show
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.progress import Progress
from loopback import Endpoint

GONE = 2**22 + 1
"""No process has this number: Linux numbers them up to 2**22."""


def bots(tmp_path: Path, **changes: Any) -> Plan:
    agents = {name: {"type": "preference", "prefer": [name]} for name in ("a1", "b2", "c3")}
    raw = {"games": ["tic_tac_toe"], "deals": 10, "chunk": 5, "agents": agents}
    return plan.make(raw | changes, tmp_path)


def tell(results: Path, chunk: str, **state: Any) -> None:
    """Leave a progress file as a job of this process would."""
    path = results / "progress" / f"{chunk}.json"
    Progress(chunk, path, state["episodes"])
    path.write_text(json.dumps(json.loads(path.read_text()) | state))


def finish(results: Path, chunk: str) -> None:
    path = results / "chunks" / f"{chunk}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def by_name(made: Plan, results: Path) -> dict[str, Part]:
    return {part.name.split("/")[1]: part for part in parts(made, results)}


def test_nothing_is_done_before_it_is_begun(tmp_path: Path) -> None:
    made = bots(tmp_path)
    found = parts(made, tmp_path)
    assert [(p.episodes, p.done, p.running, p.left_s, p.usd) for p in found] == [
        (20, 0, 0, None, 0.0)
    ] * 3
    assert show(made, tmp_path).splitlines() == [
        "[······························] 0 of 60 episodes (0 %)",
        "jobs at work: 0, the pace of 3 matchups is not known yet",
        "0 of 3 matchups finished, 3 not begun",
    ]


def test_numbers_of_a_shard_are_said_to_be_of_a_shard(tmp_path: Path) -> None:
    made = bots(tmp_path, shard="2/3")
    line = "shard 2/3: all numbers are of this part of the deals"
    said = [show(made, tmp_path), check.confirm(made, []), text(estimate(made, tmp_path))]
    assert [each.splitlines()[0] for each in said] == [line] * 3
    assert "0 of 18 episodes" in said[0]


def test_a_running_grid_is_counted_matchup_by_matchup(tmp_path: Path) -> None:
    made = bots(tmp_path)
    one, two = "tic_tac_toe/a1--b2", "tic_tac_toe/a1--c3"
    tell(tmp_path, f"{one}/00000-00004", episodes=10, done=10, elapsed_s=20.0, finished=True)
    finish(tmp_path, f"{one}/00000-00004")
    tell(tmp_path, f"{one}/00005-00009", episodes=10, done=5, elapsed_s=10.0)
    tell(
        tmp_path, f"{two}/00000-00004", episodes=10, done=6, errors=2, elapsed_s=6.0, finished=True
    )
    found = by_name(made, tmp_path)
    first, second = found["a1--b2"], found["a1--c3"]
    assert (first.done, first.running, first.left_s) == (15, 1, 10.0)  # 5 at 2 s each
    assert (second.done, second.failed, second.running, second.left_s) == (4, 2, 0, 16.0)
    assert show(made, tmp_path).splitlines() == [
        "[#########·····················] 19 of 60 episodes (31 %)",
        "jobs at work: 1, not finished, for the next run to play again: 2, "
        "about 26 s left at one job, the pace of 1 matchup is not known yet",
        "0 of 3 matchups finished, 1 not begun",
        "  tic_tac_toe/a1--b2: 15 of 20, about 10 s left",
        "  tic_tac_toe/a1--c3: 4 of 20, 2 not finished, about 16 s left",
    ]


def test_a_job_that_died_is_not_at_work(tmp_path: Path) -> None:
    made, chunk = bots(tmp_path), "tic_tac_toe/a1--b2/00000-00004"
    tell(tmp_path, chunk, episodes=10, done=5, elapsed_s=10.0, pid=os.getpid())
    assert by_name(made, tmp_path)["a1--b2"].running == 1
    tell(tmp_path, chunk, episodes=10, done=5, elapsed_s=10.0, pid=GONE)
    assert by_name(made, tmp_path)["a1--b2"].running == 0
    tell(tmp_path, chunk, episodes=10, done=5, elapsed_s=10.0, pid=GONE, host="elsewhere")
    assert by_name(made, tmp_path)["a1--b2"].running == 1


def test_episodes_taken_over_from_a_shorter_file_are_done_and_tell_no_pace(tmp_path: Path) -> None:
    made = bots(tmp_path)
    tell(tmp_path, "tic_tac_toe/a1--b2/00000-00004", episodes=4, done=2, elapsed_s=2.0)
    part = by_name(made, tmp_path)["a1--b2"]
    assert (part.done, part.left_s) == (6 + 2, 12.0)


def test_positions_are_episodes_too(tmp_path: Path) -> None:
    made = bots(tmp_path, positions=7)
    tell(tmp_path, "tic_tac_toe/a1/positions", episodes=7, done=3, elapsed_s=3.0)
    (tmp_path / "positions/tic_tac_toe").mkdir(parents=True)
    (tmp_path / "positions/tic_tac_toe/b2.parquet").touch()
    found = by_name(made, tmp_path)
    assert (found["a1"].done, found["a1"].left_s) == (3, 4.0)
    assert (found["b2"].done, found["c3"].done) == (7, 0)


@pytest.mark.parametrize("priced", [True, False])
def test_spend_is_what_the_replies_on_file_cost_and_unknown_without_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, priced: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    with Endpoint() as endpoint:
        price = ", input_price: 1000.0, output_price: 1000.0" if priced else ""
        (tmp_path / "models.yaml").write_text(
            f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}'{price}}}\n"
        )
        raw = {
            "games": ["matrix_rps"],
            "deals": 2,
            "models": ["models.yaml"],
            "agents": {"m": {"type": "llm", "model": "litellm_openai/m"}, "r": {"type": "random"}},
        }
        made = plan.make(raw, tmp_path)
        (chunk,) = made.chunks
        output = tmp_path / "results/chunks" / f"{chunk.path}.parquet"
        play_chunk(
            Job(config=raw, game="matrix_rps", matchup=chunk.cell.matchup.name, block=chunk.block,
                results=tmp_path / "results", output=output, threads=1)
        )  # fmt: skip
    (part,) = parts(made, tmp_path / "results")
    assert part.done == part.episodes == 4
    if not priced:
        assert part.usd is None
        assert "the prices of 1 matchup are unknown" in show(made, tmp_path / "results")
        return
    with duckdb.connect() as connection:
        tokens = connection.execute(
            "SELECT sum(call.prompt_tokens + call.completion_tokens) "
            "FROM (SELECT unnest(calls) AS call FROM read_parquet(?))",
            [str(output)],
        ).fetchone()
    assert tokens
    spent = int(tokens[0]) * 1000 / 1e6
    assert part.usd == pytest.approx(spent)
    assert f"{spent:.2f} USD spent" in show(made, tmp_path / "results")
