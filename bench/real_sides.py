"""Sides of the benchmarks with a real model: gamegrid's backends, and the same prompts by hand.

Prints one line of JSON: replies and tokens that the model wrote, or positions that were scored, and
the seconds from the loaded model to the last reply.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.by_hand import Chat, score_by_rows, with_transformers, with_vllm
from bench.client import keep_busy
from bench.measure import ROOT, Sample
from gamegrid.backends import huggingface, litellm_api, vllm
from gamegrid.backends.backend import (
    BackendKind,
    Decode,
    Message,
    ModelEntry,
    Request,
    Sampling,
)

sys.path.append(str(ROOT / "tests"))

from llama_server import SLOTS, llama_server

MAX_TOKENS = 40
BATCH = 16
"""Rows of a batch by hand. Larger ones are slower on two cores: they wait for longer replies."""
SERVED = "litellm_openai/smollm2"
Position = dict[str, Any]
"""The messages of a request and the labels of the legal moves."""
Side = Callable[[Path, Sequence[Any]], Sample]


def ours(kind: BackendKind, entry: ModelEntry, requests: Sequence[Request]) -> Sample:
    """Answer all requests with a backend of gamegrid, as a job does that plays many episodes."""

    async def answer() -> Sample:
        backend = kind.create(entry, Path.cwd())
        await backend.open()
        began = time.perf_counter()
        answers = await asyncio.gather(*(backend.complete(request) for request in requests))
        seconds = time.perf_counter() - began
        await backend.close()
        tokens = sum(each.usage.completion_tokens or 0 for each in answers)
        return {"calls": len(answers), "tokens": tokens, "seconds": seconds}

    return asyncio.run(answer())


def greedy(kind: BackendKind, entry: ModelEntry, chats: Sequence[Chat]) -> Sample:
    """Answer all prompts greedily."""
    sampling = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
    return ours(
        kind,
        entry,
        [Request(model=entry.name, messages=_messages(chat), sampling=sampling) for chat in chats],
    )


def score(folder: Path, positions: Sequence[Position]) -> Sample:
    """Score the legal moves of positions."""
    requests = [
        Request(
            model="hf_smollm2",
            messages=_messages(position["messages"]),
            sampling=Sampling(temperature=0.0),
            decode=Decode.SCORE,
            choices=tuple(position["labels"]),
        )
        for position in positions
    ]
    sample = ours(huggingface.BACKEND, entry_of(huggingface.BACKEND, folder), requests)
    return {"positions": len(positions), "seconds": sample["seconds"]}


def entry_of(kind: BackendKind, folder: Path) -> ModelEntry:
    """Return the entry of the model in a folder."""
    return ModelEntry(name=f"{kind.prefix}_smollm2", model_path=str(folder))


def _messages(chat: Chat) -> tuple[Message, ...]:
    return tuple(Message(each["role"], each["content"]) for each in chat)


def bare_client(address: str, chats: Sequence[Chat]) -> Sample:
    """Ask a server with aiohttp, as many requests at a time as it answers."""
    import aiohttp

    async def answer() -> Sample:
        waiting, tokens = iter(chats), 0
        async with aiohttp.ClientSession() as session:

            async def ask() -> None:
                nonlocal tokens
                body = {"messages": next(waiting), "temperature": 0.0, "max_tokens": MAX_TOKENS}
                async with session.post(f"{address}/chat/completions", json=body) as response:
                    tokens += (await response.json())["usage"]["completion_tokens"]

            began = time.perf_counter()
            await keep_busy(ask, len(chats), SLOTS)
            return {
                "calls": len(chats), "tokens": tokens, "seconds": time.perf_counter() - began
            }  # fmt: skip

    return asyncio.run(answer())


def served(
    folder: Path, ask: Callable[[str, Sequence[Chat]], Sample], chats: Sequence[Chat]
) -> Sample:
    """Run a side against a llama.cpp server that has read nothing yet."""
    [file] = folder.glob("*.gguf")
    with (
        tempfile.TemporaryDirectory() as logs,
        llama_server(file, Path(logs) / "server.log") as address,
    ):
        return ask(address, chats)


def through_litellm(address: str, chats: Sequence[Chat]) -> Sample:
    """Ask a server with the ``litellm_`` backend."""
    entry = ModelEntry(name=SERVED, api_base=address, max_connections=SLOTS)
    return greedy(litellm_api.BACKEND, entry, chats)


def local(kind: BackendKind) -> Side:
    """Return a side that answers with a local backend."""
    return lambda folder, chats: greedy(kind, entry_of(kind, folder), chats)


SIDES: dict[str, Side] = {
    "hf": local(huggingface.BACKEND),
    "hf_by_hand": lambda folder, chats: with_transformers(chats, folder, MAX_TOKENS, BATCH),
    "vllm": local(vllm.BACKEND),
    "vllm_by_hand": lambda folder, chats: with_vllm(chats, folder, MAX_TOKENS),
    "litellm": lambda folder, chats: served(folder, through_litellm, chats),
    "client": lambda folder, chats: served(folder, bare_client, chats),
    "score": score,
    "score_by_rows": lambda folder, positions: score_by_rows(
        [position["messages"] for position in positions],
        [position["labels"] for position in positions],
        folder,
    ),
}


def main() -> None:
    """Let one side answer and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("folder", type=Path, help="the model's folder, with its GGUF file")
    parser.add_argument("asked", type=Path, help="what to answer, as JSON")
    options = parser.parse_args()
    asked: Any = json.loads(options.asked.read_bytes())
    print(json.dumps(SIDES[options.side](options.folder, asked)))


if __name__ == "__main__":
    main()
