"""The number format of an ``hf_`` model: stated, or chosen by a measurement, and then kept."""

import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers import PreTrainedModel

import tiny_models
from gamegrid.backends import hf_dtypes
from gamegrid.backends.backend import Completion, Decode, Message, ModelEntry, Request, Sampling
from gamegrid.backends.hf_dtypes import ENOUGH, choose
from gamegrid.backends.hf_loading import load
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.config import models
from gamegrid.config.models import Model
from gamegrid.luck import Place
from gamegrid.play.engines import Engines, Pool
from gamegrid.records import dtype_record
from gamegrid.records.journal import Journal

PLACE = Place(seed=1, game="kuhn_poker", deal=3, matchup="a--b", seating=0, seat=1)


def entry(folder: Path | str = "m", **more: Any) -> ModelEntry:
    return ModelEntry(name="hf_m", model_path=str(folder), **more)


def at_speed(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    monkeypatch.setattr(hf_dtypes, "speedup", lambda width, device: factor)


def test_what_an_entry_states_is_used_and_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hf_dtypes, "speedup", None)
    for stated in ("auto", "bfloat16", "float16", "float32"):
        assert choose(entry(engine={"dtype": stated}), 64, "cpu") == stated
    assert choose(entry(deterministic=True), 64, "cuda:1") == "float32"
    assert choose(entry(), 64, "cpu") == "float32"
    assert choose(entry(), 64, "cuda:1") == "auto"


@pytest.mark.parametrize(
    ("factor", "chosen"), [(ENOUGH, "bfloat16"), (ENOUGH - 0.01, "float32"), (0.4, "float32")]
)
def test_native_takes_bfloat16_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, factor: float, chosen: str
) -> None:
    at_speed(monkeypatch, factor)
    assert choose(entry(engine={"dtype": "native"}), 64, "cpu") == chosen


@pytest.mark.parametrize(
    ("gpus", "there", "device"),
    [(None, True, "cuda:1"), (1, True, "cuda:1"), (0.5, True, "cuda:1"), (0, True, "cpu"),
     (1, False, "cpu")],
)  # fmt: skip
def test_a_model_is_loaded_onto_its_gpu_unless_its_entry_keeps_it_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, gpus: float | None, there: bool, device: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert hf_dtypes.device(entry(gpus=gpus), 1) == device


async def test_a_model_moves_to_its_gpu_and_its_thread_works_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The GPU is a fake that notes what is asked of it: there is none here."""
    asked = list[tuple[str, str]]()

    def move(self: PreTrainedModel, device: str) -> PreTrainedModel:
        asked.append((device, threading.current_thread().name))
        return self

    def make_current(device: str) -> None:
        asked.append((device, threading.current_thread().name))

    monkeypatch.setattr(hf_dtypes, "device", lambda entry, gpu: f"cuda:{gpu}")
    monkeypatch.setattr(torch.cuda, "set_device", make_current)
    monkeypatch.setattr(PreTrainedModel, "to", move)
    backend = HuggingFace(entry(tiny_models.llama(tmp_path / "llama"), gpus=1))
    backend.set_gpu(2)
    await backend.open()
    await backend.close()
    assert asked == [("cuda:2", "hf_m_0")] * 2


def test_the_measurement_leaves_the_number_of_threads_alone() -> None:
    before = torch.get_num_threads()
    assert 0.05 < hf_dtypes.speedup(256, "cpu") < 50
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_model_computes_in_its_dtype(tmp_path: Path, dtype: str) -> None:
    folder = tiny_models.llama(tmp_path / "llama")
    assert load(entry(folder, engine={"dtype": dtype})).network.dtype == getattr(torch, dtype)


async def test_labels_are_scored_in_bfloat16_nearly_as_in_float32(tmp_path: Path) -> None:
    folder = tiny_models.llama(tmp_path / "llama")
    request = Request(
        model="hf_m",
        messages=(Message("user", "go"),),
        sampling=Sampling(),
        decode=Decode.SCORE,
        choices=("a1", "a2", "b1", "b22"),
    )
    found = []
    for dtype in ("float32", "bfloat16"):
        backend = HuggingFace(entry(folder, engine={"dtype": dtype}))
        await backend.open()
        found.append((await backend.complete(request)).likelihoods)
        await backend.close()
    assert found[0] is not None
    assert found[0] != found[1]
    assert found[1] == pytest.approx(found[0], rel=0.05)


async def answer(results: Path, written: ModelEntry, question: str) -> Completion:
    """Ask a model as a job of these results does."""
    one = Model(models.backends()["hf"], written, written)
    request = Request(
        model="hf_m",
        messages=(Message("user", question),),
        sampling=Sampling(temperature=0.0, max_tokens=24),
    )
    with Journal(results / "journal/kuhn_poker/a--b/00000-00009.jsonl") as journal:
        pool = Pool({"hf_m": one}, results, results)
        engines = Engines(pool, journal, live=True)
        try:
            return (await engines.ask("hf_m")(PLACE, 0, 0, request)).completion
        finally:
            await pool.close()


@pytest.mark.parametrize("first", [2.0, 0.5])
async def test_a_run_that_goes_on_elsewhere_gets_the_same_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: float
) -> None:
    """The second machine would choose the other format; a new folder of results is free to."""
    written = entry(tiny_models.llama(tmp_path / "llama"), engine={"dtype": "native"})
    chosen = {2.0: "bfloat16", 0.5: "float32"}
    stated = written.model_copy(update={"engine": {"dtype": chosen[first]}})
    at_speed(monkeypatch, first)
    await answer(tmp_path / "results", written, "go")
    at_speed(monkeypatch, 1 / first)
    await answer(tmp_path / "other", written, "go")
    on = await answer(tmp_path / "results", written, "go on")
    identity = {"model_path": written.model_path, "engine": {"dtype": "native"}}
    found = [dtype_record.find(tmp_path / name, "hf_m", identity) for name in ("results", "other")]
    assert found == [chosen[first], chosen[1 / first]]
    assert on.raw == (await answer(tmp_path / "plain", stated, "go on")).raw
