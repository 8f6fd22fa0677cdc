"""Three providers' wire formats, read by the real library: answers, usage, ends, errors."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from faulty import LOST, REFUSED, Fault, Server, Slip, say, serving
from gamegrid.backends import litellm_api
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    Completion,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from loopback import Endpoint, Reply
from provider_forms import Body, Question, form_of

PROMPT = 'Your turn.\nLegal moves: ["a1", "b2", "c3"]'
SYSTEM = "You play."
CLAUDE = "litellm_anthropic/claude-sonnet-4-5"
GEMINI = "litellm_gemini/gemini-2.5-flash"
OWN = ("litellm_openai/some-model", "litellm_hosted_vllm/some-model")
TRANSLATED = (CLAUDE, GEMINI)
MODELS = (*OWN, *TRANSLATED)
PATHS = {CLAUDE: "", GEMINI: "/v1beta"}
"""What an api_base ends in; the library adds /v1/messages and /models/MODEL:generateContent."""


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, no key in the environment, short pauses between attempts."""
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.002)


def request(model: str, **sampling: Any) -> Request:
    """A question with a system message, as an agent with ``system`` asks it."""
    said = (Message("system", SYSTEM), Message("user", PROMPT))
    return Request(model=model, messages=said, sampling=Sampling(max_tokens=64, **sampling))


async def ask(model: str, root: str, *, timeout: float = 5.0, **sampling: Any) -> Completion:
    """Open a backend on a server, ask it once and close it."""
    api_base = root + PATHS.get(model, "/v1")
    entry = ModelEntry(name=model, api_base=api_base, timeout=timeout)
    backend: Backend = litellm_api.create(entry, Path())
    await backend.open()
    try:
        return await backend.complete(request(model, **sampling))
    finally:
        await backend.close()


def only(server: Server) -> Question:
    """The one question that all requests so far asked."""
    [digest] = server.asked
    questions = {_question(server, body) for body in server.bodies}
    [question] = {question for question in questions if question.digest == digest}
    return question


def _question(server: Server, body: Body) -> Question:
    model = body.get("model", GEMINI.partition("/")[2])
    path = f"/models/{model}:generateContent" if "contents" in body else "/v1/messages"
    form = form_of("/chat/completions" if "max_tokens" in body and "system" not in body else path)
    assert form is not None
    return form.question(path, body)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that answers OpenAI's requests."""
    with Endpoint() as running:
        yield running


async def reply(endpoint: Endpoint, model: str, body: Body, **sampling: Any) -> Completion:
    """Ask a server that answers every request with ``body``."""
    endpoint.answer = lambda _: Reply(body=json.dumps(body).encode())
    return await ask(model, endpoint.root, **sampling)


# What every provider's answers have in common


