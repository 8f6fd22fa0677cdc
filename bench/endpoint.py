"""A local model server that answers after a fixed delay and counts requests in flight.

It stands in for a provider. It speaks just enough HTTP for chat completions, in one event loop of a
separate process, so that it never becomes the bottleneck. Each reply names a legal move from the
prompt.

    python -m bench.endpoint --delay 0.1

prints its port and serves until it is killed. ``GET /stats?bound=N`` returns statistics on the
requests since the previous such call.
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Sequence
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LEGAL = b'Legal moves: [\\"'
BETWEEN = b'\\", \\"'
Event = tuple[float, int]
"""Seconds, and +1 for an arriving request or -1 for an answered one."""


class Endpoint:
    """State shared by all connections."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.events: list[Event] = []
        self.luck = random.Random(1)

    def reply(self, body: bytes) -> bytes:
        """Return the complete HTTP response to a request; its move is one named in the prompt."""
        start = body.rfind(LEGAL)
        labels = [b"a"]
        if start >= 0:
            start += len(LEGAL)
            labels = body[start : body.index(b'\\"]', start)].split(BETWEEN)
        text = f"Action: {self.luck.choice(labels).decode()}"
        answer = json.dumps(
            {
                "id": "chatcmpl-bench",
                "object": "chat.completion",
                "created": 0,
                "model": "bench",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 200, "completion_tokens": 4, "total_tokens": 204},
            }
        ).encode()
        return HEAD % len(answer) + answer

    def stats(self, bound: int) -> bytes:
        """Return statistics on the requests so far as JSON, then reset them."""
        answer = json.dumps(summary(self.events, bound)).encode()
        self.events = []
        return HEAD % len(answer) + answer


def summary(events: Sequence[Event], bound: int) -> dict[str, Any]:
    """Return calls, seconds from the first request to the last answer, and mean in flight.

    The mean covers the time from the arrival of request number ``bound`` to the arrival of the last
    but ``bound``. This excludes the start and the tail, when no client could keep as many requests
    in flight.
    """
    arrivals = [at for at, change in events if change > 0]
    calls = len(arrivals)
    if calls == 0:
        return {"calls": 0, "seconds": None, "in_flight": None}
    result: dict[str, Any] = {"calls": calls, "seconds": events[-1][0] - arrivals[0]}
    begin, end = arrivals[min(bound, calls) - 1], arrivals[max(0, calls - bound - 1)]
    area, level, last = 0.0, 0, begin
    for at, change in events:
        if begin < at <= end:
            area += level * (at - last)
            last = at
        level += change
    return result | {"in_flight": area / (last - begin) if last > begin else None}


class Connection(asyncio.Protocol):
    """One client connection, which carries one request at a time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport for the answers."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect bytes until a request is complete."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = _content_length(head)
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        self._received.clear()
        if head.startswith(b"GET"):
            bound = int(head.split(b"bound=", 1)[1].split(b" ", 1)[0])
            self._transport.write(self._endpoint.stats(bound))
            return
        self._endpoint.events.append((self._loop.time(), 1))
        self._loop.call_later(self._endpoint.delay_s, self._answer, body)

    def _answer(self, body: bytes) -> None:
        self._endpoint.events.append((self._loop.time(), -1))
        if not self._transport.is_closing():
            self._transport.write(self._endpoint.reply(body))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def serve(delay_s: float) -> None:
    """Serve on a free local port until cancelled."""
    endpoint = Endpoint(delay_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(endpoint), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, required=True, metavar="S")
    try:
        asyncio.run(serve(parser.parse_args().delay))
    except KeyboardInterrupt:
        sys.exit(130)
