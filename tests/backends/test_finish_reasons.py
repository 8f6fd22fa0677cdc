"""Every finish reason means what it means, whoever states it and however it is written."""

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest

from gamegrid.backends.backend import Completion, FinishReason
from gamegrid.backends.chat_answers import read_body
from gamegrid.backends.faults import Blame, Fault
from gamegrid.backends.finish_reasons import (
    WORST_FIRST,
    Ending,
    ending,
    sources,
    stated_reasons,
    worst,
)
from gamegrid.backends.providers import Secrets
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

NOTHING = Secrets({}, None)
WORDS = sorted(
    {(word, end) for source in sources() for end, words in source.words.items() for word in words}
)
CUT = "A corner makes two threats.\nAction: a1"


def read(reason: Any, **more: Any) -> Completion | Fault:
    """Read an answer in OpenAI's format with a finish reason; ``more`` are keys of its choice."""
    choice = {"index": 0, "message": {"content": CUT}, "finish_reason": reason} | more
    return read_body(json.dumps({"choices": [choice]}), 0.1, NOTHING, note=lambda _: None)


@pytest.mark.parametrize(("word", "end"), WORDS, ids=lambda value: str(value))
def test_a_documented_reason_is_read_in_every_spelling(word: str, end: Ending) -> None:
    spellings = (
        word, word.upper(), word.lower(), word.title(), f" {word}\n", word.replace("_", "-"),
        word.replace("_", " "), word.replace("_", ""), f"FinishReason.{word}",
        f"FINISH_REASON_{word}", f"<FinishReason.{word}: '{word}'>",
    )  # fmt: skip
    assert {spelling: ending(spelling) for spelling in spellings} == dict.fromkeys(spellings, end)
    for wrapped in (
        {"type": word},
        {"reason": word, "length": 5},
        [word],
        {"type": {"type": word}},
    ):
        assert ending(wrapped) is end


@pytest.mark.parametrize(("word", "end"), WORDS, ids=lambda value: str(value))
def test_only_a_complete_reply_is_parsed(word: str, end: Ending) -> None:
    found = read(word)
    if end is Ending.BROKEN_OFF:
        assert isinstance(found, Fault) and found.blame is Blame.MAYBE_BILLED and found.body
        assert word in found.text
        return
    assert isinstance(found, Completion) and found.finish_reason == end
    failure = parse(found.text, found.finish_reason, ("a1", "b2")).failure
    assert (
        failure
        == {
            Ending.STOP: None,
            Ending.LENGTH: Failure.TRUNCATED,
            Ending.CONTENT_FILTER: Failure.REFUSED,
            Ending.TOOL_CALLS: Failure.UNPARSABLE,
        }[end]
    )


def test_no_word_has_two_meanings() -> None:
    meanings = defaultdict(set)
    for word, end in WORDS:
        meanings["".join(filter(str.isalnum, word)).casefold()].add(end)
    assert {word: ends for word, ends in meanings.items() if len(ends) > 1} == {}
    assert len(meanings) > 110 and len(sources()) > 40


UNKNOWN = [
    "eaten_by_a_grue", "STOPPED_BY_ALIENS", "stop_but_not_really", "stop: of a kind", "lengthy",
    "partial", "???", "终止", 0, 1, 2, 3.5, True, False, {}, [], {"a": 1}, ["stop", "length?"],
    {"type": "odd"}, [[]], "x" * 5000, "not stop", "stop?maybe", {"type": {}}, "FinishReason.NEW",
]  # fmt: skip


@pytest.mark.parametrize("reason", UNKNOWN, ids=repr)
def test_an_unknown_reason_is_said_and_is_not_a_complete_reply(reason: Any) -> None:
    told: list[str] = []
    choice = {"index": 0, "message": {"content": "Action: a1"}, "finish_reason": reason}
    text = json.dumps({"choices": [choice]})
    found = read_body(text, 0.1, NOTHING, note=told.append)
    assert isinstance(found, Completion)
    assert found.finish_reason is FinishReason.UNKNOWN and found.raw == text
    assert parse(found.text, found.finish_reason, ("a1",)).failure is Failure.UNPARSABLE
    [remark] = told
    assert "does not know" in remark and len(remark) < 700
    if isinstance(reason, str) and len(reason) < 100:
        assert reason in remark


@pytest.mark.parametrize("reason", [None, "", "null", "None", " ", "undefined"], ids=repr)
def test_an_answer_without_a_reason_is_complete_if_it_has_a_text(reason: Any) -> None:
    found = read(reason)
    assert isinstance(found, Completion) and found.finish_reason is FinishReason.STOP
    found = read(reason, message={"content": ""})
    assert isinstance(found, Fault) and found.blame is Blame.MAYBE_BILLED


