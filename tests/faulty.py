"""A fast local model provider that fails in every known way and keeps a ledger.

It stands in for OpenAI, Anthropic and Gemini: the backends under test talk real HTTP to it. Its
faults depend only on its seed, the question and the number of earlier attempts, so a campaign can
be repeated. The text of its replies depends only on the question.

    python tests/faulty.py --port 0 --ledger F --rate 0.25 --slips 0.1 --seed 1

prints its port on the first line of standard output and runs until it is killed. In a test, use
``with Provider(...) as provider`` (a separate process) or ``with serving(decide) as server`` (a
thread of the test's process, with every reply decided by the test).
"""

import argparse
import asyncio
import hashlib
import json
import re
import socket
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

from provider_forms import Answer, Body, End, Form, Question, Refusal, form_of, tokens

Kind = TypeVar("Kind")

LEGAL_MOVES = re.compile(r"^Legal moves: (\[.*\])$", re.MULTILINE)


class Fault(StrEnum):
    """A transport fault, drawn anew for every attempt."""

    NONE = "none"
    RATE_LIMIT = "429"
    RATE_LIMIT_WAIT = "429 with Retry-After"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    OVERLOADED = "529"
    RESET = "reset"
    """The connection is reset before any work is done."""
    DROP = "drop"
    """The work is done, then the connection closes without sending a byte."""
    TRUNCATE = "truncate"
    """Half of the announced body arrives, then the connection closes."""
    MALFORMED = "malformed"
    """A complete body that is not JSON."""
    HANG = "hang"
    """The work is done, but the answer is never sent."""
    TRICKLE = "trickle"
    """The body arrives a byte at a time."""
    CAPACITY = "498"
    """The provider's own code for an overloaded server, where it has one."""
    RATE_IN_200 = "429 in 200"
    BUSY_IN_200 = "overload in 200"
    NO_CHOICES = "no choices"
    ERROR_IN_200 = "error in 200"
    ERROR_IN_CHOICE = "error in a choice"
    """An error where the reply should be, in OpenAI's interface; elsewhere an error in 200."""
    BROKEN_OFF = "broken off"
    """A reply with a legal move, and a finish reason that says that the server failed."""
    PAGE = "web page"
    CUT_STREAM = "cut stream"
    """A stream of events, though none was asked for, that breaks off."""
    BAD_KEY = "401"
    NO_MODEL = "404"
    NO_QUOTA = "insufficient quota"


class Slip(StrEnum):
    """A defect of the model's reply, the same each time a question is asked."""

    NONE = "none"
    ILLEGAL = "illegal"
    UNPARSABLE = "unparsable"
    EMPTY = "empty"
    NULL = "null"
    LENGTH = "length"
    FILTER = "filter"
    FILTERED = "filtered request"
    OVERFLOW = "overflow"
    FLAGGED = "403 for the prompt"
    FLAGGED_IN_200 = "flagged in 200"
    OVERFLOW_IN_200 = "overflow in 200"
    FULL = "500 for a full context"
    OTHER_LENGTH = "a limit in other words"
    OTHER_FILTER = "a filter in other words"
    TOOLS = "a tool called"
    UNKNOWN_END = "an unknown end"
    """These four replies name a legal move, which must not count."""
    NO_USAGE = "no usage"
    """A good reply without token counts."""
    ODD_USAGE = "odd usage"
    """A good reply with token counts that make no sense."""
    OBJECT_END = "an object for an end"
    """A good reply whose finish reason is an object."""
    STREAMED = "streamed"
    """A good reply as a stream of events, though none was asked for."""


