"""A value spells a label only if nothing in it could mean another move."""

import random

import pytest

from gamegrid.prompts.spelling import Speller

BIDS = [f"bid {number}" for number in range(30)]
CELLS = [f"{column}{row}" for column in "abc" for row in range(1, 13)]

# What changes a number that stands behind it, in front of it, or between two digits.
BEFORE = ["<", ">", "<=", ">= ", "≤", "≥ ", "!=", "≠", "~", "≈ ", "±", "-", "−", "- ", "√", "!"]
BEFORE += [
    "not ",
    "no ",
    "at least ",
    "under ",
    "¬",
    "1/",
    "0.",
    ".",
    "2 or ",
    "1-",
    "＞",
    "≯",
    "⩾",
]
AFTER = ["²", "¹", "⁰", "½", "①", "₂", "Ⅱ", "+", "%", "‰", "/4", ".5", ",5", " or 4", "-4", "–4"]
AFTER += [" to 4", "…4", "^2", "[1]", "e1", "x", "th", "?", " 4", "\u200b4", "\u0338", "❌", "′"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("number", ["1", "3", "12"])
def test_what_stands_before_a_number_is_not_dropped(before: str, number: str) -> None:
    assert Speller(BIDS).legal(f"bid {before}{number}") is None


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("number", ["1", "3", "12"])
def test_what_stands_behind_a_number_is_not_dropped(after: str, number: str) -> None:
    assert Speller(BIDS).legal(f"bid {number}{after}") is None


@pytest.mark.parametrize("seed", range(10))
def test_no_marks_turn_a_number_into_another(seed: int) -> None:
    """Whatever is put into a label, it is read as this label or as none."""
    draw = random.Random(seed)
    marks = [*BEFORE, *AFTER, "*", "`", '"', "(", ")", ",", "<b>", "</b>", "$", "\\text{", "}", "→"]
    for labels in (BIDS, CELLS):
        speller = Speller(labels)
        for _ in range(500):
            label, mark = draw.choice(labels), draw.choice(marks)
            place = draw.randrange(len(label) + 1)
            start, end = label[:place], label[place:]
            joined = {(start + mark[:1])[-2:], (mark[-1:] + end)[:2]}
            if not any(pair.isdecimal() and len(pair) == 2 for pair in joined):
                assert speller.legal(start + mark + end) in (label, None)


@pytest.mark.parametrize(
    "written",
    ["a1", "A1.", "**a1**", "`a1`", "→ a1", "-> a1", "a₁", "a_1", "(a1)", "🎲 a1", "<a1>"],
)
def test_decoration_is_dropped(written: str) -> None:
    assert Speller(CELLS).legal(written) == "a1"


def test_signs_that_labels_hold_are_no_decoration() -> None:
    speller = Speller(["→ left", "left", "go 🚀", "go"])
    assert speller.legal("→ Left") == "→ left"
    assert speller.legal("Go 🚀") == "go 🚀"
    assert speller.legal("Left.") == "left"


def test_other_spellings_name_a_label_and_never_two() -> None:
    spellings = {"e4": ["e2e4", "1. e4"], "Nbd2": ["Nd2"], "Nfd2": ["Nd2"]}
    speller = Speller(["e4", "Nbd2", "Nfd2"], lambda: spellings)
    assert speller.legal("E2-E4") == "e4"
    assert speller.legal("1.e4") == "e4"
    assert speller.legal("Nd2") is None
    assert speller.legal("1² e4") is None


def test_spellings_are_computed_only_if_no_label_is_spelt() -> None:
    def fail() -> dict[str, list[str]]:
        raise AssertionError

    assert Speller(CELLS, fail).legal("A1") == "a1"


@pytest.mark.parametrize(
    ("value", "label"),
    [("a1. It is free.", "a1"), ("a1! The corner", "a1"), ("1. e4", None), ("a1 - centre", None)],
)
def test_a_sentence_may_follow_a_label(value: str, label: str | None) -> None:
    found = Speller(CELLS).legal_before_gloss(value)
    assert (found and found[0]) == label
