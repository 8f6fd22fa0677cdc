"""The example with a real instruct model, through transformers and a real llama.cpp server."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.paths import WORKFLOW
from llama_server import llama_server
from workflow_runs import query, snakemake

pytestmark = pytest.mark.real

EXAMPLE = WORKFLOW / "config/examples/real_model.yaml"
SERVED = "litellm_openai/smollm2"


def example(**agent: Any) -> dict[str, Any]:
    """Return the example's grid with one deal and changes to its model's agent."""
    grid: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    return {**grid, "deals": 1, "agents": {**grid["agents"], "smollm2": {
        **grid["agents"]["smollm2"], **agent}}}  # fmt: skip


def check(folder: Path, backend: str) -> None:
    """Every episode ended by the rules, with moves that the model chose."""
    assert query(folder, "SELECT DISTINCT status FROM episodes") == [("complete",)]
    asked = "FROM decisions JOIN agents USING (agent) WHERE type = 'llm'"
    assert query(folder, f"SELECT DISTINCT decisions.status {asked}") == [("ok",)]
    assert query(folder, "SELECT DISTINCT backend, finish_reason FROM calls") == [(backend, "stop")]
    [(calls, read, written)] = query(
        folder, "SELECT count(*), min(prompt_tokens), min(completion_tokens) FROM calls"
    )
    assert calls >= 10
    assert read > 20
    assert written > 0
    assert query(folder, "SELECT count(*) FROM leaderboard") == [(3,)]


def test_transformers_plays_the_example(smollm2: Path, tmp_path: Path) -> None:
    run = snakemake(tmp_path, example())
    assert run.code == 0, run.output
    check(tmp_path, "hf")
    assert query(
        tmp_path, "SELECT DISTINCT models ->> '$.hf_smollm2.dtype' FROM runs WHERE models <> '{}'"
    ) == [("float32",)]


def test_a_llama_cpp_server_plays_the_example(smollm2: Path, tmp_path: Path) -> None:
    [file] = smollm2.glob("*.gguf")
    with llama_server(file, tmp_path / "server.log") as address:
        entry = {"name": SERVED, "api_base": address, "max_connections": 4}
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": [entry]}))
        run = snakemake(tmp_path, {**example(model=SERVED), "models": ["models.yaml"]})
    assert run.code == 0, run.output
    check(tmp_path, "litellm")
