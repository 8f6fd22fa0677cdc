"""The direct transport: addresses, bodies, faults, retries and records."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import litellm_api
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.chat_answers import read_body
from gamegrid.backends.faults import Blame, Fault, Refusal, read_refusal
from gamegrid.backends.litellm_api import FIRST_DELAY_S
from gamegrid.backends.openai_http import chat_url
from gamegrid.backends.providers import Secrets
from gamegrid.backends.retry import RetryPolicy
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure
from loopback import Endpoint, Reply, error
from loopback import Fault as Broken

LABELS = ("a1", 'say "b2"', "c 3")
NOTHING = Secrets({}, None)


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, no key in the environment, short pauses between attempts."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.002)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that answers OpenAI's requests."""
    with Endpoint() as server:
        yield server


def request(decode: Decode = Decode.GENERATE, **sampling: Any) -> Request:
    return Request(
        model="litellm_openai/m",
        messages=(Message("system", "You play."), Message("user", 'Legal moves: ["a1"]')),
        sampling=Sampling(**sampling),
        decode=decode,
        choices=None if decode is Decode.GENERATE else LABELS,
    )


@asynccontextmanager
async def opened(api_base: str, name: str = "litellm_openai/m", **keys: Any) -> AsyncIterator[Any]:
    backend: Backend = litellm_api.create(ModelEntry(name=name, api_base=api_base, **keys), Path())
    await backend.open()
    try:
        yield backend
    finally:
        await backend.close()


async def ask(endpoint: Endpoint, **keys: Any) -> Completion:
    async with opened(endpoint.api_base, **keys) as backend:
        done: Completion = await backend.complete(request())
    return done


# Addresses and bodies


@pytest.mark.parametrize(
    ("api_base", "url"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("http://h:1/", "http://h:1/v1/chat/completions"),
        ("http://h:1/v1", "http://h:1/v1/chat/completions"),
        ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
        ("https://h/api/v3//", "https://h/api/v3/chat/completions"),
        ("https://h/chat/completions", "https://h/chat/completions"),
        ("https://h/openai?api-version=7", "https://h/openai/chat/completions?api-version=7"),
    ],
)
def test_an_address_is_joined_whatever_its_end(api_base: str, url: str) -> None:
    assert chat_url(api_base) == url


async def test_the_body_is_kept_as_it_was_delivered(endpoint: Endpoint) -> None:
    sent = b'{"id": 7,  "choices": [{"message": {"content": "a1"}}], "own": "\\u00e9 field"}'
    endpoint.answer = lambda body: Reply(body=sent)
    done = await ask(endpoint)
    assert done.raw == sent.decode()
    assert (done.text, done.finish_reason) == ("a1", FinishReason.STOP)


def test_the_library_is_not_imported(endpoint: Endpoint) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from gamegrid.backends import litellm_api
from gamegrid.backends.backend import Message, ModelEntry, Request, Sampling

async def main():
    entry = ModelEntry(name="litellm_openai/m", api_base=sys.argv[1])
    backend = litellm_api.create(entry, Path())
    assert "aiohttp" not in sys.modules
    await backend.open()
    await backend.complete(Request(model="m", messages=(Message("user", "hi"),),
                                   sampling=Sampling()))
    await backend.close()

asyncio.run(main())
print({"litellm", "openai", "httpx"} & set(sys.modules))
"""
    scripts = str(Path(litellm_api.__file__).parents[2])
    printed = subprocess.check_output(
        [sys.executable, "-c", code, endpoint.api_base], env={"PYTHONPATH": scripts}, text=True
    )
    assert printed == "set()\n"


async def test_messages_come_before_what_changes_from_turn_to_turn(endpoint: Endpoint) -> None:
    """The unchanging part begins the body, so that a provider's prefix cache can hold it."""
    async with opened(endpoint.api_base) as backend:
        await backend.complete(request(seed=1, temperature=0.5))
        await backend.complete(request(seed=2, temperature=0.5))
    one, two = (json.dumps(body) for body in endpoint.requests)
    assert list(json.loads(one))[:2] == ["model", "messages"]
    shared = next(n for n, (a, b) in enumerate(zip(one, two, strict=True)) if a != b)
    assert shared > one.index("Legal moves")


async def test_the_parameters_sent_are_kept(endpoint: Endpoint) -> None:
    async with opened(endpoint.api_base) as backend:
        done = await backend.complete(request(seed=3, extra_body={"top_k": 2}))
    assert done.sent == {"model": "m", "seed": 3, "top_k": 2}


