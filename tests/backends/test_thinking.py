"""Thinking is told from the answer however it is marked, and a draft in it is never a move."""

import json
import re
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


def test_every_documented_mark_has_a_layout() -> None:
    for marks in DOCUMENTED:
        known = re.compile(f"{marks.opens}|{marks.closes}", re.IGNORECASE | re.MULTILINE)
        assert any(known.search(layout["text"]) for layout in LAYOUTS), marks.models


NAMES = ("think", "Thoughts", "REASONING", "inner_monologue", "x:think", "reflection", "思考")
BRACKETS = (
    "<{}>",
    "[{}]",
    "<|{}|>",
    "◁{}▷",
    "【{}】",
    "《{}》",
    "⟨{}⟩",
    "«{}»",
    "[[{}]]",
    "< {} >",
)
STYLES = (("{}", "/{}"), ("begin_{}", "end_{}"), ("{}_start", "{}_end"), ("START {}", "END {}"))


@pytest.mark.parametrize("brackets", BRACKETS)
@pytest.mark.parametrize("style", STYLES, ids=lambda style: style[1])
@pytest.mark.parametrize("name", NAMES)
def test_any_tag_that_names_thinking_marks_it(
    name: str, style: tuple[str, str], brackets: str
) -> None:
    opened, closed = (brackets.format(form.format(name)) for form in style)
    draft = DRAFTS[0]
    assert move(f"{opened}{draft}{closed}\nAction: b2") == "b2"
    assert move(f"{draft}{closed}\nAction: b2") == "b2"
    assert move(f"{opened}{draft}{opened}{draft}{closed}Action: b2") == "b2"
    assert move(f"Action: b2\n{opened}{draft}") == "b2"
    for rejected in (f"{opened}{draft}", f"{draft}{closed}I take b2.", f"{opened}{closed}{closed}"):
        assert move(rejected) is None


@pytest.mark.parametrize(
    "text",
    [
        "<b>a1</b>",
        "[a1]",
        "I [think so] too",
        "<|im_end|>",
        "{think: 1}",
        '["reasoning", 2]',
        "message['thinking']",
        "{{ reasoning_content }}",
        "x < think of 3 > y",
        "(reasoning below)",
        "<why you choose this move>",
    ],
)
def test_other_brackets_mark_nothing(text: str) -> None:
    assert split(text).thinking == ""
    assert not has_marks(text)


@pytest.mark.parametrize(
    ("prompt", "lead"),
    [
        ("<|assistant|><think>\n", "<think>\n"),
        ("<|assistant|>[THINK]", "[THINK]"),
        ("<|im_start|>assistant\n<thought>\n", "<thought>\n"),
        ("<|turn>model\n<|channel>thought\n", "<|channel>thought\n"),
        ("<|start|>assistant<|channel|>analysis<|message|>", None),
        ("<|begin_assistant|>\nHere are my reasoning steps:\n", "Here are my reasoning steps:\n"),
        ("<|assistant|><think>\n\n</think>\n\n", ""),
        ("<|assistant|>", ""),
        ("What is <think>?<|assistant|>", ""),
    ],
)
def test_the_end_of_a_prompt_that_opens_the_thinking_is_found(
    prompt: str, lead: str | None
) -> None:
    assert opening(prompt) == (prompt if lead is None else lead)


def test_a_token_may_end_thinking_and_replies() -> None:
    harmony = "<|start|>assistant<|channel|>analysis<|message|>{{ text }}<|end|>"
    assert ends_thinking(harmony, "<|end|>")
    assert not ends_thinking(harmony, "<|im_end|>")
    assert not ends_thinking("<|assistant|>{{ text }}<|end|>", "<|end|>")


PARTS = {
    "Mistral": [{"type": "thinking", "thinking": [{"type": "text", "text": "DRAFT"}]}],
    "Anthropic": [{"type": "thinking", "thinking": "DRAFT", "signature": "x"}],
    "OpenAI": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "DRAFT"}]}],
    "plain": [{"type": "reasoning", "text": "DRAFT"}],
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("write", [json.dumps, repr], ids=["json", "python"])
def test_a_list_of_parts_written_as_text_is_split(parts: list[Any], write: Any) -> None:
    for answer, expected in (("Action: b2", "b2"), (NO_ANSWER, None)):
        whole = json.loads(json.dumps(parts).replace("DRAFT", "Try\\nAction: a1\\nno"))
        text = write([*whole, {"type": "text", "text": answer}])
        assert move(text) == expected
        assert split(text).thinking == "Try\nAction: a1\nno"


SIZE = 20_000
UNITS = (
    "<",
    "<think",
    "<think>",
    "</think>",
    "<|",
    "<|think",
    "[",
    "[THINK]",
    "【",
    "{think",
    "{",
    "(",
    "<think/>",
    "[Reasoning]",
    "[Answer]",
    "[Reasoning][Answer]",
    "<|mull|>",
    "<|/x|>",
    "|think|",
    "<|channel|>",
    "<|channel|>analysis<|message|>",
    "<|start|>",
    "assistantfinal",
    "analysis",
    "\nHere is my reasoning:",
    "\nHere is my response:",
    "\nThinking...",
    "\n> x",
    "\n## Thinking",
    "\n```thinking",
    "\n**Thinking**",
    "\nthinking: |\n x",
    "<details>",
    '<div class="think">',
    "<details><summary>Thinking</summary>",
    "to=self",
    "&lt;",
    "\\u003c",
    '"thinking": {',
    "<!--",
    '[{"type": "',
    '"thinking": [',
    "<|im_start|>user",
    "\n---",
    "\n:::",
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("start", ["", "<think>"])
def test_splitting_takes_linear_time(start: str, unit: str) -> None:
    """Takes well under a second on an ordinary machine; anything quadratic takes far longer."""
    reply = start + unit * (SIZE // len(unit)) + "\nAction: a1"
    begun = time.process_time()
    split(reply)
    assert time.process_time() - begun < 2
