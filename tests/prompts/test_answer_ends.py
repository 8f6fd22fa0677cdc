"""Ending a reply once it has stated its answer: what the parser reads then, and what is not asked.

The corpus of ``test_replies`` was made to mislead, so it is full of replies that go on.
"""

import pytest

from gamegrid.backends.answer_ends import CLOSES, is_answered
from gamegrid.backends.backend import FinishReason
from gamegrid.prompts.parser import parse
from test_replies import CASES

LABELS = ("a1", "b2", "Raise")
FEWEST_CUT = 300


def cut(reply: str) -> str | None:
    """Return a reply up to the end of its answer; None if nothing of it would be left out."""
    for place, sign in enumerate(reply, 1):
        if sign in CLOSES and is_answered(reply[:place], thinks=False):
            return reply[:place] if reply[place:].strip() else None
    return None


def test_the_parser_reads_the_same_move_unless_another_answer_follows() -> None:
    """A reply that names its move again, or takes it back, is not asked to go on: see the docs."""
    cuts = [(case, short) for case in CASES if (short := cut(case.reply)) is not None]
    assert len(cuts) >= FEWEST_CUT
    for case, short in cuts:
        whole = parse(case.reply, FinishReason.STOP, case.labels).label
        ended = parse(short, FinishReason.STOP, case.labels).label
        if "action" not in case.reply[len(short) :].lower():
            assert whole in (None, ended), (case.id, case.reply, short)


@pytest.mark.parametrize(
    "reply",
    [
        '{"reasoning": "corner", "action": "a1"}',
        '```json\n{\n  "action": "a1"\n}',
        '\n{"reasoning": "{not the end}", "action": "a1"}',
        "Action: a1\n",
        "**Action:** a1\n",
    ],
)
def test_a_reply_that_begins_with_its_answer_ends_with_it(reply: str) -> None:
    early = [end for end in range(len(reply)) if is_answered(reply[:end], thinks=False)]
    assert early == []
    assert is_answered(reply, thinks=False)
    assert parse(reply, FinishReason.STOP, LABELS).label == "a1"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "a1\n",
        'For example {"action": "a1"}',
        "I might play Action: a1\n",
        '{"reasoning": "corner"}',
        '{"plan": {"action": "a1"}}',
        '{"action": ["a1", "b2"]}',
        '{"action": null}',
        '<think>{"action": "a1"}',
        "{" * 100_000 + "}",
    ],
)
def test_other_replies_go_on(reply: str) -> None:
    assert not is_answered(reply, thinks=False)


def test_a_model_that_thinks_is_not_stopped_before_it_has_thought() -> None:
    """Its prompt may have opened the thinking, in which an answer is a draft."""
    draft, answer = '{"action": "a1"}', '</think>\n{"action": "b2"}'
    assert not is_answered(draft, thinks=True)
    assert is_answered(draft + answer, thinks=True)
    assert parse(draft + answer, FinishReason.STOP, LABELS).label == "b2"
