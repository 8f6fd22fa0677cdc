"""The database holds exactly the chunks it is given; it is replaced as a whole or not at all."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from gamegrid.errors import UserError
from gamegrid.games.game import Oracle, Scoring
from gamegrid.records import chunkfile
from gamegrid.records.record_types import DecisionStatus, EpisodeStatus, Failure
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import (
    GAMES,
    ROWS,
    agent,
    call,
    database,
    decision,
    episode,
    game,
    pair,
    query,
    run,
)

PROMISED = {
    "agents": "agent type backend model params",
    "games": "game load_string players scoring luck opening_plies family hidden_information chance "
    "oracle generic disguise_of",
    "episodes": "episode_id run_id matchup game deal seating seed status plies trajectory "
    "duration_s",
    "seats": "episode_id seat agent return normalized_return score strict_score strict_return "
    "fallbacks",
    "decisions": "episode_id ply seat agent observation legal action label status attempts "
    "reasoning latency_s prompt_tokens completion_tokens cost_usd best_value value regret optimal "
    "trivial oracle",
    "calls": "episode_id ply seat attempt backend model model_served messages reply finish_reason "
    "failure prompt_tokens completion_tokens reasoning_tokens cached_tokens latency_s "
    "transport_attempts replayed",
    "runs": "run_id started_at config code_version interpreter packages host",
    "leaderboard": "agent rating rating_low rating_high deals distinct_episodes score score_low "
    "score_high strict_score rank ranked_among games",
    "head_to_head": "agent opponent game deals distinct_episodes score mean_return strict_return "
    "low high",
    "move_quality": "agent game decisions optimal_rate low high mean_regret",
    "per_game": "game scoring rank ranked_among agent deals distinct_episodes score strict_score "
    "beats mean_return strict_return low high",
}
"""The columns scripts may rely on."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a database without any episode."""
    return database(tmp_path_factory.mktemp("empty"), [])


@pytest.mark.parametrize("table", PROMISED)
def test_promised_columns_are_there_in_order(empty: Path, table: str) -> None:
    promised = PROMISED[table].split()
    found = [name for name, *_ in query(empty, f"DESCRIBE {table}")]
    assert [name for name in found if name in promised] == promised


@pytest.mark.parametrize(
    ("table", "chunk_columns"),
    [
        ("runs", chunkfile.RUN),
        ("episodes", {k: kind for k, kind in chunkfile.FLAT.items() if k != "task"}),
        ("seats", chunkfile.SEAT),
        ("decisions", chunkfile.DECISION),
        ("calls", chunkfile.CALL),
    ],
)
def test_tables_have_every_column_of_the_chunk_files(
    empty: Path, table: str, chunk_columns: chunkfile.Columns
) -> None:
    described = query(empty, f"DESCRIBE {table}")
    kinds = {name: kind for name, kind, *_ in described}
    for name, kind in chunk_columns.items():
        assert kinds[name] == ("JSON" if name in chunkfile.JSON_TEXTS else kind)


@pytest.mark.parametrize("together", [False, True], ids=["alone", "beside a new file"])
def test_chunk_files_of_earlier_versions_hold_episodes(together: bool, tmp_path: Path) -> None:
    """Older files have no task, and a column of seats that is always NULL."""
    new, old = tmp_path / "new.parquet", tmp_path / "old.parquet"
    for deal, path in enumerate((new, old)):
        played = episode("tic_tac_toe", "ab", deal, 0, scores=[1, 0], run_id=path.stem)
        chunkfile.write(path, run(path.stem), [played], "{}")
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE chunk AS SELECT * EXCLUDE (task) REPLACE ("
            "[struct_insert(s, normalized_return := NULL::DOUBLE) FOR s IN seats] AS seats) "
            "FROM read_parquet(?)",
            [str(old)],
        )
        metadata = "KV_METADATA {params: '{}'}"
        connection.execute(f"COPY chunk TO '{old}' (FORMAT parquet, {metadata})")
    path = tmp_path / "gamegrid.duckdb"
    build(path, ROWS, Sources(chunks=[new, old] if together else [old]))
    scores = "SELECT deal, score FROM episodes JOIN seats USING (episode_id) ORDER BY ALL"
    assert query(path, scores) == [(0, 0.0), (0, 1.0)] * together + [(1, 0.0), (1, 1.0)]
    assert query(path, "SELECT count(*) FROM single_moves") == [(0,)]


