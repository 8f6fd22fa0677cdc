"""Measure an ``hf_`` model on a GPU against hand-made batches of the same prompts, in minutes.

It needs torch, transformers and pydantic, but neither OpenSpiel nor Snakemake: take along the
folders bench, config and scripts, and journals of any grid, whose prompts it asks. The network has
random weights and the shape of a real one, since only the shape matters for the speed.

Prints a line of JSON per size: tokens generated per second by both sides in each turn, the median
ratio, the seconds to load, and the most GPU memory that ours allocated, in GB (10^9 bytes).
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from bench.measure import ROOT, Sample, alternate, ratio
from gamegrid.backends.backend import Message, ModelEntry, Request, Sampling
from gamegrid.backends.huggingface import MAX_BATCH, HuggingFace

TOKENIZER = ROOT / "config/tiny"
SHAPES: dict[str, dict[str, int]] = {
    "tiny": {
        "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2,
    },
    "135m": {
        "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3,
    },
    "1b": {
        "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
        "num_attention_heads": 32, "num_key_value_heads": 8,
    },
}  # fmt: skip
"""Shapes of networks: SmolLM2-135M, Llama-3.2-1B, and one to try this program on a CPU."""
VOCABULARY = 49_152
POSITIONS = 8_192
SEED = 7
Chat = list[dict[str, str]]


def main() -> None:
    """Measure the named sizes and print the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("journals", nargs="+", type=Path, help="journals, whose prompts are asked")
    parser.add_argument("--sizes", nargs="+", choices=SHAPES, default=["135m", "1b"])
    parser.add_argument("--prompts", type=int, default=512, help="the most prompts asked")
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(json.dumps({"device": torch.cuda.get_device_name() if device == "cuda" else device}))
    chats = read_chats(options.journals)[: options.prompts]
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_model(Path(folder), SHAPES[size], device)
            found = measure(Path(folder), chats, options.max_tokens, options.turns, device)
        print(json.dumps({"size": size, "prompts": len(chats), **found}), flush=True)


def read_chats(journals: Sequence[Path]) -> list[Chat]:
    """Return the messages of all requests, in the order of the files."""
    lines = [line for path in journals for line in path.read_bytes().splitlines()]
    return [json.loads(line)["request"]["messages"] for line in lines]


def write_model(folder: Path, shape: dict[str, int], device: str) -> None:
    """Write a network with random weights in bfloat16, and the bundled model's tokenizer."""
    torch.manual_seed(SEED)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(TOKENIZER / name, folder)
    config = LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=POSITIONS, tie_word_embeddings=True, **shape
    )
    with torch.device(device):
        network = LlamaForCausalLM(config)
    network.to(torch.bfloat16).save_pretrained(folder)


def measure(
    folder: Path, chats: Sequence[Chat], max_tokens: int, turns: int, device: str
) -> dict[str, Any]:
    """Answer the prompts in turns with gamegrid's backend and by hand."""
    samples = alternate(
        turns,
        {
            "ours": lambda: asyncio.run(ours(folder, chats, max_tokens)),
            "by_hand": lambda: by_hand(folder, chats, max_tokens, device),
        },
    )
    return {"ratio": ratio(samples, "rate", "ours", "by_hand"), "turns": samples}


async def ours(folder: Path, chats: Sequence[Chat], max_tokens: int) -> Sample:
    """Answer all prompts with the ``hf_`` backend, as a job does that plays many episodes."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    backend = HuggingFace(ModelEntry(name="hf_bench", model_path=str(folder)))
    began = time.perf_counter()
    await backend.open()
    loaded = time.perf_counter()
    try:
        replies = await asyncio.gather(
            *(backend.complete(_request(chat, max_tokens)) for chat in chats)
        )
        seconds = time.perf_counter() - loaded
    finally:
        await backend.close()
    tokens = sum(reply.usage.completion_tokens or 0 for reply in replies)
    most = torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else None
    return {"rate": tokens / seconds, "tokens": tokens, "load_s": loaded - began, "gpu_gb": most}


def _request(chat: Chat, max_tokens: int) -> Request:
    messages = tuple(Message(each["role"], each["content"]) for each in chat)
    return Request(
        model="hf_bench",
        messages=messages,
        sampling=Sampling(temperature=0.0, max_tokens=max_tokens),
    )


def by_hand(folder: Path, chats: Sequence[Chat], max_tokens: int, device: str) -> Sample:
    """Answer with ``generate`` in batches sorted by length and padded on the left."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()
    ordered = sorted(chats, key=lambda chat: sum(len(each["content"]) for each in chat))
    tokens, began = 0, time.perf_counter()
    for start in range(0, len(ordered), MAX_BATCH):
        asked: Any = tokenizer.apply_chat_template(
            ordered[start : start + MAX_BATCH],
            add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True,
        ).to(device)  # fmt: skip
        with torch.inference_mode():
            generated = network.generate(
                input_ids=asked.input_ids, attention_mask=asked.attention_mask,
                max_new_tokens=max_tokens, do_sample=False, pad_token_id=tokenizer.pad_token_id,
            )  # fmt: skip
        new = generated[:, asked.input_ids.shape[1] :]
        tokens += int((new != tokenizer.pad_token_id).sum())
    return {"rate": tokens / (time.perf_counter() - began), "tokens": tokens}


if __name__ == "__main__":
    main()
