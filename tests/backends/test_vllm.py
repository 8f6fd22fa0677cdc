"""The vllm_ backend with the real engine: same words as hf_, no request lost, no thread left."""

import asyncio
import importlib.util
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import tiny_models
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
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.backends.vllm import (
    BACKEND,
    MOST_LOGPROBS,
    Vllm,
    _start_failure,
    engine_arguments,
)
from gamegrid.paths import WORKFLOW
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

needs_vllm = pytest.mark.vllm
without_vllm = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is not None, reason="vLLM is installed here"
)
# One loop, so that the tests can share an engine.
pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGINE = {"max_num_seqs": 64}


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny Llama model."""
    return tiny_models.llama(tmp_path_factory.mktemp("models") / "llama")


def entry(folder: Path | str, **keys: Any) -> ModelEntry:
    return ModelEntry(**{"name": "vllm_m", "model_path": str(folder), "engine": ENGINE, **keys})


def create(folder: Path | str, **keys: Any) -> Vllm:
    return Vllm(entry(folder, **keys), Path.cwd())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(llama: Path) -> AsyncIterator[Vllm]:
    """A vLLM engine, loaded once for the whole module."""
    backend = create(llama)
    await backend.open()
    yield backend
    await backend.close()


def ask(text: str, **sampling: Any) -> Request:
    return Request(
        model="vllm_m",
        messages=(Message("system", "Play."), Message("user", text)),
        sampling=Sampling(**sampling),
    )


async def together(backend: Any, requests: list[Request]) -> list[Completion]:
    return await asyncio.gather(*(backend.complete(request) for request in requests))


def ids(completions: list[Completion]) -> list[list[int]]:
    return [completion.raw["token_ids"] for completion in completions]


def threads_of(name: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == name]


@needs_vllm
async def test_greedy_replies_are_those_of_the_hf_backend(engine: Vllm, llama: Path) -> None:
    requests = [
        ask(f"move {i} of {i * i}: " + "ab " * (i % 20), temperature=0.0, max_tokens=1 + i % 30)
        for i in range(60)
    ]
    here = await together(engine, requests)
    other = HuggingFace(ModelEntry(name="hf_m", model_path=str(llama)))
    await other.open()
    there = await together(other, requests)
    await other.close()
    assert ids(here) == ids(there)
    assert [c.text for c in here] == [c.text for c in there]
    assert [c.finish_reason for c in here] == [c.finish_reason for c in there]
    assert [c.usage.prompt_tokens for c in here] == [c.usage.prompt_tokens for c in there]
    assert [c.usage.completion_tokens for c in here] == [c.usage.completion_tokens for c in there]


@needs_vllm
async def test_a_seed_decides_the_reply_whatever_runs_beside_it(engine: Vllm) -> None:
    def seeded(seed: int) -> Request:
        return ask("go", temperature=1.0, top_p=0.95, seed=seed, max_tokens=16)

    batch = await together(engine, [seeded(i % 20) for i in range(40)])
    alone = [await engine.complete(seeded(i)) for i in range(5)]
    assert ids(batch[:20]) == ids(batch[20:])
    assert ids(alone) == ids(batch[:5])
    assert len({tuple(row) for row in ids(batch)}) == 20


@needs_vllm
async def test_a_long_prompt_is_read_whole_under_a_seed(engine: Vllm) -> None:
    """Many long seeded prompts at once exceed the engine's default budget for one step."""
    requests = [ask(f"{i} " + "x" * 200, temperature=1.0, seed=i, max_tokens=4) for i in range(64)]
    completions = await together(engine, requests)
    assert all(c.usage.completion_tokens for c in completions)


LABELS = ("1", "10", "100", "a1", "Bet 3", "~x", "e2-e4", "♥A")


def choose(text: str, decode: Decode, labels: tuple[str, ...], **sampling: Any) -> Request:
    return replace(ask(text, **sampling), decode=decode, choices=labels)


