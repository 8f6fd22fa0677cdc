"""Exports: every reply once, an agent's own moves on request, and logs for Inspect."""

import csv
import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.__main__ import main
from gamegrid.report import paper
from gamegrid.report.figures import figures


def ask(results: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(results / "gamegrid.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def run(results: Path, *arguments: str) -> None:
    assert main(["export", *arguments, "--results", str(results)]) == 0


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# Traces


def test_every_reply_is_there_once_in_each_form(result_set: Path, tmp_path: Path) -> None:
    count = ask(result_set, "SELECT count(*) FROM calls")[0][0]
    for form in ("jsonl", "csv", "parquet"):
        run(result_set, "traces", str(tmp_path / f"t.{form}"))
    told = lines(tmp_path / "t.jsonl")
    places = Counter((t["episode_id"], t["ply"], t["seat"], t["attempt"]) for t in told)
    assert len(told) == len(places) == count
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert [row["reply"] for row in csv.DictReader(file)] == [t["reply"] for t in told]
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(tmp_path / "t.parquet")).fetchall()
    assert len(found) == count
    # The messages are structured data, not JSON text.
    assert all(t["messages"][-1]["role"] == "user" for t in told)


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("game", "kuhn_poker", "game = 'kuhn_poker'"),
        ("agent", "talking", "agent = 'talking'"),
        ("model", "litellm_openai/m", "true"),
        (
            "episode",
            "tic_tac_toe:alone--random:1:0",
            "episode_id = 'tic_tac_toe:alone--random:1:0'",
        ),
    ],
)
def test_a_filter_keeps_what_it_names(
    result_set: Path, tmp_path: Path, name: str, value: str, holds: str
) -> None:
    wanted = ask(
        result_set,
        "SELECT count(*) FROM calls JOIN seats USING (episode_id, seat) "
        f"JOIN episodes USING (episode_id) WHERE {holds}",
    )[0][0]
    run(result_set, "traces", str(tmp_path / "t.jsonl"), f"--{name}", value)
    assert len(lines(tmp_path / "t.jsonl")) == wanted > 0


@pytest.mark.parametrize(("outcome", "score"), [("win", 1.0), ("draw", 0.5), ("loss", 0.0)])
def test_an_outcome_is_the_seat_s(
    result_set: Path, tmp_path: Path, outcome: str, score: float
) -> None:
    run(result_set, "traces", str(tmp_path / "t.jsonl"), "--outcome", outcome)
    told = lines(tmp_path / "t.jsonl")
    assert {t["score"] for t in told if t["game"] == "tic_tac_toe"} <= {score}
    gains = [t["return"] for t in told if t["game"] == "kuhn_poker"]
    assert all((gain > 0) == (outcome == "win") for gain in gains)
    assert told or outcome == "draw"


# To fine-tune on


def test_conversations_end_with_the_reply_that_made_the_move(
    result_set: Path, tmp_path: Path
) -> None:
    run(result_set, "chat", str(tmp_path / "c.jsonl"), "--agent", "talking")
    talks = [line["messages"] for line in lines(tmp_path / "c.jsonl")]
    own = ask(
        result_set,
        "SELECT label, reply FROM decisions JOIN calls USING (episode_id, ply, seat) "
        "WHERE agent = 'talking' AND status IN ('ok', 'rethought') AND attempt = attempts - 1",
    )
    assert Counter(talk[-1]["content"] for talk in talks) == Counter(reply for _, reply in own)
    assert {talk[0]["role"] for talk in talks} == {"system"}
    # Training uses no reply twice, and no reply that made no move.
    for talk in talks:
        spoken = [message for message in talk if message["role"] == "assistant"]
        assert ["weight" in message for message in spoken] == [*[True] * (len(spoken) - 1), False]
        assert all(message["weight"] == 0 for message in spoken[:-1])


def test_optimal_moves_and_winners_can_be_asked_for(result_set: Path, tmp_path: Path) -> None:
    both = ("--optimal", "--outcome", "win", "--game", "tic_tac_toe")
    run(result_set, "chat", str(tmp_path / "c.jsonl"), *both)
    wanted = ask(
        result_set,
        "SELECT count(*) FROM decisions JOIN seats USING (episode_id, seat) "
        "JOIN episodes AS e USING (episode_id) WHERE optimal AND attempts > 0 AND score = 1 "
        "AND game = 'tic_tac_toe'",
    )[0][0]
    assert len(lines(tmp_path / "c.jsonl")) == wanted > 0


# Inspect