REFUSED = {
    Fault.RATE_LIMIT: Refusal.RATE_LIMIT,
    Fault.RATE_LIMIT_WAIT: Refusal.RATE_LIMIT,
    Fault.SERVER_ERROR: Refusal.SERVER_ERROR,
    Fault.BAD_GATEWAY: Refusal.BAD_GATEWAY,
    Fault.UNAVAILABLE: Refusal.UNAVAILABLE,
    Fault.OVERLOADED: Refusal.OVERLOADED,
    Fault.CAPACITY: Refusal.CAPACITY,
    Fault.BAD_KEY: Refusal.BAD_KEY,
    Fault.NO_MODEL: Refusal.NO_MODEL,
    Fault.NO_QUOTA: Refusal.NO_QUOTA,
}
FATAL = (Fault.BAD_KEY, Fault.NO_MODEL, Fault.NO_QUOTA)
"""Errors after which no request succeeds, so they end a run."""
LOST = (
    Fault.RESET,
    Fault.DROP,
    Fault.TRUNCATE,
    Fault.MALFORMED,
    Fault.HANG,
    Fault.TRICKLE,
    Fault.NO_CHOICES,
    Fault.ERROR_IN_200,
    Fault.ERROR_IN_CHOICE,
    Fault.BROKEN_OFF,
    Fault.PAGE,
    Fault.CUT_STREAM,
)
"""Faults after which a client cannot know whether it has paid."""
PASSING = tuple(fault for fault in Fault if fault is not Fault.NONE and fault not in FATAL)
SPOILT = (
    Fault.MALFORMED,
    Fault.NO_CHOICES,
    Fault.ERROR_IN_200,
    Fault.ERROR_IN_CHOICE,
    Fault.BROKEN_OFF,
    Fault.PAGE,
    Fault.CUT_STREAM,
)
"""Faults in a complete body of status 200."""
GOOD = (Slip.NONE, Slip.NO_USAGE, Slip.ODD_USAGE, Slip.OBJECT_END, Slip.STREAMED)
"""Replies that hold a legal move."""
REFUSALS = {
    Slip.FILTERED: Refusal.FILTERED,
    Slip.FLAGGED: Refusal.FLAGGED,
    Slip.FLAGGED_IN_200: Refusal.FLAGGED,
    Slip.OVERFLOW: Refusal.OVERFLOW,
    Slip.OVERFLOW_IN_200: Refusal.OVERFLOW,
    Slip.FULL: Refusal.FULL,
}
"""Slips that are errors instead of replies."""
IN_200 = (Slip.FLAGGED_IN_200, Slip.OVERFLOW_IN_200)

Decide = Callable[[Question, int], tuple[Fault, Slip]]
"""Decides fault and slip for a question and the number of its earlier attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Random faults and slips with the probabilities ``rate`` and ``slips``."""

    seed: int
    rate: float
    slips: float
    faults: Sequence[Fault] = PASSING

    def __call__(self, question: Question, attempt: int) -> tuple[Fault, Slip]:
        fault = self._pick(self.rate, self.faults, f"fault|{question.digest}|{attempt}")
        slip = self._pick(self.slips, tuple(Slip)[1:], f"slip|{question.digest}")
        return fault or Fault.NONE, slip or Slip.NONE

    def _pick(self, rate: float, kinds: Sequence[Kind], place: str) -> Kind | None:
        drawn = hashlib.sha256(f"{self.seed}|{place}".encode()).digest()
        if int.from_bytes(drawn[:8]) >= rate * 2**64:
            return None
        return kinds[int.from_bytes(drawn[8:16]) % len(kinds)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request in the ledger.

    ``billed``: the work was done. ``delivered``: the last byte of a complete, readable answer was
    written while the client was still connected. ``label``: the legal move in it, None if there is
    none.
    """

    question: str
    attempt: int
    model: str
    fault: Fault
    slip: Slip
    billed: bool
    answer: str | None
    label: str | None
    delivered: bool


@dataclass(slots=True)
class Ledger:
    """All requests in order of arrival, in memory and, if a path is given, also on disk."""

    path: Path | None = None
    entries: list[Entry] = field(default_factory=list)
    _file: Any = None

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("ab", buffering=0)
        line = {name: getattr(entry, name) for name in Entry.__slots__}
        self._file.write(json.dumps(line).encode() + b"\n")


def read_ledger(path: Path) -> list[Entry]:
    """Return the entries of a ledger file; an entry that was delivered late counts once."""
    found: dict[tuple[str, int], Entry] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        kept = json.loads(line)
        kept |= {"fault": Fault(kept["fault"]), "slip": Slip(kept["slip"])}
        found[kept["question"], kept["attempt"]] = Entry(**kept)
    return list(found.values())


class Server:
    """State shared by all connections.

    ``echo``: include the request's key in every answer that has room for it.
    """

    def __init__(
        self,
        decide: Decide,
        ledger: Ledger,
        *,
        retry_after_s: float = 0.05,
        delay_s: float = 0.0,
        trickle_s: float = 1.0,
        echo: bool = False,
    ) -> None:
        self.decide = decide
        self.ledger = ledger
        self.retry_after_s = retry_after_s
        self.delay_s = delay_s
        self.trickle_s = trickle_s
        self.echo = echo
        self.asked: Counter[str] = Counter()
        self.bodies: list[Body] = []
        """The bodies of all requests, kept only if ``keep_bodies``."""
        self.keep_bodies = False
        self.port = 0

    @property
    def root(self) -> str:
        """The base address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self, port: int) -> None:
        """Open the port; 0 picks a free one."""
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = int(self._socket.getsockname()[1])

    async def serve(self, ended: asyncio.Event) -> None:
        """Answer requests until ``ended`` is set."""
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: Connection(self), sock=self._socket)
        await ended.wait()
        listening.close()