@needs_vllm
async def test_likelihoods_are_those_of_the_hf_backend(engine: Vllm, llama: Path) -> None:
    requests = [choose("go " * i, Decode.SCORE, LABELS[: 1 + i % 8]) for i in range(24)]
    here = await together(engine, requests)
    other = HuggingFace(ModelEntry(name="hf_m", model_path=str(llama)))
    await other.open()
    there = await together(other, requests)
    await other.close()
    for mine, theirs in zip(here, there, strict=True):
        assert mine.likelihoods == pytest.approx(theirs.likelihoods, rel=1e-4, abs=1e-4)
        assert (mine.text, mine.finish_reason) == (theirs.text, theirs.finish_reason)
        assert mine.usage.prompt_tokens == theirs.usage.prompt_tokens


@needs_vllm
async def test_more_next_tokens_than_one_request_can_ask_about_are_all_scored(
    engine: Vllm, llama: Path
) -> None:
    """Each byte is a token: these labels begin with 94 letters and the first bytes of others."""
    labels = (*map(chr, range(33, 127)), *(chr(0x40 * n) for n in range(2, 32)), *"ࠀ一가𐀀😀")
    labels += tuple(chr(0x1000 * n) for n in range(2, 13))
    assert len({label.encode()[0] for label in labels}) > MOST_LOGPROBS
    [here] = await together(engine, [choose("go", Decode.SCORE, labels)])
    [there] = await asked_of_hf(llama, [choose("go", Decode.SCORE, labels)])
    assert here.likelihoods == pytest.approx(there.likelihoods, rel=1e-4, abs=1e-4)


@needs_vllm
async def test_a_scored_prompt_is_read_once(engine: Vllm, monkeypatch: pytest.MonkeyPatch) -> None:
    """All requests of a position are sent at once, before any of them has been answered."""
    asked: list[tuple[int, int | None]] = []
    real = Vllm._ask

    async def counting(self: Vllm, tokens: list[int], settings: Any) -> Any:
        answer = await real(self, tokens, settings)
        asked.append((len(tokens), answer.cached_tokens))
        return answer

    monkeypatch.setattr(Vllm, "_ask", counting)
    scored = await engine.complete(choose("never asked before " * 9, Decode.SCORE, LABELS))
    prompt = scored.usage.prompt_tokens or 0
    read = sorted(count - (cached or 0) for count, cached in asked)
    assert len(asked) > len(LABELS)
    assert read[-1] >= prompt - 32  # the start of the prompt may have been read before
    assert read[-2] <= 32 + max(map(len, LABELS)) + len("Action: ")
    again = await engine.complete(choose("never asked before " * 9, Decode.SCORE, LABELS))
    assert (again.usage.cached_tokens or 0) >= prompt - 32


@needs_vllm
async def test_greedy_choices_are_those_of_the_hf_backend(engine: Vllm, llama: Path) -> None:
    """Also where a label begins another, and in the tokens of the choices, not only their text."""
    requests = [
        choose(
            f"go {i}",
            Decode.CONSTRAINED,
            tuple(random.Random(i).sample(LABELS, 2 + i % 4)),
            temperature=0.0,
        )
        for i in range(60)
    ]
    here, there = await together(engine, requests), await asked_of_hf(llama, requests)
    assert [reply.text for reply in here] == [reply.text for reply in there]
    assert ids(here) == ids(there)
    assert [r.usage.completion_tokens for r in here] == [r.usage.completion_tokens for r in there]
    assert len({reply.text for reply in here}) >= 4


