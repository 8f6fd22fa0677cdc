"""A chunk file returns exactly what was written, with types that never change."""

import json
import random
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.records import chunkfile
from gamegrid.records.duckdb_files import exact
from gamegrid.records.record_types import (
    CallRecord,
    DecisionRecord,
    DecisionStatus,
    EpisodeRecord,
    EpisodeStatus,
    Failure,
    RunRecord,
    SeatRecord,
)
from record_samples import RUN, call, decision, episode, seat

AWKWARD = [
    "plain",
    "",
    "two\nlines\r\n\ttabbed",
    "quotes \" ' ` and \\ and \\n and \\u0041",
    "nul \x00 in it, \x1f and \x7f, \\0",
    "latin éß, 中文, עברית, \u2028 and \ufeff",
    "astral 😀𝒳🀄",
    "NULL",
    "null",
    '{"json": [1, "x"]}',
    "a,b;c|d",
]


def read(path: Path) -> list[dict[str, Any]]:
    """Return every row as DuckDB reads it."""
    with duckdb.connect() as connection:
        result = connection.execute(
            "SELECT * FROM read_parquet(?, hive_partitioning = false)", [exact(path)]
        )
        names = [name for name, *_ in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def types(path: Path) -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?)", [exact(path)]
        ).fetchall()
    return [row[:2] for row in rows]


@pytest.mark.parametrize(
    ("record", "columns"),
    [
        (RunRecord, chunkfile.RUN),
        (SeatRecord, chunkfile.SEAT),
        (DecisionRecord, chunkfile.DECISION),
        (CallRecord, chunkfile.CALL),
        (EpisodeRecord, chunkfile.EPISODE),
    ],
)
def test_columns_are_the_fields_of_the_records(record: type, columns: chunkfile.Columns) -> None:
    names = ["return" if field.name == "return_" else field.name for field in fields(record)]
    assert list(columns) == names


def test_every_value_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "chunk.parquet"
    written = episode(
        deal=7,
        seating=1,
        seats=(seat(0, strict_return=-2.5), seat(1)),
        decisions=(
            decision(),
            decision(ply=1, seat=1, action=None, label=None, status=DecisionStatus.FORFEIT),
        ),
        calls=(call(failure=Failure.ILLEGAL, prompt_tokens=5, latency_s=1.5, replayed=True),),
    )
    chunkfile.write(path, RUN, [written], "{}")

    [row] = read(path)

    assert row["episode_id"] == "game/a--b/7/1"
    assert (row["deal"], row["seating"], row["status"]) == (7, 1, "complete")
    assert row["error"] is None
    assert row["run"]["started_at"].isoformat() == RUN.started_at
    assert row["run"]["config"] == RUN.config
    assert [s["return"] for s in row["seats"]] == [1.0, -1.0]
    assert [s["strict_return"] for s in row["seats"]] == [-2.5, None]
    assert [d["status"] for d in row["decisions"]] == ["ok", "forfeit"]
    assert [d["action"] for d in row["decisions"]] == [0, None]
    [got] = row["calls"]
    assert (got["failure"], got["prompt_tokens"], got["replayed"]) == ("illegal", 5, True)
    assert got["completion_tokens"] is None


def test_types_do_not_depend_on_the_rows(tmp_path: Path) -> None:
    full, bare, none = (tmp_path / f"{name}.parquet" for name in ("full", "bare", "none"))
    chunkfile.write(
        full, RUN, [episode(decisions=(decision(),), calls=(call(),), error="boom")], "{}"
    )
    unknown = seat(0, return_=None, score=None, strict_score=None)
    chunkfile.write(bare, RUN, [episode(seats=(unknown,))], "{}")
    chunkfile.write(none, RUN, [], "{}")

    assert types(full) == types(bare) == types(none)
    assert dict(types(full))["error"] == "VARCHAR"
    assert read(bare)[0]["calls"] == []
    assert read(none) == []


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_survive(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chunk.parquet"
    written = episode(
        decisions=(decision(observation=text, label=text, reasoning=text),),
        calls=(call(reply=text, messages=json.dumps([{"role": "user", "content": text}])),),
        error=text,
    )
    chunkfile.write(path, RUN, [written], text)

    [row] = read(path)

    assert row["error"] == text
    assert row["decisions"][0]["observation"] == text
    assert row["decisions"][0]["reasoning"] == text
    assert row["calls"][0]["reply"] == text
    assert json.loads(row["calls"][0]["messages"])[0]["content"] == text
    assert chunkfile.read_params([path]) == {path: text}


def test_lone_surrogates_are_replaced_and_pairs_joined(tmp_path: Path) -> None:
    path = tmp_path / "chunk.parquet"
    broken = "a\ud800b\udc00c"
    pair = "\ud83d\ude00"
    written = episode(
        decisions=(decision(reasoning=broken, observation=pair),),
        # JSON text may hold one as an escape or as the character itself.
        calls=(
            call(messages=json.dumps([broken]), reply=r"\ud800 typed out"),
            call(attempt=1, messages=json.dumps([broken], ensure_ascii=False)),
        ),
    )
    chunkfile.write(path, RUN, [written], "{}")

    [row] = read(path)

    assert row["decisions"][0]["reasoning"] == "a\ufffdb\ufffdc"
    assert row["decisions"][0]["observation"] == "😀"
    assert row["calls"][0]["reply"] == r"\ud800 typed out"
    for got in row["calls"]:
        assert json.loads(got["messages"]) == ["a\ufffdb\ufffdc"]


def test_numbers_survive_exactly(tmp_path: Path) -> None:
    path = tmp_path / "chunk.parquet"
    draw = random.Random(1)
    numbers = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]
    numbers += [draw.uniform(-1, 1) * 10 ** draw.randint(-300, 300) for _ in range(500)]
    largest = 2**63 - 1
    chunkfile.write(
        path,
        RUN,
        [
            episode(
                seed=-(2**63),
                trajectory=f"[{2**200}]",
                seats=tuple(seat(0, return_=number) for number in numbers),
                decisions=(decision(action=largest),),
            )
        ],
        "{}",
    )

    [row] = read(path)

    assert [repr(s["return"]) for s in row["seats"]] == [repr(number) for number in numbers]
    assert row["seed"] == -(2**63)
    assert row["decisions"][0]["action"] == largest
    assert json.loads(row["trajectory"]) == [2**200]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"seed": 2**63}, duckdb.Error),
        ({"duration_s": float("nan")}, ValueError),
        ({"seats": (seat(0, return_=float("inf")),)}, ValueError),
        ({"seats": (seat(0, strict_return=float("nan")),)}, ValueError),
        ({"decisions": (decision(latency_s=float("nan")),)}, ValueError),
        ({"calls": (call(latency_s=float("inf")),)}, ValueError),
        ({"run_id": "another"}, ValueError),
    ],
)
def test_a_refused_value_leaves_the_old_file(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception]
) -> None:
    path = tmp_path / "chunk.parquet"
    chunkfile.write(path, RUN, [episode()], "old")
    with pytest.raises(error):
        chunkfile.write(path, RUN, [episode(**changes)], "new")

    assert chunkfile.read_params([path]) == {path: "old"}
    assert list(tmp_path.iterdir()) == [path]


