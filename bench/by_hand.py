"""Baselines for local engines: answer prompts without a grid.

Run as a program, it answers the prompts of a journal with the bundled model and prints one line of
JSON: calls, tokens that the model wrote, and the seconds from the loaded model to the last answer.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from bench.measure import ROOT, Sample

MODEL = ROOT / "config/tiny"
BATCH = 64
MAX_TOKENS = 16
Chat: TypeAlias = list[dict[str, str]]


def with_transformers(
    chats: Sequence[Chat], folder: Path, max_tokens: int, batch: int, threads: int = 2
) -> Sample:
    """Answer in batches sorted by length and padded on the left."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.padding_side = "left"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ordered = sorted(chats, key=lambda chat: sum(len(each["content"]) for each in chat))
    tokens, began = 0, time.perf_counter()
    for start in range(0, len(ordered), batch):
        asked: Any = tokenizer.apply_chat_template(
            ordered[start : start + batch],
            add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True,
        )  # fmt: skip
        with torch.inference_mode():
            generated = model.generate(
                input_ids=asked.input_ids,
                attention_mask=asked.attention_mask,
                max_new_tokens=max_tokens,
                do_sample=False,
            )
        new = generated[:, asked.input_ids.shape[1] :]
        tokenizer.batch_decode(new, skip_special_tokens=True)
        tokens += int((new != tokenizer.pad_token_id).sum())
    return {"calls": len(chats), "tokens": tokens, "seconds": time.perf_counter() - began}


def score_by_rows(chats: Sequence[Chat], labels: Sequence[Sequence[str]], folder: Path) -> Sample:
    """Compute how likely each label is as the reply: read each prompt, then a row per label."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    began = time.perf_counter()
    for chat, choices in zip(chats, labels, strict=True):
        asked: Any = tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_dict=True, return_tensors="pt"
        )
        texts: Any = tokenizer(
            [f"Action: {label}{tokenizer.eos_token}" for label in choices],
            return_tensors="pt", padding=True, padding_side="right",
        )  # fmt: skip
        with torch.inference_mode():
            read = model(**asked, logits_to_keep=1)
            read.past_key_values.batch_repeat_interleave(len(choices))
            mask = asked.attention_mask.repeat(len(choices), 1)
            later = model(
                input_ids=texts.input_ids,
                attention_mask=torch.cat([mask, texts.attention_mask], dim=1),
                past_key_values=read.past_key_values,
            )
            first = read.logits.expand(len(choices), 1, -1)
            scores = torch.cat([first, later.logits[:, :-1]], dim=1).log_softmax(-1)
            chosen = scores.gather(-1, texts.input_ids.unsqueeze(-1)).squeeze(-1)
            (chosen * texts.attention_mask).sum(-1).tolist()
    return {"positions": len(chats), "seconds": time.perf_counter() - began}


def with_vllm(chats: Sequence[Chat], folder: Path, max_tokens: int) -> Sample:
    """Answer all prompts in one call, with gamegrid's engine settings."""
    from gamegrid.backends import vllm as backend
    from gamegrid.backends.backend import ModelEntry

    entry = ModelEntry(name="vllm_bench", model_path=str(folder))
    backend.prepare(entry)
    from vllm import LLM, SamplingParams

    engine = LLM(**backend.engine_arguments(entry, folder))
    params = SamplingParams(temperature=0.0, max_tokens=max_tokens)
    began = time.perf_counter()
    answers = engine.chat(list(chats), params, use_tqdm=False)
    seconds = time.perf_counter() - began
    tokens = sum(len(answer.outputs[0].token_ids) for answer in answers)
    return {"calls": len(chats), "tokens": tokens, "seconds": seconds}


def main() -> None:
    """Answer the prompts and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("hf", "vllm"))
    parser.add_argument("journal", type=Path)
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.journal.read_bytes().splitlines()]
    chats = [line["request"]["messages"] for line in lines]
    if options.engine == "hf":
        sample = with_transformers(chats, MODEL, MAX_TOKENS, BATCH, threads=1)
    else:
        sample = with_vllm(chats, MODEL, MAX_TOKENS)
    print(json.dumps(sample))


if __name__ == "__main__":
    main()
