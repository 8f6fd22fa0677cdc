"""A frozen suite rates new agents against a ladder of bots whose games it includes."""

import json
import re
import shutil
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from gamegrid.__main__ import main
from gamegrid.commands.freeze_command import frozen_params, rate
from gamegrid.errors import UserError
from gamegrid.jobs.workflow import rows
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan, suites
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.chunkfile import read_params
from gamegrid.store.database import Sources, build

SHIPPED = sorted(path.parent.name for path in (WORKFLOW / suites.FOLDER).glob("*/suite.yaml"))
LADDER = {"weak": {"type": "random"}, "steady": {"type": "preference", "prefer": ["Rock"]}}
OWN = {"seed": 5, "deals": 3, "games": ["matrix_rps", "tic_tac_toe"], "models": []}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small suite whose ladder was played and frozen once."""
    folder = tmp_path_factory.mktemp("suite")
    home = folder / suites.FOLDER / "small-v1"
    home.mkdir(parents=True)
    (home / "suite.yaml").write_text(json.dumps({**OWN, "agents": LADDER}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        play({**OWN, "agents": LADDER}, folder / "ladder")
        assert main(["freeze", "small-v1", str(folder / "ladder")]) == 0
    return folder


@pytest.fixture
def folder(frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that folder to work in."""
    shutil.copytree(frozen, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def play(raw: dict[str, Any], results: Path, only: set[str] | None = None) -> None:
    for chunk in plan.make(raw, Path.cwd()).chunks:
        if only is not None and chunk.path not in only:
            continue
        game, matchup, block = chunk.path.split("/")
        output = results / "chunks" / f"{chunk.path}.parquet"
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block,
                results=results, threads=1, output=output,
            )
        )  # fmt: skip


def test_only_ones_own_games_are_played_and_the_ladders_are_there(folder: Path) -> None:
    raw = {"suite": "small-v1", "agents": {"mine": {"type": "random"}}}
    made = plan.make(raw, folder)
    assert {cell.matchup.name for cell in made.grid.cells} == {"mine--weak", "mine--steady"}
    play(raw, folder / "results")
    chunks = [folder / "results/chunks" / f"{chunk.path}.parquet" for chunk in made.chunks]
    database = folder / "results/gamegrid.duckdb"
    build(database, rows(made), Sources(chunks=[*chunks, *made.frozen]))
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT matchup FROM episodes ORDER BY 1").fetchall()
        board = connection.execute("SELECT agent, ranked_among FROM leaderboard").fetchall()
        hosts = connection.execute("SELECT DISTINCT host FROM runs WHERE host = '{}'").fetchall()
    assert [name for (name,) in found] == ["mine--steady", "mine--weak", "steady--weak"]
    assert dict(board) == {"mine": 3, "weak": 3, "steady": 3}
    assert hosts, "the frozen results name a machine"


def test_ratings_stand_on_the_scale_of_the_frozen_ladder(folder: Path) -> None:
    rated = suites.read("small-v1", folder).rated()
    assert rated["weak"] == {"rating": 0.0, "se": 0.0, "correlations": {}}
    raw = {"suite": "small-v1", "agents": {"mine": {"type": "optimal"}}}
    made = plan.make(raw, folder)
    play(raw, folder / "results")
    chunks = [folder / "results/chunks" / f"{chunk.path}.parquet" for chunk in made.chunks]
    database = folder / "results/gamegrid.duckdb"
    build(database, rows(made), Sources(chunks=[*chunks, *made.frozen]))
    board = "SELECT agent, rating, rating_suite FROM leaderboard"
    with duckdb.connect(str(database), read_only=True) as connection:
        found = {row[0]: row[1:] for row in connection.execute(board).fetchall()}
    for bot, known in rated.items():
        assert found[bot] == (pytest.approx(known["rating"]), "small-v1")
    assert found["mine"][0] > 0


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"agents": {}}, "name the agents to rate"),
        ({"agents": {"weak": {"type": "random"}}}, "has a bot of this name"),
        (
            {"agents": {"mine": {"type": "random"}}, "deals": 3},
            "deals: suite small-v1 fixes this key",
        ),
        ({"agents": {"mine": {"type": "random"}}, "self_play": True}, "self_play: suite small-v1"),
    ],
)
def test_what_a_suite_fixes_cannot_be_set(folder: Path, raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        plan.make({"suite": "small-v1", **raw}, folder)


@pytest.mark.parametrize("name", ["core-1", "core-v1" * 40, 0.5, ["core-v1"], "\x00"])
def test_an_unknown_suite_is_refused_with_the_known_ones(name: object, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=re.escape(repr(name)) + " is unknown.*core-v1"):
        plan.make({"suite": name, "agents": {"mine": {"type": "random"}}}, tmp_path)


def test_results_of_other_settings_are_not_frozen(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folder / suites.FOLDER / "small-v1/suite.yaml"
    home.write_text(json.dumps({**OWN, "seed": 6, "agents": LADDER}))
    assert main(["freeze", "small-v1", str(folder / "ladder")]) == 1
    assert "was played with other settings than the suite's" in capsys.readouterr().err


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_ladder_is_what_this_version_would_play(name: str) -> None:
    suite = suites.read(name, WORKFLOW)
    made = plan.make(suite.grid, WORKFLOW)
    assert read_params([suite.results])[suite.results] == frozen_params(made)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_ladders_ratings_are_those_of_its_results(name: str) -> None:
    suite = suites.read(name, WORKFLOW)
    computed, frozen = rate(plan.make(suite.grid, WORKFLOW), suite), suite.rated()
    assert computed.keys() == frozen.keys()
    assert len(frozen) > 2
    for bot, known in frozen.items():
        found = computed[bot]
        assert found["rating"] == pytest.approx(known["rating"], abs=0.2)
        assert found["se"] == pytest.approx(known["se"], abs=0.2)
        assert found["correlations"] == pytest.approx(known["correlations"], abs=0.005)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_ladder_was_played_as_this_version_plays(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few cells give the same moves and returns when they are played again."""
    monkeypatch.chdir(tmp_path)
    suite = suites.read(name, WORKFLOW)
    made = plan.make(suite.grid, WORKFLOW)
    quick = [c for c in made.chunks if not {"mcts_1000", "mcts_10000"} & {*c.cell.matchup.agents}]
    again = Random(name).sample(quick, 4)
    moves = "SELECT episode_id, trajectory, seats FROM read_parquet(?) ORDER BY episode_id"
    with duckdb.connect() as connection:
        frozen = connection.execute(moves, [str(suite.results)]).fetchall()
        for chunk in again:
            play(dict(suite.grid), tmp_path, {chunk.path})
            path = tmp_path / "chunks" / f"{chunk.path}.parquet"
            played = connection.execute(moves, [str(path)]).fetchall()
            ids = {row[0] for row in played}
            assert played == [row for row in frozen if row[0] in ids]
            assert len(played) == chunk.episodes(made.config.seatings)
