"""GGUF files, adapters and quantized weights in transformers, with the libraries that read them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_models
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.hf_loading import load
from gamegrid.backends.hf_sources import QUANTIZATIONS
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.prompts.parser import parse

pytestmark = pytest.mark.real

IDS = torch.arange(20, 60).unsqueeze(0)
LABELS = ("a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # bitsandbytes packs 64 weights at a time.
    return tiny_models.llama(tmp_path_factory.mktemp("models") / "llama", inner=128)


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.adapter(tmp_path_factory.mktemp("adapter"), base)


def entry(path: Path, **more: Any) -> ModelEntry:
    return ModelEntry(name="hf_m", model_path=str(path), **more)


def logits(one: ModelEntry) -> torch.Tensor:
    with torch.inference_mode():
        scores: torch.Tensor = load(one).network(input_ids=IDS).logits
    return scores.float()


def likeness(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


async def answers(one: ModelEntry, requests: list[Request]) -> list[Completion]:
    backend = HuggingFace(one)
    await backend.open()
    try:
        return await asyncio.gather(*(backend.complete(request) for request in requests))
    finally:
        await backend.close()


def questions(count: int, **sampling: Any) -> list[Request]:
    rules = (
        "You are playing Tic-tac-toe. Reply with one JSON object and nothing after it: "
        '{"reasoning": "<why>", "action": "<one of the legal moves>"}'
    )
    return [
        Request(
            model="hf_m",
            messages=(
                Message("system", rules),
                Message("user", 'Legal moves: ["a1", "b2"]'),
                # A small model repeats the form of what it seems to have said.
                Message(
                    "assistant", '{"reasoning": "It is free.", "action": "b2"}\nMy reply ends.'
                ),
                Message("user", f"Legal moves: {json.dumps(LABELS[place % 9 :])}"),
            ),
            sampling=Sampling(seed=place, **sampling),
        )
        for place in range(count)
    ]


def test_an_adapter_changes_a_model_as_peft_does(base: Path, adapter: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    theirs = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).eval()
    with torch.inference_mode():
        wanted = theirs(input_ids=IDS).logits
    ours = logits(entry(base, adapter_path=str(adapter)))
    assert torch.allclose(ours, wanted.float(), atol=1e-3)
    assert not torch.allclose(ours, logits(entry(base)), atol=1e-1)
    assert load(entry(base, adapter_path=str(adapter))).plain


def test_an_adapter_of_another_model_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = tiny_models.gpt2(tmp_path / "gpt2")
    with pytest.raises(BackendError, match=r"^hf_m: "):
        load(entry(other, adapter_path=str(adapter)))


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
async def test_quantized_weights_say_nearly_the_same(
    base: Path, adapter: Path, quantization: str
) -> None:
    """Also with an adapter, which stays beside them."""
    engine = {"quantization": quantization}
    full, few = logits(entry(base)), logits(entry(base, engine=engine))
    assert not torch.equal(full, few)
    assert likeness(full, few) > 0.7
    both = {"adapter_path": str(adapter)}
    adapted, few_adapted = logits(entry(base, **both)), logits(entry(base, engine=engine, **both))
    assert likeness(adapted, few_adapted) > max(0.7, likeness(adapted, few))
    request = Request(
        model="hf_m",
        messages=(Message("user", "go"),),
        sampling=Sampling(temperature=0.0, max_tokens=6),
    )
    one, other = await answers(entry(base, engine=engine), [request, request])
    assert len(one.raw["token_ids"]) >= 1
    assert one.raw == other.raw


async def test_a_gguf_file_answers_as_the_folder_made_of_it(smollm2: Path) -> None:
    """The folder's float32 weights hold the values of the file's 4-bit weights exactly.

    The file lies in that folder: transformers would take the folder's tokenizer for it.
    """
    [file] = smollm2.glob("*.gguf")
    requests = questions(4, temperature=0.0, max_tokens=12)
    replies = [await answers(entry(path), requests) for path in (file, smollm2)]
    assert [r.raw for r in replies[0]] == [r.raw for r in replies[1]]
    assert {r.model_served for r in replies[0]} == {file.name}


async def test_real_replies_that_end_with_their_answer_state_the_same_move(smollm2: Path) -> None:
    """A reply that was cut off, or goes on to another answer, is not compared."""
    requests = questions(24, temperature=0.7, max_tokens=48)
    whole = await answers(entry(smollm2), requests)
    ended = await answers(entry(smollm2, engine={"stop_after_answer": True}), requests)
    assert all(one.text.startswith(other.text) for one, other in zip(whole, ended, strict=True))
    shorter = 0
    for one, other in zip(whole, ended, strict=True):
        rest = one.text[len(other.text) :]
        shorter += bool(rest.strip())
        moves = [parse(r.text, FinishReason.STOP, LABELS).label for r in (one, other)]
        if "action" not in rest.lower():
            assert moves[0] in (None, moves[1])
    assert shorter >= 1
