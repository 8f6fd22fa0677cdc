"""A local OpenAI-compatible chat-completions server with scriptable faults.

It stands in for a provider: backends under test talk real HTTP to it. Use ``Endpoint`` as a context
manager, or run the file:

    python tests/loopback.py --port 0 --ledger requests.jsonl [--die-after N] [--delay S]

The script prints its port on the first line of standard output. It runs until it is killed or until
``--die-after`` ends it.
"""

import argparse
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]

LEGAL_MOVES = re.compile(r"^Legal moves: (\[.*\])$")
MOVES = re.compile(r"Moves:\s*(.+)")


class Fault(StrEnum):
    """What the server does to a connection instead of answering properly."""

    NONE = "none"
    DROP = "drop"
    """Closes the connection after reading the request: the work is done but the answer lost."""
    TRUNCATE = "truncate"
    """Sends half of the announced body, then closes the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of the server. The defaults make a normal answer."""

    text: str | None = ""
    """The message content; None sends ``null``."""
    reasoning: str | None = None
    finish_reason: str | None = "stop"
    model: str | None = None
    """The name of the answering model; None echoes the requested one."""
    choices: bool = True
    """False sends ``"choices": []``."""
    usage: bool = True
    """False omits ``usage``."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds between reading the request and answering."""
    fault: Fault = Fault.NONE
    body: bytes | None = None
    """If set, sent instead of a chat completion, whatever the status."""


Answer = Callable[[Body], Reply]


def error(
    status: int, *, code: str = "", message: str = "scripted", retry_after: float | None = None
) -> Reply:
    """Return an error answer in OpenAI's form; ``retry_after`` is in seconds."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    body = {"error": {"message": message, "type": code or "error", "param": None, "code": code}}
    return Reply(status=status, headers=headers, body=json.dumps(body).encode())


def choose(body: Body) -> Reply:
    """Answer a game prompt with one of its legal moves; the choice depends on the question only.

    The moves come from the line ``Legal moves: ["label", ...]`` at the end of the last user
    message. Without that line the answer is the first label after ``Moves:``, or ``no``.
    """
    messages = body.get("messages", [])
    prompt = next((_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    lines = prompt.rstrip().splitlines()
    found = LEGAL_MOVES.match(lines[-1].strip()) if lines else None
    if found is None:
        return Reply(text=_first_move(prompt))
    labels = json.loads(found.group(1))
    question = json.dumps([messages, body.get("seed")], sort_keys=True)
    pick = int.from_bytes(hashlib.sha256(question.encode()).digest()[:8]) % len(labels)
    return Reply(
        text=json.dumps({"reasoning": f"Move {pick} of {len(labels)}.", "action": labels[pick]})
    )


def _first_move(prompt: str) -> str:
    found = MOVES.search(prompt)
    if found is None:
        return "no"
    listed = found.group(1).strip()
    if listed.startswith("["):
        return str(json.loads(listed)[0])
    return listed.split(",")[0].strip().strip("\"'")


def _text(message: Body) -> str:
    """Return a message's text, which clients send as a string or as a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


