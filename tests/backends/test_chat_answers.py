"""Whatever a body holds, its reply is read or the fault is known, and nothing raises."""

import itertools
import json
from typing import Any

import pytest

from gamegrid.backends.backend import Completion, FinishReason, Usage
from gamegrid.backends.chat_answers import MOST_TOKENS, read_body
from gamegrid.backends.faults import Blame, Fault
from gamegrid.backends.providers import Secrets

NOTHING = Secrets({}, None)


def body(message: Any, /, **more: Any) -> dict[str, Any]:
    """Return a chat completion with one choice."""
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]} | more


def read(content: dict[str, Any] | str, told: list[str] | None = None) -> Completion | Fault:
    """Read a body; collect the remarks about it."""
    text = content if isinstance(content, str) else json.dumps(content)
    return read_body(text, 0.1, NOTHING, note=([] if told is None else told).append)


def completion(content: dict[str, Any] | str) -> Completion:
    """Read a body that holds a completion."""
    found = read(content)
    assert isinstance(found, Completion), found
    return found


# Token counts

NONSENSE: list[Any] = [
    2**64 - 1, 2**63, 2**63 - 1, -1, -(2**70), 10**30, MOST_TOKENS + 1, 1e300, 12.5, float("inf"),
    float("nan"), "14", "", True, False, [5], {"total": 5}, [], {},
]  # fmt: skip


@pytest.mark.parametrize("count", NONSENSE, ids=repr)
@pytest.mark.parametrize("key", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_makes_no_sense_is_unknown_and_said(key: str, count: Any) -> None:
    told: list[str] = []
    found = read(body({"content": "a"}, usage={key: count}), told)
    assert isinstance(found, Completion) and found.usage == Usage()
    assert told == [
        f"the server states a {key!r} that is no number of tokens; it is recorded as unknown."
    ]


@pytest.mark.parametrize("count", [0, 1, MOST_TOKENS, 14.0])
def test_a_count_that_makes_sense_is_kept(count: float) -> None:
    told: list[str] = []
    usage = {
        "prompt_tokens": count,
        "completion_tokens": count,
        "prompt_tokens_details": {"cached_tokens": count},
        "completion_tokens_details": {"reasoning_tokens": count},
    }
    found = read(body({"content": "a"}, usage=usage), told)
    assert isinstance(found, Completion) and not told
    assert found.usage == Usage(
        prompt_tokens=int(count),
        completion_tokens=int(count),
        cached_tokens=int(count),
        reasoning_tokens=int(count),
    )


@pytest.mark.parametrize("usage", [None, 5, "many", [], [{"prompt_tokens": 5}], True, {"x": {}}])
def test_usage_of_any_type_is_unknown(usage: Any) -> None:
    assert completion(body({"content": "a"}, usage=usage)).usage == Usage()


# Names


@pytest.mark.parametrize("key", ["model", "system_fingerprint"])
@pytest.mark.parametrize("value", [{"name": "x"}, ["x"], 5, True, 1.5, "x" * 501], ids=repr)
def test_a_name_that_is_none_is_unknown_and_said(key: str, value: Any) -> None:
    told: list[str] = []
    found = read(body({"content": "a"}, **{key: value}), told)
    assert isinstance(found, Completion)
    assert (found.model_served, found.fingerprint) == (None, None)
    assert told == [f"the server states a {key!r} that is no name; it is recorded as unknown."]


@pytest.mark.parametrize("value", [None, "", 0, False, [], {}])
def test_a_missing_name_is_unknown(value: Any) -> None:
    told: list[str] = []
    found = read(body({"content": "a"}, model=value, system_fingerprint=value), told)
    assert isinstance(found, Completion) and found.model_served is None and not told


def test_half_a_character_in_a_name_is_replaced() -> None:
    assert completion(body({"content": "a"}, model="m\ud800")).model_served == "m\ufffd"


# Content


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Action: a1", "Action: a1"),
        (["Action: ", "a1"], "Action: a1"),
        ([{"type": "text", "text": "Action: a1"}], "Action: a1"),
        ([{"type": "text", "text": {"value": "Action: a1", "annotations": []}}], "Action: a1"),
        ([{"type": "output_text", "text": "Action: "}, "a1", None, 5, {}], "Action: a1"),
        ({"type": "text", "text": "Action: a1"}, "Action: a1"),
        ({"action": "a1"}, '{"action": "a1"}'),
        (5, "5"),
        (True, "true"),
        ([], ""),
        (None, ""),
    ],
)
def test_content_of_any_type_is_read_or_shown(content: Any, text: str) -> None:
    assert completion(body({"content": content})).text == text


@pytest.mark.parametrize("refusal", ["I will not.", True, {"text": "I will not."}, ["I will not."]])
def test_a_refusal_of_any_type_is_one(refusal: Any) -> None:
    found = completion(body({"content": None, "refusal": refusal}))
    assert found.finish_reason is FinishReason.REFUSED
    assert found.text == ("" if refusal is True else "I will not.")


@pytest.mark.parametrize("refusal", [None, "", False, [], {}])
def test_no_refusal_is_none(refusal: Any) -> None:
    found = completion(body({"content": "Action: a1", "refusal": refusal}))
    assert (found.text, found.finish_reason) == ("Action: a1", FinishReason.STOP)


