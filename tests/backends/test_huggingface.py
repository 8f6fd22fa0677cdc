"""The hf_ backend on tiny random models: batching changes no reply and loses none."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_models
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.hf_running import Running
from gamegrid.backends.hf_sampling import BatchRow, Sampler
from gamegrid.backends.huggingface import BACKEND, HuggingFace
from gamegrid.backends.local import Prompt


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny models of every kind, by name."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "llama": tiny_models.llama(folder / "llama"),
        "gpt2": tiny_models.gpt2(folder / "gpt2"),
        "t5": tiny_models.t5(folder / "t5"),
    }


class Opened:
    """Opens a backend for the length of an ``async with``."""

    def __init__(self, folder: Path | str, **entry: Any) -> None:
        self.backend = HuggingFace(ModelEntry(name="hf_m", model_path=str(folder), **entry))

    async def __aenter__(self) -> HuggingFace:
        await self.backend.open()
        return self.backend

    async def __aexit__(self, *_: object) -> None:
        await self.backend.close()


def ask(text: str, **sampling: Any) -> Request:
    return Request(
        model="hf_m",
        messages=(Message("system", "Play."), Message("user", text)),
        sampling=Sampling(**sampling),
    )


async def together(backend: HuggingFace, requests: list[Request]) -> list[Completion]:
    return await asyncio.gather(*(backend.complete(request) for request in requests))


def ids(completions: list[Completion]) -> list[list[int]]:
    return [completion.raw["token_ids"] for completion in completions]


KINDS = ["llama", "gpt2", "t5"]


# What shares a batch


@pytest.mark.parametrize("kind", KINDS)
async def test_a_batch_answers_as_each_request_alone(models: dict[str, Path], kind: str) -> None:
    requests = [ask("go " * i, temperature=0.0, max_tokens=4 + i) for i in range(8)] + [
        ask("go " * i, temperature=1.5, top_p=top_p, seed=i, max_tokens=10)
        for i in range(4)
        for top_p in (None, 0.9)
    ]
    async with Opened(models[kind]) as backend:
        batched = await together(backend, requests)
        alone = [await backend.complete(request) for request in requests]
    assert ids(batched) == ids(alone)
    assert [c.text for c in batched] == [c.text for c in alone]
    assert [c.finish_reason for c in batched] == [c.finish_reason for c in alone]


async def test_a_seed_decides_the_reply_and_no_seed_does_not(models: dict[str, Path]) -> None:
    def seeded(seed: int | None) -> Request:
        return ask("go", temperature=1.0, seed=seed, max_tokens=8)

    async with Opened(models["llama"]) as backend:
        first = await together(backend, [seeded(i % 8) for i in range(16)])
        unseeded = await together(backend, [seeded(None) for _ in range(8)])
    assert ids(first[:8]) == ids(first[8:])
    assert len({tuple(row) for row in ids(first)}) == 8
    assert len({tuple(row) for row in ids(unseeded)}) == 8


async def test_a_repetition_penalty_of_the_model_does_not_count_padding(tmp_path: Path) -> None:
    plain = tiny_models.llama(tmp_path / "plain")
    penal = tiny_models.llama(tmp_path / "penal", repetition_penalty=1.5)
    requests = [ask("go " * i, temperature=0.0, max_tokens=12) for i in range(6)]
    async with Opened(penal) as backend:
        batched = await together(backend, requests)
        alone = [await backend.complete(request) for request in requests]
    async with Opened(plain) as backend:
        without = await together(backend, requests)
    assert ids(batched) == ids(alone)
    assert ids(batched) != ids(without)


# Where a reply ends


@pytest.mark.parametrize("stops", [True, False])
async def test_a_reply_ends_with_its_answer_on_request(tmp_path: Path, stops: bool) -> None:
    said = ["Well", '{"action": "a1"', "}", " and more"]
    engine = {"stop_after_answer": stops}
    for before in (1, 0):  # words before the answer keep it open
        folder = tiny_models.speaker(tmp_path / f"speaker{before}", said[1 - before :], [])
        async with Opened(folder, engine=engine) as backend:
            completion = await backend.complete(ask("go", temperature=0.0, max_tokens=20))
        whole = "".join(said[1 - before :])
        assert completion.text == (said[1] + said[2] if stops and not before else whole)
        assert completion.finish_reason is FinishReason.STOP


async def test_a_reply_that_ends_with_its_answer_is_complete_at_its_last_token(
    tmp_path: Path,
) -> None:
    """Without the setting, the same tokens are a reply that was cut off."""
    folder = tiny_models.speaker(tmp_path / "speaker", ['{"action": "a1"', "}", " and more"], [])
    for stops, reason in ((True, FinishReason.STOP), (False, FinishReason.LENGTH)):
        async with Opened(folder, engine={"stop_after_answer": stops}) as backend:
            completion = await backend.complete(ask("go", temperature=0.0, max_tokens=2))
        assert (completion.text, completion.finish_reason) == ('{"action": "a1"}', reason)


@pytest.mark.parametrize("kind", KINDS)
async def test_each_row_ends_at_its_own_end_and_says_why(
    models: dict[str, Path], kind: str
) -> None:
    requests = [ask(f"go {i}", temperature=1.5, seed=i, max_tokens=1 + i % 24) for i in range(60)]
    async with Opened(models[kind]) as backend:
        end = backend_end(models[kind])
        newline = None if kind == "llama" else newline_token(models[kind])
        completions = await together(backend, requests)
    for request, completion in zip(requests, completions, strict=True):
        tokens = completion.raw["token_ids"]
        ends = [t for t in tokens if t in (end, newline)]
        stopped = completion.finish_reason is FinishReason.STOP
        assert completion.usage.completion_tokens == len(tokens)
        assert ends == (tokens[-1:] if stopped else [])
        assert stopped or len(tokens) == request.sampling.max_tokens
        assert len(tokens) <= request.sampling.max_tokens
        assert "<|end|>" not in completion.text
    reasons = Counter(c.finish_reason for c in completions)
    assert set(reasons) == {FinishReason.STOP, FinishReason.LENGTH}, reasons


def backend_end(folder: Path) -> int:
    from transformers import AutoTokenizer

    return int(AutoTokenizer.from_pretrained(folder).eos_token_id)


def newline_token(folder: Path) -> int:
    from transformers import AutoTokenizer

    return int(AutoTokenizer.from_pretrained(folder).encode("\n")[0])


async def test_a_prompt_that_does_not_fit_is_that_requests_own_fate(
    models: dict[str, Path],
) -> None:
    limit = tiny_models.POSITIONS
    async with Opened(models["llama"]) as backend:
        short, empty, long, barely = await together(
            backend,
            [
                ask("go", temperature=0.0, max_tokens=4),
                ask("go", temperature=0.0, max_tokens=limit),
                ask("x" * limit, temperature=0.0),
                ask("go", temperature=0.0),
            ],
        )
    assert short.finish_reason is FinishReason.LENGTH
    for completion in (empty, long):
        assert completion.finish_reason is FinishReason.CONTEXT_OVERFLOW
        assert completion.text == ""
        assert str(limit) in completion.raw["error"]
    # Without max_tokens a reply gets the remaining room, at most 256 tokens.
    used = (barely.usage.prompt_tokens or 0) + (barely.usage.completion_tokens or 0)
    assert barely.finish_reason is FinishReason.STOP or used == limit


async def test_the_last_position_can_be_used(models: dict[str, Path]) -> None:
    async with Opened(models["gpt2"]) as backend:
        prompt = (await backend.complete(ask("go", temperature=0.0, max_tokens=1))).usage
        room = tiny_models.POSITIONS - (prompt.prompt_tokens or 0)
        fits, over = await together(
            backend,
            [
                ask("go" + "x" * (room - 3), temperature=1.0, seed=1, max_tokens=3),
                ask("go" + "x" * (room - 2), temperature=1.0, seed=1, max_tokens=3),
            ],
        )
    assert fits.usage.prompt_tokens == tiny_models.POSITIONS - 3
    assert fits.finish_reason is not FinishReason.CONTEXT_OVERFLOW
    assert over.finish_reason is FinishReason.CONTEXT_OVERFLOW


async def test_relative_positions_have_no_limit(models: dict[str, Path]) -> None:
    async with Opened(models["t5"]) as backend:
        reply = await backend.complete(ask("x" * 600, temperature=0.0, max_tokens=3))
    assert reply.finish_reason is not FinishReason.CONTEXT_OVERFLOW
    assert reply.usage.prompt_tokens is not None and reply.usage.prompt_tokens > 600


# What the model is asked and what its reply is


@pytest.mark.parametrize("kind", ["gpt2", "t5"])
async def test_a_model_without_a_template_continues_the_cue(
    models: dict[str, Path], kind: str
) -> None:
    requests = [ask(f"go {i}", temperature=1.5, seed=i, max_tokens=6) for i in range(12)]
    async with Opened(models[kind]) as backend:
        completions = await together(backend, requests)
    for completion in completions:
        line = completion.raw["text"].split("\n")[0].strip()
        if line and not line.startswith("{"):
            assert completion.text == f"Action: {line}"
        else:
            assert completion.text == line
    assert any(completion.text for completion in completions)


async def test_chat_templates_get_their_arguments_and_a_system_role_they_refuse_is_merged(
    tmp_path: Path,
) -> None:
    template = "{% if brief %}!{% endif %}" + tiny_models.CHAT_TEMPLATE
    folders = [
        tiny_models.llama(tmp_path / "refuses", tiny_models.NO_SYSTEM_TEMPLATE),
        tiny_models.llama(tmp_path / "takes", template),
    ]
    lengths = []
    for folder in folders:
        async with Opened(folder) as backend:
            for options in (None, {"brief": True}):
                request = ask("go", temperature=0.0, max_tokens=1, chat_template_kwargs=options)
                lengths.append((await backend.complete(request)).usage.prompt_tokens)
    refused, refused_too, taken, brief = lengths
    # A token is a byte. The merged turn holds "Play." and "go" with a blank line between them.
    assert refused == refused_too == len("Play.\n\ngo") + 3
    assert taken == len("Play.") + len("go") + 5
    assert brief == taken + 1


async def test_the_models_own_settings_stand_in_for_what_is_not_sent(tmp_path: Path) -> None:
    folder = tiny_models.llama(tmp_path / "m", do_sample=True, temperature=1.3, top_p=0.8)
    async with Opened(folder) as backend:
        silent, spoken, cold, other = await together(
            backend,
            [
                ask("go", seed=5, max_tokens=12),
                ask("go", seed=5, max_tokens=12, temperature=1.3, top_p=0.8),
                ask("go", seed=5, max_tokens=12, temperature=0.0),
                ask("go", seed=6, max_tokens=12),
            ],
        )
    assert silent.raw == spoken.raw
    assert silent.raw != cold.raw
    assert silent.raw != other.raw


async def test_without_settings_a_model_is_greedy(models: dict[str, Path]) -> None:
    async with Opened(models["llama"]) as backend:
        silent, cold = await together(
            backend, [ask("go", seed=5, max_tokens=12), ask("go", temperature=0.0, max_tokens=12)]
        )
    assert silent.raw == cold.raw


# The sampler by itself


def sampler(settings: list[dict[str, Any]], draws: int = 0) -> Sampler:
    import random

    base = {"temperature": 1.0, "top_p": 1.0, "top_k": None, "min_p": None}
    rows = [
        BatchRow(
            prompt=Prompt([1], 1),
            repetition_penalty=None,
            draws=random.Random(draws + i),
            **{**base, **one},
        )
        for i, one in enumerate(settings)
    ]
    return Sampler(rows, [0] * len(rows), encoder=False)


def test_draws_follow_the_softmax_at_the_rows_temperature() -> None:
    count, logits = 4000, torch.tensor([2.0, 0.0, 1.0, -30.0, 0.5])
    for temperature in (0.5, 1.0, 2.0):
        draw = sampler([{"temperature": temperature}] * count)
        scores = draw(torch.ones(count, 1, dtype=torch.long), logits.repeat(count, 1))
        assert (scores.isfinite().sum(-1) == 1).all()
        seen = torch.bincount(scores.argmax(-1), minlength=5) / count
        want = (logits / temperature).softmax(-1)
        sigma = (want * (1 - want) / count).sqrt()
        assert ((seen - want).abs() <= 4 * sigma + 1e-12).all()


def test_filters_exclude_what_the_librarys_own_exclude() -> None:
    from transformers import LogitsProcessorList, TopKLogitsWarper, TopPLogitsWarper

    torch.manual_seed(0)
    logits = torch.randn(1, 40) * 3
    for top_p, top_k in [(0.9, None), (0.3, None), (1.0, 5), (0.8, 7), (1e-6, None)]:
        warpers = LogitsProcessorList([TopPLogitsWarper(top_p)])
        if top_k is not None:
            warpers.insert(0, TopKLogitsWarper(top_k))
        allowed = set(warpers(None, logits.clone())[0].isfinite().nonzero().flatten().tolist())
        draw = sampler([{"top_p": top_p, "top_k": top_k}] * 600)
        scores = draw(torch.ones(600, 1, dtype=torch.long), logits.repeat(600, 1))
        seen = set(scores.argmax(-1).tolist())
        assert seen <= allowed
        assert int(logits.argmax()) in seen
        assert len(allowed) > 5 or seen == allowed


def test_a_greedy_row_is_left_alone_beside_a_sampled_one() -> None:
    logits = torch.randn(2, 10)
    scores = sampler([{"temperature": 0.0}, {}])(torch.ones(2, 1, dtype=torch.long), logits.clone())
    assert torch.equal(scores[0], logits[0])
    assert scores[1].isfinite().sum() == 1


# Many at once


async def test_a_hundred_requests_fill_a_batch_of_sixty_four(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = spy_on_batches(monkeypatch)
    requests = [ask(f"go {i}", temperature=1.0, seed=i, max_tokens=6) for i in range(100)]
    async with Opened(models["llama"]) as backend:
        completions = await together(backend, requests)
    assert max(sizes) == 64
    assert len({tuple(row) for row in ids(completions)}) == 100


async def test_a_reply_that_ends_makes_room_at_once(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = spy_on_batches(monkeypatch)
    lengths = [60, *[3] * 20]
    requests = [ask(f"go {i}", temperature=0.0, max_tokens=n) for i, n in enumerate(lengths)]
    async with Opened(models["llama"], max_connections=2) as backend:
        completions = await together(backend, requests)
    assert [len(row) for row in ids(completions)] == lengths
    assert len(sizes) < 70  # batches that wait for their longest reply would take 60 + 10 × 2


async def test_episodes_that_ask_turn_after_turn_share_their_batches(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = spy_on_batches(monkeypatch)

    async def episode(backend: HuggingFace, number: int) -> None:
        for turn in range(4):
            await backend.complete(ask(f"{number} {turn}", temperature=0.0, max_tokens=3))
            await asyncio.sleep(0)

    async with Opened(models["llama"], max_connections=16) as backend:
        await asyncio.gather(*(episode(backend, i) for i in range(16)))
    assert sizes == [16] * 4 * 2  # the first of three tokens is taken when the prompt is read


def spy_on_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the number of rows of every step, in a list that grows."""
    sizes: list[int] = []
    real = Running.step

    def step(running: Running[Any]) -> Any:
        sizes.append(len(running))
        return real(running)

    monkeypatch.setattr(Running, "step", step)
    return sizes