class Endpoint:
    """The server, which runs in threads of this process from ``start`` (or ``with``) to ``stop``.

    ``script`` holds the answers to the first requests, in order; later ones get ``answer``. After
    ``die_after`` requests the server drops open connections and accepts no more. ``ledger`` is a
    file to which each request's body is appended as one JSON line before it is answered.
    """

    def __init__(
        self,
        *,
        answer: Answer = choose,
        script: Iterable[Reply] = (),
        port: int = 0,
        delay: float = 0.0,
        die_after: int | None = None,
        ledger: Path | None = None,
        models: Iterable[str] = ("loopback",),
        key: str | None = None,
    ) -> None:
        self.answer = answer
        self.key = key
        """The key without which the list of models is refused; None lets everybody read it."""
        self.delay = delay
        self.models = tuple(models)
        self.requests: list[Body] = []
        """The bodies of all chat requests so far, in order of arrival."""
        self.keys: list[str | None] = []
        """The key sent with each of those requests."""
        self.max_connections = 0
        """The largest number of requests answered at the same time."""
        self.dead = threading.Event()
        self._script = list(script)
        self._die_after = die_after
        self._ledger = ledger
        self._in_flight = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), partial(_Handler, self))
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port the server listens on."""
        return int(self._server.server_address[1])

    @property
    def root(self) -> str:
        """The base address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_base(self) -> str:
        """The address to configure in a client."""
        return f"{self.root}/v1"

    @property
    def in_flight(self) -> int:
        """The number of requests that wait for their answer."""
        return self._in_flight

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start answering."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting and close the port; requests in progress are abandoned."""
        self.dead.set()
        self._server.shutdown()
        self._server.server_close()

    def _admit(self, body: Body, key: str | None) -> Reply | None:
        """Record a request and return its scripted answer; None after the server has died."""
        with self._lock:
            if self.dead.is_set():
                return None
            self._write(body)
            self.requests.append(body)
            self.keys.append(key)
            self._in_flight += 1
            self.max_connections = max(self.max_connections, self._in_flight)
            if len(self.requests) == self._die_after:
                self.dead.set()
            scripted = self._script.pop(0) if self._script else None
        return scripted or self.answer(body)

    def _write(self, body: Body) -> None:
        if self._ledger is None:
            return
        with self._ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps(body) + "\n")

    def _release(self) -> None:
        """Record a request as answered; the last one before death closes the port."""
        with self._lock:
            self._in_flight -= 1
            last = self.dead.is_set() and self._in_flight == 0
        if last:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: tests do so on purpose."""


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one endpoint."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, endpoint: Endpoint, *arguments: Any) -> None:
        self._endpoint = endpoint
        super().__init__(*arguments)  # answers at once

    def do_GET(self) -> None:
        if self._endpoint.dead.is_set():
            return self._hang_up()
        if self.path != "/v1/models":
            return self._send(404, b'{"error": {"message": "no such path"}}')
        if self._endpoint.key is not None and self._key() != self._endpoint.key:
            return self._send(401, b'{"error": {"message": "no such key"}}')
        data = [{"id": name, "object": "model"} for name in self._endpoint.models]
        return self._send(200, json.dumps({"object": "list", "data": data}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = self._endpoint._admit(body, self._key())
        if reply is None:
            return self._hang_up()
        try:
            time.sleep(self._endpoint.delay + reply.delay)
            self._answer(body, reply)
        finally:
            self._endpoint._release()

    def _answer(self, body: Body, reply: Reply) -> None:
        sent = reply.body if reply.body is not None else _chat_completion(body, reply)
        match reply.fault:
            case Fault.DROP:
                self._hang_up()
            case Fault.TRUNCATE:
                self._send(reply.status, sent, reply.headers, part=len(sent) // 2)
                self._hang_up()
            case Fault.NONE:
                self._send(reply.status, sent, reply.headers)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        part: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:part])

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _key(self) -> str | None:
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return bearer or self.headers.get("x-api-key")

    def log_message(self, format: str, *args: Any) -> None:
        """Write no access log."""


def _chat_completion(body: Body, reply: Reply) -> bytes:
    """Return the JSON body of one chat completion; ids and times are constant on purpose."""
    message: Body = {"role": "assistant", "content": reply.text}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    completion: Body = {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "model": reply.model or body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
    }
    if not reply.choices:
        completion["choices"] = []
    if reply.usage:
        asked = sum(_tokens(_text(m)) for m in body.get("messages", []))
        said = _tokens(reply.text or "")
        completion["usage"] = {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
        }
    return json.dumps(completion).encode()


def _tokens(text: str) -> int:
    """Return a rough token count: four characters per token, rounded up."""
    return -(-len(text) // 4)


def main() -> None:
    """Serve until killed or until ``--die-after`` ends the server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="JSONL file that every request is appended to")
    parser.add_argument("--die-after", type=int, metavar="N", help="requests answered before death")
    parser.add_argument("--delay", type=float, default=0.0, metavar="S", help="seconds per answer")
    options = parser.parse_args()
    endpoint = Endpoint(
        port=options.port, ledger=options.ledger, die_after=options.die_after, delay=options.delay
    )
    print(endpoint.port, flush=True)
    endpoint._server.serve_forever(0.02)


if __name__ == "__main__":
    main()