def test_rows_are_sorted_and_equal_runs_give_equal_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    episodes = [episode(deal, seating) for deal in range(30) for seating in range(2)]
    shuffled = random.Random(3).sample(episodes, len(episodes))
    chunkfile.write(one, RUN, episodes, "{}")
    chunkfile.write(two, RUN, shuffled, "{}")

    assert [(row["deal"], row["seating"]) for row in read(two)] == [
        (deal, seating) for deal in range(30) for seating in range(2)
    ]
    assert one.read_bytes() == two.read_bytes()


def test_an_episode_longer_than_the_readers_usual_limit(tmp_path: Path) -> None:
    path = tmp_path / "chunk.parquet"
    reply = "long " * 4_000_000
    chunkfile.write(path, RUN, [episode(calls=(call(reply=reply),))], "{}")

    assert read(path)[0]["calls"][0]["reply"] == reply


def test_the_episodes_in_error_are_named_by_file(tmp_path: Path) -> None:
    path, finished, other = (tmp_path / f"{name}.parquet" for name in "cba")
    chunkfile.write(finished, RUN, [episode()], "{}")
    chunkfile.write(other, RUN, [episode(2, 0, status=EpisodeStatus.ERROR, error="\ud800")], "{}")
    chunkfile.write(
        path,
        RUN,
        [
            episode(1, 0, status=EpisodeStatus.ERROR, error='the server\'s "gone"'),
            episode(0, 1, status=EpisodeStatus.ERROR, error="timeout"),
            episode(0, 0),
            episode(1, 1, status=EpisodeStatus.FORFEITED),
        ],
        "{}",
    )

    assert chunkfile.read_unfinished([path, finished, other]) == {
        path: [("game/a--b/0/1", "timeout"), ("game/a--b/1/0", 'the server\'s "gone"')],
        other: [("game/a--b/2/0", "\ufffd")],
    }
    assert chunkfile.read_unfinished([finished]) == chunkfile.read_unfinished([]) == {}


def test_a_path_is_never_a_pattern(tmp_path: Path) -> None:
    lured = tmp_path / "run1" / "chunk.parquet"
    meant = tmp_path / "run[1]" / "x=1 it's*" / "chunk.parquet"
    plain = tmp_path / "run[1]" / "chunk.parquet"
    for path in (lured, meant, plain):
        path.parent.mkdir(parents=True, exist_ok=True)
        chunkfile.write(
            path, RUN, [episode(status=EpisodeStatus.ERROR, error=path.parent.name)], str(path)
        )

    for path in (lured, meant, plain):
        assert chunkfile.read_unfinished([path]) == {path: [("game/a--b/0/0", path.parent.name)]}
        assert chunkfile.read_params([path]) == {path: str(path)}
    assert "x" not in read(meant)[0]


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chunkfile.write(Path("chunk.parquet"), RUN, [episode()], "{}")
    assert chunkfile.read_params([Path("chunk.parquet")]) == {Path("chunk.parquet"): "{}"}


def test_files_that_are_no_whole_chunk_files_are_left_out(tmp_path: Path) -> None:
    foreign, cut, whole = (tmp_path / f"{name}.parquet" for name in ("foreign", "cut", "whole"))
    with duckdb.connect() as connection:
        copy = "COPY (SELECT 1 AS one) TO $path (FORMAT parquet)"
        connection.execute(copy, {"path": str(foreign)})
    for path in (cut, whole):
        chunkfile.write(path, RUN, [episode()], path.stem)
    cut.write_bytes(cut.read_bytes()[:-20])
    missing = tmp_path / "missing.parquet"
    assert chunkfile.read_params([foreign, cut, missing, whole]) == {whole: "whole"}
    assert chunkfile.read_params([]) == {}
