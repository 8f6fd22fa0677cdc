"""Reruns do exactly what changed, and never ask a model again for a reply on file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from loopback import Endpoint
from model_grids import grid, one_model, questions
from workflow_runs import DATABASE, ROOT, data, query, snakemake, write_grid

LOOKS = "SELECT DISTINCT look FROM paired"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that counts its requests."""
    with Endpoint() as running:
        yield running


def test_each_change_reruns_exactly_what_it_changes(endpoint: Endpoint, tmp_path: Path) -> None:
    small = grid(endpoint, tmp_path, deals=5)
    first = snakemake(tmp_path, small)
    assert first.code == 0, first.output
    assert len(first.played) == 3
    assert max(questions(endpoint).values()) == 1
    bought = len(endpoint.requests)
    assert bought == query(tmp_path, "SELECT count(*) FROM calls")[0][0]

    # Touching scripts and rules reruns nothing.
    for path in [*ROOT.glob("scripts/*.py"), *ROOT.glob("rules/*.smk")]:
        path.touch()
    assert snakemake(tmp_path, None).jobs == []

    # --forceall asks no model, and gives the same data.
    before = data(tmp_path)
    forced = snakemake(tmp_path, small, "--forceall", *DATABASE)
    assert forced.code == 0, forced.output
    assert len(forced.played) == 3
    assert len(endpoint.requests) == bought
    assert data(tmp_path) == before
    assert query(tmp_path, LOOKS) == [(1,)]
    assert query(tmp_path, "SELECT count(*) FROM calls WHERE NOT replayed") == [(0,)]

    # More deals: only the new blocks are played.
    grown = snakemake(tmp_path, {**small, "deals": 10}, *DATABASE)
    assert grown.code == 0, grown.output
    pairs = ("one--random", "one--two", "random--two")
    assert grown.played == [f"kuhn_poker/{pair}/00005-00009" for pair in pairs]
    assert max(questions(endpoint).values()) == 1
    asked = len(endpoint.requests)
    assert asked > bought
    assert query(tmp_path, LOOKS) == [(2,)]

    # Another temperature for one agent: only its matchups.
    warm = {**small, "deals": 10, "agents": {**small["agents"]}}
    warm["agents"]["two"] = {**small["agents"]["two"], "temperature": 0.7}
    changed = snakemake(tmp_path, warm, *DATABASE)
    assert changed.code == 0, changed.output
    assert query(tmp_path, LOOKS) == [(1,)]
    assert len(changed.played) == 2 * 2
    assert all("two" in chunk for chunk in changed.played)
    new = endpoint.requests[asked:]
    assert {body["model"] for body in new} <= {"one", "two"}
    assert all(body["temperature"] == 0.7 for body in new if body["model"] == "two")
    assert max(questions(endpoint).values()) == 1


def test_a_grown_block_plays_only_its_new_deals(endpoint: Endpoint, tmp_path: Path) -> None:
    """``deals`` cuts a hosted model's default block short; more deals turn it into another file."""
    small = one_model(endpoint, tmp_path, deals=4)
    del small["chunk"]
    assert snakemake(tmp_path, small, *DATABASE).code == 0
    runs = dict(query(tmp_path, "SELECT episode_id, run_id FROM episodes"))
    bought = len(endpoint.requests)
    grown = snakemake(tmp_path, {**small, "deals": 6}, *DATABASE)
    assert grown.code == 0, grown.output
    assert grown.played == ["kuhn_poker/one--random/00000-00005"]
    after = dict(query(tmp_path, "SELECT episode_id, run_id FROM episodes"))
    assert len(after) == len(runs) * 6 // 4
    assert {k: v for k, v in after.items() if k in runs} == runs
    assert len(endpoint.requests) > bought
    assert max(questions(endpoint).values()) == 1


def test_a_changed_sql_file_remakes_only_database_and_tables(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    copy = tmp_path / "workflow"
    ignore = shutil.ignore_patterns(".git", ".venv*", "results", ".snakemake", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignore)
    run = tmp_path / "run"
    bots = {
        "deals": 2,
        "games": ["kuhn_poker"],
        "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
    }
    snakefile = copy / "Snakefile"
    assert snakemake(run, bots, snakefile=snakefile).code == 0
    views = copy / "scripts/gamegrid/store/views/per_game.sql"
    views.write_text(views.read_text() + "\n-- a remark\n")
    again = snakemake(run, None, snakefile=snakefile)
    assert again.code == 0, again.output
    assert again.jobs == [
        "build_database", "confirm_complete", "tables", "write_manifest", "write_tables",
    ]  # fmt: skip


def test_an_endpoint_that_dies_leaves_tables_and_an_honest_exit_code(tmp_path: Path) -> None:
    with Endpoint(die_after=9) as dying:
        small = one_model(dying, tmp_path, deals=8)
        broken = snakemake(tmp_path, small)
        assert broken.code == 1
        assert "Traceback" not in broken.output
        assert (tmp_path / "results/tables/leaderboard.csv").exists()
        answered = len(dying.requests)
        port = dying.port
    unfinished = query(tmp_path, "SELECT count(*) FROM episodes WHERE status = 'error'")[0][0]
    assert f"{unfinished} episodes" in broken.output
    assert unfinished > 0
    with Endpoint(port=port) as alive:
        mended = snakemake(tmp_path, None)
        assert mended.code == 0, mended.output
        total = query(tmp_path, "SELECT count(*) FROM calls")[0][0]
        assert len(alive.requests) <= total - (answered - 1)
        assert max(questions(alive).values()) == 1
    assert query(tmp_path, "SELECT DISTINCT status FROM episodes") == [("complete",)]

    undisturbed = tmp_path / "undisturbed"
    with Endpoint() as other:
        model = one_model(other, undisturbed, deals=8)
        assert snakemake(undisturbed, model, *DATABASE).code == 0
    assert data(tmp_path) == data(undisturbed)


def test_chunks_of_other_settings_are_refused_where_snakemake_s_records_are_gone(
    tmp_path: Path,
) -> None:
    bots = {
        "deals": 2,
        "games": ["kuhn_poker"],
        "agents": {"random": {"type": "random"}, "ismcts": {"type": "ismcts", "simulations": 5}},
    }
    assert snakemake(tmp_path, bots, *DATABASE).code == 0
    shutil.rmtree(tmp_path / ".snakemake")
    assert snakemake(tmp_path, None, *DATABASE).jobs == []
    shutil.rmtree(tmp_path / ".snakemake")
    bots["agents"]["ismcts"]["simulations"] = 6
    refused = snakemake(tmp_path, bots)
    assert refused.code != 0
    assert "results/chunks/kuhn_poker/ismcts--random/" in refused.output
    assert "Traceback" not in refused.output
    shutil.rmtree(tmp_path / "results/chunks")
    again = snakemake(tmp_path, None)
    assert again.played == ["kuhn_poker/ismcts--random/00000-00001"]


@pytest.mark.nightly
def test_unreachable_from_the_start(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        small = one_model(endpoint, tmp_path, deals=2)
    write_grid(tmp_path, small)
    run = snakemake(tmp_path, None)
    assert run.code == 1
    assert "Traceback" not in run.output
    assert query(tmp_path, "SELECT DISTINCT status FROM episodes") == [("error",)]