def test_a_called_tool_is_no_reply() -> None:
    call = [{"function": {"name": "f", "arguments": "{}"}}]
    found = completion(body({"content": None, "tool_calls": call}))
    assert found.finish_reason is FinishReason.TOOL_CALLS


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"text": "Action: a1"}, "Action: a1"),
        ({"message": "Action: a1"}, "Action: a1"),
        ({"delta": {"content": "Action: a1"}}, "Action: a1"),
    ],
)
def test_a_choice_of_another_form_is_read(choice: dict[str, Any], text: str) -> None:
    assert completion({"choices": [choice | {"finish_reason": "stop"}]}).text == text


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [("content_filter", FinishReason.CONTENT_FILTER), ("length", FinishReason.LENGTH)],
)
def test_nothing_may_be_left_of_a_filtered_reply(reason: str, wanted: FinishReason) -> None:
    """Gemini's OpenAI-compatible address leaves the message out."""
    found = completion({"choices": [{"index": 0, "finish_reason": reason}]})
    assert (found.text, found.finish_reason) == ("", wanted)


def test_a_body_in_a_list_is_read() -> None:
    """Gemini's OpenAI-compatible address puts errors into a list."""
    assert completion(json.dumps([body({"content": "a1"})])).text == "a1"
    found = read(json.dumps([{"error": {"code": 429, "message": "slow down"}}]))
    assert isinstance(found, Fault) and found.blame is Blame.UNBILLED


# Bodies without a reply

LOST = [
    {"choices": None},
    {"choices": []},
    {"choices": {}},
    {"choices": [None]},
    {"choices": [[]]},
    {"choices": "x"},
    {"choices": [{"message": None, "finish_reason": "stop"}]},
    {"choices": [{"message": [], "finish_reason": "stop"}]},
    {"choices": [{"message": {"content": ""}, "finish_reason": None}]},
    {"choices": [{"message": {"content": "x"}, "finish_reason": None, "error": {"code": 502}}]},
    {"choices": [{"message": {"content": ""}, "error": {"message": "Upstream error"}}]},
    {"id": None, "choices": None, "error": {"message": "Internal Server Error", "code": 500}},
    {"error": "something"},
    {"error": ["something"]},
    {"error": True, "message": "something"},
    {"detail": "something"},
    {"message": "something"},
    {"success": False, "errors": [{"code": 7000, "message": "something"}], "result": None},
    {"code": 10163, "message": "something"},
    {"Response": {"Error": {"Code": "InternalError", "Message": "something"}}},
    {"status": "ok"},
]


@pytest.mark.parametrize("content", LOST, ids=json.dumps)
def test_a_body_without_a_reply_is_lost_and_kept(content: dict[str, Any]) -> None:
    found = read(content)
    assert isinstance(found, Fault)
    assert (found.blame, found.body) == (Blame.MAYBE_BILLED, json.dumps(content))


@pytest.mark.parametrize(
    "more",
    [
        {"error": None}, {"error": ""}, {"error": {}}, {"error": False},
        {"error": {"code": 0, "message": ""}}, {"code": 0, "message": "success"},
        {"base_resp": {"status_code": 0, "status_msg": "success"}}, {"header": {"code": 0}},
        {"success": True, "errors": []}, {"object": "chat.completion", "warnings": ["slow"]},
        {"detail": None}, {"msg": "ok", "code": 200},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_an_error_that_is_none_does_not_spoil_a_reply(more: dict[str, Any]) -> None:
    assert completion(body({"content": "Action: a1"}, **more)).text == "Action: a1"


def test_a_web_page_is_named() -> None:
    found = read("\n<!doctype html><html><head><title>Sign\n in</title></head></html>")
    assert isinstance(found, Fault)
    assert found.text == (
        "the address answers with a web page with the title 'Sign in', not with a completion. "
        "Check api_base."
    )


ODD: list[Any] = [None, True, 0, -1, 2**64, 1.5, "", "x", "\ud800", [], [None], {}, {"a": []}]


@pytest.mark.parametrize("path", ["choices", "choice", "message", "content", "finish_reason",
                                  "reasoning_content", "refusal", "tool_calls", "usage", "model",
                                  "details", "error", "native_finish_reason"])  # fmt: skip
def test_no_value_anywhere_raises(path: str) -> None:
    for odd, other in itertools.product(ODD, repeat=2):
        message: Any = {"content": "Action: a1"}
        choice: Any = {"message": message, "finish_reason": "stop"}
        whole: Any = {"choices": [choice], "model": "m", "usage": {"prompt_tokens": other}}
        match path:
            case "choices" | "usage" | "model" | "error":
                whole[path] = odd
            case "choice":
                whole["choices"] = [odd, other]
            case "message" | "finish_reason" | "native_finish_reason":
                choice[path] = odd
            case "details":
                whole["usage"] = {"prompt_tokens_details": odd, "completion_tokens_details": other}
            case _:
                message[path] = odd
        found = read(whole)
        if isinstance(found, Completion):
            assert isinstance(found.text, str) and found.raw
            assert found.reasoning is None or isinstance(found.reasoning, str)
        else:
            assert found.body and found.blame in Blame


@pytest.mark.parametrize("text", ["[" * 100_000, '{"choices":' * 3000, "\x00", "NaN", "1e999"])
def test_no_text_raises(text: str) -> None:
    found = read(text)
    assert isinstance(found, Fault) and found.body == text
