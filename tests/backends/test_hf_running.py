"""Rows that join and leave a running batch get the replies that they get alone."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_models
from gamegrid.backends import hf_answers, hf_running, hf_scoring
from gamegrid.backends.backend import Decode, Message, ModelEntry, Request, Sampling
from gamegrid.backends.hf_loading import LoadedModel, load
from gamegrid.backends.hf_prefixes import Prefixes, Tokens
from gamegrid.backends.hf_running import Running
from gamegrid.backends.hf_sampling import BatchRow
from gamegrid.backends.hf_slots import Past, kept_order
from gamegrid.backends.local import Prompt

RULES = "Rules of the game, the same for every turn of a seat. Answer in one word. "


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A tiny model with random weights: one with rotary, one with learned positions."""
    folder: Path = getattr(tiny_models, request.param)(tmp_path_factory.mktemp(request.param) / "m")
    loaded = load(ModelEntry(name="hf_m", model_path=str(folder)))
    assert loaded.plain
    return loaded


def question(draw: random.Random, **more: object) -> Request:
    start = RULES[: draw.choice([0, 40, len(RULES)])]
    return Request(
        model="hf_m",
        messages=(Message("user", start + "go " * draw.randrange(1, 12)),),
        sampling=Sampling(
            temperature=draw.choice([0.0, 0.0, 1.0]),
            seed=draw.randrange(99),
            max_tokens=draw.randrange(1, 30),
        ),
        **more,  # type: ignore[arg-type]
    )


def row(model: LoadedModel, request: Request) -> BatchRow:
    made = hf_answers.prepare(model, request)
    assert isinstance(made, BatchRow)
    return made


def alone(model: LoadedModel, request: Request) -> list[int]:
    """The reply by transformers' generate, to this request alone."""
    (reply,) = hf_answers.generate(model, [row(model, request)], threading.Event())
    assert not isinstance(reply, Exception)
    return list(reply.raw["token_ids"])


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_rows_that_come_and_go_reply_as_they_do_alone(
    model: LoadedModel, reuse: bool, seed: int
) -> None:
    draw = random.Random(seed)
    requests = [question(draw) for _ in range(24)]
    running: Running[int] = Running(model, 5, reuse=reuse)
    got: dict[int, list[int]] = {}
    reused: dict[int, int] = {}
    waiting = list(range(len(requests)))
    with torch.inference_mode():
        while waiting or len(running):
            count = draw.randrange(0, 6 - len(running))
            new, waiting = waiting[:count], waiting[count:]
            ended = running.admit([(i, row(model, requests[i])) for i in new]) if new else []
            if len(running):
                ended += running.step()
            got |= {each.ticket: list(each.new) for each in ended}
            reused |= {each.ticket: each.reused for each in ended}
    assert got == {i: alone(model, request) for i, request in enumerate(requests)}
    assert any(reused.values()) == reuse


def test_a_row_that_nobody_waits_for_leaves_the_others_alone(model: LoadedModel) -> None:
    draw = random.Random(7)
    requests = [question(draw) for _ in range(6)]
    running: Running[int] = Running(model, 6, reuse=True)
    with torch.inference_mode():
        got = {
            each.ticket: each.new
            for each in running.admit([(i, row(model, r)) for i, r in enumerate(requests)])
        }
        dropped = list(running.rows)[::2]
        running.drop(dropped)
        while len(running):
            got |= {each.ticket: each.new for each in running.step()}
    gone = {each.ticket for each in dropped}
    kept = {i: alone(model, r) for i, r in enumerate(requests) if i not in gone}
    assert got == kept


def test_only_gaps_are_filled() -> None:
    draw = random.Random(1)
    for _ in range(200):
        count = draw.randrange(1, 12)
        gone = draw.sample(range(count), draw.randrange(0, count + 1))
        order = kept_order(count, gone)
        assert sorted(order) == sorted(set(range(count)) - set(gone))
        assert all(row in (slot, *range(len(order), count)) for slot, row in enumerate(order))


@pytest.mark.parametrize("reuse", [True, False])
def test_a_tree_of_choices_scores_as_each_choice_alone(model: LoadedModel, reuse: bool) -> None:
    """The independent value reads the prompt and one choice in a single pass."""
    draw = random.Random(3)
    prompts = []
    for size in (1, 2, 7, 30):
        labels = tuple(
            draw.sample([f"{a}{b}-{c}" for a in "abc" for b in "12" for c in range(9)], size)
        )
        asked = question(draw, decode=Decode.SCORE, choices=labels)
        made = hf_answers.prepare(model, asked)
        assert isinstance(made, Prompt)
        prompts.append(made)
    kept = Prefixes() if reuse else None
    with torch.inference_mode():
        for _ in range(2):  # the second time from what the first kept
            found = hf_scoring.log_likelihoods(model, kept, prompts)
            for prompt, scores in zip(prompts, found, strict=True):
                assert scores.values == pytest.approx(
                    [whole(model, prompt, choice.ids) for choice in prompt.choices], abs=1e-4
                )


def test_the_tokens_reused_are_those_that_were_not_read(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(11)
    read: list[int] = []
    real = hf_running._read

    def counting(model: LoadedModel, past: Past | None, texts: Sequence[Tokens]) -> Any:
        read.extend(map(len, texts))
        return real(model, past, texts)

    monkeypatch.setattr(hf_running, "_read", counting)
    kept = Prefixes()
    asked, reused = 0, 0
    with torch.inference_mode():
        for count in (1, 4, 3, 6):
            prompts = [row(model, question(draw)).prompt.ids for _ in range(count)]
            found = hf_running.read_prompts(model, kept, prompts)
            asked += sum(map(len, prompts))
            reused += sum(each.reused for each in found)
            assert all(each.reused < len(ids) for each, ids in zip(found, prompts, strict=True))
    assert reused > 0
    # What prompts share only in part may be read once for all and again for each.
    assert asked <= reused + sum(read) < 1.2 * asked
    assert [each.reused for each in hf_running.read_prompts(model, None, prompts)] == [0] * 6


def whole(model: LoadedModel, prompt: Prompt, choice: tuple[int, ...]) -> float:
    ids = torch.tensor([[*prompt.ids, *choice]])
    known = model.network(input_ids=ids).logits[0].float().log_softmax(-1).double()
    first = len(prompt.ids) - 1
    return float(sum(known[first + i, token] for i, token in enumerate(choice)))
