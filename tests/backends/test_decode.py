"""Constrained and scored decoding on the real engines: legal by construction, likelihoods right."""

import asyncio
import itertools
import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_models
from gamegrid.backends import hf_answers
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.choice_trees import beginnings, trie
from gamegrid.backends.hf_loading import UNUSED
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.prompts.parser import parse

KINDS = ["llama", "gpt2", "t5"]
LABELS = ("1", "10", "100", "a1", "Bet 3", "~x", "e2-e4", "♥A")
"""Labels that begin one another, contain blanks, or contain a letter of several bytes."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model of each architecture, by name."""
    folder = tmp_path_factory.mktemp("decoded")
    return {kind: getattr(tiny_models, kind)(folder / kind) for kind in KINDS}


def ask(
    text: str, decode: Decode, choices: tuple[str, ...] | None = LABELS, **sampling: Any
) -> Request:
    return Request(
        model="hf_m",
        messages=(Message("user", text),),
        sampling=Sampling(**sampling),
        decode=decode,
        choices=choices,
    )


def answers(folder: Path, requests: list[Request], **entry: Any) -> list[Completion]:
    """Ask the real hf_ engine all requests at once."""

    async def run() -> list[Completion]:
        backend = HuggingFace(ModelEntry(name="hf_m", model_path=str(folder), **entry))
        await backend.open()
        try:
            return await asyncio.gather(*(backend.complete(request) for request in requests))
        finally:
            await backend.close()

    return asyncio.run(run())


# Constrained


@pytest.mark.parametrize("kind", KINDS)
def test_a_constrained_reply_is_a_choice_and_the_parser_reads_it(
    models: dict[str, Path], kind: str
) -> None:
    requests = [
        ask(f"go {i}", Decode.CONSTRAINED, LABELS[: 1 + i % 8], temperature=3.0, seed=i)
        for i in range(64)
    ]
    replies = answers(models[kind], requests)
    for request, reply in zip(requests, replies, strict=True):
        assert request.choices is not None
        assert reply.finish_reason is FinishReason.STOP
        assert parse(reply.text, reply.finish_reason, request.choices).label in request.choices
    said = Counter(reply.text for reply in replies)
    assert len(said) >= 4, said


def test_a_constrained_reply_depends_on_its_seed_and_not_on_what_shares_its_batch(
    models: dict[str, Path],
) -> None:
    held = [
        ask(f"go {'x' * (i % 7)}", Decode.CONSTRAINED, temperature=3.0, seed=i) for i in range(16)
    ]
    free = [
        ask("on", Decode.GENERATE, None, temperature=1.0, seed=i, max_tokens=20) for i in range(8)
    ]
    scored = [ask("on", Decode.SCORE)]
    mixed = answers(models["llama"], [*free, *held, *scored])[8:24]
    alone = answers(models["llama"], held, max_connections=1)
    assert [reply.raw for reply in mixed] == [reply.raw for reply in alone]
    assert [reply.text for reply in mixed] == [reply.text for reply in alone]


def test_draws_among_choices_follow_the_model(models: dict[str, Path]) -> None:
    """Compare the shares of the draws with the softmax of the model's logits.

    Each choice is one token, and all end alike, so a choice's share is its softmax.
    """
    count = 1500
    letters = ("a", "b", "c")
    requests = [
        ask("go", Decode.CONSTRAINED, letters, temperature=2.0, seed=i) for i in range(count)
    ]
    replies = answers(models["llama"], requests)
    seen = Counter(reply.text.removeprefix("Action: ") for reply in replies)
    logits = next_logits(models["llama"], "Action: ")
    weights = [math.exp(logits[letter] / 2.0) for letter in letters]
    for letter, weight in zip(letters, weights, strict=True):
        share = weight / sum(weights)
        # Four standard errors of a share.
        assert abs(seen[letter] / count - share) <= 4 * math.sqrt(share * (1 - share) / count)


