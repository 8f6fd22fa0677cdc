"""The litellm_ backend: both its transports against a real HTTP endpoint on this machine."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import litellm_api
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.limits import JOBS_AT_ONCE, divided
from loopback import Body, Endpoint, Fault, Reply, error

LOOPBACK = Path(__file__).parents[1] / "loopback.py"
CANARY = "sk-canary-4f1d9a7735e1"
MOVES = 'Your turn.\nLegal moves: ["a1", "b2", "c3"]'
PROVIDERS = ["openai", "hosted_vllm", "together_ai"]
"""Two providers that are asked directly, and one through the library."""
CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, no key in the environment, short pauses between attempts."""
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.002)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that answers OpenAI's requests."""
    with Endpoint() as server:
        yield server


def entry(endpoint: Endpoint, name: str = "litellm_openai/some-model", **keys: Any) -> ModelEntry:
    return ModelEntry(name=name, **({"api_base": endpoint.api_base} | keys))


def ask(prompt: str = MOVES, **sampling: Any) -> Request:
    return Request(
        model="litellm_openai/some-model",
        messages=(Message("system", "You play."), Message("user", prompt)),
        sampling=Sampling(**sampling),
    )


@asynccontextmanager
async def opened(model: ModelEntry, directory: Path = Path()) -> AsyncIterator[Backend]:
    backend = litellm_api.create(model, directory)
    await backend.open()
    try:
        yield backend
    finally:
        await backend.close()


async def test_an_answer_arrives_whole(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint)) as backend:
        done = await backend.complete(ask())
    assert json.loads(done.text)["action"] in {"a1", "b2", "c3"}
    assert done.finish_reason is FinishReason.STOP
    assert done.model_served == "some-model"
    assert done.usage.prompt_tokens and done.usage.completion_tokens
    assert done.transport_attempts == 1
    assert done.latency_s is not None and done.latency_s > 0
    assert json.loads(done.raw)["choices"][0]["message"]["content"] == done.text


@pytest.mark.parametrize("provider", [*PROVIDERS, "huggingface"])
async def test_a_key_left_out_is_not_sent(endpoint: Endpoint, provider: str) -> None:
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        await backend.complete(ask())
    own = {"skip_special_tokens"} if provider == "hosted_vllm" else set()
    assert endpoint.requests[0].keys() == {"model", "messages"} | own


async def test_the_sampling_keys_are_sent_as_they_are(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint)) as backend:
        await backend.complete(
            ask(
                temperature=0.0,
                top_p=0.9,
                max_tokens=64,
                seed=7,
                reasoning_effort="low",
                extra_body={"top_k": 5},
                chat_template_kwargs={"enable_thinking": False},
            )
        )
    sent = endpoint.requests[0]
    assert {key: value for key, value in sent.items() if key not in ("model", "messages")} == {
        "temperature": 0.0,
        "top_p": 0.9,
        "max_tokens": 64,
        "seed": 7,
        "reasoning_effort": "low",
        "top_k": 5,
        "chat_template_kwargs": {"enable_thinking": False},
    }


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("litellm_gpt-4", ("openai", "gpt-4")),
        ("litellm_groq/llama3-8b-8192", ("groq", "llama3-8b-8192")),
        ("litellm_together_ai/meta-llama/Llama-2", ("together_ai", "meta-llama/Llama-2")),
    ],
)
def test_a_model_id_names_provider_and_model(name: str, parts: tuple[str, str]) -> None:
    assert litellm_api.split_name(name) == parts


