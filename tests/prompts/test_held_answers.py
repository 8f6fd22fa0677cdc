"""A held answer is complete if nothing but spaces follows it and no longer one starts with it."""

import pytest

from gamegrid.prompts.held_answers import is_complete, was_held

LABELS = ("1", "10", "a1")


@pytest.mark.parametrize(
    ("reply", "complete"),
    [
        ('{"action": "1"}', True),
        ('{"action": "1"}\u00a0\x00\n', True),
        ('{"action": "1"', False),
        ('["1"]', False),
        ("a1", True),
        ("Action: a1 \n", True),
        ("1", False),
        ("Action: 1", False),
        ("10", True),
        ("Action: 10", True),
        ("a", False),
        ("", False),
        ("{" * 50_000, False),
    ],
)
def test_only_whole_answers_are_complete(reply: str, complete: bool) -> None:
    assert is_complete(reply, LABELS) is complete


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        (None, False),
        ({"max_tokens": 3}, False),
        ({"response_format": {}}, True),
        ({"structured_outputs": {"choice": ["1"]}}, True),
    ],
)
def test_a_reply_was_held_if_a_constraint_was_sent(
    sent: dict[str, object] | None, held: bool
) -> None:
    assert was_held(sent) is held
