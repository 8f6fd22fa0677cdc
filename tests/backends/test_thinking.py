"""Thinking is told from the answer however it is marked, and a draft in it is never a move."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.backends.backend import FinishReason
from gamegrid.backends.think_marks import DOCUMENTED
from gamegrid.backends.thinking import ends_thinking, has_marks, opening, split
from gamegrid.prompts.parser import parse

LAYOUTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "think_layouts.yaml").read_text(encoding="utf-8")
)["layouts"]
LABELS = ("a1", "b2", "c3")
DRAFTS = ("Suppose\nAction: a1\nNo, that loses.", 'Try {"action": "a1"}: it loses.')
ANSWERS = ("Action: b2", '{"reasoning": "it wins", "action": "b2"}')
NO_ANSWER = "I take b2."
FEWEST = 60


def move(text: str) -> str | None:
    return parse(text, FinishReason.STOP, LABELS).label


def test_there_are_enough_layouts_each_with_its_source() -> None:
    assert len({layout["text"] for layout in LAYOUTS}) == len(LAYOUTS) >= FEWEST
    assert all(layout["source"] and "ANSWER" in layout["text"] for layout in LAYOUTS)


@pytest.mark.parametrize("draft", DRAFTS, ids=["line", "json"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout["source"])
def test_the_answer_counts_and_a_draft_never_does(layout: dict[str, Any], draft: str) -> None:
    quoted = layout["text"].replace("> DRAFT", "> " + draft.replace("\n", "\n> "))
    text = quoted.replace("DRAFT", draft)
    for answer in ANSWERS:
        expected = "b2" if layout["answered"] else None
        assert move(text.replace("ANSWER", answer)) == expected
    assert move(text.replace("ANSWER", NO_ANSWER)) is None
    if "DRAFT" in layout["text"] and layout["answered"] and "user" not in layout["source"]:
        assert draft.split("\n")[0] in split(text).thinking.replace("> ", "")