class Connection(asyncio.Protocol):
    """One client's keep-alive connection, which carries one request at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = bytearray()
        self._transport: asyncio.Transport
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (x.partition(":") for x in lines[1:])}
            size = end + 4 + int(headers.get("content-length", 0))
            if len(self._received) < size:
                return
            body = bytes(self._received[end + 4 : size])
            del self._received[:size]
            method, path, _ = lines[0].split(" ", 2)
            self._serve(method, path.partition("?")[0], headers, body)

    def _serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        form = form_of(path) if method == "POST" else None
        if form is None:
            listed = method == "GET" and path.endswith("/models")
            self._send(200 if listed else 404, {"data": [{"id": "any", "object": "model"}]})
            return
        read = json.loads(body)
        if self._server.keep_bodies:
            self._server.bodies.append(read)
        question = form.question(path, read)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        key = bearer or headers.get("x-api-key") or headers.get("x-goog-api-key") or ""
        exchange = Exchange(self, self._server, form, question, key if self._server.echo else "")
        if self._server.delay_s:
            asyncio.get_running_loop().call_later(self._server.delay_s, exchange.answer)
        else:
            exchange.answer()

    @property
    def here(self) -> bool:
        """Whether the client is still connected."""
        return not (self._gone or self._transport.is_closing())

    def _send(self, status: int, body: Body) -> None:
        self.write(head(status, len(text := json.dumps(body).encode())) + text)

    def write(self, data: bytes) -> None:
        """Send bytes if the client is still connected."""
        if self.here:
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection after everything written has been sent."""
        self._transport.close()

    def reset(self) -> None:
        """Reset the connection."""
        if self.here:
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()