def next_logits(folder: Path, begun: str) -> dict[str, float]:
    """Return each letter's logit after the prompt "go" and the beginning of a reply."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    chat = [{"role": "user", "content": "go"}]
    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer.encode(text + begun)])).logits[0, -1].tolist()
    return {letter: logits[tokenizer.encode(letter)[0]] for letter in "abc"}


def test_a_tree_holds_exactly_its_paths() -> None:
    paths = [(1, 2, 9), (1, 9), (1, 2, 3, 9), (4, 9)]

    def leaves(node: Any, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
        return (
            [leaf for token, below in node.items() for leaf in leaves(below, (*path, token))]
            if node
            else [path]
        )

    assert sorted(leaves(trie(paths))) == sorted(paths)


def test_each_beginning_of_a_path_is_known_once_with_what_may_follow() -> None:
    paths = [(1, 2, 9), (1, 9), (1, 2, 3, 9), (4, 9)]
    found = [(before, set(following)) for before, following in beginnings(trie(paths))]
    assert found[0] == ((), {1, 4})
    expected = [((), {1, 4}), ((1,), {2, 9}), ((1, 2), {9, 3}), ((1, 2, 3), {9}), ((4,), {9})]
    assert sorted(found, key=str) == sorted(expected, key=str)


# Scored


@pytest.mark.parametrize("kind", KINDS)
def test_likelihoods_are_those_of_each_whole_reply_read_by_itself(
    models: dict[str, Path], kind: str
) -> None:
    requests = [
        ask("go " * i, Decode.SCORE, LABELS[: 1 + i % 8], chat_template_kwargs=None)
        for i in range(20)
    ]
    replies = answers(models[kind], requests)
    for request, reply in zip(requests, replies, strict=True):
        wanted = one_by_one(models[kind], request)
        assert reply.likelihoods == pytest.approx(wanted, rel=1e-4, abs=1e-4)
        best = max(wanted, key=lambda label: wanted[label])
        assert reply.text == f"Action: {best}"
        assert reply.finish_reason is FinishReason.STOP
        assert reply.usage.completion_tokens == 0


def one_by_one(folder: Path, request: Request) -> dict[str, float]:
    """Return each label's log-likelihood from plain forward passes: no batch, padding or cache."""
    tokenizer, model, encoder = plain_model(folder)
    content = request.messages[0].content
    if tokenizer.chat_template is not None:
        prompt = tokenizer.encode(f"<|user|>{content}<|end|><|assistant|>")
        before, end = "Action: ", tokenizer.eos_token_id
    else:
        prompt = tokenizer.encode(f"{content}\nAction:")
        before, end = ("", tokenizer.eos_token_id) if encoder else (" ", tokenizer.encode("\n")[0])
    found = {}
    assert request.choices is not None
    for label in request.choices:
        ids = [*tokenizer.encode(f"{before}{label}"), end]
        with torch.inference_mode():
            if encoder:
                logits = model(torch.tensor([prompt]), labels=torch.tensor([ids])).logits[0]
            else:
                logits = model(torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1]
        chosen = logits.log_softmax(-1)[range(len(ids)), ids]
        found[label] = float(chosen.sum())
    return found


