"""The sorting of what players say: hand-labelled sentences, inflection, negation and length."""

import re
from pathlib import Path

import pytest
import yaml

from gamegrid.analysis.reasoning import UNCATEGORISED, categories, inflected, sort_text
from gamegrid.pages.statistics_page import sections
from gamegrid.paths import WORKFLOW

FOLDER = Path(__file__).parent / "reasoning"
NAMES = ("tuned", "untouched")
SECTION = sections((WORKFLOW / "docs/statistics.md").read_text("utf-8"))["reasoning"]


def labelled(name: str) -> list[tuple[str, str]]:
    """Return pairs (label, sentence)."""
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return [(label, text) for label, texts in content.items() for text in texts]


def main(text: str) -> str:
    return sort_text(text).main or UNCATEGORISED


def test_the_corpus_is_large_and_of_all_categories() -> None:
    every = [pair for name in NAMES for pair in labelled(name)]
    assert len({text for _, text in every}) == len(every) >= 150
    for name in NAMES:
        assert {label for label, _ in labelled(name)} == {*categories(), UNCATEGORISED}


@pytest.mark.parametrize(("name", "least"), [("tuned", 0.95), ("untouched", 0.85)])
def test_sentences_are_sorted_as_by_hand(name: str, least: float) -> None:
    pairs = labelled(name)
    right = sum(main(text) == label for label, text in pairs)
    print(f"{name}: {right} of {len(pairs)} sentences sorted as by hand, {right / len(pairs):.3f}")
    assert right / len(pairs) >= least
    assert f"{100 * right / len(pairs):.0f}" in re.findall(r"(\d+) ?%", SECTION)
    # At best, guessing would get the largest class right.
    largest = max(sum(label == other for other, _ in pairs) for label, _ in pairs)
    assert right > 5 * largest


@pytest.mark.parametrize(
    "text",
    ["I block.", "It blocks.", "I blocked it.", "I am blocking.", "BLOCKING!", "stopped them"],
)
def test_words_are_known_in_their_forms(text: str) -> None:
    assert main(text) == "blocking"


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [
        ("block", "block blocks blocked blocking"),
        ("stop", "stop stops stopped stopping"),
        ("defend", "defend defends defended defending"),
        ("complete", "complete completes completed completing"),
        ("deny", "deny denies denied denying"),
        ("touch", "touch touches touched touching"),
        ("win", "win wins winning"),
        ("betray", "betray betrays betrayed betraying"),
    ],
)
def test_regular_forms(lemma: str, forms: str) -> None:
    assert set(forms.split()) <= set(inflected(lemma))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I will not block", UNCATEGORISED),
        ("I won't be blocking.", UNCATEGORISED),
        ("I won\u2019t block", UNCATEGORISED),
        ("There is no need to block", UNCATEGORISED),
        ("without blocking anything", UNCATEGORISED),
        ("I take the coin instead of blocking", UNCATEGORISED),
        ("Neither side wins", UNCATEGORISED),
        # no negations
        ("Not only does it block", "blocking"),
        ("No doubt I block", "blocking"),
        # the negation ends before
        ("I do not attack, I block", "blocking"),
        ("It is not pretty but it blocks", "blocking"),
        ("He cannot move there now that it has been thoroughly blocked", "blocking"),
        # only imagined
        ("If I do not block, it is over", "blocking"),
        ("Unless I don't block it", "blocking"),
        # risk counts even when denied
        ("It is not risky", "risk"),
    ],
)  # fmt: skip
def test_negation(text: str, said: str) -> None:
    assert main(text) == said


def test_a_name_is_no_cue() -> None:
    assert main("We are playing Connect Four.") == UNCATEGORISED
    assert main("I connect four stones.") == UNCATEGORISED
    assert main("I connect three stones.") == "winning"


def test_every_category_that_is_named_is_told_and_the_most_cues_carry() -> None:
    found = sort_text("I block the corner, deny the edge, and defend the centre and the middle.")
    assert found.mentioned == ("blocking", "positional")
    assert found.main == "positional"  # four cues against three
    assert sort_text("I block and take the corner").main == "blocking"  # named first
    assert sort_text("block block block, a corner, an edge").main == "positional"  # different ones


@pytest.mark.parametrize("text", ["", "   ", "§$%&", "42", "\ud800", "手は中央です", "n't"])
def test_what_holds_no_cue_is_uncategorised(text: str) -> None:
    assert main(text) == UNCATEGORISED
