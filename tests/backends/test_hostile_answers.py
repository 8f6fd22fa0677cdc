"""Whatever a server sends: bounded memory and time, a fault or a reply, at most three requests."""

import base64
import gzip
import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import bodies, litellm_api, litellm_library
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.bodies import Body, BodyError
from gamegrid.backends.faults import LONGEST_DELAY_S, Refusal, retry_after_s
from raw_server import RawServer, response

MODELS = [
    "openai/m",
    "together_ai/m",
    pytest.param("anthropic/m", marks=pytest.mark.nightly),
    pytest.param("oobabooga/m", marks=pytest.mark.nightly),
]
"""Direct; through the library with OpenAI's client, with its own client, and in a thread."""
MB = 2**20


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, no key, short pauses, a limit of 1 MiB on answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(bodies, "LONGEST_BODY", MB)
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


async def ask(model: str, server: RawServer, timeout: float = 10.0) -> Completion | BackendError:
    """Ask once. Nothing but a completion or a BackendError may come out."""
    entry = ModelEntry(name=f"litellm_{model}", api_base=f"{server.root}/v1", timeout=timeout)
    question = Request(
        model=entry.name, messages=(Message("user", "hi"),), sampling=Sampling(max_tokens=5)
    )
    backend = litellm_api.create(entry, Path())
    await backend.open()
    try:
        return await backend.complete(question)
    except BackendError as trouble:
        assert trouble.__cause__ is None and trouble.__context__ is None
        return trouble
    finally:
        await backend.close()


