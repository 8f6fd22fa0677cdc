"""Results of other settings are refused; results of the configured grid are not."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs.preconditions import check_before_play, check_results
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.record_types import Task

GRID: dict[str, Any] = {
    "seed": 3,
    "games": ["tic_tac_toe"],
    "agents": {"a": {"type": "random"}, "b": {"type": "optimal"}},
    "deals": 2,
    "positions": 2,
}


def make(folder: Path, **changes: Any) -> Plan:
    return plan.make({**GRID, **changes}, folder)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a chunk file of episodes and one of single moves, without Snakemake's records."""
    monkeypatch.chdir(tmp_path)
    made, folder = make(tmp_path), tmp_path / "results"
    [chunk] = made.chunks
    moves = made.single_moves[Task.POSITION, "tic_tac_toe", "a"]
    for job, block in ((chunk, chunk.block), (moves, None)):
        play_chunk(
            Job(
                config=GRID,
                task=Task.EPISODE if block else Task.POSITION,
                game="tic_tac_toe",
                matchup=job.cell.matchup.name,
                block=block,
                results=folder,
                output=folder / job.file,
                threads=1,
            )
        )
    return folder


def test_results_of_the_same_grid_are_accepted(results: Path) -> None:
    check_results(make(results.parent), results)
    check_results(make(results.parent, deals=3), results)
    check_before_play(make(results.parent), results)


def test_results_of_another_seed_are_accepted_if_the_user_says_so(results: Path) -> None:
    records = results.parent / ".snakemake/metadata"
    records.mkdir(parents=True)
    (records / "one").write_text("{}")
    check_results(make(results.parent, seed=4, mix_results=True), results)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, "made with seed 3, not 4"),
        ({"max_plies": 5}, r"1 chunk files .*results/chunks/tic_tac_toe/a--b/"),
        ({"positions": 3}, r"1 chunk files .*results/positions/tic_tac_toe/a.parquet"),
    ],
    ids=["stamp", "episodes", "single moves"],
)
def test_results_of_other_settings_are_refused(
    changes: dict[str, Any], message: str, results: Path
) -> None:
    with pytest.raises(UserError, match=message):
        check_results(make(results.parent, **changes), results)


def test_snakemake_s_records_tell_it_what_to_play_again(results: Path) -> None:
    records = results.parent / ".snakemake/metadata"
    records.mkdir(parents=True)
    (records / "one").write_text("{}")
    check_results(make(results.parent, max_plies=5), results)


def test_a_key_or_folder_is_needed_only_where_models_are_asked(tmp_path: Path) -> None:
    gone = {"type": "llm", "model": "vllm_gone"}
    (tmp_path / "models.yaml").write_text("models: [{name: vllm_gone, model_path: no/such/folder}]")
    agents = {**GRID["agents"], "gone": gone}
    needing = {"agents": agents, "models": ["models.yaml"]}
    with pytest.raises(UserError, match="no/such/folder"):
        check_before_play(make(tmp_path, **needing), tmp_path / "results")
    check_before_play(make(tmp_path, **needing, run_mode="replay"), tmp_path / "results")
