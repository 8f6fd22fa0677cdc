"""The bundled model in both local engines within one job, and beside a hosted model."""

from pathlib import Path

import pytest

from loopback import Endpoint
from workflow_runs import query, snakemake

pytestmark = pytest.mark.vllm


def test_they_play_each_other_in_one_job(tmp_path: Path) -> None:
    sampling = {"type": "llm", "prompt": "terse", "temperature": 0.0, "max_tokens": 16}
    run = snakemake(
        tmp_path,
        {
            "deals": 5,
            "games": ["tic_tac_toe", "kuhn_poker"],
            "agents": {
                "here": {**sampling, "model": "hf_tiny"},
                "there": {**sampling, "model": "vllm_tiny"},
            },
        },
    )
    assert run.code == 0, run.output
    assert run.played == [f"{game}/here--there/00000-00004" for game in
                          ("kuhn_poker", "tic_tac_toe")]  # fmt: skip
    assert query(tmp_path, "SELECT DISTINCT status FROM decisions") == [("ok",)]
    assert query(tmp_path, "SELECT count(DISTINCT backend) FROM calls") == [(2,)]
    # Neither loses from a drawn opening.
    scores = "SELECT DISTINCT score FROM seats JOIN episodes USING (episode_id) "
    assert query(tmp_path, scores + "WHERE game = 'tic_tac_toe'") == [(0.5,)]


def test_all_three_backends_meet_in_one_game(tmp_path: Path) -> None:
    game, sampling = "kuhn_poker(players=3)", {"type": "llm", "prompt": "terse", "max_tokens": 16}
    agents = {"hf": "hf_tiny", "hosted": "litellm_openai/x", "vllm": "vllm_tiny"}
    with Endpoint() as endpoint:
        models = f'models: [{{name: {agents["hosted"]}, api_base: "{endpoint.api_base}"}}]'
        (tmp_path / "models.yaml").write_text(models)
        run = snakemake(
            tmp_path,
            {
                "deals": 3,
                "games": [game],
                "models": ["config/models.yaml", "models.yaml"],
                "agents": {name: {**sampling, "model": model} for name, model in agents.items()},
            },
        )
    assert run.code == 0, run.output
    assert len(run.played) == 1
    # Every deal is played in all six seatings; every backend is asked in every episode.
    assert query(tmp_path, "SELECT count(*), min(status), max(status) FROM episodes") == [
        (18, "complete", "complete")
    ]
    assert query(
        tmp_path,
        "SELECT backend, count(DISTINCT episode_id), count(DISTINCT seat) FROM calls "
        "WHERE finish_reason = 'stop' GROUP BY ALL ORDER BY ALL",
    ) == [("hf", 18, 3), ("litellm", 18, 3), ("vllm", 18, 3)]
    assert query(tmp_path, "SELECT DISTINCT agent, deals FROM per_game ORDER BY ALL") == [
        (agent, 3) for agent in sorted(agents)
    ]