@dataclass(slots=True)
class Exchange:
    """One request and its handling."""

    connection: Connection
    server: Server
    form: Form
    question: Question
    key: str
    """The key to include in answers; empty to include none."""
    attempt: int = 0

    def answer(self) -> None:
        """Decide on an answer, record it and send it."""
        self.attempt = self.server.asked[self.question.digest]
        self.server.asked[self.question.digest] += 1
        fault, slip = self.server.decide(self.question, self.attempt)
        match fault:
            case Fault.NONE:
                self._whole(fault, slip)
            case Fault.RESET:
                self._book(fault, slip, billed=False)
                self.connection.reset()
            case Fault.DROP | Fault.TRUNCATE | Fault.HANG | Fault.TRICKLE:
                self._lose(fault, slip)
            case _ if fault in SPOILT:
                self._book(fault, slip, billed=True)
                self._send(200, self._spoilt(fault))
            case Fault.RATE_IN_200 | Fault.BUSY_IN_200:
                self._book(fault, slip, billed=False)
                rate = fault is Fault.RATE_IN_200
                why = Refusal.RATE_LIMIT if rate else Refusal.OVERLOADED
                self._send(200, self._dump(self.form.refusal(why, self._told())[1]))
            case _ if fault in REFUSED:
                self._book(fault, slip, billed=False)
                status, body = self.form.refusal(REFUSED[fault], self._told())
                wait = fault is Fault.RATE_LIMIT_WAIT
                self._send(status, self._dump(body), wait)
            case _:
                raise AssertionError(fault)

    def _whole(self, fault: Fault, slip: Slip) -> None:
        """Deliver the model's reply, good or not."""
        status, body, label = self._reply(slip)
        streamed = slip is Slip.STREAMED and "choices" in body
        self._send(status, self._stream(body) if streamed else self._dump(body))
        billed = status == 200 and slip not in REFUSALS
        self._book(fault, slip, billed=billed, label=label, delivered=self.connection.here)

    def _lose(self, fault: Fault, slip: Slip) -> None:
        """Do the work, then deliver nothing or only part of the answer."""
        self._book(fault, slip, billed=True)
        status, body, label = self._reply(slip)
        text = self._dump(body)
        start = head(status, len(text))
        match fault:
            case Fault.DROP:
                self.connection.close()
            case Fault.TRUNCATE:
                self.connection.write(start + text[: len(text) // 2])
                self.connection.close()
            case Fault.TRICKLE:
                self._trickle(start + text, lambda: self._late(slip, status == 200, label))
            case _:  # a hang: send nothing until the client gives up
                pass

    def _trickle(self, rest: bytes, done: Callable[[], None]) -> None:
        """Send a byte now and the others later."""
        self.connection.write(rest[:1])
        if len(rest) == 1:
            done()
        elif self.connection.here:
            asyncio.get_running_loop().call_later(
                self.server.trickle_s, self._trickle, rest[1:], done
            )

    def _late(self, slip: Slip, billed: bool, label: str | None) -> None:
        self._book(Fault.TRICKLE, slip, billed=billed, label=label, delivered=self.connection.here)

    def _spoilt(self, fault: Fault) -> bytes:
        end = End.BROKEN if fault is Fault.BROKEN_OFF else None
        _, body, _ = self._reply(Slip.NONE, whole=fault is not Fault.NO_CHOICES, end=end)
        failure = self.form.refusal(Refusal.SERVER_ERROR, self._told())[1]
        match fault:
            case Fault.MALFORMED:
                # The content of a cut-off JSON string stays escaped, including a key in it.
                text = self._dump(body)
                return text[: len(text) // 2] + self._dump({"told": self._told()})[:-2]
            case Fault.PAGE:
                return f"<!DOCTYPE html><html><title>Sorry</title>{self._told()}".encode()
            case Fault.CUT_STREAM if "choices" in body:
                return self._stream(body, whole=False)
            case Fault.ERROR_IN_CHOICE if "choices" in body:
                empty = {"role": "assistant", "content": ""}
                choice = {"index": 0, "message": empty, "finish_reason": None, **failure}
                return self._dump(body | {"choices": [choice]})
            case Fault.ERROR_IN_200 | Fault.ERROR_IN_CHOICE | Fault.CUT_STREAM:
                return self._dump(failure)
            case _:
                return self._dump(body)

    def _stream(self, body: Body, *, whole: bool = True) -> bytes:
        """Return a body in OpenAI's format as a stream of events."""
        [choice] = body["choices"]
        message, head = choice["message"], {**body, "choices": []}
        deltas = [{name: text} for name, text in message.items() if name != "role"]
        chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, head]
        events = [b"data: " + self._dump(chunk) + b"\n\n" for chunk in chunks]
        return b"".join([*events, b"data: [DONE]\n\n"] if whole else events[:1])

    def _reply(
        self, slip: Slip, whole: bool = True, end: End | None = None
    ) -> tuple[int, Body, str | None]:
        """Return status, body and legal move of the model's reply to this question."""
        if slip in REFUSALS:
            status, body = self.form.refusal(REFUSALS[slip], self._told())
            return (200 if slip in IN_200 else status), body, None
        text, label = say(self.question, slip)
        luck = int(self.question.digest[8:16], 16)
        answer = Answer(
            id=self._id(),
            model=self.question.model,
            text=text,
            asked_tokens=sum(tokens(said) for _, said in self.question.messages),
            reasoning="Let me see." if luck % 4 == 0 else None,
            end=end or END.get(slip, End.STOP),
            usage=slip is not Slip.NO_USAGE,
            odd_usage=slip is Slip.ODD_USAGE,
            whole=whole,
        )
        body = self.form.answer(answer)
        if self.key:
            body["echo"] = self._told()
        return 200, body, label

    def _id(self) -> str:
        return f"answer-{self.question.digest[:24]}-{self.attempt}"

    def _told(self) -> str:
        """Return the key as it is and inside an address."""
        return f"key {self.key} at /?key={quote(self.key, safe='')}" if self.key else ""

    def _dump(self, body: Body) -> bytes:
        """Return the body as JSON; a server that echoes keys also escapes slashes, as PHP does."""
        text = json.dumps(body)
        return (text.replace("/", "\\/") if self.key else text).encode()

    def _send(self, status: int, body: bytes, wait: bool = False) -> None:
        more = f"Retry-After: {self.server.retry_after_s:g}\r\n" if wait else ""
        if self.key:
            more += f"X-Echo: {self.key}\r\nLocation: /?key={quote(self.key, safe='')}\r\n"
        self.connection.write(head(status, len(body), more) + body)

    def _book(
        self,
        fault: Fault,
        slip: Slip,
        *,
        billed: bool,
        label: str | None = None,
        delivered: bool = False,
    ) -> None:
        self.server.ledger.write(
            Entry(
                question=self.question.digest,
                attempt=self.attempt,
                model=self.question.model,
                fault=fault,
                slip=slip,
                billed=billed,
                answer=self._id() if billed else None,
                label=label,
                delivered=delivered,
            )
        )


END = {
    Slip.LENGTH: End.LENGTH,
    Slip.FILTER: End.FILTER,
    Slip.OTHER_LENGTH: End.OTHER_LENGTH,
    Slip.OTHER_FILTER: End.OTHER_FILTER,
    Slip.TOOLS: End.TOOLS,
    Slip.UNKNOWN_END: End.UNKNOWN,
    Slip.OBJECT_END: End.OBJECT,
}


def say(question: Question, slip: Slip) -> tuple[str | None, str | None]:
    """Return the reply's text and the legal move in it; both depend on the question only."""
    found = LEGAL_MOVES.findall(question.prompt)
    labels = json.loads(found[-1]) if found else ["no"]
    pick = int(question.digest[:8], 16) % len(labels)
    whole = json.dumps(
        {"reasoning": f"Move {pick} of {len(labels)}.", "action": labels[pick]}, ensure_ascii=False
    )
    if slip in GOOD:
        return whole, labels[pick]
    match slip:
        case Slip.OTHER_LENGTH | Slip.OTHER_FILTER | Slip.TOOLS | Slip.UNKNOWN_END:
            return whole, None
        case Slip.ILLEGAL:
            return json.dumps({"reasoning": "Surprise!", "action": "zz99"}), None
        case Slip.UNPARSABLE:
            return "I would rather talk about the weather.", None
        case Slip.EMPTY:
            return "", None
        case Slip.LENGTH:
            return whole[:-5], None
        case Slip.NULL | Slip.FILTER:
            return None, None
        case _:
            raise AssertionError(f"{slip} is an error and has no text")


def head(status: int, size: int, more: str = "") -> bytes:
    """Return the head of an HTTP response; ``more`` holds complete header lines."""
    return (
        f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n"
        f"Content-Length: {size}\r\n{more}\r\n"
    ).encode("latin-1")


@contextmanager
def serving(decide: Decide, **settings: Any) -> Iterator[Server]:
    """Serve in a thread of this process and keep every request's body."""
    server = Server(decide, Ledger(), **settings)
    server.keep_bodies = True
    server.listen(0)
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(ended)])
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


