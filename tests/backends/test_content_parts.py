"""Parts of content that are thinking are told from those of the answer."""

from typing import Any

import pytest

from gamegrid.backends.chat_answers import reasoning_of, text_of
from gamegrid.backends.content_parts import Split, is_parts, split_parts

TEXT = {"type": "text", "text": "Action: b2"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "thinking", "thinking": "Action: a1"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "Action: a1"}], "closed": True},
        {"type": "thinking", "text": "Action: a1"},
        {"type": "reasoning", "text": "Action: a1"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Action: a1"}]},
        {"type": "reasoning_text", "content": "Action: a1"},
        {"type": "reasoning.text", "text": "Action: a1", "signature": None},
        {"reasoningContent": {"reasoningText": {"text": "Action: a1", "signature": "x"}}},
        {"thought": True, "text": "Action: a1"},
    ],
)
def test_thinking_parts_of_every_provider_are_kept_apart(part: dict[str, Any]) -> None:
    assert split_parts([part, TEXT]) == Split("Action: b2", "Action: a1")
    message = {"content": [part, TEXT]}
    assert (text_of(message["content"]), reasoning_of(message)) == ("Action: b2", "Action: a1")
    assert text_of([part]) == ""


@pytest.mark.parametrize(
    "part",
    [
        TEXT,
        {"text": "Action: b2"},
        {"type": "output_text", "text": "Action: b2", "annotations": []},
        {"type": "message", "content": [{"type": "output_text", "text": "Action: b2"}]},
        {"type": "text", "text": "Action: b2", "thought": False},
    ],
)
def test_other_parts_are_the_answer(part: dict[str, Any]) -> None:
    assert split_parts([part]) == Split("Action: b2", "")


@pytest.mark.parametrize("strange", [None, 3, "x", [], {}, {"type": 4}, {"text": {"a": 1}}, [[1]]])
def test_strange_parts_break_nothing(strange: Any) -> None:
    found = split_parts([strange, TEXT])
    assert found.answer.endswith("Action: b2") and found.thinking == ""


def test_a_reasoning_key_comes_before_parts() -> None:
    message = {"reasoning_content": "one", "content": [{"type": "thinking", "thinking": "two"}]}
    assert reasoning_of(message) == "one"
    assert reasoning_of({"content": "text"}) is None


def test_only_lists_of_typed_parts_are_parts() -> None:
    assert is_parts([TEXT])
    for other in ([], [TEXT, 3], [{"text": "x"}], TEXT, "text", None):
        assert not is_parts(other)
