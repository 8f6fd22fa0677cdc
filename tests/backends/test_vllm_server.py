"""One set of weights behind all three backends: a job's own engines, and a real vLLM server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends import huggingface, litellm_api, vllm
from gamegrid.backends.backend import (
    BackendKind,
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.pages import tiny_recipe
from gamegrid.paths import WORKFLOW
from vllm_server import vllm_server

pytestmark = pytest.mark.vllm

MODEL = WORKFLOW / "config/tiny"
SERVED = "litellm_hosted_vllm/tiny"
LABELS = ("1", "10", "100", "a1", "Bet 3", "e2-e4", "O-O-O")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelEntry]:
    """A running vLLM server, as an entry of a model file."""
    log = tmp_path_factory.mktemp("server") / "log"
    with vllm_server(MODEL, "tiny", log) as api_base:
        yield ModelEntry(name=SERVED, api_base=api_base, max_connections=64)


def here(name: str) -> ModelEntry:
    return ModelEntry(name=name, model_path=str(MODEL))


def answers(
    kind: BackendKind, entry: ModelEntry, prompts: list[str], **keys: Any
) -> list[Completion]:
    """Ask one backend all prompts at once and return its replies."""
    requests = [
        Request(
            model=entry.name,
            messages=(Message("user", prompt),),
            sampling=Sampling(temperature=0.0, max_tokens=16, seed=number),
            **keys,
        )
        for number, prompt in enumerate(prompts)
    ]

    async def run() -> list[Completion]:
        backend = kind.create(entry, Path.cwd())
        await backend.open()
        try:
            return await asyncio.gather(*(backend.complete(request) for request in requests))
        finally:
            await backend.close()

    return asyncio.run(run())


def test_all_three_give_the_same_greedy_replies(
    server: ModelEntry, pytestconfig: pytest.Config
) -> None:
    """In fp32, on prompts from the model's own games; ``--every-prompt`` asks all 4,532."""
    prompts = [example.prompt for example in tiny_recipe.examples()]
    if not pytestconfig.getoption("every_prompt"):
        prompts = prompts[-500:]
    replies = {
        name: [reply.text for reply in answers(kind, entry, prompts)]
        for name, kind, entry in (
            ("hf", huggingface.BACKEND, here("hf_tiny")),
            ("vllm", vllm.BACKEND, here("vllm_tiny")),
            ("server", litellm_api.BACKEND, server),
        )
    }
    assert all(text.startswith("Action: ") for text in replies["hf"])
    assert replies["hf"] == replies["vllm"] == replies["server"]


def test_a_server_holds_its_replies_to_the_choices(server: ModelEntry) -> None:
    """The prompts do not mention the choices, so free replies use other words."""
    prompts = [f"Say anything, {number}." for number in range(30)]
    kind = litellm_api.BACKEND
    held = answers(kind, server, prompts, decode=Decode.CONSTRAINED, choices=LABELS)
    assert all(reply.finish_reason is FinishReason.STOP for reply in held)
    assert {reply.text for reply in held} <= set(LABELS)
    free = answers(kind, server, prompts)
    assert not {reply.text for reply in free} & set(LABELS)