async def test_a_login_in_the_address_is_sent_and_not_told(endpoint: Endpoint) -> None:
    endpoint.answer = lambda body: error(401, message="no")
    address = endpoint.api_base.replace("//", "//me:pass1234word@")
    async with opened(address) as backend:
        with pytest.raises(BackendError) as trouble:
            await backend.complete(request())
    assert endpoint.keys == ["Basic bWU6cGFzczEyMzR3b3Jk"]
    assert "pass1234word" not in str(trouble.value)


async def test_no_proxy_of_the_environment_is_used(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await ask(endpoint)).transport_attempts == 1


# Holding a reply to the legal moves


async def test_a_vllm_server_is_given_the_choices(endpoint: Endpoint) -> None:
    endpoint.answer = lambda body: Reply(text="c 3")
    async with opened(endpoint.api_base, "litellm_hosted_vllm/m") as backend:
        done = await backend.complete(request(Decode.CONSTRAINED))
    assert endpoint.requests[0]["structured_outputs"] == {"choice": list(LABELS)}
    assert endpoint.requests[0]["skip_special_tokens"] is False
    assert done.text == "c 3"


async def test_other_servers_are_given_a_schema_that_the_parser_can_read(
    endpoint: Endpoint,
) -> None:
    async with opened(endpoint.api_base) as backend:
        await backend.complete(request(Decode.CONSTRAINED))
    form = endpoint.requests[0]["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    schema = form["json_schema"]["schema"]
    [[key, move]] = schema["properties"].items()
    assert schema["required"] == [key] and schema["additionalProperties"] is False
    for label in move["enum"]:
        assert parse(json.dumps({key: label}), FinishReason.STOP, LABELS).label == label
    assert tuple(move["enum"]) == LABELS


@pytest.mark.parametrize(
    ("name", "refused"),
    [("litellm_gpt-4o-mini", False), ("litellm_together_ai/unheard-of", True)],
)
def test_only_what_is_known_to_keep_to_a_schema_is_constrained(name: str, refused: bool) -> None:
    said = litellm_api.unsupported_reason(ModelEntry(name=name), Sampling(), Decode.CONSTRAINED)
    assert ("constrained" in said) if said is not None else not refused


# Answers


def body(message: dict[str, Any], **more: Any) -> str:
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]} | more)


def answer(message: dict[str, Any], **more: Any) -> Completion:
    found = read_body(body(message, **more), 0.1, NOTHING)
    assert isinstance(found, Completion)
    return found


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_thinking_has_two_names(key: str) -> None:
    found = answer({"content": "a1", key: "hm"})
    assert (found.text, found.reasoning) == ("a1", "hm")


def test_a_refusal_is_the_models_own() -> None:
    found = answer({"content": None, "refusal": "I will not."})
    assert (found.text, found.finish_reason) == ("I will not.", FinishReason.REFUSED)
    assert parse(found.text, found.finish_reason, LABELS).failure is Failure.REFUSED


def test_content_may_come_in_parts() -> None:
    assert answer({"content": [{"type": "text", "text": "a"}, {"text": "1"}]}).text == "a1"


@pytest.mark.parametrize(
    ("stated", "cached", "reasoned"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 0}}, 0, None),
        ({"prompt_cache_hit_tokens": 5}, 5, None),
        ({"completion_tokens_details": {"reasoning_tokens": 4}}, None, 4),
        ({"prompt_tokens_details": None, "completion_tokens_details": "x"}, None, None),
        ({"prompt_tokens_details": {"cached_tokens": -1}}, None, None),
        ({}, None, None),
    ],
)
def test_tokens_are_as_stated_or_unknown(
    stated: dict[str, Any], cached: int | None, reasoned: int | None
) -> None:
    usage = answer({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": 0} | stated)
    found = usage.usage
    assert (found.prompt_tokens, found.completion_tokens) == (9, 0)
    assert (found.cached_tokens, found.reasoning_tokens) == (cached, reasoned)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[1]", '"x"', "{}", '{"choices": {}}', '{"choices": [null]}', '{"choices": [{}]}'],
)
def test_a_body_without_an_answer_is_lost_and_kept(text: str) -> None:
    found = read_body(text, 0.1, NOTHING)
    assert isinstance(found, Fault)
    assert (found.blame, found.body) == (Blame.MAYBE_BILLED, text)


# Errors

SPENT = "Your credit balance is too low to access the Anthropic API."
DAILY = {"details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProject-FreeTier"}]}]}
DELAYED = {"details": [{"retryDelay": "34.5s"}]}


