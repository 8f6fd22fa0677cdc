"""Time and cost by model, with numbers small enough to compute by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from gamegrid.records import chunkfile
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from store_samples import GAMES, agent, call, episode, query, run

TTT = "tic_tac_toe"


def make(folder: Path, usd_per_gpu_hour: float | None) -> Path:
    """Build a database of one job with a local and a hosted model: 10 s on 2 GPUs."""
    known = {"prompt_tokens": 1000, "completion_tokens": 100}
    local = {"backend": "vllm", "model": "vllm_big", **known}
    hosted = {"backend": "litellm", "model": "litellm_openai/m", **known}
    played = [
        episode(
            TTT, "ab", 0, 0, scores=[1, 0],
            calls=[
                call(0, 0, latency_s=1.0, **local),
                call(2, 0, latency_s=3.0, **local),
                call(1, 1, latency_s=2.0, **hosted),
            ],
        ),
        episode(
            TTT, "ba", 0, 1, scores=[1, 0],
            calls=[
                call(0, 1, latency_s=4.0, **local),
                call(2, 1, latency_s=4.0, replayed=True, **local),
                call(1, 0, latency_s=2.0, **hosted),
            ],
        ),
    ]  # fmt: skip
    chunk = folder / "chunk.parquet"
    chunkfile.write(chunk, replace(run(), wall_s=10.0, gpus=2), played, "{}")
    database = folder / "gamegrid.duckdb"
    agents = [
        agent("a", backend="vllm", model="vllm_big", hosted=False),
        agent(
            "b", backend="litellm", model="litellm_openai/m", hosted=True,
            input_price=1.0, output_price=10.0,
        ),
    ]  # fmt: skip
    build(
        database,
        Rows(agents=agents, games=GAMES, usd_per_gpu_hour=usd_per_gpu_hour),
        Sources(chunks=[chunk]),
    )
    return database


def test_latency_and_throughput_by_model(tmp_path: Path) -> None:
    columns = "model, calls, latency_p50_s, tokens_per_s, calls_per_s, gpu_hours"
    assert query(make(tmp_path, None), f"SELECT {columns} FROM latency") == [
        # The hosted model uses none of the job's GPUs.
        ("litellm_openai/m", 2, 2.0, 50.0, 0.2, None),
        ("vllm_big", 4, 3.5, pytest.approx(400 / 12), 0.3, pytest.approx(20 / 3600)),
    ]


def test_a_game_s_cost_is_tokens_or_gpu_hours_and_otherwise_unknown(tmp_path: Path) -> None:
    unknown = make(tmp_path, None)
    priced = (2 * (1000 * 1.0 + 100 * 10.0)) / 1e6
    assert query(unknown, "SELECT usd, usd_per_episode FROM latency") == [
        (pytest.approx(priced), pytest.approx(priced / 2)),
        (None, None),
    ]
    known = make(tmp_path, 3.6)
    # 20 GPU seconds at 0.001 USD bought 3 replies; the replayed one counts, too.
    assert query(known, "SELECT usd FROM latency WHERE model = 'vllm_big'") == [
        (pytest.approx(20 * 0.001 * 4 / 3),)
    ]