async def test_the_event_loop_runs_on_while_the_model_works(models: dict[str, Path]) -> None:
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.002)
            gaps.append(time.monotonic() - before)

    async with Opened(models["llama"]) as backend:
        ticker = asyncio.create_task(tick())
        began = time.monotonic()
        await together(
            backend, [ask("go", temperature=1.0, seed=i, max_tokens=60) for i in range(16)]
        )
        took = time.monotonic() - began
        ticker.cancel()
    assert len(gaps) > 10
    assert max(gaps) < max(0.2, took / 3)


# Leaving early


async def test_a_cancelled_request_disturbs_no_other(models: dict[str, Path]) -> None:
    requests = [ask(f"go {i}", temperature=1.0, seed=i, max_tokens=90) for i in range(12)]
    async with Opened(models["llama"], max_connections=4) as backend:
        expected = await together(backend, requests)
        tasks = [asyncio.create_task(backend.complete(request)) for request in requests]
        await asyncio.sleep(0.03)
        for task in tasks[::2]:
            task.cancel()
        got = await asyncio.gather(*tasks, return_exceptions=True)
    for index, (result, want) in enumerate(zip(got, expected, strict=True)):
        if index % 2:
            assert isinstance(result, Completion) and result.raw == want.raw
        else:
            assert isinstance(result, asyncio.CancelledError | Completion)
    assert any(isinstance(result, asyncio.CancelledError) for result in got)