@pytest.mark.parametrize(
    ("status", "told", "blame"),
    [
        (301, {}, Blame.ACCOUNT),
        (400, {"message": "bad"}, Blame.REQUEST),
        (400, {"message": SPENT}, Blame.ACCOUNT),
        (400, {"message": "API key not valid. Please pass a valid API key."}, Blame.ACCOUNT),
        (401, {}, Blame.ACCOUNT),
        (402, {}, Blame.ACCOUNT),
        (403, {}, Blame.ACCOUNT),
        (404, {}, Blame.ACCOUNT),
        (429, {"code": "rate_limit_exceeded"}, Blame.UNBILLED),
        (429, {"code": "insufficient_quota"}, Blame.ACCOUNT),
        (429, {"type": "billing_hard_limit_reached"}, Blame.ACCOUNT),
        (429, {"message": "slow", **DAILY}, Blame.ACCOUNT),
        (429, {"message": "slow", **DELAYED}, Blame.UNBILLED),
        (529, {}, Blame.UNBILLED),
    ],
)
def test_a_status_and_its_body_say_what_is_hopeless(
    status: int, told: dict[str, Any], blame: Blame
) -> None:
    refusal = Refusal(status, {}, json.dumps({"error": told}))
    found = read_refusal(refusal, "Check K.", NOTHING)
    assert isinstance(found, Fault)
    assert (found.blame, found.status) == (blame, status)
    assert found.retry_after_s == (34.5 if told == {"message": "slow", **DELAYED} else None)


OVERFLOWS = [
    "This model's maximum context length is 8 tokens.",
    "the request exceeds the available context size (512 tokens), try increasing it",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "The input (900 tokens) is longer than the model's context length (512 tokens).",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096",
    "The input token count (1048600) exceeds the maximum number of tokens allowed (1048576).",
]


@pytest.mark.parametrize("message", OVERFLOWS)
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_full_context_is_known_by_many_words(status: int, message: str) -> None:
    refusal = Refusal(status, {}, json.dumps({"error": {"message": message}}))
    found = read_refusal(refusal, "", NOTHING)
    assert isinstance(found, Completion)
    assert found.finish_reason is FinishReason.CONTEXT_OVERFLOW


# Attempts


async def test_every_attempt_is_kept_with_what_was_lost() -> None:
    half = b'{"choices": [{"mess'
    script = [error(503, message="busy"), Reply(fault=Broken.DROP), Reply(body=half)]
    with Endpoint(script=script) as endpoint:
        done = await ask(endpoint)
    kinds = [(each.kind, each.status) for each in done.attempts]
    assert kinds == [
        ("unbilled", 503),
        ("maybe_billed", None),
        ("maybe_billed", 200),
        ("answered", None),
    ]
    assert (done.transport_attempts, done.maybe_billed) == (4, 2)
    assert done.attempts[2].body == half.decode()
    moments = [datetime.fromisoformat(each.at) for each in done.attempts]
    assert moments == sorted(moments)


async def test_a_request_given_up_tells_its_attempts(endpoint: Endpoint) -> None:
    endpoint.answer = lambda body: Reply(fault=Broken.TRUNCATE)
    with pytest.raises(
        BackendError, match="3 attempts, 3 of which may have been billed"
    ) as trouble:
        await ask(endpoint)
    assert [each.kind for each in trouble.value.attempts] == ["maybe_billed"] * 3


@pytest.mark.parametrize("stated", ["3600", "date"])
async def test_an_hour_is_not_waited(endpoint: Endpoint, stated: str) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    wait = {"Retry-After": later if stated == "date" else stated}
    endpoint.answer = lambda body: Reply(status=429, headers=wait, body=b"{}")
    with pytest.raises(BackendError, match=r"asks to wait 3\d\d\d s, and at most 300 s"):
        await ask(endpoint)
    assert len(endpoint.requests) == 1