def test_a_log_has_a_sample_per_seat_and_an_event_per_reply(
    result_set: Path, tmp_path: Path
) -> None:
    run(result_set, "inspect", str(tmp_path / "logs"))
    logs = [json.loads(path.read_text("utf-8")) for path in sorted((tmp_path / "logs").iterdir())]
    assert len(logs) == 4  # two games, two models
    seats = ask(result_set, "SELECT count(DISTINCT (episode_id, seat)) FROM calls")[0][0]
    calls = ask(result_set, "SELECT count(*) FROM calls")[0][0]
    samples = [sample for log in logs for sample in log["samples"]]
    assert len(samples) == len({sample["id"] for sample in samples}) == seats
    assert sum(len(sample["events"]) for sample in samples) == calls
    for sample in samples:
        said = [m["content"] for m in sample["messages"] if m["role"] == "assistant"]
        assert len(said) == len(sample["events"])
        ids = [message["id"] for message in sample["messages"]]
        assert len(set(ids)) == len(ids)


def test_a_log_tells_times(result_set: Path, tmp_path: Path) -> None:
    """A sample's working time is what its replies took; calls follow each other in it."""
    run(result_set, "inspect", str(tmp_path / "logs"))
    logs = [json.loads(path.read_text("utf-8")) for path in sorted((tmp_path / "logs").iterdir())]
    took = dict(
        ask(
            result_set,
            "SELECT episode_id || ':' || seat, sum(coalesce(latency_s, 0)) FROM calls GROUP BY ALL",
        )
    )
    for log in logs:
        for sample in log["samples"]:
            assert sample["working_time"] == pytest.approx(took[sample["id"]])
            assert sample["total_time"] is None or sample["total_time"] >= 0
            starts = [event["working_start"] for event in sample["events"]]
            assert starts == sorted(starts) and starts[0] == 0
            for event in sample["events"]:
                begun = datetime.fromisoformat(event["timestamp"])
                if event["working_time"] is not None:
                    ended = datetime.fromisoformat(event["completed"])
                    seconds = (ended - begun).total_seconds()
                    assert seconds == pytest.approx(event["working_time"], abs=1e-5)
            assert log["stats"]["started_at"] <= sample["events"][0]["timestamp"]


def test_the_means_of_a_log_are_the_tables(result_set: Path, tmp_path: Path) -> None:
    run(result_set, "inspect", str(tmp_path / "whole"), "--game", "tic_tac_toe")
    run(result_set, "inspect", str(tmp_path / "part"), "--outcome", "win")
    score = dict(ask(result_set, "SELECT agent, score FROM per_game WHERE game = 'tic_tac_toe'"))
    for path in (tmp_path / "whole").iterdir():
        log = json.loads(path.read_text("utf-8"))
        [mean] = [
            s["metrics"]["mean"]["value"] for s in log["results"]["scores"] if s["name"] == "score"
        ]
        assert mean == score[log["eval"]["task_args"]["agent"]]
    parts = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "part").iterdir()]
    assert all(log["results"]["scores"] == [] for log in parts)


# Refusals


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["traces", "t.xls"], "t.xls: unknown extension. Known: .jsonl, .csv, .parquet."),
        (
            ["traces", "t.csv", "--game", "kuhn"],
            "does not contain 'kuhn'. Did you mean 'kuhn_poker'?",
        ),
        (["chat", "no/folder/c.jsonl"], "no/folder/c.jsonl"),
        (["latex", "t", "--columns", "agent"], "'agent' names no table"),
        (["latex", "t", "--columns", "leaderboard: agnt"], "there is no column 'agnt'"),
    ],
)
def test_a_mistake_is_one_sentence(
    result_set: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["export", *arguments, "--results", str(result_set)]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


# Papers


def test_tables_for_papers_have_the_columns_asked_for(
    result_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(result_set, "latex", str(tmp_path), "--columns", "leaderboard: agent, deals")
    assert capsys.readouterr().out == f"{tmp_path}: {count(tmp_path)} tables; main.tex shows them\n"
    for form in ("column", "page"):
        table = (tmp_path / "tables" / form / "leaderboard.tex").read_text("utf-8")
        assert table.splitlines()[3] == r"agent & deals \\"
        agents = {line.partition(" & ")[0] for line in table.splitlines() if " & " in line}
        listed = ask(result_set, "SELECT agent FROM agents")
        assert agents == {"agent", *(name for (name,) in listed)}


def count(folder: Path) -> int:
    """Return the number of tables in a folder of tables for papers."""
    names = {path.stem for path in folder.rglob("tables/*/*.tex")}
    return sum(not re.search(r"-\d+$", name) for name in names)


def test_figures_for_papers_are_where_the_command_says(
    result_set: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paper, "figures", lambda: [f for f in figures() if f.name == "ratings"])
    run(result_set, "figures", str(tmp_path / "new"))
    assert "new: 6 files; main.tex shows the figures" in capsys.readouterr().out
    assert (tmp_path / "new/figures/column/ratings.pdf").is_file()
    assert (tmp_path / "new/main.tex").is_file()
