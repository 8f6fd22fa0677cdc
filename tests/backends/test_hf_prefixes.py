"""The beginnings of prompts that are kept."""

import random

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from gamegrid.backends import hf_prefixes
from gamegrid.backends.hf_prefixes import WORTH, Prefixes, Tokens
from gamegrid.backends.hf_slots import Past


def tokens(*parts: tuple[int, int]) -> Tokens:
    """Tokens of a prompt: each part is a token and how often it stands there."""
    return np.array([token for token, count in parts for _ in range(count)], np.int64)


def past(count: int) -> Past:
    return Past(((torch.zeros(1, count, 4), torch.zeros(1, count, 4)),))


def covered(kept: Prefixes, prompt: Tokens) -> int:
    found = kept.find(prompt)
    return 0 if found is None else found.count


def test_the_beginning_that_covers_most_is_found() -> None:
    kept = Prefixes()
    for count in (40, 80):
        kept.keep(tokens((1, count)), past(count))
    assert covered(kept, tokens((1, 79), (2, 5))) == 79
    assert covered(kept, tokens((1, 80), (2, 1))) == 80
    assert covered(kept, tokens((3, 90))) == 0
    assert covered(kept, tokens((1, WORTH - 1), (2, 90))) == 0


def test_the_last_token_of_a_prompt_is_not_covered() -> None:
    """It must be read, or there are no scores of the next token."""
    kept = Prefixes()
    kept.keep(tokens((1, 50)), past(50))
    assert covered(kept, tokens((1, 50))) == 49
    assert kept.worth_keeping(tokens((2, 50)), [tokens((2, 50))]) == 49


def test_what_prompts_share_is_worth_keeping_once() -> None:
    kept = Prefixes()
    first, second = tokens((1, 100), (2, 9)), tokens((1, 100), (3, 9))
    assert kept.worth_keeping(first, []) == 0
    assert kept.worth_keeping(first, [second]) == 100
    kept.note([first])
    assert kept.worth_keeping(second, []) == 100
    kept.keep(second[:100], past(100))
    assert kept.worth_keeping(second, [first]) == 0
    longer = tokens((1, 100), (3, WORTH), (4, 1))
    assert kept.worth_keeping(longer, [tokens((1, 100), (3, WORTH), (5, 1))]) == 100 + WORTH


def test_what_was_unused_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_prefixes, "MAX_BYTES", 3 * past(40).size)
    kept = Prefixes()
    for token in (1, 2, 3):
        kept.keep(tokens((token, 40)), past(40))
    assert kept.find(tokens((1, 41))) is not None
    kept.keep(tokens((4, 40)), past(40))
    left = [token for token in (1, 2, 3, 4) if kept.find(tokens((token, 41)))]
    assert left == [1, 3, 4]


def test_any_two_prompts_share_what_a_plain_comparison_finds() -> None:
    draw = random.Random(5)
    for _ in range(300):
        one, other = ([draw.randrange(2) for _ in range(draw.randrange(1, 90))] for _ in range(2))
        if draw.random() < 0.8:
            other = [*one[: draw.randrange(len(one) + 1)], *other]
        shared = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        expected = min(shared, len(one) - 1)
        found = Prefixes().worth_keeping(np.array(one), [np.array(other)])
        assert found == (expected if expected >= WORTH else 0)