class Provider:
    """A context manager that runs the server in a separate process."""

    def __init__(self, ledger: Path, *options: str) -> None:
        self._command = [sys.executable, __file__, "--ledger", str(ledger), *options]
        self.ledger = ledger
        self.port = 0

    @property
    def root(self) -> str:
        """The base address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def entries(self) -> list[Entry]:
        """Return the ledger so far."""
        return read_ledger(self.ledger)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="JSONL file of all requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.0, help="share of attempts that fail")
    parser.add_argument("--slips", type=float, default=0.0, help="share of replies without a move")
    parser.add_argument(
        "--faults", type=Fault, nargs="+", choices=tuple(Fault), default=PASSING, metavar="KIND",
        help="kinds of failures: " + ", ".join(Fault),
    )  # fmt: skip
    parser.add_argument("--retry-after", type=float, default=0.05, metavar="S")
    parser.add_argument("--delay", type=float, default=0.0, metavar="S", help="seconds per answer")
    parser.add_argument("--trickle", type=float, default=1.0, metavar="S", help="seconds per byte")
    parser.add_argument("--echo-key", action="store_true", help="tell the key in every answer")
    options = parser.parse_args()
    campaign = Campaign(
        seed=options.seed, rate=options.rate, slips=options.slips, faults=tuple(options.faults)
    )
    server = Server(
        campaign,
        Ledger(options.ledger),
        retry_after_s=options.retry_after,
        delay_s=options.delay,
        trickle_s=options.trickle,
        echo=options.echo_key,
    )
    server.listen(options.port)
    print(server.port, flush=True)
    asyncio.run(server.serve(asyncio.Event()))


if __name__ == "__main__":
    main()