def test_every_value_arrives(tmp_path: Path) -> None:
    text = "中文 'quoted' \"twice\"\n😀 \x00"
    played = episode(
        "tic_tac_toe",
        "ab",
        3,
        0,
        scores=[1, 0],
        fallbacks=[0, 2],
        decisions=[
            decision("a", 0, 0, attempts=1, reasoning=text),
            decision("b", 1, 1, "forfeit"),
        ],
        calls=[call(0, 0, reply=text, messages=json.dumps([{"content": text}]))],
    )
    path = database(tmp_path, [played])

    assert query(path, "SELECT * FROM runs") == [
        (
            "run1",
            datetime(2025, 3, 4, 5, 6, 7),  # noqa: DTZ001 - UTC, as all timestamps there
            '{"seed":42}',
            "0.1.0",
            "CPython 3.11",
            "{}",
            "{}",
            None,
            0,
            "{}",
            "{}",
            None,
        )
    ]
    assert query(path, "SELECT game, deal, seating, status, trajectory, error FROM episodes") == [
        ("tic_tac_toe", 3, 0, "complete", "[3, 0]", None)
    ]
    assert query(path, 'SELECT seat, agent, "return", score, fallbacks FROM seats') == [
        (0, "a", 1.0, 1.0, 0),
        (1, "b", -1.0, 0.0, 2),
    ]
    assert query(path, "SELECT ply, seat, action, status, reasoning FROM decisions") == [
        (0, 0, 0, "ok", text),
        (1, 1, None, "forfeit", None),
    ]
    [(reply, content)] = query(path, "SELECT reply, messages ->> '$[0].content' FROM calls")
    assert (reply, content) == (text, text)
    assert query(path, "SELECT best_value, value, regret, optimal FROM decisions LIMIT 1") == [
        (None, None, None, None)
    ]


def test_every_status_and_kind_has_its_place(tmp_path: Path) -> None:
    """The schema accepts every value that records can hold."""
    episodes = [
        episode(
            "tic_tac_toe",
            "ab",
            deal,
            0,
            status=status.value,
            decisions=[decision("a", ply, 0, s.value) for ply, s in enumerate(DecisionStatus)],
            calls=[call(0, 0, f.value, attempt=attempt) for attempt, f in enumerate(Failure)],
        )
        for deal, status in enumerate(EpisodeStatus)
    ]
    games = [*GAMES, *(game(f"g_{scoring}", scoring.value) for scoring in Scoring)]
    path = database(tmp_path, episodes, games=games)

    assert query(path, "SELECT DISTINCT status FROM episodes ORDER BY 1") == [
        (status,) for status in sorted(s.value for s in EpisodeStatus)
    ]
    assert query(path, "SELECT DISTINCT failure FROM calls ORDER BY 1") == [
        (failure,) for failure in sorted(f.value for f in Failure)
    ]
    assert Oracle.NONE.value == GAMES[0].oracle


def test_enums_may_stand_for_their_values(tmp_path: Path) -> None:
    row = game("g", Scoring.MARGIN)
    path = database(tmp_path, [], games=[row])
    assert query(path, "SELECT scoring FROM games") == [("margin",)]


