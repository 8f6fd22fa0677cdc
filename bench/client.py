"""Baselines for hosted models: a bare client that keeps N requests in flight.

Prints one line of JSON: calls, plus ``wall_s`` and ``cpu_s`` of the calls alone. The request body
is one that a grid sends.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable

PROMPT_BYTES = 1400
"""About the length of the default template's prompt for the first moves of tic_tac_toe."""
MESSAGES = [
    {"role": "user", "content": "x" * PROMPT_BYTES + '\nLegal moves: ["a1", "b1", "c1", "a2"]'}
]


async def keep_busy(ask: Callable[[], Awaitable[object]], calls: int, in_flight: int) -> None:
    """Make ``calls`` requests, ``in_flight`` at a time."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(work() for _ in range(in_flight)))


async def with_aiohttp(url: str, calls: int, in_flight: int) -> dict[str, float]:
    """Post requests with aiohttp and parse the responses."""
    import aiohttp

    body = json.dumps({"model": "bench", "messages": MESSAGES, "seed": 1}).encode()
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight), headers=headers
    ) as session:

        async def ask() -> object:
            async with session.post(f"{url}/chat/completions", data=body) as response:
                return json.loads(await response.read())

        return await timed(ask, calls, in_flight)


async def with_litellm(url: str, calls: int, in_flight: int) -> dict[str, float]:
    """Make requests through LiteLLM with its retries off."""
    from gamegrid.backends.litellm_library import NO_KEY, load

    litellm = load("bench")

    async def ask() -> object:
        return await litellm.acompletion(
            model="together_ai/bench", messages=MESSAGES, api_base=url, api_key=NO_KEY, seed=1,
            max_retries=0, num_retries=0, timeout=600,
        )  # fmt: skip

    await ask()  # a warm-up call: LiteLLM imports modules during the first one
    return await timed(ask, calls, in_flight)


async def timed(
    ask: Callable[[], Awaitable[object]], calls: int, in_flight: int
) -> dict[str, float]:
    """Make the requests and return how long they took."""
    wall, cpu = time.perf_counter(), time.process_time()
    await keep_busy(ask, calls, in_flight)
    return {
        "calls": calls,
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
    }


def main() -> None:
    """Make the requests and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=("aiohttp", "litellm"))
    parser.add_argument("url")
    parser.add_argument("calls", type=int)
    parser.add_argument("in_flight", type=int)
    options = parser.parse_args()
    run = with_aiohttp if options.library == "aiohttp" else with_litellm
    print(json.dumps(asyncio.run(run(options.url, options.calls, options.in_flight))))


if __name__ == "__main__":
    main()
