"""Baselines for local engines: answer the prompts of a journal without a grid.

Prints one line of JSON: calls, and the seconds from the loaded model to the last answer.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from bench.measure import ROOT

MODEL = ROOT / "config/tiny"
BATCH = 64
MAX_TOKENS = 16
Chat = list[dict[str, str]]


def with_transformers(chats: list[Chat]) -> float:
    """Answer in batches sorted by length, padded on the left, in one thread. Returns seconds."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.padding_side = "left"
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    began = time.perf_counter()
    for start in range(0, len(chats), BATCH):
        asked: Any = tokenizer.apply_chat_template(
            chats[start : start + BATCH],
            add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True,
        )  # fmt: skip
        with torch.inference_mode():
            generated = model.generate(
                input_ids=asked.input_ids,
                attention_mask=asked.attention_mask,
                max_new_tokens=MAX_TOKENS,
                do_sample=False,
            )
        tokenizer.batch_decode(generated[:, asked.input_ids.shape[1] :], skip_special_tokens=True)
    return time.perf_counter() - began


def with_vllm(chats: list[Chat]) -> float:
    """Answer all prompts in one call, with gamegrid's engine settings. Returns seconds."""
    from gamegrid.backends import vllm as backend
    from gamegrid.backends.backend import ModelEntry

    entry = ModelEntry(name="vllm_tiny", model_path=str(MODEL))
    backend.prepare(entry)
    from vllm import LLM, SamplingParams

    engine = LLM(**backend.engine_arguments(entry, MODEL))
    params = SamplingParams(temperature=0.0, max_tokens=MAX_TOKENS)
    began = time.perf_counter()
    engine.chat(chats, params, use_tqdm=False)
    return time.perf_counter() - began


def main() -> None:
    """Answer the prompts and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("hf", "vllm"))
    parser.add_argument("journal", type=Path)
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.journal.read_bytes().splitlines()]
    chats = [line["request"]["messages"] for line in lines]
    run = with_transformers if options.engine == "hf" else with_vllm
    print(json.dumps({"calls": len(chats), "seconds": run(chats)}))


if __name__ == "__main__":
    main()
