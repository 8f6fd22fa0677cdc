"""A stream that nobody asked for is put back together."""

import json
from typing import Any

import pytest

from gamegrid.backends.backend import Completion, FinishReason, Usage
from gamegrid.backends.chat_answers import read_body
from gamegrid.backends.event_stream import assembled
from gamegrid.backends.faults import Blame, Fault
from gamegrid.backends.providers import Secrets

NOTHING = Secrets({}, None)


def chunk(content: str = "", reason: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one chunk of a stream in OpenAI's format."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
    return {"object": "chat.completion.chunk", "model": "m", "choices": [choice]} | more


def stream(*chunks: Any, end: str = "data: [DONE]\n\n", line: str = "\n\n") -> str:
    """Return chunks as server-sent events."""
    return "".join(f"data: {json.dumps(each)}{line}" for each in chunks) + end


def read(text: str) -> Completion | Fault:
    return read_body(text, 0.1, NOTHING)


COUNTS = {"prompt_tokens": 9, "completion_tokens": 5}
WHOLE = stream(
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "Let me "}}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "see."}}]},
    chunk("Action: "),
    chunk("a1"),
    chunk(reason="stop"),
    {"choices": [], "usage": COUNTS},
)


@pytest.mark.parametrize(
    "text",
    [WHOLE, WHOLE.replace("\n", "\r\n"), f": ping\n\n{WHOLE}", f"event: message\n{WHOLE}",
     f"\ufeff\n{WHOLE}"],
)  # fmt: skip
def test_a_whole_stream_is_a_completion(text: str) -> None:
    found = read(text)
    assert isinstance(found, Completion)
    assert (found.text, found.reasoning) == ("Action: a1", "Let me see.")
    assert (found.finish_reason, found.model_served) == (FinishReason.STOP, "m")
    assert found.usage == Usage(**COUNTS)
    assert found.raw == text


def test_one_event_may_hold_the_whole_answer() -> None:
    message = {"message": {"content": "a1"}, "finish_reason": "length"}
    found = read(stream({"choices": [message]}, end=""))
    assert isinstance(found, Completion)
    assert (found.text, found.finish_reason) == ("a1", FinishReason.LENGTH)


def test_a_stream_without_usage_has_no_counts() -> None:
    found = read(stream(chunk("a1", "stop")))
    assert isinstance(found, Completion) and found.usage == Usage()


@pytest.mark.parametrize(
    "text",
    [
        stream(chunk("Action: a1"), end=""),
        stream(chunk("Action: a1"), end='data: {"choices": [{'),
        "data: \n\n",
        "data: [DONE]\n\n",
        "event: ping\n\n",
        "data: 5\n\ndata: [1]\n\n",
    ],
)
def test_a_stream_that_breaks_off_is_lost_and_kept(text: str) -> None:
    found = read(text)
    assert isinstance(found, Fault)
    assert (found.blame, found.body) == (Blame.MAYBE_BILLED, text)


@pytest.mark.parametrize(
    ("error", "blame"),
    [
        ({"code": 402, "message": "Insufficient credits"}, Blame.ACCOUNT),
        ({"code": 429, "message": "slow down"}, Blame.UNBILLED),
        ({"code": 502, "message": "Upstream error"}, Blame.MAYBE_BILLED),
    ],
)
def test_an_error_in_a_stream_is_read_by_its_code(error: dict[str, Any], blame: Blame) -> None:
    found = read(stream(chunk("Acti"), {"error": error}))
    assert isinstance(found, Fault) and found.blame is blame


def test_a_filter_in_a_stream_is_a_refusal() -> None:
    found = read(stream(chunk("Acti"), chunk(reason="content_filter")))
    assert isinstance(found, Completion) and found.finish_reason is FinishReason.CONTENT_FILTER


@pytest.mark.parametrize("text", ["", "x", "{}", "database: 5", '"data: {}"'])
def test_other_texts_are_no_stream(text: str) -> None:
    assert assembled(text) is None