@needs_vllm
async def test_each_token_of_a_choice_has_a_draw_of_its_own(
    engine: Vllm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one seed for all, one and the same draw would decide on each token."""
    seeds: list[int | None] = []
    real = Vllm._ask

    async def noting(self: Vllm, tokens: list[int], settings: Any) -> Any:
        seeds.append(settings.get("seed"))
        return await real(self, tokens, settings)

    monkeypatch.setattr(Vllm, "_ask", noting)
    pairs = tuple(one + other for one in "abcdefgh" for other in "abcdefgh")
    request = choose("go", Decode.CONSTRAINED, pairs, temperature=2.0, seed=3)
    first, second = await engine.complete(request), await engine.complete(request)
    assert first.raw == second.raw
    assert seeds[:2] == seeds[2:]
    assert len(set(seeds)) == 2
    seeds.clear()
    await engine.complete(choose("go", Decode.CONSTRAINED, pairs, temperature=2.0))
    assert seeds == [None, None]


@needs_vllm
async def test_a_constrained_reply_is_a_choice_beside_free_ones(engine: Vllm) -> None:
    held = [
        choose(f"go {i}", Decode.CONSTRAINED, LABELS[: 1 + i % 8], temperature=2.0, seed=i)
        for i in range(40)
    ]
    free = [ask(f"go {i}", temperature=1.0, seed=i, max_tokens=12) for i in range(20)]
    expected = await together(engine, free)
    replies = await together(engine, [*held, *free])
    assert ids(replies[40:]) == ids(expected)
    for request, reply in zip(held, replies, strict=False):
        assert request.choices is not None
        assert reply.finish_reason is FinishReason.STOP
        assert reply.text.removeprefix("Action: ") in request.choices
    assert len({reply.text for reply in replies[:40]}) >= 4
    assert [reply.raw for reply in await together(engine, held)] == [r.raw for r in replies[:40]]


@needs_vllm
async def test_no_setting_of_the_model_loosens_a_constraint_or_fails_a_request(
    llama: Path, tmp_path: Path
) -> None:
    """Free replies end at the model's stop strings, as with the hf_ backend."""
    [whole] = await asked_of_hf(llama, [ask("go 1", temperature=0.0, max_tokens=30)])
    stop = whole.text[4:7]
    folder = tiny_models.llama(
        tmp_path / "llama",
        stop_strings=[stop],
        repetition_penalty=1.3,
        no_repeat_ngram_size=2,
        min_new_tokens=20,
        suppress_tokens=[1, 40, 41],
        bad_words_ids=[[40], [41]],
        cache_implementation="static",
    )
    held = [
        choose(f"go {i}", Decode.CONSTRAINED, LABELS, temperature=2.0, seed=i) for i in range(9)
    ]
    free = [ask(f"go {i}", temperature=0.0, max_tokens=30) for i in range(4)]
    backend = create(folder, name="vllm_set")
    await backend.open()
    replies, mine = await together(backend, held), await together(backend, free)
    await backend.close()
    assert {reply.finish_reason for reply in replies} == {FinishReason.STOP}
    assert all(reply.text.removeprefix("Action: ") in LABELS for reply in replies)
    theirs = await asked_of_hf(folder, free)
    assert [(r.text, r.finish_reason) for r in mine] == [(r.text, r.finish_reason) for r in theirs]
    assert not any(stop in reply.text for reply in mine)


@needs_vllm
async def test_thinking_that_special_tokens_mark_is_kept_apart(tmp_path: Path) -> None:
    draft = "Suppose\nAction: a1\nNo, that loses."
    said = ["[THINK]", draft, "[/THINK]", "I take b2."]
    folder = tiny_models.speaker(tmp_path / "m", said, ["[THINK]", "[/THINK]"])
    backend = create(folder, name="vllm_thinker")
    await backend.open()
    done = await backend.complete(ask("go", temperature=0.0))
    await backend.close()
    assert done.text == "".join(said)
    parsed = parse(done.text, done.finish_reason, LABELS)
    assert (parsed.failure, parsed.reasoning) == (Failure.UNPARSABLE, draft)


async def asked_of_hf(folder: Path, requests: list[Request], **keys: Any) -> list[Completion]:
    backend = HuggingFace(ModelEntry(name="hf_m", model_path=str(folder), **keys))
    await backend.open()
    replies = await together(backend, requests)
    await backend.close()
    return replies


@needs_vllm
async def test_an_engine_that_does_not_hold_to_the_choices_is_found_out(
    engine: Vllm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drop the constraint on its way to the engine, as happens to outdated options."""
    from gamegrid.backends import vllm

    real = vllm.token_settings

    def deaf(*arguments: Any) -> dict[str, Any]:
        return {**real(*arguments), "allowed_token_ids": None}

    monkeypatch.setattr(vllm, "token_settings", deaf)
    with pytest.raises(BackendError, match="begins none of the choices"):
        await engine.complete(choose("go", Decode.CONSTRAINED, LABELS, temperature=0.0))


@needs_vllm
async def test_a_base_model_is_held_and_scored_after_its_cue(tmp_path: Path) -> None:
    folder = tiny_models.gpt2(tmp_path / "gpt2")
    mine, theirs = (
        create(folder, name="vllm_base"),
        HuggingFace(ModelEntry(name="hf_m", model_path=str(folder))),
    )
    requests = [choose(f"go {i}", Decode.SCORE, LABELS) for i in range(4)]
    held = [choose(f"go {i}", Decode.CONSTRAINED, LABELS, temperature=0.0) for i in range(4)]
    found = []
    for backend in (mine, theirs):
        await backend.open()
        found.append(await together(backend, requests))
        replies = await together(backend, held)
        assert all(reply.text.removeprefix("Action: ") in LABELS for reply in replies)
        await backend.close()
    for one, other in zip(*found, strict=True):
        assert one.likelihoods == pytest.approx(other.likelihoods, rel=1e-4, abs=1e-4)


@needs_vllm
async def test_a_deterministic_engine_answers_alike_whatever_is_asked_beside_it(
    llama: Path,
) -> None:
    """Likelihoods must be equal bit by bit, without a tolerance."""
    requests = [choose("go " * i, Decode.SCORE, LABELS) for i in range(5)]
    requests += [
        choose("go " * i, Decode.CONSTRAINED, LABELS, temperature=1.0, seed=i) for i in range(5)
    ]
    requests += [ask("go " * i, temperature=1.0, seed=i, max_tokens=9) for i in range(5)]
    runs = []
    for some in (requests, requests[::-1][:13]):
        backend = create(llama, name="vllm_alike", deterministic=True, engine={})
        await backend.open()
        runs.append(await together(backend, some))
        await backend.close()
    for one, two in zip(runs[0][2:], runs[1][::-1], strict=True):
        assert (one.text, one.raw, one.likelihoods) == (two.text, two.raw, two.likelihoods)
        assert one.usage.cached_tokens in (0, None)


@needs_vllm
async def test_an_adapter_answers_as_its_sum_with_the_weights_does(
    llama: Path, tmp_path: Path
) -> None:
    """transformers adds it to the weights, vLLM keeps it beside them."""
    adapter = str(tiny_models.adapter(tmp_path / "adapter", llama))
    requests = [ask(f"move {i}", temperature=0.0, max_tokens=12) for i in range(20)]
    requests += [choose(f"go {i}", Decode.CONSTRAINED, LABELS, temperature=0.0) for i in range(20)]
    scored = [choose(f"go {i}", Decode.SCORE, LABELS) for i in range(5)]
    backend = create(llama, name="vllm_adapted", adapter_path=adapter)
    await backend.open()
    mine = await together(backend, [*requests, *scored])
    await backend.close()
    theirs = await asked_of_hf(llama, [*requests, *scored], adapter_path=adapter)
    plain = await asked_of_hf(llama, requests)
    assert ids(mine[:40]) == ids(theirs[:40])
    assert ids(mine[:40]) != ids(plain)
    for one, other in zip(mine[40:], theirs[40:], strict=True):
        assert one.likelihoods == pytest.approx(other.likelihoods, rel=1e-3, abs=1e-3)


@needs_vllm
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, r"cannot add the adapter .*down_proj.weight is \[64, 128\]"),  # of a smaller model
        ({"use_dora": True}, "cannot add the adapter .*DoRA"),
        ({"r": 1000}, "rank 1000; vLLM takes at most 512"),
        ({"r": None}, "states no rank 'r'"),
    ],
)
async def test_an_adapter_that_vllm_cannot_add_is_one_sentence(
    llama: Path, tmp_path: Path, keys: dict[str, Any], words: str
) -> None:
    base = llama if keys else tiny_models.llama(tmp_path / "wide", inner=128)
    folder = tiny_models.adapter(tmp_path / "adapter", llama)
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | keys))
    backend = create(base, name="vllm_other", adapter_path=str(folder))
    with pytest.raises(BackendError, match=words) as caught:
        await backend.open()
    assert "\n" not in str(caught.value)
    await backend.close()
    assert threads_of("vllm_other") == []


@needs_vllm
async def test_a_quantized_folder_is_read_as_its_config_says(llama: Path, tmp_path: Path) -> None:
    """Eight bits change likelihoods by a little, and leave the likeliest label where it was."""
    folder = tiny_models.int8(tmp_path / "int8", llama)
    requests = [choose(f"go {i}", Decode.SCORE, LABELS) for i in range(4)]
    backend = create(folder, name="vllm_few")
    await backend.open()
    few = await together(backend, requests)
    await backend.close()
    whole = await asked_of_hf(llama, requests)
    for one, other in zip(few, whole, strict=True):
        assert one.likelihoods != pytest.approx(other.likelihoods, abs=1e-3)
        assert one.likelihoods == pytest.approx(other.likelihoods, rel=0.2)


@needs_vllm
async def test_a_repeated_prompt_is_found_in_the_cache(engine: Vllm) -> None:
    request = ask("a prompt of more than two blocks " * 4, temperature=0.0, max_tokens=2)
    first = await engine.complete(request)
    second = await engine.complete(request)
    assert first.raw == second.raw
    assert (second.usage.cached_tokens or 0) >= 32
    assert second.usage.cached_tokens < second.usage.prompt_tokens  # type: ignore[operator]


@needs_vllm
async def test_a_prompt_that_does_not_fit_is_that_requests_own_fate(engine: Vllm) -> None:
    limit = tiny_models.POSITIONS
    short, empty, long, barely = await together(
        engine,
        [
            ask("go", temperature=0.0, max_tokens=4),
            ask("go", temperature=0.0, max_tokens=limit),
            ask("x" * limit, temperature=0.0),
            ask("x" * (limit - 20), temperature=0.0),
        ],
    )
    assert short.usage.completion_tokens == 4
    for completion in (empty, long):
        assert completion.finish_reason is FinishReason.CONTEXT_OVERFLOW
        assert completion.text == ""
        assert str(limit) in completion.raw["error"]
    used = (barely.usage.prompt_tokens or 0) + (barely.usage.completion_tokens or 0)
    assert barely.finish_reason is FinishReason.STOP or used == limit


@needs_vllm
async def test_a_request_the_engine_refuses_fails_alone(engine: Vllm) -> None:
    refused, answered = await asyncio.gather(
        engine.complete(ask("go", temperature=0.5, top_p=7.0)),
        engine.complete(ask("go", max_tokens=2)),
        return_exceptions=True,
    )
    assert isinstance(refused, BackendError) and "top_p" in str(refused)
    assert isinstance(answered, Completion)
    with pytest.raises(BackendError, match="reasoning_effort"):
        await engine.complete(ask("go", reasoning_effort="low"))


@needs_vllm
async def test_the_event_loop_runs_on_and_a_cancelled_request_is_aborted(engine: Vllm) -> None:
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.002)
            gaps.append(time.monotonic() - before)

    ticker = asyncio.create_task(tick())
    requests = [ask(f"go {i}", temperature=1.0, seed=i, max_tokens=100) for i in range(20)]
    tasks = [asyncio.create_task(engine.complete(request)) for request in requests]
    await asyncio.sleep(0.05)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    ticker.cancel()
    assert [type(r) for r in results] == [asyncio.CancelledError, Completion] * 10
    assert len(gaps) > 10 and max(gaps) < 0.5
    again = await together(engine, requests[1::2])
    assert ids(again) == ids([r for r in results if isinstance(r, Completion)])


@needs_vllm
async def test_two_engines_of_one_job_work_side_by_side_and_one_may_go_first(
    engine: Vllm, tmp_path: Path
) -> None:
    """The other engine runs a base model with a different generation_config."""
    other = create(tiny_models.gpt2(tmp_path / "gpt2"), name="vllm_other")
    await other.open()
    requests = [ask(f"go {i}", temperature=1.0, seed=i, max_tokens=20) for i in range(10)]
    expected = await together(engine, requests)
    replies, mine = await asyncio.gather(together(other, requests), together(engine, requests))
    assert ids(mine) == ids(expected)
    for reply in replies:
        assert reply.text == "" or reply.text.startswith(("Action:", "{"))
        assert "\n" not in reply.text
    await other.close()
    assert threads_of("vllm_other") == []
    assert ids(await together(engine, requests)) == ids(expected)


@needs_vllm
async def test_closing_fails_what_waits_and_ends_the_thread(llama: Path) -> None:
    backend = create(llama, name="vllm_closing")
    await backend.open()
    assert threads_of("vllm_closing")
    tasks = [
        asyncio.create_task(backend.complete(ask("go", temperature=0.0, max_tokens=200)))
        for _ in range(4)
    ]
    await asyncio.sleep(0.02)
    await backend.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(r, BackendError) and "closed" in str(r) for r in results), results
    assert threads_of("vllm_closing") == []
    with pytest.raises(BackendError):
        await backend.complete(ask("go"))
    await backend.close()


@needs_vllm
async def test_a_dying_engine_fails_what_waits_and_all_that_comes(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fake the death: make the engine's step raise."""
    from vllm import LLMEngine

    backend = create(llama, name="vllm_dying")
    await backend.open()

    def step(self: Any) -> Any:
        raise RuntimeError("the device fell off the bus")

    monkeypatch.setattr(LLMEngine, "step", step)
    results = await asyncio.gather(
        *(backend.complete(ask("go")) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(r, BackendError) for r in results)
    assert "vllm_dying" in str(results[0]) and "fell off the bus" in str(results[0])
    with pytest.raises(BackendError, match="fell off the bus"):
        await backend.complete(ask("go"))
    await backend.close()
    assert threads_of("vllm_dying") == []


@needs_vllm
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tensor_paralel_size": 2}, "'tensor_paralel_size'.*'tensor_parallel_size'"),
        ({"dtype": "int3"}, "int3|dtype"),
        ({"max_model_len": 100_000}, "could not start.*max_model_len"),
    ],
)
async def test_a_bad_engine_argument_is_one_sentence(
    llama: Path, arguments: dict[str, Any], words: str
) -> None:
    backend = create(llama, name="vllm_bad", engine=arguments)
    with pytest.raises(BackendError, match=words) as caught:
        await backend.open()
    assert "\n" not in str(caught.value)
    await backend.close()
    assert threads_of("vllm_bad") == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "max_model_len"),
        # These messages are worded as torch and vLLM word them.
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), "max_model_len"),
        (ValueError("Free memory on device cuda:0 (3/79 GiB) on startup is"), "add up to less"),
        (ValueError("No available memory for the cache blocks."), "gpu_memory_utilization"),
        (RuntimeError("The NVIDIA driver on your system is too old (found 11040)"), "nvidia-smi"),
        (RuntimeError("Failed to infer device type"), "api_base"),
        (ValueError("torch.float32 is not supported for quantization method awq."), "bfloat16"),
        (ValueError("GPT2LMHeadModel does not support LoRA yet."), "use an hf_ model"),
    ],
)
async def test_a_failed_start_names_the_remedy(error: Exception, words: str) -> None:
    sentence = _start_failure("vllm_m", error)
    assert sentence.startswith("vllm_m: the engine could not start")
    assert words in sentence and "\n" not in sentence
    assert _start_failure("vllm_m", ValueError("Odd.")).endswith("(ValueError: Odd.).")