async def test_closing_breaks_off_and_fails_what_waits(models: dict[str, Path]) -> None:
    opened = Opened(models["t5"], max_connections=2)
    backend = opened.backend
    await backend.open()
    tasks = [
        asyncio.create_task(backend.complete(ask("go", temperature=9.0, max_tokens=100_000)))
        for _ in range(5)
    ]
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await backend.close()
    assert time.monotonic() - began < 5
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results].count(BackendError) >= 3
    assert all(isinstance(r, Completion) or "closed" in str(r) for r in results)
    with pytest.raises(BackendError, match="not open"):
        await backend.complete(ask("go"))
    await backend.close()


async def test_a_failed_batch_fails_its_requests_and_no_later_one(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fake the failure, because a test cannot run out of memory safely."""
    real, failures = Running.step, [torch.OutOfMemoryError("CUDA out of memory.")]

    def step(running: Running[Any]) -> Any:
        if failures:
            raise failures.pop()
        return real(running)

    monkeypatch.setattr(Running, "step", step)
    async with Opened(models["llama"]) as backend:
        results = await asyncio.gather(
            *(backend.complete(ask("go", max_tokens=2)) for _ in range(3)), return_exceptions=True
        )
        later = await backend.complete(ask("go", max_tokens=2))
    assert [type(result) for result in results] == [BackendError] * 3
    assert "out of memory while answering 3 requests" in str(results[0])
    assert "max_connections" in str(results[0])
    assert later.usage.completion_tokens == 2


# Refusals


@pytest.mark.parametrize(
    ("key", "value"),
    [("reasoning_effort", "low"), ("thinking_budget", 100), ("extra_body", {"a": 1})],
)
async def test_keys_of_hosted_models_are_refused_by_name(
    models: dict[str, Path], key: str, value: Any
) -> None:
    async with Opened(models["gpt2"]) as backend:
        with pytest.raises(BackendError, match=key):
            await backend.complete(ask("go", **{key: value}))
        with pytest.raises(BackendError, match="chat_template_kwargs"):
            await backend.complete(ask("go", chat_template_kwargs={"a": 1}))


def entry(**keys: Any) -> ModelEntry:
    return ModelEntry(**{"name": "hf_m", **keys})


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"model_path": "/nowhere/at/all"}, ["model_path", "/nowhere/at/all", "not a folder"]),
        ({"api_base": "http://127.0.0.1:1"}, ["api_base"]),
        ({"name": "hf_"}, ["no model named"]),
        ({"engine": {"dtyp": "auto"}}, ["'dtyp'", "Did you mean 'dtype'?"]),
        ({"engine": {"dtype": "int3"}}, ["'int3'", "bfloat16"]),
        ({"tokenizer_path": "/nowhere/at/all"}, ["tokenizer_path", "not a folder"]),
        ({"gpus": 2}, ["gpus is 2", "one GPU at most", "a share"]),
    ],
)
async def test_a_mistake_in_the_entry_is_one_sentence(keys: Any, words: list[str]) -> None:
    sentence = BACKEND.check(entry(**keys))
    assert sentence is not None and "\n" not in sentence
    assert all(word in sentence for word in words), sentence
    backend = BACKEND.create(entry(**keys), Path.cwd())
    with pytest.raises(BackendError) as caught:
        await backend.open()
    assert str(caught.value) == sentence
    await backend.close()


def test_a_folder_without_a_model_is_named(tmp_path: Path, models: dict[str, Path]) -> None:
    sentence = BACKEND.check(entry(model_path=str(tmp_path)))
    assert sentence is not None and "config.json" in sentence and str(tmp_path) in sentence
    assert BACKEND.check(entry(model_path=str(models["llama"]))) is None
    assert BACKEND.check(entry(name="hf_gpt2")) is None


async def test_a_hub_model_that_is_not_there_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # read from the environment at import
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # else it is refused before it is opened
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    backend = HuggingFace(entry(name="hf_some/model"))
    with pytest.raises(BackendError, match=r"some/model.*fetch_models.*GB are free in") as caught:
        await backend.open()
    assert "\n" not in str(caught.value)
    await backend.close()


async def test_missing_and_broken_weights_are_told_not_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_models.llama(tmp_path / "m")
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    for spoil, words in (
        (lambda: None, r"lacks 1 of .*layers\.1\.mlp\.up_proj"),
        (lambda: weights.write_bytes(b"\x08\0\0\0\0\0\0\0notjson!"), "cannot load"),
        (weights.unlink, "cannot load"),
    ):
        spoil()
        backend = HuggingFace(entry(model_path=str(folder)))
        with pytest.raises(BackendError, match=words) as caught:
            await backend.open()
        assert "\n" not in str(caught.value)
        await backend.close()