def test_delays_grow_with_full_jitter_on_top_of_what_is_asked_for() -> None:
    policy = RetryPolicy(first_delay_s=0.5)
    drawn = {n: [policy.delay_s(n, 2.0) for _ in range(300)] for n in (1, 4, 30)}
    for attempt, most in ((1, 0.5), (4, 4.0), (30, 60.0)):
        assert all(2.0 <= each <= 2.0 + most for each in drawn[attempt])
        assert min(drawn[attempt]) < 2.0 + 0.2 * most < 2.0 + 0.8 * most < max(drawn[attempt])


def test_pauses_of_a_busy_model_are_together_longer_than_a_minute() -> None:
    policy = RetryPolicy(first_delay_s=FIRST_DELAY_S)
    for _ in range(100):
        pauses = [policy.pause_s(level, None) for level in range(1, policy.max_refusals)]
        assert 90 < sum(pauses) < 185
    assert 60.0 + 30.0 <= policy.pause_s(5000, 60.0) <= 60.0 + 60.0


async def test_a_dead_account_ends_those_who_wait_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "gamegrid")
    script = [error(429, retry_after=60), error(401, message="wrong key")]
    with Endpoint(script=script, delay=0.05) as endpoint:
        async with opened(endpoint.api_base, max_connections=2) as backend:
            began = time.monotonic()
            asked = [asyncio.create_task(backend.complete(request())) for _ in range(8)]
            said = await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - began < 10, "nobody waits out the minute"
    assert {type(each) for each in said} == {BackendError}
    assert len({str(each) for each in said}) == 1
    assert len(endpoint.requests) == 2
    told = [each for each in caplog.messages if "No more requests are sent" in each]
    assert len(told) == 1


async def test_an_ending_job_waits_for_what_is_in_flight_and_sends_no_more() -> None:
    with Endpoint(script=[error(503), Reply(text="a", delay=0.3)], delay=0.05) as endpoint:
        async with opened(endpoint.api_base, max_connections=1) as backend:
            tried = asyncio.create_task(backend.complete(request()))
            while not endpoint.requests:
                await asyncio.sleep(0.01)
            asked = [asyncio.create_task(backend.complete(request())) for _ in range(4)]
            while len(endpoint.requests) < 2:
                await asyncio.sleep(0.01)
            backend.stop()
            said = await asyncio.gather(tried, *asked, return_exceptions=True)
    answered = [each for each in said if isinstance(each, Completion)]
    refused = [each for each in said if isinstance(each, BackendError)]
    assert (len(answered), len(refused), len(endpoint.requests)) == (1, 4, 2)
    assert all("the job is ending" in str(each) for each in refused)
    assert sum(len(each.attempts) for each in refused) + len(answered[0].attempts) == 2


async def test_another_model_in_mid_run_is_told_once_and_kept(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    prints = iter(["fp_1", "fp_1", "fp_2", "fp_2"])
    endpoint.answer = lambda _: Reply(
        body=body({"content": "a"}, model="m-7", system_fingerprint=next(prints)).encode()
    )
    async with opened(endpoint.api_base) as backend:
        done = [await backend.complete(request()) for _ in range(4)]
    assert [each.fingerprint for each in done] == ["fp_1", "fp_1", "fp_2", "fp_2"]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1 and "fp_1" in told[0] and "fp_2" in told[0]


async def test_complaints_make_fewer_requests_at_once(endpoint: Endpoint) -> None:
    """A server that takes four requests at once soon gets hardly more."""
    endpoint.delay = 0.03
    endpoint.answer = lambda body: error(429) if endpoint._in_flight > 4 else Reply(text="a")
    async with opened(endpoint.api_base, max_connections=32) as backend:
        outcomes = await asyncio.gather(
            *(backend.complete(request(seed=n)) for n in range(150)), return_exceptions=True
        )
        late = [each for each in outcomes[75:] if isinstance(each, Completion)]
    assert len(late) > 70, "later requests find a server that is not overrun"


# A body that comes too slowly, or never


@contextmanager
def trickling(pause_s: float) -> Iterator[str]:
    """Serve answers byte by byte, with pauses, until the client goes away."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b"x" * 999:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                time.sleep(pause_s)

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        listening.close()


async def test_the_time_of_an_attempt_counts_to_its_last_byte() -> None:
    with trickling(0.01) as api_base:
        began = time.monotonic()
        async with opened(api_base, timeout=0.2) as backend:
            with pytest.raises(BackendError, match=r"no whole answer within 0\.2 s.*3 attempts"):
                await backend.complete(request())
    assert time.monotonic() - began < 5