@pytest.mark.parametrize("model", MODELS)
async def test_a_good_answer_is_read_whole(model: str) -> None:
    with serving(lambda question, attempt: (Fault.NONE, Slip.NONE)) as server:
        done = await ask(model, server.root)
        question = only(server)
    text, label = say(question, Slip.NONE)
    assert (done.text, done.finish_reason) == (text, FinishReason.STOP)
    assert json.loads(done.text)["action"] == label
    assert question.messages == (("system", SYSTEM), ("user", PROMPT))
    assert done.model_served == model.partition("/")[2]
    # The server counts four characters as a token, and one token as read from a cache.
    thought = -(-len(done.reasoning or "") // 4)
    assert done.usage.completion_tokens == -(-len(done.text) // 4) + thought
    asked = -(-len(SYSTEM) // 4) + -(-len(PROMPT) // 4)
    # Anthropic counts cached tokens separately; the others include them in the prompt's.
    assert done.usage.prompt_tokens == asked + (1 if model == CLAUDE else 0)
    assert done.usage.cached_tokens == 1
    assert done.usage.reasoning_tokens == (None if model == CLAUDE else thought)


ENDS = {
    Slip.EMPTY: FinishReason.STOP,
    Slip.NULL: FinishReason.STOP,
    Slip.LENGTH: FinishReason.LENGTH,
    Slip.FILTER: FinishReason.CONTENT_FILTER,
    Slip.FILTERED: FinishReason.CONTENT_FILTER,
    Slip.OVERFLOW: FinishReason.CONTEXT_OVERFLOW,
    Slip.FLAGGED: FinishReason.CONTENT_FILTER,
    Slip.FLAGGED_IN_200: FinishReason.CONTENT_FILTER,
    Slip.OVERFLOW_IN_200: FinishReason.CONTEXT_OVERFLOW,
    Slip.FULL: FinishReason.CONTEXT_OVERFLOW,
    Slip.OTHER_LENGTH: FinishReason.LENGTH,
    Slip.OTHER_FILTER: FinishReason.CONTENT_FILTER,
    Slip.TOOLS: FinishReason.TOOL_CALLS,
    Slip.UNKNOWN_END: FinishReason.UNKNOWN,
    Slip.OBJECT_END: FinishReason.STOP,
    Slip.STREAMED: FinishReason.STOP,
    Slip.ODD_USAGE: FinishReason.STOP,
}
SILENT = (
    Slip.EMPTY, Slip.NULL, Slip.FILTER, Slip.FILTERED, Slip.OVERFLOW, Slip.FLAGGED,
    Slip.FLAGGED_IN_200, Slip.OVERFLOW_IN_200, Slip.FULL,
)  # fmt: skip
"""Slips without a text."""


@pytest.mark.parametrize("slip", ENDS, ids=str)
@pytest.mark.parametrize("model", MODELS)
async def test_what_the_model_did_is_an_answer_and_not_asked_again(model: str, slip: Slip) -> None:
    with serving(lambda question, attempt: (Fault.NONE, slip)) as server:
        done = await ask(model, server.root)
        assert len(server.bodies) == 1
    # Gemini has no word for a called tool that is not a failure.
    end = FinishReason.LENGTH if (model, slip) == (GEMINI, Slip.TOOLS) else ENDS[slip]
    assert (done.finish_reason, done.transport_attempts) == (end, 1)
    # The library leaves no text of what Gemini filters.
    silent = slip in SILENT or (model, slip) == (GEMINI, Slip.OTHER_FILTER)
    assert (done.text == "") == silent


@pytest.mark.parametrize("model", OWN)
async def test_an_answer_without_token_counts_is_kept(model: str) -> None:
    with serving(lambda question, attempt: (Fault.NONE, Slip.NO_USAGE)) as server:
        done = await ask(model, server.root)
        assert len(server.bodies) == 1
    assert "action" in done.text
    assert done.usage == Usage()


@pytest.mark.parametrize("model", TRANSLATED)
async def test_an_answer_without_token_counts_is_kept_or_refused_aloud(model: str) -> None:
    """Both always state the counts, and the library cannot read an answer without them.

    Such an answer never counts as free.
    """
    with serving(lambda question, attempt: (Fault.NONE, Slip.NO_USAGE)) as server:
        try:
            done = await ask(model, server.root)
        except BackendError as trouble:
            assert "usage" in str(trouble)
            assert len(server.bodies) == 3
        else:
            assert done.usage == Usage()


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_that_came_while_the_loop_was_busy_is_not_lost(model: str) -> None:
    """The answer came in time and is paid for; the provider did not keep this process busy."""
    with serving(lambda question, attempt: (Fault.NONE, Slip.NONE), delay_s=0.2) as server:
        await ask(model, server.root)  # loads the library
        under_way = asyncio.create_task(ask(model, server.root, timeout=0.6))
        while len(server.bodies) == 1:
            await asyncio.sleep(0.01)
        time.sleep(1.0)
        done = await under_way
        assert (len(server.bodies), done.transport_attempts) == (2, 1)


PASSING_REFUSALS = [f for f in REFUSED if f.value.startswith(("429", "498", "5"))]


@pytest.mark.parametrize(
    "fault", [*PASSING_REFUSALS, Fault.RATE_IN_200, Fault.BUSY_IN_200], ids=str
)
@pytest.mark.parametrize("model", TRANSLATED)
async def test_trouble_of_the_server_passes(model: str, fault: Fault) -> None:
    def decide(question: Question, attempt: int) -> tuple[Fault, Slip]:
        return (fault if attempt < 2 else Fault.NONE), Slip.NONE

    with serving(decide) as server:
        done = await ask(model, server.root)
        assert len(server.bodies) == done.transport_attempts == 3


@pytest.mark.parametrize("fault", LOST, ids=str)
@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_lost_on_the_way_is_bought_at_most_three_times(
    model: str, fault: Fault
) -> None:
    """A reset counts too: the request was sent, and nobody knows whether it was billed."""
    slow = fault in (Fault.HANG, Fault.TRICKLE)
    with serving(lambda question, attempt: (fault, Slip.NONE), trickle_s=0.02) as server:
        with pytest.raises(BackendError, match="Given up after 3 attempts"):
            await ask(model, server.root, timeout=0.25 if slow else 5.0)
        assert len(server.bodies) == 3


@pytest.mark.parametrize("fault", [Fault.BAD_KEY, Fault.NO_MODEL, Fault.NO_QUOTA], ids=str)
@pytest.mark.parametrize("model", MODELS)
async def test_a_hopeless_account_stops_all_requests(model: str, fault: Fault) -> None:
    """Gemini reports a wrong key, and Anthropic an empty account, with status 400."""
    with serving(lambda question, attempt: (fault, Slip.NONE)) as server:
        entry = ModelEntry(name=model, api_base=server.root + PATHS.get(model, "/v1"))
        backend = litellm_api.create(entry, Path())
        await backend.open()
        for _ in range(3):
            with pytest.raises(BackendError, match=model):
                await backend.complete(request(model))
        await backend.close()
        assert len(server.bodies) == 1


# Anthropic


def claude(*content: Body, stop: str | None = "end_turn", **usage: int) -> Body:
    """Return an Anthropic answer with these content blocks."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": list(content),
        "stop_reason": stop,
        "usage": {"input_tokens": 3, "output_tokens": 9} | usage,
    }


THINKING = {"type": "thinking", "thinking": "pondering", "signature": "c2ln"}


async def test_claude_thinks_apart(endpoint: Endpoint) -> None:
    text = {"type": "text", "text": "b2"}
    redacted = {"type": "redacted_thinking", "data": "ZW5j"}
    answer = claude(THINKING, redacted, text, cache_read_input_tokens=7)
    done = await reply(endpoint, CLAUDE, answer, thinking_budget=32)
    assert (done.text, done.reasoning) == ("b2", "pondering")
    assert done.model_served == "claude-sonnet-4-5-20250929"
    # Thinking is part of output_tokens; Anthropic does not say how much of it.
    assert done.usage == Usage(prompt_tokens=10, completion_tokens=9, cached_tokens=7)
    sent = endpoint.requests[0]
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 32}
    assert sent["max_tokens"] == 64


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("model_context_window_exceeded", FinishReason.LENGTH),
    ],
)
@pytest.mark.parametrize("content", [(), ({"type": "text", "text": "b2"},)], ids=["none", "text"])
async def test_claude_s_stop_reasons(
    endpoint: Endpoint, stop: str, reason: FinishReason, content: tuple[Body, ...]
) -> None:
    done = await reply(endpoint, CLAUDE, claude(*content, stop=stop))
    assert done.text == ("b2" if content else "")
    assert done.finish_reason is reason
    assert len(endpoint.requests) == 1


# Gemini


def gemini(*parts: Body, end: str = "STOP") -> Body:
    """Return a Gemini answer: 20 tokens asked, 5 said, 30 thought."""
    content = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    return {
        "candidates": [{"index": 0, "finishReason": end, **content}],
        "modelVersion": "gemini-2.5-flash-001",
        "responseId": "r1",
        "usageMetadata": {
            "promptTokenCount": 20,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 30,
            "totalTokenCount": 55,
        },
    }


PONDERED = Usage(prompt_tokens=20, completion_tokens=35, reasoning_tokens=30)


async def test_gemini_thinks_apart(endpoint: Endpoint) -> None:
    answer = gemini({"text": "pondering", "thought": True}, {"text": "b2"})
    done = await reply(endpoint, GEMINI, answer, thinking_budget=100, seed=3, temperature=0.5)
    assert (done.text, done.reasoning) == ("b2", "pondering")
    assert done.model_served == "gemini-2.5-flash-001"
    assert done.usage == PONDERED
    sent = endpoint.requests[0]
    settings = sent["generationConfig"]
    assert settings["thinkingConfig"] == {"thinkingBudget": 100, "includeThoughts": True}
    assert (settings["seed"], settings["temperature"]) == (3, 0.5)


@pytest.mark.parametrize("temperature", [None, 0.0, 0.5])
@pytest.mark.parametrize("model", [GEMINI, "litellm_gemini/gemini-3-pro-preview"])
async def test_gemini_is_sent_the_temperature_that_is_set(
    endpoint: Endpoint, model: str, temperature: float | None
) -> None:
    endpoint.answer = lambda _: Reply(body=json.dumps(gemini({"text": "b2"})).encode())
    entry = ModelEntry(name=model, api_base=endpoint.root + PATHS[GEMINI])
    backend = litellm_api.create(entry, Path())
    await backend.open()
    await backend.complete(request(model, temperature=temperature))
    await backend.close()
    assert endpoint.requests[0]["generationConfig"].get("temperature") == temperature


async def test_gemini_thought_until_nothing_was_left(endpoint: Endpoint) -> None:
    done = await reply(endpoint, GEMINI, gemini(end="MAX_TOKENS"))
    assert (done.text, done.finish_reason) == ("", FinishReason.LENGTH)
    assert done.usage == PONDERED


@pytest.mark.parametrize(
    "end", ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "OTHER"]
)
async def test_gemini_breaks_an_answer_off(endpoint: Endpoint, end: str) -> None:
    done = await reply(endpoint, GEMINI, gemini({"text": "b2"}, end=end))
    assert done.finish_reason is FinishReason.CONTENT_FILTER
    assert len(endpoint.requests) == 1
    # Thinking costs money even if the answer breaks off: the full count, or none.
    assert done.usage.completion_tokens in (PONDERED.completion_tokens, None)


@pytest.mark.parametrize("end", ["SAFETY", "PROHIBITED_CONTENT", "OTHER"])
async def test_gemini_says_nothing_of_what_it_thought(endpoint: Endpoint, end: str) -> None:
    answer = gemini(end=end)
    counts = {"promptTokenCount": 20, "thoughtsTokenCount": 30, "totalTokenCount": 50}
    done = await reply(endpoint, GEMINI, answer | {"usageMetadata": counts})
    assert (done.text, done.finish_reason) == ("", FinishReason.CONTENT_FILTER)
    assert done.usage.completion_tokens == 30


@pytest.mark.parametrize("end", ["MALFORMED_FUNCTION_CALL", "FINISH_REASON_UNSPECIFIED"])
async def test_gemini_s_other_ends_are_no_whole_answer(endpoint: Endpoint, end: str) -> None:
    try:
        done = await reply(endpoint, GEMINI, gemini({"text": "b2"}, end=end))
    except BackendError:
        return
    assert done.finish_reason is not FinishReason.STOP
