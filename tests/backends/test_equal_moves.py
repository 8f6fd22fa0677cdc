"""The same weights in transformers and in vLLM make the same greedy moves, in float32."""

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("vllm")

import torch

import real_replies
from gamegrid.backends.backend import Backend, Completion, Decode, ModelEntry, Request, Sampling
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.backends.vllm import Vllm

pytestmark = pytest.mark.real

GAMES = ("tic_tac_toe", "connect_four", "kuhn_poker", "leduc_poker", "chess")
POSITIONS = 3
"""Of each game."""
MAX_TOKENS = 16
NEAR = 1e-3
"""Two tokens are nearly equally likely if their scores differ by no more."""


def questions() -> list[Request]:
    """Ask for a move in positions of each game, in each way of deciding."""
    return [
        Request(
            model="m",
            messages=tuple(real_replies.conversation(game, number, "terse", shown=False)),
            sampling=Sampling(temperature=0.0, max_tokens=most),
            decode=decode,
            choices=choices,
        )
        for game in GAMES
        for number, position in enumerate(real_replies.positions(game)[:POSITIONS])
        for decode, most, choices in (
            (Decode.GENERATE, MAX_TOKENS, None),
            (Decode.CONSTRAINED, None, position.seen.labels),
            (Decode.SCORE, None, position.seen.labels),
        )
    ]


async def answers(backend: Backend, requests: list[Request]) -> list[Completion]:
    await backend.open()
    try:
        return await asyncio.gather(*(backend.complete(request) for request in requests))
    finally:
        await backend.close()


async def test_greedy_moves_of_both_engines_are_equal(smollm2: Path) -> None:
    requests = questions()
    engine = {"dtype": "float32"}
    there = HuggingFace(ModelEntry(name="hf_m", model_path=str(smollm2), engine=engine))
    theirs = await answers(there, requests)
    here = Vllm(ModelEntry(name="vllm_m", model_path=str(smollm2), engine=engine), Path.cwd())
    mine = await answers(here, requests)
    for request, one, other in zip(requests, mine, theirs, strict=True):
        if request.decode is Decode.GENERATE:
            assert one.raw == other.raw or is_near_tie(smollm2, request, one, other)
            continue
        assert one.text == other.text
        assert one.raw == other.raw
        if request.decode is Decode.SCORE:
            assert one.likelihoods == pytest.approx(other.likelihoods, abs=1e-3)


def is_near_tie(folder: Path, request: Request, one: Completion, other: Completion) -> bool:
    """Return whether two replies part where two tokens were nearly equally likely."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    chat = [{"role": each.role, "content": each.content} for each in request.messages]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    both = one.raw["token_ids"], other.raw["token_ids"]
    same = next(place for place, (a, b) in enumerate(zip(*both, strict=False)) if a != b)
    with torch.inference_mode():
        ids = torch.tensor([[*tokenizer.encode(prompt), *both[0][:same]]])
        scores = network(input_ids=ids).logits[0, -1]
    return abs(float(scores[both[0][same]] - scores[both[1][same]])) < NEAR
