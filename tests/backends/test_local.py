"""What the local backends share: thinking models' prompts and replies, without loading weights."""

from functools import cache
from typing import Any

import pytest

pytest.importorskip("transformers")

import tiny_models
from gamegrid.backends import local
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    FinishReason,
    Message,
    Request,
    Sampling,
)
from gamegrid.backends.local import Prompt, Prompts
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

OPENS = tiny_models.CHAT_TEMPLATE.replace(
    "<|assistant|>",
    "<|assistant|>{% if enable_thinking is not false %}<think>\n"
    "{% else %}<think>\n\n</think>\n\n{% endif %}",
)
"""A template that opens the thinking itself, as many do, or closes it at once on request."""


@cache
def prompts(template: str | None, special: bool = False, limit: int | None = 8192) -> Prompts:
    tokenizer: Any = tiny_models._tokenizer(template)
    if special:
        tokenizer.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    return Prompts("hf_m", tokenizer, limit=limit, encoder=False)


def prepare(made: Prompts, **sampling: Any) -> Prompt:
    request = Request(
        model="hf_m", messages=(Message("user", "go"),), sampling=Sampling(**sampling)
    )
    found = made.prepare(request)
    assert isinstance(found, Prompt)
    return found


def test_a_tag_that_the_template_opened_is_put_back_before_the_reply() -> None:
    made = prompts(OPENS)
    prompt = prepare(made)
    whole = made.reply(prompt, 'I see.</think>{"action": "a1"}')
    parsed = parse(whole, FinishReason.STOP, ["a1"])
    assert (parsed.label, parsed.reasoning) == ("a1", "I see.")


def test_a_reply_cut_off_in_thinking_is_truncated_and_its_thinking_kept() -> None:
    """Without the tag, nothing would mark the text as thinking."""
    made = prompts(OPENS)
    whole = made.reply(prepare(made), "First, Action: a1 would")
    parsed = parse(whole, FinishReason.LENGTH, ["a1"])
    assert (parsed.failure, parsed.reasoning) == (Failure.TRUNCATED, "First, Action: a1 would")


def test_thinking_that_is_turned_off_leaves_no_tag() -> None:
    made = prompts(OPENS)
    prompt = prepare(made, chat_template_kwargs={"enable_thinking": False})
    assert (prompt.lead, made.reply(prompt, "Action: a1")) == ("", "Action: a1")


def test_a_reply_with_the_closing_tag_alone_is_split_where_it_closes() -> None:
    made = prompts(tiny_models.CHAT_TEMPLATE)
    whole = made.reply(prepare(made), "I see.</think>Action: a1")
    parsed = parse(whole, FinishReason.STOP, ["a1"])
    assert (parsed.label, parsed.reasoning) == ("a1", "I see.")


@pytest.mark.parametrize("special", [False, True])
def test_tags_survive_decoding_also_as_special_tokens(special: bool) -> None:
    made = prompts(tiny_models.CHAT_TEMPLATE, special)
    text = "<think>I see.</think>Action: a1"
    ids = made._encode(f"{text}<|end|>")
    assert (len(ids) < 25) is special
    assert made.decode(ids) == text


def test_a_thinking_model_has_room_to_think_where_no_limit_is_given() -> None:
    plain, thinks = prompts(tiny_models.CHAT_TEMPLATE), prompts(OPENS)
    assert prepare(plain).max_tokens == local.DEFAULT_MAX_TOKENS
    assert prepare(thinks).max_tokens == local.THINKING_MAX_TOKENS
    small = prepare(prompts(OPENS, limit=100))
    assert small.max_tokens == 100 - len(small.ids)
    assert prepare(thinks, max_tokens=7).max_tokens == 7


def test_the_end_of_a_reply_is_what_the_template_closes_it_with() -> None:
    """Many templates close a turn with another token than the tokenizer's end token."""
    closed = tiny_models.CHAT_TEMPLATE.replace("<|end|>", "<|system|>")
    own = prompts(tiny_models.CHAT_TEMPLATE)._encode("<|end|>")[0]
    assert prompts(tiny_models.CHAT_TEMPLATE).end == own
    assert prompts(closed).end == prompts(closed)._encode("<|system|>")[0] != own
    unclosed = tiny_models.CHAT_TEMPLATE.replace("<|end|>", "")
    assert prompts(unclosed).end == own
    assert prompts(None).end == prompts(None)._encode("\n")[0]


@pytest.mark.parametrize("key", ["reasoning_effort", "thinking_budget", "extra_body"])
def test_keys_of_hosted_models_are_refused_with_the_reason(key: str) -> None:
    value: Any = {"k": 1} if key == "extra_body" else "low" if "effort" in key else 5
    with pytest.raises(BackendError, match=key) as refusal:
        local.refuse_unsupported("hf_m", Sampling(**{key: value}))
    assert local.REFUSED[key] in str(refusal.value)


