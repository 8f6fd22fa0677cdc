"""A journal alone proves a result set: no model, no engine, no engine's library."""

import shutil
from pathlib import Path

import pytest
import yaml

from gamegrid.records import journal
from workflow_runs import DATABASE, ROOT, Grid, data, query, snakemake

ENGINES = ("torch", "transformers", "litellm", "vllm", "aiohttp")
DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text())
AGENTS = {name: DEMO["agents"][name] for name in ("tiny", "random")}
GRID: Grid = {
    **DEMO,
    "deals": 2,
    "games": ["tic_tac_toe", "kuhn_poker"],
    "models": [str(ROOT / "config/models.yaml")],
    "agents": AGENTS,
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Play a smaller version of the demo's grid live with the bundled model."""
    folder = tmp_path_factory.mktemp("live")
    run = snakemake(folder, GRID, *DATABASE)
    assert run.code == 0, run.output
    return folder


def without_engines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the import of every engine's library fail."""
    folder.mkdir()
    for name in ENGINES:
        (folder / f"{name}.py").write_text(f'raise ImportError("{name} is not installed here")')
    path = f"{folder}:{ROOT}/scripts"
    monkeypatch.setenv("PYTHONPATH", path)


def test_a_replay_gives_the_same_database_without_any_engine(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_engines(tmp_path / "none", monkeypatch)
    proof = tmp_path / "proof"
    shutil.copytree(recorded / "results/journal", proof / "results/journal")
    run = snakemake(proof, {**GRID, "run_mode": "replay"}, *DATABASE)
    assert run.code == 0, run.output
    assert data(proof) == data(recorded)
    calls = "SELECT * EXCLUDE (replayed) FROM calls ORDER BY ALL"
    assert query(proof, calls) == query(recorded, calls)
    assert query(proof, "SELECT count(*) > 0, bool_and(replayed) FROM calls") == [(True, True)]
    assert query(recorded, "SELECT bool_or(replayed) FROM calls") == [(False,)]


def test_a_reply_that_is_not_on_file_is_an_error_and_nothing_is_asked(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_engines(tmp_path / "none", monkeypatch)
    proof = tmp_path / "proof"
    shutil.copytree(recorded / "results/journal", proof / "results/journal")
    path = next((proof / "results/journal/kuhn_poker").glob("*tiny*/*.jsonl"))
    contents = [line.content for line in journal.read(path)]
    journal.write(path, contents[:-1])
    run = snakemake(proof, {**GRID, "run_mode": "replay"})
    assert run.code == 1
    assert "Traceback" not in run.output
    # The other episodes are complete.
    [(unfinished,)] = query(proof, "SELECT episode_id FROM episodes WHERE status = 'error'")
    _, _, deal, seating = unfinished.split(":")
    assert f"1 episode: hf_tiny: no reply on file for deal {deal}, seating {seating}" in run.output
    assert query(proof, "SELECT count(*) > 0 FROM episodes WHERE status = 'complete'") == [(True,)]
