"""A prompt holds every message, in whatever form the chat template wants it, or is refused."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")

import tiny_models
from gamegrid.backends import huggingface, local, vllm
from gamegrid.backends.backend import BackendError, Decode, Message, ModelEntry, Sampling
from gamegrid.backends.chat_prompts import ChatPrompts


def chat(template: str) -> ChatPrompts:
    tokenizer: Any = tiny_models._tokenizer(template)
    return ChatPrompts("hf_m", tokenizer)


PARTS_ONLY = (
    "{% for m in messages %}<|{{ m['role'] }}|>{% for p in m['content'] %}"
    "{% if p['type'] == 'text' %}{{ p['text'] }}{% endif %}{% endfor %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""A template that renders content given as a string as nothing."""
NO_THOUGHT = (
    "{% for m in messages %}{% if m['role'] == 'assistant' and '<think>' in m['content'] %}"
    "{{ raise_exception('no thinking here') }}{% endif %}"
    "<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}<|assistant|>"
)
DROPS_THOUGHT = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'].split('</think>')[-1] }}<|end|>"
    "{% endfor %}<|assistant|>"
)
LAST_ONLY = "<|user|>{{ messages[-1]['content'] }}<|end|><|assistant|>"
NOTHING = "{% for m in messages %}<|{{ m['role'] }}|><|end|>{% endfor %}<|assistant|>"
TALK = (
    Message("system", "Play to win."),
    Message("user", "Which  move?\n"),
    Message("assistant", "<think>Hm.</think>Action: z9"),
    Message("user", "Choose again."),
)


@pytest.mark.parametrize("messages", [TALK[:2], TALK[1:2], TALK], ids=["two", "one", "rethink"])
@pytest.mark.parametrize(
    "template",
    [
        tiny_models.CHAT_TEMPLATE,
        tiny_models.NO_SYSTEM_TEMPLATE,
        PARTS_ONLY,
        NO_THOUGHT,
        DROPS_THOUGHT,
        tiny_models.CHAT_TEMPLATE.replace("m['content']", "m['content'] | trim"),
        # Written for parts alone: a string raises Python's error.
        "{% for m in messages %}<|user|>{{ m['content'][0]['text'] + '' }}<|end|>{% endfor %}",
    ],
)
def test_a_prompt_holds_every_message_whatever_form_the_template_wants(
    template: str, messages: tuple[Message, ...]
) -> None:
    text = " ".join(chat(template).render(messages, {}).split())
    for message in messages:
        said = message.content.removeprefix("<think>Hm.</think>")
        assert " ".join(said.split()) in text


@pytest.mark.parametrize(
    ("template", "messages", "role"),
    [(NOTHING, TALK[1:2], "user"), (LAST_ONLY, TALK[1:], "user"), (NOTHING, TALK[:2], "system")],
)
def test_a_template_that_drops_a_message_is_refused(
    template: str, messages: tuple[Message, ...], role: str
) -> None:
    with pytest.raises(BackendError, match=rf"hf_m: the chat template drops the {role} message"):
        chat(template).render(messages, {})


def test_the_end_of_a_reply_is_found_in_every_form_of_template() -> None:
    assert chat(PARTS_ONLY).after_reply() == "<|end|>"
    assert chat(tiny_models.CHAT_TEMPLATE).after_reply() == "<|end|>"
    assert chat(NOTHING).after_reply() == ""


@pytest.mark.parametrize(
    ("template", "trouble"),
    [
        (tiny_models.CHAT_TEMPLATE, False),
        (tiny_models.NO_SYSTEM_TEMPLATE, False),
        (PARTS_ONLY, False),
        (None, False),
        (NOTHING, True),
        ("{{ raise_exception('never') }}", True),
        ("{% if wanted %}" + tiny_models.CHAT_TEMPLATE + "{% endif %}", True),
    ],
)
def test_a_check_finds_a_template_that_drops_the_question(
    tmp_path: Path, template: str | None, trouble: bool
) -> None:
    tiny_models._tokenizer(template).save_pretrained(tmp_path)
    entry = ModelEntry(name="hf_m", model_path=str(tmp_path))
    for kind in (huggingface.BACKEND, vllm.BACKEND):
        assert kind.unsupported_reason is not None
        found = kind.unsupported_reason(entry, Sampling(), Decode.GENERATE)
        assert (found is not None) == trouble
        wanted = Sampling(chat_template_kwargs={"wanted": True})
        assert kind.unsupported_reason(entry, wanted, Decode.GENERATE) is None or (
            template is not None and "wanted" not in template
        )


def test_a_check_leaves_what_it_cannot_read_to_the_engine(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{")
    for folder in (tmp_path, tmp_path / "nowhere"):
        entry = ModelEntry(name="hf_m", model_path=str(folder))
        assert local.unsupported_reason(entry, Sampling(), Decode.GENERATE) is None