def test_cost_is_known_where_tokens_and_price_are(tmp_path: Path) -> None:
    agents = [
        agent("a", input_price=2.0, output_price=10.0),
        agent("b", input_price=2.0),
        agent("c", input_price=0.0, output_price=0.0),
        agent("d", input_price=2.0, output_price=10.0, cached_price=0.5, price_source="list 7"),
    ]
    tokens = {"prompt_tokens": 1000, "completion_tokens": 100, "attempts": 1}
    played = episode(
        "trio",
        "abc",
        0,
        0,
        scores=[1, 0.5, 0],
        decisions=[
            decision("a", 0, 0, **tokens),  # 1000 * 2 / 1e6 + 100 * 10 / 1e6 = 0.003
            decision("a", 1, 0, attempts=1, prompt_tokens=5),  # completion tokens unknown
            decision("b", 2, 1, **tokens),  # output price unknown
            decision("c", 3, 2, **tokens),  # known to be free
            # (1000 - 600) * 2 / 1e6 + 600 * 0.5 / 1e6 + 100 * 10 / 1e6 = 0.0021
            decision("d", 4, 0, **tokens),
            decision("d", 5, 0, **tokens),  # cache use is unknown
        ],
        calls=[
            call(0, 0, cached_tokens=600),  # the price of cached tokens is unknown
            call(4, 0, cached_tokens=100),
            call(4, 0, attempt=1, cached_tokens=500),
            call(5, 0),
        ],
    )
    path = database(tmp_path, [played], agents=agents)
    assert query(path, "SELECT cost_usd FROM decisions ORDER BY ply") == [
        (pytest.approx(0.003),),
        (None,),
        (None,),
        (0.0,),
        (pytest.approx(0.0021),),
        (pytest.approx(0.003),),
    ]
    assert query(path, "SELECT price_source FROM agents ORDER BY agent") == [
        (None,),
        (None,),
        (None,),
        ("list 7",),
    ]


def test_only_the_chunks_named_are_read(tmp_path: Path) -> None:
    """Read neither other files of the folder nor files that match the path as a pattern."""
    folders = ["run[12]", "run1", "run2", "x=7"]
    chunks = []
    for deal, name in enumerate(folders):
        chunks.append(tmp_path / name / "c*.parquet")
        chunks[-1].parent.mkdir()
        chunkfile.write(
            chunks[-1],
            run(f"run{deal}"),
            pair("tic_tac_toe", "a", "b", deal, 1, 1, run_id=f"run{deal}"),
            "{}",
        )
    path = tmp_path / "gamegrid.duckdb"
    build(path, ROWS, Sources(chunks=[chunks[0], chunks[3]]))

    assert query(path, "SELECT DISTINCT deal FROM episodes ORDER BY 1") == [(0,), (3,)]
    assert query(path, "SELECT run_id FROM runs ORDER BY 1") == [("run0",), ("run3",)]


def test_no_chunks_give_empty_tables(tmp_path: Path) -> None:
    path = tmp_path / "gamegrid.duckdb"
    build(path, ROWS, Sources(chunks=[]))
    assert query(path, "SELECT count(*) FROM episodes") == [(0,)]
    assert query(path, "SELECT agent, score, rank, deals FROM leaderboard") == [
        (name, None, None, 0) for name in "abcd"
    ]
    for view in (
        "per_game",
        "head_to_head",
        "seat_effect",
        "failures",
        "usage",
        "move_quality",
        "paired",
    ):
        assert query(path, f"SELECT * FROM {view}") == []


