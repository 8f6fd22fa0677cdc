"""A job of several chunks plays what is not current, and loads each model once."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.backends.litellm_api import LiteLLMBackend
from gamegrid.plan import plan
from gamegrid.play.bundle import BundleJob, play_bundle, unplayed
from gamegrid.records import bundle_file
from loopback import Endpoint

RAW: dict[str, Any] = {
    "games": ["matrix_rps"],
    "deals": 4,
    "chunk": 2,
    "max_jobs": 1,
    "models": ["models.yaml"],
    "agents": {
        "m": {"type": "llm", "model": "litellm_openai/m"},
        "r": {"type": "random"},
        "s": {"type": "random"},
    },
    "schedule": {"each": ["m"], "against": ["r", "s"]},
}


def play(folder: Path, **changes: Any) -> list[str]:
    """Play the only bundle; return the chunk files that were written."""
    results = folder / "results"
    made = plan.make({**RAW, **changes}, folder)
    [bundle] = made.bundles
    todo = unplayed(made, bundle.chunks, results)
    before = {chunk.file: modified(results / chunk.file) for chunk in bundle.chunks}
    output = results / bundle.file
    output.parent.mkdir(parents=True, exist_ok=True)
    play_bundle(
        BundleJob(
            config={**RAW, **changes}, game="matrix_rps", bundle=bundle.name, results=results,
            output=output, threads=1,
        )
    )  # fmt: skip
    assert bundle_file.expand([str(output)]) == [results / chunk.file for chunk in bundle.chunks]
    written = [file for file, age in before.items() if modified(results / file) != age]
    assert written == [chunk.file for chunk in todo]
    return written


def modified(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    with Endpoint() as running:
        (tmp_path / "models.yaml").write_text(
            f"models:\n  - {{name: litellm_openai/m, api_base: '{running.api_base}'}}\n"
        )
        yield running


def test_only_what_is_not_current_is_played(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = list[str]()
    whole = LiteLLMBackend.open

    async def counted(self: LiteLLMBackend) -> None:
        opened.append(self._entry.name)
        await whole(self)

    monkeypatch.setattr(LiteLLMBackend, "open", counted)
    chunks = "chunks/matrix_rps"
    assert play(tmp_path) == [
        f"{chunks}/m--r/00000-00001.parquet",
        f"{chunks}/m--r/00002-00003.parquet",
        f"{chunks}/m--s/00000-00001.parquet",
        f"{chunks}/m--s/00002-00003.parquet",
    ]
    assert opened == ["litellm_openai/m"]
    bought = len(endpoint.requests)
    assert play(tmp_path) == []

    (tmp_path / "results" / f"{chunks}/m--s/00000-00001.parquet").unlink()
    assert play(tmp_path) == [f"{chunks}/m--s/00000-00001.parquet"]
    assert len(endpoint.requests) == bought

    agents = {**RAW["agents"], "s": {"type": "random", "games": ["matrix_rps"]}}
    assert play(tmp_path, agents=agents) == []
    warm = {**RAW["agents"], "m": {**RAW["agents"]["m"], "temperature": 0.5}}
    assert len(play(tmp_path, agents=warm)) == 4


def test_unfinished_episodes_are_played_on(endpoint: Endpoint, tmp_path: Path) -> None:
    play(tmp_path)
    file = tmp_path / "results/chunks/matrix_rps/m--r/00002-00003.parquet"
    with duckdb.connect() as connection:
        [(params,)] = connection.execute(
            "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'params'",
            [str(file)],
        ).fetchall()
        connection.execute(f"CREATE TABLE t AS FROM '{file}'")
        connection.execute("UPDATE t SET status = 'error' WHERE deal = 2")
        connection.execute(
            f"COPY t TO '{file}' (FORMAT parquet, KV_METADATA {{params: $params}})",
            {"params": params},
        )
    assert play(tmp_path) == ["chunks/matrix_rps/m--r/00002-00003.parquet"]