def test_what_cannot_fit_is_said() -> None:
    request = Request(model="hf_m", messages=(Message("user", "x" * 90),), sampling=Sampling())
    found = prompts(OPENS, limit=50).prepare(request)
    assert isinstance(found, Completion)
    assert found.finish_reason is FinishReason.CONTEXT_OVERFLOW


def taught(marks: list[str], template: str = tiny_models.CHAT_TEMPLATE, **keys: Any) -> Prompts:
    """Return prompts of a tokenizer that also has these special tokens."""
    tokenizer: Any = tiny_models._tokenizer(template)
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    return Prompts("hf_m", tokenizer, limit=8192, encoder=False, **keys)


HARMONY = ["<|channel|>", "<|message|>", "<|start|>", "<|return|>"]
MARKED = {
    "Magistral": (["[THINK]", "[/THINK]"], "[THINK]{}[/THINK]"),
    "gpt-oss": (
        HARMONY,
        "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    "Cohere": (["<|START_THINKING|>", "<|END_THINKING|>"], "<|START_THINKING|>{}<|END_THINKING|>"),
    "Gemma": (["<|channel>", "<channel|>"], "<|channel>thought\n{}<channel|>"),
    "MedGemma": (["<unused94>", "<unused95>"], "<unused94>thought\n{}<unused95>"),
    "unknown": (["<|muse_start|>", "<|muse_end|>"], "<|muse_start|>{}<|muse_end|>"),
}


@pytest.mark.parametrize(("marks", "form"), MARKED.values(), ids=MARKED)
@pytest.mark.parametrize(("answer", "label"), [("Action: b2", "b2"), ("I take b2.", None)])
def test_marks_that_are_special_tokens_keep_thinking_and_answer_apart(
    marks: list[str], form: str, answer: str, label: str | None
) -> None:
    made = taught(marks)
    text = form.format("Try\nAction: a1\nIt loses.") + answer
    reply = made.reply(Prompt([], 1), made.decode(made._encode(f"{text}<|end|>")))
    assert reply == text
    parsed = parse(reply, FinishReason.STOP, ["a1", "b2"])
    assert (parsed.label, parsed.reasoning) == (label, "Try\nAction: a1\nIt loses.")


@pytest.mark.parametrize(
    ("marks", "template", "thinks"),
    [
        ([], tiny_models.CHAT_TEMPLATE, False),
        ([], tiny_models.CHAT_TEMPLATE + "{# Here is my thought process: #}", True),
        ([], tiny_models.CHAT_TEMPLATE + "{% set start = '[THINK]' %}", True),
        ([], tiny_models.CHAT_TEMPLATE + "{% set x = messages[0]['thinking'] %}", False),
        (["<|START_THINKING|>"], tiny_models.CHAT_TEMPLATE, True),
        (HARMONY, tiny_models.CHAT_TEMPLATE + "{# <|channel|>analysis<|message|> #}", True),
    ],
)
def test_models_with_any_mark_of_thinking_get_room_to_think(
    marks: list[str], template: str, thinks: bool
) -> None:
    wanted = local.THINKING_MAX_TOKENS if thinks else local.DEFAULT_MAX_TOKENS
    assert prepare(taught(marks, template)).max_tokens == wanted


def test_a_token_that_also_ends_thinking_is_no_end_of_the_reply() -> None:
    """In gpt-oss's format, every message ends with it, that of the analysis too."""
    template = tiny_models.CHAT_TEMPLATE + "{# <|channel|>analysis<|message|> #}"
    tokenizer: Any = tiny_models._tokenizer(template)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|end|>", *HARMONY]})
    tokenizer.eos_token = "<|return|>"
    end, final = tokenizer.convert_tokens_to_ids(["<|end|>", "<|return|>"])
    made = Prompts("hf_m", tokenizer, limit=99, encoder=False, stated_ends=[999])
    assert (made.end, made.ends) == (end, {999, final})
    tokenizer.chat_template = tiny_models.CHAT_TEMPLATE
    plain = Prompts("hf_m", tokenizer, limit=99, encoder=False, stated_ends=[999])
    assert (plain.end, plain.ends) == (end, {999, final, end})


def test_stop_strings_end_a_reply_and_are_no_part_of_it() -> None:
    made = taught(["<|stop|>"], stop_strings=["<|stop|>", "\nUser:", "###"])
    assert made.stops == ("\nUser:", "###")
    assert made._encode("<|stop|>")[0] in made.ends
    assert made.decode(made._encode("Action: a1<|stop|>")) == "Action: a1"
    ids = made._encode("Action: a1\nUser: go ### on")
    assert made.stops_at(ids) and not made.stops_at(ids[:10])
    assert made.decode(ids) == "Action: a1"