def test_a_stale_log_is_removed(tmp_path: Path) -> None:
    path = database(tmp_path, pair("tic_tac_toe", "a", "b", 0, 1, 1))
    wal = tmp_path / "gamegrid.duckdb.wal"
    wal.write_bytes(b"left by a killed program")
    build(path, ROWS, Sources(chunks=[tmp_path / "chunk.parquet"]))

    assert not wal.exists()
    assert query(path, "SELECT count(*) FROM episodes") == [(2,)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chunk.parquet", "gamegrid.duckdb"]


def test_what_a_killed_build_left_is_no_obstacle(tmp_path: Path) -> None:
    for name in ("gamegrid.duckdb.partial", "gamegrid.duckdb.partial.wal"):
        (tmp_path / name).write_bytes(b"half")
    database(tmp_path, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chunk.parquet", "gamegrid.duckdb"]


ONE = pair("tic_tac_toe", "a", "b", 0, 1, 1)


@pytest.mark.parametrize(
    ("episodes", "sentence"),
    [
        ([*ONE, ONE[0]], "episode id tic_tac_toe:a--b:0:0 is there 2 times"),
        ([episode("chess", "ab", 0, 0, scores=[1, 0])], "game chess was played but is not listed"),
        ([episode("tic_tac_toe", "ax", 0, 0, scores=[1, 0])], "agent x played but is not listed"),
        ([episode("trio", "ab", 0, 0, scores=[1, 0])], "episode trio:a--b:0:0 seats 2, its game 3"),
        (
            [ONE[0], replace(ONE[0], episode_id="another")],
            "deal 0 of a--b in tic_tac_toe was played 2 times in seating 0",
        ),
        (
            [
                replace(
                    ONE[0],
                    seats=tuple(replace(s, return_=1.0) for s in ONE[0].seats),
                    status=EpisodeStatus.TRUNCATED,
                )
            ],
            "episode tic_tac_toe:a--b:0:0 is truncated and has returns",
        ),
        (
            [episode("kuhn_poker", "ab", 0, 0, scores=[1, 0])],
            "kuhn_poker is a margin game but has scores",
        ),
        (
            [episode("matrix_pd", "ab", 0, 0, returns=[5, 0], strict_returns=[5, 0])],
            "matrix_pd is a payoff game but has strict returns",
        ),
    ],
)
def test_contradictions_are_refused_and_the_old_database_stays(
    tmp_path: Path, episodes: list, sentence: str
) -> None:
    path = database(tmp_path, ONE)
    before = path.read_bytes()
    with pytest.raises(ValueError) as refusal:
        database(tmp_path, episodes)

    assert sentence in str(refusal.value)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chunk.parquet", "gamegrid.duckdb"]


def test_one_run_cannot_be_two(tmp_path: Path) -> None:
    chunks = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    chunkfile.write(chunks[0], run(), ONE, "{}")
    chunkfile.write(chunks[1], run(host='{"name":"another"}'), ONE, "{}")
    with pytest.raises(ValueError, match="run run1 is there 2 times"):
        build(tmp_path / "gamegrid.duckdb", ROWS, Sources(chunks=chunks))


def test_a_file_that_is_no_chunk_is_refused(tmp_path: Path) -> None:
    chunk = tmp_path / "chunk.parquet"
    chunk.write_bytes(b"not parquet")
    with pytest.raises(UserError, match=r"chunk\.parquet is damaged"):
        build(tmp_path / "gamegrid.duckdb", ROWS, Sources(chunks=[chunk]))
    assert [p.name for p in tmp_path.iterdir()] == ["chunk.parquet"]


def test_a_missing_chunk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.parquet"):
        build(tmp_path / "gamegrid.duckdb", ROWS, Sources(chunks=[tmp_path / "gone.parquet"]))


def test_what_was_judged_comes_to_its_decision_and_nothing_else(tmp_path: Path) -> None:
    moves = [decision("a", 0, 0), decision("b", 0, 1), decision("a", 1, 0)]
    played = episode("tic_tac_toe", "ab", 0, 0, scores=[1, 0], decisions=moves)
    other = episode("tic_tac_toe", "ab", 1, 0, scores=[1, 0], decisions=moves)
    judged = tmp_path / "judged.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT $episode AS episode_id, 0 AS ply, 1 AS seat, 1.0 AS best_value, "
            "-1.0 AS value, 2.0 AS regret, false AS optimal, false AS trivial, 'exact' AS oracle) "
            "TO $path (FORMAT parquet)",
            {"episode": played.episode_id, "path": str(judged)},
        )
    chunk, path = tmp_path / "chunk.parquet", tmp_path / "gamegrid.duckdb"
    chunkfile.write(chunk, run(), [played, other], "{}")
    build(path, ROWS, Sources(chunks=[chunk], judged=[judged]))

    columns = "best_value, value, regret, optimal, trivial, oracle"
    assert query(path, f"SELECT agent, {columns} FROM decisions WHERE regret IS NOT NULL") == [
        ("b", 1.0, -1.0, 2.0, False, False, "exact")
    ]
    assert query(path, "SELECT count(*), count(oracle) FROM decisions") == [(6, 1)]
    assert query(path, "SELECT agent, judged, mean_regret FROM move_quality ORDER BY agent") == [
        ("a", 0, None),
        ("b", 1, 2.0),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"references": [{"game": "a", "shape": 1}]}'])
def test_references_of_another_version_are_refused_in_a_sentence(
    tmp_path: Path, content: str
) -> None:
    references = tmp_path / "references.json"
    references.write_text(content)
    with pytest.raises(UserError, match=r"references\.json is damaged, or another version"):
        build(
            tmp_path / "gamegrid.duckdb",
            Rows(agents=[], games=[]),
            Sources(chunks=[], references=references),
        )