@cache
def plain_model(folder: Path) -> tuple[Any, Any, bool]:
    """Load a folder's tokenizer and model, and say whether the model has an encoder."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    encoder = bool(AutoConfig.from_pretrained(folder).is_encoder_decoder)
    kind = AutoModelForSeq2SeqLM if encoder else AutoModelForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32)
    return AutoTokenizer.from_pretrained(folder), model, encoder


def test_likelihoods_of_all_replies_of_one_letter_sum_to_no_more_than_one(
    models: dict[str, Path],
) -> None:
    letters = tuple(map(chr, range(33, 127)))
    [reply] = answers(models["llama"], [ask("go", Decode.SCORE, letters)])
    assert reply.likelihoods is not None
    assert 0 < sum(map(math.exp, reply.likelihoods.values())) <= 1


def test_many_choices_are_scored_in_portions(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = hf_answers._log_likelihoods

    def spy(model: Any, prompts: Any, owners: Any, texts: Any) -> Any:
        sizes.append(len(texts))
        return real(model, prompts, owners, texts)

    requests = [ask(f"go {i}", Decode.SCORE, LABELS[:5]) for i in range(30)]
    requests.append(ask("go", Decode.SCORE, tuple(map(str, range(100)))))
    monkeypatch.setattr(hf_answers, "_log_likelihoods", spy)
    replies = answers(models["t5"], requests)
    assert sizes == [60, 60, 30, 100]
    assert [len(reply.likelihoods or {}) for reply in replies] == [5] * 30 + [100]


# What cannot be asked


def test_choices_that_do_not_fit_are_a_context_overflow(models: dict[str, Path]) -> None:
    long = "x" * (tiny_models.POSITIONS - 10)
    for decode in (Decode.CONSTRAINED, Decode.SCORE):
        fits, over = answers(models["llama"], [ask("go", decode), ask(long, decode)])
        assert fits.finish_reason is FinishReason.STOP
        assert over.finish_reason is FinishReason.CONTEXT_OVERFLOW
        assert over.likelihoods is None
        assert str(tiny_models.POSITIONS) in over.raw["error"]


def test_a_template_that_opens_thinking_is_refused_with_the_remedy(tmp_path: Path) -> None:
    template = tiny_models.CHAT_TEMPLATE.replace(
        "<|assistant|>", "<|assistant|>{% if enable_thinking is not false %}<think>\n{% endif %}"
    )
    folder = tiny_models.llama(tmp_path / "thinks", template)
    for decode in (Decode.CONSTRAINED, Decode.SCORE):
        with pytest.raises(BackendError, match="enable_thinking: false") as refusal:
            answers(folder, [ask("go", decode)])
        assert "\n" not in str(refusal.value)
        off = ask("go", decode, chat_template_kwargs={"enable_thinking": False})
        assert answers(folder, [off])[0].finish_reason is FinishReason.STOP


# Run-to-run equality


@pytest.mark.parametrize("kind", KINDS)
def test_a_deterministic_model_answers_alike_whatever_is_asked_beside_it(
    models: dict[str, Path], kind: str
) -> None:
    """Likelihoods must be equal bit by bit, without a tolerance."""
    requests = [ask("go " * i, Decode.SCORE) for i in range(6)]
    requests += [ask("go " * i, Decode.CONSTRAINED, temperature=2.0, seed=i) for i in range(6)]
    requests += [
        ask("go " * i, Decode.GENERATE, None, temperature=1.0, seed=i, max_tokens=9)
        for i in range(6)
    ]
    try:
        first = answers(models[kind], requests, deterministic=True)
        other = answers(models[kind], requests[::-1][:11], deterministic=True)[::-1]
    finally:
        torch.use_deterministic_algorithms(False)
    for one, two in itertools.zip_longest(first[-11:], other):
        assert (one.text, one.raw, one.likelihoods) == (two.text, two.raw, two.likelihoods)


BANS: list[dict[str, Any]] = [
    {"no_repeat_ngram_size": 2},
    {"min_new_tokens": 40},
    {"min_length": 500},
    {"suppress_tokens": [1, 2, 40, 41, 42]},
    {"begin_suppress_tokens": list(range(100))},
    {"bad_words_ids": [[n] for n in range(5, 100)]},
    {"forced_bos_token_id": 9, "forced_eos_token_id": 9},
    {"exponential_decay_length_penalty": [1, 9.0]},
    {"repetition_penalty": 5.0, "encoder_repetition_penalty": 3.0},
    {"sequence_bias": [[[10], 50.0]]},
    {"stop_strings": ["A", "e", "Action"]},
    {"num_beams": 3, "num_return_sequences": 2, "early_stopping": True},
    {"cache_implementation": "static"},
    {"return_dict_in_generate": True, "output_scores": True},
    {"guidance_scale": 2.0},
    {"max_time": 0.0},
    {"token_healing": True},
    {"prompt_lookup_num_tokens": 2},
    {"watermarking_config": {"bias": 9.0}},
]


@pytest.mark.parametrize("settings", BANS, ids=lambda settings: next(iter(settings)))
def test_no_setting_of_the_model_loosens_a_constraint_or_fails_a_request(
    tmp_path: Path,
    models: dict[str, Path],
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = with_settings(models["llama"], tmp_path, settings)
    free = ask("go", Decode.GENERATE, None, temperature=0.0, max_tokens=12)
    held = [ask("go", Decode.CONSTRAINED, temperature=1.0, seed=seed) for seed in range(3)]
    free_answer, *answered = answers(folder, [free, *held])
    assert all(done.text.removeprefix("Action: ") in LABELS for done in answered)
    assert {done.finish_reason for done in answered} == {FinishReason.STOP}
    assert free_answer.usage.completion_tokens
    for key in settings.keys() - {"repetition_penalty", "stop_strings", *UNUSED}:
        assert key in caplog.text


def with_settings(source: Path, folder: Path, settings: dict[str, Any]) -> Path:
    """Return a copy of a model whose generation_config.json has further settings."""
    for file in source.iterdir():
        if file.name != "generation_config.json":
            (folder / file.name).symlink_to(file)
    stated = json.loads((source / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(stated | settings))
    return folder


def test_stop_strings_of_the_model_end_a_free_reply(
    tmp_path: Path, models: dict[str, Path]
) -> None:
    free = ask("go", Decode.GENERATE, None, temperature=0.0, max_tokens=30)
    [whole] = answers(models["llama"], [free])
    stop = whole.text[4:7]
    folder = with_settings(models["llama"], tmp_path, {"stop_strings": [stop]})
    [done] = answers(folder, [free])
    assert done.text == whole.text[: whole.text.index(stop)]
    assert done.finish_reason is FinishReason.STOP
    assert (done.usage.completion_tokens or 0) < 30


DRAFT = "Suppose\nAction: a1\nNo, that loses."
THINKERS: dict[str, tuple[list[str], list[str]]] = {
    "Magistral": (["[THINK]", DRAFT, "[/THINK]"], ["[THINK]", "[/THINK]"]),
    "Cohere": (
        ["<|START_THINKING|>", DRAFT, "<|END_THINKING|>", "<|START_RESPONSE|>"],
        ["<|START_THINKING|>", "<|END_THINKING|>", "<|START_RESPONSE|>"],
    ),
    "gpt-oss": (
        ["<|channel|>analysis<|message|>", DRAFT, "<|call|>", "<|channel|>final<|message|>"],
        ["<|channel|>analysis<|message|>", "<|call|>", "<|channel|>final<|message|>"],
    ),
    "unknown": (["<|muse_start|>", DRAFT, "<|muse_end|>"], ["<|muse_start|>", "<|muse_end|>"]),
}
"""What models say before their answer, and which of it are special tokens."""


@pytest.mark.parametrize("name", THINKERS)
@pytest.mark.parametrize(("answer", "label"), [("Action: b2", "b2"), ("I take b2.", None)])
def test_a_real_engine_keeps_thinking_and_answer_apart(
    tmp_path: Path, name: str, answer: str, label: str | None
) -> None:
    said, marks = THINKERS[name]
    folder = tiny_models.speaker(tmp_path / "m", [*said, answer], marks)
    [done] = answers(folder, [ask("go", Decode.GENERATE, None, temperature=0.0)])
    assert done.text == "".join([*said, answer])
    parsed = parse(done.text, done.finish_reason, ["a1", "b2"])
    assert (parsed.label, parsed.reasoning) == (label, DRAFT)
