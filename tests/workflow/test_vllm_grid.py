"""The embedded model in both local engines: the same moves, and a match within one job."""

import asyncio
from pathlib import Path

import pytest

from gamegrid import tiny
from gamegrid.backends import huggingface, vllm
from gamegrid.backends.base import BackendKind, Message, ModelEntry, Request, Sampling
from gamegrid.paths import WORKFLOW
from workflow_runs import query, snakemake

pytestmark = pytest.mark.vllm

PROMPTS = 500


def replies(kind: BackendKind, name: str) -> list[str]:
    """The greedy replies of one engine to the first prompts of the model's own games."""
    entry = ModelEntry(name=name, model_path=str(WORKFLOW / "config/tiny"))
    requests = [
        Request(
            model=name,
            messages=(Message("user", example.prompt),),
            sampling=Sampling(temperature=0.0, max_tokens=16, seed=number),
        )
        for number, example in enumerate(tiny.examples()[-PROMPTS:])
    ]

    async def run() -> list[str]:
        backend = kind.create(entry, Path.cwd())
        await backend.open()
        try:
            found = await asyncio.gather(*(backend.complete(request) for request in requests))
        finally:
            await backend.close()
        return [completion.text for completion in found]

    return asyncio.run(run())


def test_both_engines_give_the_same_moves() -> None:
    in_vllm = replies(vllm.BACKEND, "vllm_tiny")
    in_transformers = replies(huggingface.BACKEND, "hf_tiny")
    assert len(in_vllm) == PROMPTS
    assert all(text.startswith("Action: ") for text in in_vllm)
    assert in_vllm == in_transformers


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
    # Neither loses from an opening that is a draw.
    scores = "SELECT DISTINCT score FROM seats JOIN episodes USING (episode_id) "
    assert query(tmp_path, scores + "WHERE game = 'tic_tac_toe'") == [(0.5,)]
