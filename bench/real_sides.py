"""Sides of the benchmarks with a real model: gamegrid's backends, and the same prompts by hand.

Prints one line of JSON: replies, tokens that the model wrote, and the seconds from the loaded model
to the last reply.
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

from bench.by_hand import Chat, with_transformers, with_vllm
from bench.client import keep_busy
from bench.measure import ROOT, Sample
from gamegrid.backends import huggingface, litellm_api, vllm
from gamegrid.backends.backend import BackendKind, Message, ModelEntry, Request, Sampling

sys.path.append(str(ROOT / "tests"))

from llama_server import SLOTS, llama_server

MAX_TOKENS = 40
BATCH = 16
"""Rows of a batch by hand. Larger ones are slower on two cores: they wait for longer replies."""
SERVED = "litellm_openai/smollm2"


def ours(kind: BackendKind, entry: ModelEntry, chats: Sequence[Chat]) -> Sample:
    """Answer all prompts with a backend of gamegrid, as a job does that plays many episodes."""

    async def answer() -> Sample:
        backend = kind.create(entry, Path.cwd())
        await backend.open()
        began = time.perf_counter()
        replies = await asyncio.gather(
            *(backend.complete(_request(entry.name, chat)) for chat in chats)
        )
        seconds = time.perf_counter() - began
        await backend.close()
        tokens = sum(reply.usage.completion_tokens or 0 for reply in replies)
        return {"calls": len(replies), "tokens": tokens, "seconds": seconds}

    return asyncio.run(answer())


def _request(model: str, chat: Chat) -> Request:
    return Request(
        model=model,
        messages=tuple(Message(each["role"], each["content"]) for each in chat),
        sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
    )


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
    with tempfile.TemporaryDirectory() as logs:
        with llama_server(file, Path(logs) / "server.log") as address:
            return ask(address, chats)


def through_litellm(address: str, chats: Sequence[Chat]) -> Sample:
    """Ask a server with the ``litellm_`` backend."""
    entry = ModelEntry(name=SERVED, api_base=address, max_connections=SLOTS)
    return ours(litellm_api.BACKEND, entry, chats)


def local(kind: BackendKind) -> Callable[[Path, Sequence[Chat]], Sample]:
    """Return a side that answers with a local backend."""

    def answer(folder: Path, chats: Sequence[Chat]) -> Sample:
        # vLLM takes the dtype of the weights on a GPU only.
        entry = ModelEntry(name=f"{kind.prefix}_smollm2", model_path=str(folder))
        return ours(kind, entry, chats)

    return answer


SIDES: dict[str, Callable[[Path, Sequence[Chat]], Sample]] = {
    "hf": local(huggingface.BACKEND),
    "hf_by_hand": lambda folder, chats: with_transformers(chats, folder, MAX_TOKENS, BATCH),
    "vllm": local(vllm.BACKEND),
    "vllm_by_hand": lambda folder, chats: with_vllm(chats, folder, MAX_TOKENS),
    "litellm": lambda folder, chats: served(folder, through_litellm, chats),
    "client": lambda folder, chats: served(folder, bare_client, chats),
}


def main() -> None:
    """Answer the prompts with one side and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("folder", type=Path, help="the model's folder, with its GGUF file")
    parser.add_argument("chats", type=Path, help="conversations, as JSON")
    options = parser.parse_args()
    chats: Any = json.loads(options.chats.read_bytes())
    print(json.dumps(SIDES[options.side](options.folder, chats)))


if __name__ == "__main__":
    main()