async def test_a_bare_id_is_openais(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint, "litellm_gpt-4")) as backend:
        await backend.complete(ask())
    assert endpoint.requests[0]["model"] == "gpt-4"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_usage_that_was_not_stated_is_unknown(endpoint: Endpoint, provider: str) -> None:
    endpoint.answer = lambda body: Reply(text="hello", usage=False)
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        done = await backend.complete(ask())
    assert done.usage == Usage()
    raw = json.loads(done.raw) if isinstance(done.raw, str) else done.raw
    assert raw.get("usage") is None


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_reasoning_is_kept_apart(endpoint: Endpoint, provider: str) -> None:
    endpoint.answer = lambda body: Reply(text="a1", reasoning="because")
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        done = await backend.complete(ask())
    assert (done.text, done.reasoning) == ("a1", "because")


@pytest.mark.parametrize(
    ("reply", "text", "reason"),
    [
        (Reply(text=""), "", FinishReason.STOP),
        (Reply(text=None), "", FinishReason.STOP),
        (Reply(text="I thi", finish_reason="length"), "I thi", FinishReason.LENGTH),
        (Reply(text=None, finish_reason="length"), "", FinishReason.LENGTH),
        (Reply(text="", finish_reason="content_filter"), "", FinishReason.CONTENT_FILTER),
        (error(400, code="content_policy_violation"), "", FinishReason.CONTENT_FILTER),
        (
            error(400, code="context_length_exceeded", message="too long"),
            "",
            FinishReason.CONTEXT_OVERFLOW,
        ),
        (
            error(400, message="This model's maximum context length is 8 tokens."),
            "",
            FinishReason.CONTEXT_OVERFLOW,
        ),
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_the_model_did_is_an_answer_and_not_asked_again(
    endpoint: Endpoint, provider: str, reply: Reply, text: str, reason: FinishReason
) -> None:
    endpoint.answer = lambda body: reply
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        done = await backend.complete(ask())
    assert (done.text, done.finish_reason, done.transport_attempts) == (text, reason, 1)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
@pytest.mark.parametrize("provider", [*PROVIDERS, "huggingface"])
async def test_trouble_of_the_server_is_tried_again(provider: str, status: int) -> None:
    with Endpoint(script=[error(status), error(status)]) as endpoint:
        async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
            done = await backend.complete(ask())
    assert done.transport_attempts == len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [409, 500])
async def test_six_attempts_are_the_most(endpoint: Endpoint, status: int) -> None:
    endpoint.answer = lambda body: error(status, message="broken")
    async with opened(entry(endpoint)) as backend:
        with pytest.raises(BackendError, match=rf"some-model: .*{status}: broken.*6 attempts"):
            await backend.complete(ask())
    assert len(endpoint.requests) == litellm_api.MAX_ATTEMPTS == 6


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_ten_refusals_in_a_row_end_all_requests(endpoint: Endpoint, status: int) -> None:
    endpoint.answer = lambda body: error(status, message="busy")
    async with opened(entry(endpoint, max_connections=4)) as backend:
        asked = (backend.complete(ask(seed=n)) for n in range(12))
        said = {str(each) for each in await asyncio.gather(*asked, return_exceptions=True)}
    [text] = said
    assert f"some-model: the server is unable to answer ({status}: busy). Given up after 10" in text
    assert "Set requests_per_minute in the model's entry" in text
    # Ten, if none was in flight beside them; four at first, and soon one at a time.
    assert 10 <= len(endpoint.requests) <= 20


class MinuteLimit:
    """Answers so many requests a minute, which is scaled; refusals state no time to wait."""

    def __init__(self, requests: int, minute_s: float) -> None:
        self._requests, self._minute_s = requests, minute_s
        self._began = time.monotonic()
        self._served = Counter[int]()
        self._lock = threading.Lock()
        self.refused = 0

    def __call__(self, body: Body) -> Reply:
        with self._lock:
            minute = int((time.monotonic() - self._began) / self._minute_s)
            if self._served[minute] >= self._requests:
                self.refused += 1
                return error(429, message="slow down")
            self._served[minute] += 1
            return Reply(text="a")


async def test_a_limit_per_minute_loses_no_request(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All times are a hundredth of the real ones: 30 requests, 10 of which are taken a minute."""
    scale = 100
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.5 / scale)
    monkeypatch.setattr(litellm_api, "LONG_PAUSE_S", 5.0 / scale)
    caplog.set_level(logging.INFO, "gamegrid")
    endpoint.answer = limit = MinuteLimit(10, 60 / scale)
    async with opened(entry(endpoint)) as backend:
        done = await asyncio.gather(*(backend.complete(ask(seed=n)) for n in range(30)))
    assert {each.text for each in done} == {"a"}
    assert 0 < limit.refused < 90, "a refused model is left alone for longer and longer"
    told = [each for each in caplog.records if "No request is sent to this model for" in each.msg]
    assert len(told) > 5
    assert [each.levelno for each in told].count(logging.WARNING) == 1


async def test_an_ending_job_does_not_wait_for_a_refused_model(endpoint: Endpoint) -> None:
    endpoint.answer = lambda body: error(429, retry_after=60)
    async with opened(entry(endpoint)) as backend:
        asked = [asyncio.create_task(backend.complete(ask(seed=n))) for n in range(3)]
        while len(endpoint.requests) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        began = time.monotonic()
        backend.stop()
        said = await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - began < 5
    assert all("the job is ending" in str(each) for each in said)


LOST = {
    "closed after the request": Reply(fault=Fault.DROP),
    "truncated": Reply(text="hello" * 50, fault=Fault.TRUNCATE),
    "malformed": Reply(body=b'{"choices": [{"mess'),
    "not JSON": Reply(body=b"<html>welcome</html>"),
    "not an object": Reply(body=b"[]"),
    "no choices": Reply(choices=False),
    "choices missing": Reply(body=b'{"id": "x", "object": "chat.completion", "model": "m"}'),
    "error with status 200": Reply(body=b'{"error": {"message": "oops", "code": "x"}}'),
    "aborted": Reply(text="hel", finish_reason="abort"),
    "too slow": Reply(delay=1.0),
}


@pytest.mark.parametrize("reply", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_lost_on_the_way_is_bought_at_most_three_times(
    endpoint: Endpoint, provider: str, reply: Reply
) -> None:
    endpoint.answer = lambda body: reply
    name = f"litellm_{provider}/some-model"
    async with opened(entry(endpoint, name, timeout=0.3 if reply.delay else 5)) as backend:
        with pytest.raises(BackendError, match="3 attempts"):
            await backend.complete(ask())
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.TRUNCATE])
async def test_the_library_sends_nothing_again_by_itself(endpoint: Endpoint, fault: Fault) -> None:
    """Left alone, the library resends to Anthropic and Gemini when a connection breaks."""
    endpoint.answer = lambda body: Reply(text="hello" * 50, fault=fault)
    model = entry(endpoint, "litellm_anthropic/claude-x", api_base=endpoint.root)
    async with opened(model) as backend:
        with pytest.raises(BackendError, match="3 attempts"):
            await backend.complete(ask(max_tokens=9))
    assert len(endpoint.requests) == 3


async def test_a_reply_that_filled_the_context_is_cut_short(endpoint: Endpoint) -> None:
    cut = CLAUDE | {"stop_reason": "model_context_window_exceeded"}
    endpoint.answer = lambda body: Reply(body=json.dumps(cut).encode())
    model = entry(endpoint, "litellm_anthropic/claude-x", api_base=endpoint.root)
    async with opened(model) as backend:
        done = await backend.complete(ask(max_tokens=9))
    assert done.finish_reason is FinishReason.LENGTH


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_that_came_while_the_loop_was_busy_is_read(
    endpoint: Endpoint, provider: str
) -> None:
    endpoint.delay = 0.2
    async with opened(entry(endpoint, f"litellm_{provider}/m", timeout=0.5)) as backend:
        await backend.complete(ask())
        under_way = asyncio.create_task(backend.complete(ask()))
        while len(endpoint.requests) == 1:
            await asyncio.sleep(0.01)
        time.sleep(0.8)
        done = await under_way
    assert (len(endpoint.requests), done.transport_attempts) == (2, 1)


async def test_a_lost_answer_can_be_had_at_the_second_attempt() -> None:
    with Endpoint(script=[Reply(fault=Fault.DROP)]) as endpoint:
        async with opened(entry(endpoint)) as backend:
            done = await backend.complete(ask())
    assert done.transport_attempts == 2
    assert "action" in done.text


async def test_lost_answers_and_refusals_are_counted_apart() -> None:
    drop, busy = Reply(fault=Fault.DROP), error(503)
    with Endpoint(script=[drop, busy, drop, busy]) as endpoint:
        async with opened(entry(endpoint)) as backend:
            done = await backend.complete(ask())
    assert done.transport_attempts == 5


async def test_a_server_that_is_not_there_is_tried_six_times(endpoint: Endpoint) -> None:
    endpoint.stop()
    async with opened(entry(endpoint)) as backend:
        with pytest.raises(BackendError, match=rf"no connection to {endpoint.root}.*6 attempts"):
            await backend.complete(ask())


async def test_a_wait_asked_for_is_kept() -> None:
    with Endpoint(script=[error(429, retry_after=0.4)]) as endpoint:
        async with opened(entry(endpoint)) as backend:
            started = time.monotonic()
            done = await backend.complete(ask())
    assert time.monotonic() - started >= 0.4
    assert done.transport_attempts == 2
    assert done.latency_s is not None and done.latency_s < 0.4


@pytest.mark.parametrize(
    "reply",
    [
        error(401, message="wrong key"),
        error(402, message="no credit"),
        error(403, message="not yours"),
        error(404, code="model_not_found", message="no such model"),
        error(429, code="insufficient_quota", message="quota exceeded"),
    ],
    ids=lambda reply: str(reply.status),
)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_hopeless_account_stops_all_requests(
    endpoint: Endpoint, provider: str, reply: Reply
) -> None:
    endpoint.answer = lambda body: reply
    model = entry(endpoint, f"litellm_{provider}/some-model", max_connections=1)
    async with opened(model) as backend:
        said = await asyncio.gather(
            *(backend.complete(ask()) for _ in range(20)), return_exceptions=True
        )
    assert {type(text) for text in said} == {BackendError}
    assert len({str(text) for text in said}) == 1
    assert str(reply.status) in str(said[0])
    assert len(endpoint.requests) == 1


async def test_a_refused_request_stops_no_other() -> None:
    with Endpoint(script=[error(400, message="bad temperature")]) as endpoint:
        async with opened(entry(endpoint)) as backend:
            with pytest.raises(BackendError, match="400: bad temperature"):
                await backend.complete(ask())
            done = await backend.complete(ask())
    assert done.transport_attempts == 1
    assert len(endpoint.requests) == 2


async def test_two_hundred_at_once_are_bounded(endpoint: Endpoint) -> None:
    endpoint.delay = 0.02
    async with opened(entry(endpoint, max_connections=16)) as backend:
        done = await asyncio.gather(*(backend.complete(ask(seed=n)) for n in range(200)))
    assert sorted(body["seed"] for body in endpoint.requests) == list(range(200))
    assert {each.transport_attempts for each in done} == {1}
    assert 2 <= endpoint.max_connections <= 16


@pytest.mark.parametrize(("told", "most"), [(None, 32), ("4", 8)])
async def test_jobs_of_a_cluster_divide_the_limits(
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: str | None,
    most: int,
) -> None:
    """Each on a host of its own, which does not hear of the others."""
    hosts = iter(tmp_path / f"host{number}" for number in range(4))
    monkeypatch.setattr(litellm_api, "host_folder", lambda: next(hosts))
    if told is not None:
        monkeypatch.setenv(JOBS_AT_ONCE, told)
    endpoint.delay = 0.1
    model = entry(endpoint, max_connections=8)
    async with AsyncExitStack() as stack:
        jobs = [await stack.enter_async_context(opened(model)) for _ in range(4)]
        await asyncio.gather(*(job.complete(ask()) for job in jobs for _ in range(12)))
    assert endpoint.max_connections == most


def test_limits_are_divided_down_to_one_request_in_flight(endpoint: Endpoint) -> None:
    stated = entry(endpoint, max_connections=9, requests_per_minute=600, tokens_per_minute=10)
    part = divided(stated, 4)
    assert (part.max_connections, part.requests_per_minute, part.tokens_per_minute) == (2, 150, 2.5)
    assert divided(stated, 99).max_connections == 1
    assert divided(entry(endpoint), 4) == entry(endpoint)


async def test_requests_per_minute_are_kept(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint, requests_per_minute=600)) as backend:
        await backend.complete(ask())
        started = time.monotonic()
        await asyncio.gather(*(backend.complete(ask()) for _ in range(5)))
    assert 0.3 <= time.monotonic() - started < 3


@pytest.mark.parametrize("place", ["environment", ".env"])
@pytest.mark.parametrize(
    "reply",
    [
        error(401, message=f"Incorrect API key provided: {CANARY}"),
        error(400, message=f"{'x' * 280}{CANARY}"),
        error(500, message=f"upstream said {CANARY}"),
        Reply(body=f"<html>{CANARY}".encode()),
        error(400, code="context_length_exceeded", message=f"maximum context length {CANARY}"),
    ],
)
async def test_no_error_tells_a_key(
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    place: str,
    reply: Reply,
) -> None:
    if place == "environment":
        monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    else:
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY={CANARY}\n")
    endpoint.answer = lambda body: reply
    async with opened(entry(endpoint)) as backend:
        try:
            told = repr(await backend.complete(ask()))
        except BackendError as trouble:
            told = "".join(traceback.format_exception(trouble))
            assert trouble.__cause__ is None and trouble.__context__ is None
    assert endpoint.keys[0] == CANARY
    printed = capfd.readouterr()
    for text in (told, printed.out, printed.err, caplog.text):
        assert CANARY[:12] not in text
    assert printed.out == printed.err == ""


async def test_a_key_in_the_file_enters_no_environment(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={CANARY}\n")
    async with opened(entry(endpoint)) as backend:
        await backend.complete(ask())
    assert endpoint.keys == [CANARY]
    assert CANARY not in os.environ.values()


async def test_the_environment_wins_over_the_file(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={CANARY}\n")
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    async with opened(entry(endpoint)) as backend:
        await backend.complete(ask())
    assert endpoint.keys == ["from-the-environment"]


async def test_an_endpoint_of_ones_own_needs_no_key(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint)) as backend:
        await backend.complete(ask())
    assert endpoint.keys == [None]


async def test_the_library_is_given_a_key_that_is_none(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint, "litellm_together_ai/some-model")) as backend:
        await backend.complete(ask())
    assert endpoint.keys == [litellm_api.NO_KEY]


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("together_ai", "TOGETHER_API_KEY"), ("fireworks_ai", "FIREWORKS_API_KEY")],
)
async def test_the_names_people_use_for_keys_are_read(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, provider: str, variable: str
) -> None:
    monkeypatch.setenv(variable, CANARY)
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        await backend.complete(ask())
    assert endpoint.keys == [CANARY]


async def test_a_seed_is_left_out_where_it_is_not_taken(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    endpoint.answer = lambda body: Reply(body=json.dumps(CLAUDE).encode())
    model = entry(endpoint, "litellm_anthropic/claude-x", api_base=endpoint.root)
    async with opened(model) as backend:
        done = await backend.complete(ask(seed=7, temperature=0.5, max_tokens=20))
    assert (done.text, done.usage.prompt_tokens, done.usage.completion_tokens) == ("hello", 3, 1)
    assert endpoint.requests[0]["temperature"] == 0.5
    assert "seed" not in endpoint.requests[0]
    assert endpoint.keys == [CANARY]


@pytest.mark.parametrize(
    ("provider", "key", "value"),
    [
        ("openai", "thinking_budget", 100),
        ("together_ai", "reasoning_effort", "low"),
        ("anthropic", "extra_body", {"top_k": 1}),
        ("anthropic", "chat_template_kwargs", {"enable_thinking": False}),
        ("groq", "chat_template_kwargs", {"enable_thinking": False}),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_name(
    endpoint: Endpoint, provider: str, key: str, value: object
) -> None:
    async with opened(entry(endpoint, f"litellm_{provider}/some-model")) as backend:
        with pytest.raises(BackendError, match=key):
            await backend.complete(ask(max_tokens=9, **{key: value}))
    assert endpoint.requests == []
    model = entry(endpoint, f"litellm_{provider}/some-model")
    said = litellm_api.unsupported_reason(model, Sampling(max_tokens=9, **{key: value}))
    assert said is not None and key in said


@pytest.mark.parametrize(
    ("name", "sampling", "word"),
    [
        ("litellm_openai/o3", {"temperature": 0.2}, "temperature"),
        ("litellm_openai/o3", {"temperature": 1.0, "seed": 3}, None),
        ("litellm_anthropic/claude-sonnet-4-5", {}, "max_tokens"),
        ("litellm_anthropic/claude-sonnet-4-5", {"max_tokens": 100}, None),
        ("litellm_gpt-4o-mini", {"temperature": 0.0, "top_p": 0.5}, None),
        ("litellm_gpt-4o-mini", {"reasoning_effort": "low"}, "reasoning_effort"),
        ("litellm_no_such/model", {}, "no provider"),
    ],
)
def test_what_a_model_does_not_take_is_known_before(
    name: str, sampling: dict[str, Any], word: str | None
) -> None:
    said = litellm_api.unsupported_reason(ModelEntry(name=name), Sampling(**sampling))
    assert said is None if word is None else said is not None and word in said


@pytest.mark.parametrize("key", ["model", "messages", "stream", "n", "temperature"])
async def test_extra_body_sets_nothing_that_is_set_elsewhere(endpoint: Endpoint, key: str) -> None:
    async with opened(entry(endpoint)) as backend:
        with pytest.raises(BackendError, match=f"extra_body may not set '{key}'"):
            await backend.complete(ask(temperature=0.5, extra_body={key: 1}))
    assert endpoint.requests == []


async def test_a_reply_without_a_service_tier_is_not_lost_behind_groq(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint, "litellm_groq/llama3-8b-8192")) as backend:
        completion = await backend.complete(ask())
    assert (completion.transport_attempts, completion.maybe_billed) == (1, 0)


async def test_an_unknown_provider_is_named(endpoint: Endpoint) -> None:
    backend = litellm_api.create(entry(endpoint, "litellm_grok_/model"), Path())
    with pytest.raises(BackendError, match=r"no provider 'grok_'.*Did you mean 'groq'"):
        await backend.open()
    await backend.close()


@pytest.mark.parametrize("provider", litellm_api.KEY_VARIABLES)
def test_check_names_the_missing_variables(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModelEntry(name=f"litellm_{provider}/some-model")
    names = litellm_api.KEY_VARIABLES[provider]
    said = litellm_api.check(model)
    assert said is not None and all(name in said for name in names)
    for name in names:
        (tmp_path / ".env").write_text(f"{name}=\n")
        assert litellm_api.check(model) == said
        (tmp_path / ".env").write_text(f"export {name}='{CANARY}'\n")
        assert litellm_api.check(model) is None
        (tmp_path / ".env").unlink()
        with monkeypatch.context() as patch:
            patch.setenv(name, CANARY)
            assert litellm_api.check(model) is None


async def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    backend = litellm_api.create(ModelEntry(name="litellm_gpt-4"), Path())
    with pytest.raises(BackendError, match="OPENAI_API_KEY"):
        await backend.open()


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"name": "litellm_openai/"}, "form"),
        ({"name": "litellm_openai/m", "api_base": "localhost:8000/v1"}, "api_base"),
    ],
)
def test_check_finds_mistakes_in_an_entry(keys: dict[str, Any], word: str) -> None:
    said = litellm_api.check(ModelEntry(**keys))
    assert said is not None and word in said


def test_check_asks_no_key_for_an_endpoint_of_ones_own() -> None:
    assert litellm_api.check(ModelEntry(name="litellm_gpt-4", api_base="http://x/v1")) is None


def test_the_example_file_names_every_provider() -> None:
    text = (Path(__file__).parents[2] / ".env.example").read_text()
    for names in litellm_api.KEY_VARIABLES.values():
        assert f"\n{names[0]}=\n" in text


async def test_closing_one_backend_leaves_another_working(endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    async with opened(entry(endpoint)) as first:
        async with opened(entry(endpoint, "litellm_openai/other")) as second:
            await second.complete(ask())
            under_way = asyncio.create_task(first.complete(ask()))
            await asyncio.sleep(0.1)
        done = await under_way
        later = await first.complete(ask())
    async with opened(entry(endpoint)) as third:
        after_all = await third.complete(ask())
    assert [each.transport_attempts for each in (done, later, after_all)] == [1, 1, 1]


def run_python(code: str, *arguments: str) -> tuple[str, str]:
    """Run code in a separate interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(litellm_api.__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_importing_the_module_imports_no_library() -> None:
    code = "import sys, gamegrid.backends.litellm_api as m; print(*sys.modules)"
    loaded = run_python(code)[0].split()
    assert "gamegrid.backends.litellm_api" in loaded
    assert not {"litellm", "openai", "httpx", "aiohttp"} & set(loaded)


def test_a_whole_run_prints_nothing(endpoint: Endpoint) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from gamegrid.backends.backend import *
from gamegrid.backends import litellm_api
litellm_api.FIRST_DELAY_S = 0.001

async def main():
    for provider in ("openai", "hosted_vllm"):
        entry = ModelEntry(name=f"litellm_{provider}/m", api_base=sys.argv[1])
        backend = litellm_api.create(entry, Path())
        await backend.open()
        question = Request(model="m", messages=(Message("user", "hi"),), sampling=Sampling())
        await asyncio.gather(*(backend.complete(question) for _ in range(4)))
        await backend.close()

asyncio.run(main())
"""
    endpoint._script.extend([error(500), Reply(fault=Fault.DROP)])
    assert run_python(code, endpoint.api_base) == ("", "")
    assert len(endpoint.requests) == 10


async def test_the_endpoint_runs_as_a_script_and_dies_on_time(tmp_path: Path) -> None:
    ledger = tmp_path / "requests.jsonl"
    command = [sys.executable, str(LOOPBACK), "--ledger", str(ledger), "--die-after", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        api_base = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        async with opened(ModelEntry(name="litellm_openai/m", api_base=api_base)) as backend:
            first = await backend.complete(ask(seed=1))
            again = await backend.complete(ask(seed=1))
            await backend.complete(ask(seed=2))
            with pytest.raises(BackendError):
                await backend.complete(ask(seed=3))
        assert server.wait(timeout=10) == 0
    assert first.text == again.text
    seeds = [json.loads(line)["seed"] for line in ledger.read_text().splitlines()]
    assert seeds == [1, 1, 2]


async def test_the_endpoint_answers_prompts_without_moves(endpoint: Endpoint) -> None:
    async with opened(entry(endpoint)) as backend:
        assert (await backend.complete(ask("Moves: x1, x2"))).text == "x1"
        assert (await backend.complete(ask("What is this?"))).text == "no"
