"""Answers that differ are none, unless the reply plainly corrects itself."""

import random
from itertools import product

import pytest

from gamegrid.backends.backend import FinishReason
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

LABELS = ("a1", "b2", "c3", "Rock", "take 2 from pile 3")
FORMS = [
    "Action: {}",
    "**Action:** {}",
    '{{"action": "{}"}}',
    '{{"reasoning": "x", "action": "{}"}}',
]

PLAYED_ON = [
    "",
    "Observation: accepted.",
    "Observation: illegal, choose again.\nWait, then:",
    "User: wait, I go first.",
    "Opponent's reply:",
    "O plays next.",
    "Hmm, then O answers:",
    "Turn 2:",
    "Next turn, no, later:",
    "It is my turn again.",
    "Then my final move:\nRound 2",
    "Alternatively:",
    "Or maybe",
    "Second choice:",
    "For example:",
    "<|im_end|>\n<|im_start|>user\nWait, no.\n<|im_start|>assistant",
    "对手会下：",
    "Danach spielt mein Gegner:",
]
CORRECTED = [
    "Wait, that cell is taken.",
    "No, I misread the board.",
    "Oops. Corrected:",
    "Correction:",
    "Let me correct that.",
    "I change my answer.",
    "My final answer:",
    "Nein, besser:",
    "不对，改为：",
]


def read(reply: str) -> str | None:
    return parse(reply, FinishReason.STOP, LABELS).label


@pytest.mark.parametrize(("between", "one", "two"), list(product(PLAYED_ON, FORMS, FORMS)))
def test_different_answers_are_none(between: str, one: str, two: str) -> None:
    for first, second in [("a1", "b2"), ("Rock", "a1"), ("c3", "take 2 from pile 3")]:
        reply = f"{one.format(first)}\n{between}\n{two.format(second)}"
        parsed = parse(reply, FinishReason.STOP, LABELS)
        assert (parsed.label, parsed.failure) == (None, Failure.UNPARSABLE), reply


@pytest.mark.parametrize(
    ("between", "one", "two"), list(product(PLAYED_ON[:1] + CORRECTED, FORMS, FORMS))
)
def test_the_same_answer_twice_is_one(between: str, one: str, two: str) -> None:
    assert read(f"{one.format('a1')}\n{between}\n{two.format('A1')}") == "a1"


@pytest.mark.parametrize(("between", "one", "two"), list(product(CORRECTED, FORMS, FORMS)))
def test_a_plain_correction_counts(between: str, one: str, two: str) -> None:
    assert read(f"{one.format('a1')}\n\n{between}\n\n{two.format('b2')}") == "b2"


@pytest.mark.parametrize("seed", range(10))
def test_a_reply_with_two_moves_never_gives_a_third(seed: int) -> None:
    """Random replies of answers and words: a label that is read was the last one stated."""
    draw = random.Random(seed)
    for _ in range(300):
        stated = [draw.choice(LABELS) for _ in range(draw.randrange(1, 4))]
        parts = [draw.choice([*PLAYED_ON, *CORRECTED])]
        for label in stated:
            parts += [draw.choice(FORMS).format(label), draw.choice([*PLAYED_ON, *CORRECTED])]
        assert read("\n".join(parts)) in (None, stated[-1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("label", ["a1", "Rock"])
def test_an_answer_that_is_taken_back_is_none(form: str, label: str) -> None:
    for words in (
        "Wait, no.",
        "I play b2 instead.",
        "Scratch that.",
        "b2 is better.",
        "Sorry, b2.",
    ):
        assert read(f"{form.format(label)}\n{words}") is None, words


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_that_is_explained_counts(form: str) -> None:
    for words in ("This blocks c3.", "If O plays b2, I take c3.", "Good luck!", "Not b2, because."):
        assert read(f"{form.format('a1')}\n{words}") == "a1", words


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ('{"plan": [{"action": "a1"}, {"action": "b2"}]}', None),
        ('{"plan": [{"action": "a1"}, {"action": "b2"}], "action": "b2"}', "b2"),
        ('{"action": "a1", "next": {"action": "b2"}}', "a1"),
        ('{"action": "a1", "final_action": "b2"}', None),
        ('{"opponent": {"action": "b2"}}', None),
        ('{"me": {"action": "a1"}, "you": {"action": "b2"}}', None),
        ('[{"action": "a1"}, {"action": "a1"}]', "a1"),
        ('[{"action": "a1"}, {"action": "b2"}]', None),
        ('{"player": "opponent", "action": "b2"}', None),
    ],
)
def test_an_object_states_at_most_one_answer(reply: str, label: str | None) -> None:
    assert read(reply) == label