def chat(text: str = "hello", **more: Any) -> bytes:
    """Return an answer in the forms of OpenAI, Anthropic and oobabooga at once."""
    message = {"role": "assistant", "content": text}
    body = {
        "id": "x", "object": "chat.completion", "created": 0, "model": "m", "type": "message",
        "role": "assistant", "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5,
                  "input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    return json.dumps(body | more).encode()


def endless(head: bytes, piece: bytes = b"x" * 65536) -> Iterator[bytes]:
    yield head
    while True:
        yield piece


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
LONG_NUMBER = b'{"choices": [{"message": {"content": "a"}}], "id": ' + b"9" * 5000 + b"}"


def compressed(window: int, size: int) -> bytes:
    stream = zlib.compressobj(9, wbits=window)
    return stream.compress(bytes(size)) + stream.flush()


BOMB = compressed(31, 200 * MB)
LOST: dict[str, Callable[[], Iterable[bytes]]] = {
    "endless, without a length": lambda: endless(OK + b"\r\n"),
    "endless chunks": lambda: endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "longer than allowed, as announced": lambda: [response(b"x" * (2 * MB))],
    "endless spaces before the answer": lambda: endless(OK + b"\r\n", b" " * 65536),
    "a gzip bomb": lambda: [response(BOMB, "Content-Encoding: gzip")],
    "a deflate bomb": lambda: [response(compressed(15, 200 * MB), "Content-Encoding: deflate")],
    "a bomb within a bomb": lambda: [
        response(gzip.compress(BOMB), "Content-Encoding: gzip, gzip")
    ],
    "half a gzip": lambda: [response(gzip.compress(chat())[:-20], "Content-Encoding: gzip")],
    "gzip that is none": lambda: [response(chat(), "Content-Encoding: gzip")],
    "brotli": lambda: [response(b"\x0b\x02\x80abcd\x03", "Content-Encoding: br")],
    "zstd": lambda: [response(b"\x28\xb5\x2f\xfd", "Content-Encoding: zstd")],
    "an invented encoding": lambda: [response(chat(), "Content-Encoding: x-own")],
    "JSON 3,000 levels deep": lambda: [response(DEEP)],
    "lists 100,000 levels deep": lambda: [response(b"[" * 100_000)],
    "a number of 5,000 digits": lambda: [response(LONG_NUMBER)],
    "closed within the body": lambda: [response(chat(), length=len(chat()) + 100)],
    "a negative length": lambda: [OK + b"Content-Length: -5\r\n\r\n" + chat()],
    "two lengths": lambda: [OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + chat()],
    "a length that is a word": lambda: [OK + b"Content-Length: many\r\n\r\n" + chat()],
    "chunks of size -1": lambda: [CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n"],
    "chunks of no size": lambda: [CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"],
    "chunks of a huge size": lambda: [CHUNKED + b"f" * 40 + b"\r\nabc\r\n"],
    "chunks that break off": lambda: [CHUNKED + b"ff\r\nabc"],
    "an endless chunk size": lambda: endless(CHUNKED, b"0" * 65536),
    "an endless chunk extension": lambda: endless(CHUNKED + b"5;", b"x" * 65536),
    "endless trailers": lambda: endless(CHUNKED + b"0\r\n", b"X-T: y\r\n" * 4096),
    "an endless header": lambda: endless(OK + b"X-H: ", b"x" * 65536),
    "endless headers": lambda: endless(OK, b"X-H: y\r\n" * 4096),
    "an endless status line": lambda: endless(b"HTTP/1.1 200 ", b"O" * 65536),
    "no HTTP": lambda: [b"\x00\x01\x02\x03" * 100],
    "nothing": lambda: [response(b"")],
    "a number": lambda: [response(b"7")],
    "NaN": lambda: [response(b"NaN")],
    "null": lambda: [response(b"null")],
    "UTF-8 that is none": lambda: [response(b'{"choices": \xff\xfe\x80}')],
    "choices as text": lambda: [response(chat(choices="abc", content="abc"))],
    "status 204": lambda: [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "status 299": lambda: [response(b"", status="299 Odd")],
}  # fmt: skip


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("model", MODELS)
async def test_an_unreadable_answer_is_booked_as_perhaps_billed(model: str, lost: str) -> None:
    litellm_library.load(model)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with RawServer(lambda _: LOST[lost]()) as server:
        found = await ask(model, server, timeout=0.7)
        count = len(server.requests)
    assert isinstance(found, BackendError), found
    # A request that timed out on a busy machine may not have been read by the server.
    assert 1 <= count <= len(found.attempts) <= 3
    assert "\n" not in str(found) and len(str(found)) < 700
    assert {each.kind for each in found.attempts} == {"maybe_billed"}
    assert all(len(each.body or "") <= bodies.LONGEST_KEPT for each in found.attempts)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000, "in KB"


KEPT = (
    "JSON 3,000 levels deep",
    "a number of 5,000 digits",
    "closed within the body",
    "a gzip bomb",
)


@pytest.mark.parametrize("lost", KEPT)
@pytest.mark.parametrize("model", MODELS)
async def test_what_arrived_of_an_unreadable_answer_is_kept(model: str, lost: str) -> None:
    with RawServer(lambda _: LOST[lost]()) as server:
        found = await ask(model, server)
    assert isinstance(found, BackendError)
    assert all(each.body and each.status == 200 for each in found.attempts)
    json.dumps([each.body for each in found.attempts]).encode("ascii")


WHOLE: dict[str, bytes] = {
    "plain": response(chat()),
    "gzip unasked": response(gzip.compress(chat()), "Content-Encoding: gzip"),
    "x-gzip": response(gzip.compress(chat()), "Content-Encoding: x-gzip"),
    "gzip in two members": response(
        gzip.compress(chat()[:50]) + gzip.compress(chat()[50:]), "Content-Encoding: gzip"
    ),
    "deflate": response(zlib.compress(chat()), "Content-Encoding: deflate"),
    "identity": response(chat(), "Content-Encoding: identity"),
    "chunks": CHUNKED + b"%x\r\n" % len(chat()) + chat() + b"\r\n0\r\nX-T: y\r\n\r\n",
    "a byte order mark": response(b"\xef\xbb\xbf" + chat()),
    "UTF-16": response(chat().decode().encode("utf-16")),
    "NaN beside the text": response(chat(score=float("nan"), best=float("inf"))),
    "an early hint": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + response(chat()),
}  # fmt: skip


@pytest.mark.parametrize("sent", WHOLE)
@pytest.mark.parametrize("model", MODELS[:2])
async def test_an_odd_but_whole_answer_is_read(model: str, sent: str) -> None:
    with RawServer(lambda _: [WHOLE[sent]]) as server:
        found = await ask(model, server)
    assert isinstance(found, Completion), found
    assert (found.text, len(server.requests)) == ("hello", 1)
    json.loads(json.dumps(found.raw))


@pytest.mark.parametrize("status", [408, 499, 504, 520, 524, 598])
@pytest.mark.parametrize("model", MODELS)
async def test_a_gateway_that_gave_up_may_be_billed(model: str, status: int) -> None:
    with RawServer(lambda _: [response(b"{}", status=f"{status} Late")]) as server:
        found = await ask(model, server)
    assert isinstance(found, BackendError)
    assert [each.kind for each in found.attempts] == ["maybe_billed"] * 3
    assert len(server.requests) == 3


@pytest.mark.parametrize("model", MODELS)
async def test_an_error_that_breaks_off_may_be_billed(model: str) -> None:
    half = response(b'{"error": ', status="500 Oops", length=500)
    with RawServer(lambda _: [half]) as server:
        found = await ask(model, server)
    assert isinstance(found, BackendError)
    assert [each.kind for each in found.attempts] == ["maybe_billed"] * 3


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("model", MODELS)
async def test_an_error_without_end_is_known_by_its_status(model: str, status: int) -> None:
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\n\r\n".encode()
    with RawServer(lambda _: endless(head + b'{"error": {"message": "')) as server:
        found = await ask(model, server)
        assert len(server.requests) == 1
        assert server.sent < 40 * MB
    assert isinstance(found, BackendError) and str(status) in str(found)
    assert [each.kind for each in found.attempts] == ["account"]


@pytest.mark.parametrize("model", MODELS)
async def test_a_drip_ends_with_the_time(model: str) -> None:
    def drip() -> Iterator[bytes]:
        yield OK + b"\r\n"
        while True:
            time.sleep(0.02)
            yield b" "

    with RawServer(lambda _: drip()) as server:
        began = time.monotonic()
        found = await ask(model, server, timeout=0.2)
    assert isinstance(found, BackendError) and time.monotonic() - began < 4
    assert {each.kind for each in found.attempts} == {"maybe_billed"}


@pytest.mark.parametrize(
    "stated",
    ["1e400", "nan", "inf", "-7", "9" * 400, "9" * 9000, "soon", "", "\x7f", "0x10", "1_0", "٣",
     "Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -9999",
     "Wed, 21 Oct 2015 07:28:00 +99999999999999999999", "Wed, 99 Foo 2015", "1e3"],
)  # fmt: skip
def test_a_senseless_wait_is_bounded_or_ignored(stated: str) -> None:
    for refusal in (
        Refusal(429, {"retry-after": stated}, ""),
        Refusal(429, {}, json.dumps({"retryDelay": f"{stated}s"})),
    ):
        wait_s = retry_after_s(refusal)
        assert wait_s is None or 0 <= wait_s <= LONGEST_DELAY_S


@pytest.mark.parametrize(
    "stated", ["1e400", "nan", "-7", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -9999"]
)
@pytest.mark.parametrize("model", MODELS[:3])
async def test_a_senseless_wait_stops_no_job(model: str, stated: str) -> None:
    answers = iter([response(b"{}", f"Retry-After: {stated}", status="429 Slow")])
    with RawServer(lambda _: [next(answers, response(chat()))]) as server:
        found = await ask(model, server)
    assert isinstance(found, BackendError | Completion)


# Bodies alone


@pytest.mark.parametrize("window", [31, 15, -15], ids=["gzip", "zlib", "bare deflate"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_a_body_is_decoded_in_pieces_of_any_size(window: int, size: int) -> None:
    text = json.dumps(list(range(3000))).encode()
    stream = zlib.compressobj(wbits=window)
    sent = stream.compress(text) + stream.flush()
    body = Body(200, "gzip" if window == 31 else "deflate")
    assert all(body.feed(sent[at : at + size]) for at in range(0, len(sent), size))
    body.end()
    assert body.bytes == text


def test_a_body_of_an_unknown_encoding_is_kept_as_it_came() -> None:
    body = Body(200, "br")
    body.feed(b"\xff\x00")
    with pytest.raises(BodyError, match="unknown encoding 'br'"):
        body.end()
    assert base64.b64decode(body.text) == b"\xff\x00"