@pytest.mark.parametrize(
    ("finish", "native", "wanted"),
    [
        ("stop", "STOP", FinishReason.STOP),
        ("stop", "MAX_TOKENS", FinishReason.LENGTH),
        ("stop", "SAFETY", FinishReason.CONTENT_FILTER),
        ("length", "completed", FinishReason.LENGTH),
        ("stop", "gone_fishing", FinishReason.UNKNOWN),
        ("stop", None, FinishReason.STOP),
        ("stop", "network_error", None),
        ("error", "stop", None),
    ],
)
def test_the_worst_of_a_gateway_s_reasons_counts(
    finish: str, native: str | None, wanted: FinishReason | None
) -> None:
    found = read(finish, native_finish_reason=native)
    assert wanted == (found.finish_reason if isinstance(found, Completion) else None)


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ({"stop_reason": "max_tokens", "content": [{"stop_reason": "x"}]}, ["max_tokens"]),
        ({"candidates": [{"finishReason": "SAFETY"}, {"finishReason": "STOP"}]}, ["SAFETY"]),
        ({"promptFeedback": {"blockReason": "OTHER"}}, ["OTHER"]),
        ({"done_reason": "length", "message": {"content": "x"}}, ["length"]),
        ({"stopReason": "guardrail_intervened", "output": {}}, ["guardrail_intervened"]),
        ({"results": [{"completionReason": "LENGTH"}]}, ["LENGTH"]),
        ({"results": [{"stop_reason": "not_finished"}]}, ["not_finished"]),
        ([{"details": {"finish_reason": "eos_token"}}], ["eos_token"]),
        ({"choices": [{"finish_reason": "stop", "stop_reason": 128009}]}, ["stop"]),
        ({"choices": [{"finish_reason": "stop"}], "stats": {"stop_reason": "eosFound"}},
         ["stop", "eosFound"]),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
          "output": []}, ["max_output_tokens"]),
        ({"status": "succeeded", "output": ["x"]}, ["succeeded"]),
        ({"status": "failed", "output": None}, ["failed"]),
        ({"output": {"choices": [{"finish_reason": "stop", "message": {}}]}}, ["stop"]),
        ({"completions": [{"finishReason": {"reason": "endoftext"}}]}, [{"reason": "endoftext"}]),
        ({"response": {"candidates": [{"finishReason": "RECITATION"}]}}, ["RECITATION"]),
        ({"choices": [{"message": {"content": '{"finish_reason": "length"}'}}]}, []),
        (None, []), ("text", []), (5, []), ([], []), ({}, []),
    ],
)  # fmt: skip
def test_a_reason_is_found_in_every_provider_s_format(body: Any, reasons: list[Any]) -> None:
    assert stated_reasons(body) == reasons


def test_the_worst_ending_counts_and_none_is_unstated() -> None:
    assert worst([]) is Ending.UNSTATED
    for place, end in enumerate(WORST_FIRST):
        assert worst(WORST_FIRST[place:]) is end


def test_the_table_has_every_word_of_the_pinned_library() -> None:
    code = (
        "import litellm, json\n"
        "from litellm.litellm_core_utils import core_helpers\n"
        "from litellm.types.llms import openai\n"
        "from typing import get_args\n"
        "words = [*core_helpers._FINISH_REASON_MAP]\n"
        "words += get_args(openai.OpenAIChatCompletionFinishReason)\n"
        "from openai.types.chat.chat_completion import Choice\n"
        "words += get_args(Choice.model_fields['finish_reason'].annotation)\n"
        "print(json.dumps(words))\n"
    )
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    words = json.loads(told.stdout.splitlines()[-1])
    assert len(words) > 45
    assert [word for word in words if ending(word) is Ending.UNKNOWN] == []


def test_the_table_has_every_word_of_the_installed_engines() -> None:
    vllm = pytest.importorskip("vllm.v1.engine")
    assert {ending(word) for word in vllm.FINISH_REASON_STRINGS} <= {
        Ending.STOP, Ending.LENGTH, Ending.BROKEN_OFF,
    }  # fmt: skip


def test_every_finish_reason_of_a_completion_has_an_ending() -> None:
    own = {FinishReason.REFUSED, FinishReason.CONTEXT_OVERFLOW}
    assert {FinishReason(end) for end in Ending if end in [*FinishReason]} == {*FinishReason} - own