KILLED = """
import asyncio, sys, time
from pathlib import Path
from gamegrid.backends.backend import ModelEntry
from gamegrid.backends.vllm import Vllm

async def run():
    await Vllm(ModelEntry(name="vllm_m", model_path=sys.argv[1]), Path.cwd()).open()
    print("open", flush=True)
    await asyncio.sleep(600)

asyncio.run(run())
"""


@needs_vllm
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_job_leaves_no_process_behind(llama: Path, ending: signal.Signals) -> None:
    job = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(llama)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert job.stdout is not None
    assert any(line == "open\n" for line in job.stdout)
    assert job.pid in processes_of(job.pid)
    job.send_signal(ending)
    job.wait(30)
    deadline = time.monotonic() + 10
    while processes_of(job.pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    assert processes_of(job.pid) == []


def processes_of(session: int) -> list[int]:
    """List the live processes of a session from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"model_path": None}, ["vllm_m", "no model_path"]),
        ({"model_path": "/nowhere/at/all"}, ["model_path", "/nowhere/at/all"]),
        ({"deterministic": True, "engine": {"max_num_seqs": 4}}, ["'max_num_seqs'", "determin"]),
        ({"engine": {"model": "x"}}, ["'model'", "model_path"]),
        ({"engine": {"logprobs_mode": "raw_logits"}}, ["logprobs_mode", "'raw_logprobs'"]),
        ({"model_path": str(WORKFLOW / "config/tiny"), "adapter_path": "/nowhere"}, ["adapter_"]),
        ({"engine": {"device_ids": [1]}}, ["'device_ids'", "the entry's gpus"]),
        ({"gpus": 2}, ["gpus is 2", "no tensor_parallel_size", "it would use 1"]),
        ({"gpus": 1, "engine": {"tensor_parallel_size": 2}}, ["gpus is 1", "it would use 2"]),
        ({"gpus": 0.5, "engine": {"tensor_parallel_size": 2}}, ["gpus is 0.5", "would use 2"]),
        (
            {"gpus": 2, "engine": {"tensor_parallel_size": 2, "pipeline_parallel_size": 2}},
            ["tensor_parallel_size 2 and pipeline_parallel_size 2", "it would use 4"],
        ),
        ({"engine": {"tensor_parallel_size": 2}}, ["no gpus. Set gpus: 2", "gpus: 0 for vLLM's"]),
        ({"gpus": 0.5, "engine": {"gpu_memory_utilization": 0.9}}, ["0.9", "share", "(0.5)"]),
    ],
)
async def test_a_mistake_in_the_entry_is_one_sentence(keys: Any, words: list[str]) -> None:
    sentence = BACKEND.check(entry("/nowhere", **keys))
    assert sentence is not None and "\n" not in sentence
    assert all(word in sentence for word in words), sentence
    backend = BACKEND.create(entry("/nowhere", **keys), Path.cwd())
    with pytest.raises(BackendError) as caught:
        await backend.open()
    assert str(caught.value) == sentence
    await backend.close()


@pytest.mark.parametrize(
    "keys",
    [
        {"gpus": 1},
        {"gpus": 1, "engine": {"gpu_memory_utilization": 0.95}},
        {"gpus": 0.5, "engine": {"gpu_memory_utilization": 0.4}},
        {"gpus": 4, "engine": {"tensor_parallel_size": 2, "pipeline_parallel_size": 2}},
        {"gpus": 0, "engine": {"tensor_parallel_size": 2}},
    ],
)
async def test_an_engine_may_use_the_gpus_of_its_entry(llama: Path, keys: Any) -> None:
    assert BACKEND.check(entry(llama, **keys)) is None


@needs_vllm
@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"gpus": 0.5}, 0.5),
        ({"gpus": 1}, None),
        ({}, None),
        ({"gpus": 0.5, "engine": {"gpu_memory_utilization": 0.3}}, 0.3),
    ],
)
async def test_a_share_of_a_gpu_is_a_share_of_vllms_own_limit(
    llama: Path, keys: Any, part: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform is a fake: there is no GPU here, and no engine is started."""
    from vllm import EngineArgs
    from vllm.platforms import current_platform

    monkeypatch.setattr(type(current_platform), "is_cpu", lambda self: False)
    found = engine_arguments(entry(llama, **keys), llama).get("gpu_memory_utilization")
    stated = "engine" in keys
    assert found == (part if stated or part is None else part * EngineArgs.gpu_memory_utilization)
    assert found is None or found < 1


async def test_a_folder_may_stand_for_an_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bare = ModelEntry(name="vllm_models/one")
    (tmp_path / "models/one").mkdir(parents=True)
    sentence = BACKEND.check(bare)
    assert sentence is not None and "config.json" in sentence
    (tmp_path / "models/one/config.json").write_text("{}")
    assert BACKEND.check(bare) is None


@without_vllm
async def test_without_vllm_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    backend = create(tmp_path)
    with pytest.raises(BackendError, match=r"\[vllm\]"):
        await backend.open()
    await backend.close()


async def test_importing_the_module_loads_no_engine() -> None:
    code = (
        "import sys, gamegrid.backends.vllm, gamegrid.backends.huggingface;"
        "print([m for m in ('torch', 'transformers', 'vllm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
