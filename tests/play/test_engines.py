"""A job's models behind the journal: each reply belongs to the checkpoint that gave it."""

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from gamegrid.backends.backend import (
    Backend,
    BackendError,
    Completion,
    FinishReason,
    Message,
    ModelEntry,
    RecordedCompletion,
    Request,
    Sampling,
)
from gamegrid.config import models
from gamegrid.config.models import Model
from gamegrid.luck import Place
from gamegrid.play import gpus
from gamegrid.play.engines import Engines, Pool
from gamegrid.records.journal import Journal

PLACE = Place(seed=1, game="kuhn_poker", deal=3, matchup="a--b", seating=0, seat=1)
REQUEST = Request(model="hf_x", messages=(Message("user", "Choose."),), sampling=Sampling())


class Echo:
    """A fake engine that answers with the path of its weights."""

    def __init__(self, entry: ModelEntry):
        self._entry = entry

    async def open(self) -> None:
        """Do nothing: there is nothing to load."""

    async def complete(self, request: Request) -> Completion:
        text = f"{self._entry.model_path} {self._entry.revision}"
        return Completion(text=text, finish_reason=FinishReason.STOP)

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


def model(**entry: str) -> Model:
    written = ModelEntry(name="hf_x", **entry)

    def create(entry: ModelEntry, working: Path) -> Backend:
        return Echo(entry)

    kind = replace(models.backends()["hf"], create=create)
    return Model(kind, written, written)


async def ask(folder: Path, one: Model) -> RecordedCompletion:
    with Journal(folder / "00000-00009.jsonl") as journal:
        pool = Pool({"hf_x": one}, folder, folder)
        engines = Engines(pool, journal, live=True)
        answer = await engines.ask("hf_x")(PLACE, 0, 0, REQUEST)
        await pool.close()
    return answer


async def test_local_models_load_one_after_another(tmp_path: Path) -> None:
    """Two threads that import the same libraries at once may see them half imported."""
    loading, most = 0, 0

    class Slow(Echo):
        async def open(self) -> None:
            nonlocal loading, most
            loading += 1
            most = max(most, loading)
            await asyncio.sleep(0)
            loading -= 1

    def create(entry: ModelEntry, working: Path) -> Backend:
        return Slow(entry)

    kind = replace(models.backends()["hf"], create=create)
    names = ("hf_x", "hf_y", "hf_z")
    all_models = {name: Model(kind, entry, entry) for name in names
                  for entry in [ModelEntry(name=name)]}  # fmt: skip
    with Journal(tmp_path / "00000-00009.jsonl") as journal:
        pool = Pool(all_models, tmp_path, tmp_path)
        engines = Engines(pool, journal, live=True)
        asked = (engines.ask(name)(replace(PLACE, deal=deal), 0, 0, REQUEST)
                 for deal, name in enumerate(names))  # fmt: skip
        await asyncio.gather(*asked)
        await pool.close()
    assert most == 1


class OnGpu(Echo):
    """A fake engine that tells the GPU it was given, and which ones its process saw then."""

    told = "none"

    def set_gpu(self, index: int) -> None:
        self.told = f"{index} of {os.environ[gpus.VISIBLE]}"

    async def complete(self, request: Request) -> Completion:
        return Completion(text=self.told, finish_reason=FinishReason.STOP)


def on_gpus(folder: Path, monkeypatch: pytest.MonkeyPatch, **numbers: float | None) -> Pool:
    """Return a pool of fake models on a host with GPUs a, b and c."""
    monkeypatch.setenv(gpus.VISIBLE, "a,b,c")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is read from the environment once
    monkeypatch.setattr(gpus, "_uuids", dict)
    kind = replace(models.backends()["hf"], create=lambda entry, _: OnGpu(entry))
    entries = {name: ModelEntry(name=name, gpus=number) for name, number in numbers.items()}
    found = {name: Model(kind, entry, entry) for name, entry in entries.items()}
    return Pool(found, folder, folder)


async def ask_all(folder: Path, pool: Pool, *names: str) -> list[str]:
    with Journal(folder / "00000-00009.jsonl") as journal:
        engines = Engines(pool, journal, live=True)
        asked = (engines.ask(name)(replace(PLACE, deal=deal), 0, 0, REQUEST)
                 for deal, name in enumerate(names))  # fmt: skip
        return [answer.completion.text for answer in await asyncio.gather(*asked)]


async def test_the_models_of_a_job_load_onto_its_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {"hf_x": 1, "hf_y": 1, "hf_z": 0}
    pool = on_gpus(tmp_path, monkeypatch, **numbers)
    assert await ask_all(tmp_path, pool, *numbers) == ["0 of a,b", "1 of a,b", "none"]
    await pool.close()


async def test_models_with_shares_load_onto_one_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = on_gpus(tmp_path, monkeypatch, hf_x=0.4, hf_y=0.6)
    assert await ask_all(tmp_path, pool, "hf_x", "hf_y") == ["0 of a", "0 of a"]
    await pool.close()


async def test_a_job_that_ends_while_it_waits_for_a_gpu_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = on_gpus(tmp_path, monkeypatch, hf_x=1, hf_y=1, hf_z=1)
    other = gpus.Gpus()
    await asyncio.to_thread(other.take, 1)
    monkeypatch.setenv(gpus.VISIBLE, "a,b,c")
    try:
        asking = asyncio.create_task(ask_all(tmp_path, pool, "hf_x"))
        await asyncio.sleep(0.1)
        assert not asking.done()
        async with asyncio.timeout(5):
            await pool.close()
            with pytest.raises(BackendError, match="the job ended while it waited for GPUs"):
                await asking
    finally:
        other.release()


async def test_a_replay_needs_no_place_for_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = on_gpus(tmp_path, monkeypatch, hf_x=1, hf_y=None)  # no live job may hold these
    await pool.close()


async def test_the_replies_of_one_checkpoint_are_not_those_of_another(tmp_path: Path) -> None:
    asked = [model(model_path="old"), model(model_path="new"), model(revision="2")]
    first = [await ask(tmp_path, one) for one in asked]
    assert [answer.completion.text for answer in first] == ["old None", "new None", "None 2"]
    again = [await ask(tmp_path, one) for one in asked]
    assert [answer.completion for answer in again] == [answer.completion for answer in first]
    assert all(answer.replayed for answer in again)


async def test_where_a_model_is_served_is_not_part_of_what_it_said(tmp_path: Path) -> None:
    await ask(tmp_path, model(api_base="http://127.0.0.1:1/v1"))
    moved = await ask(tmp_path, model(api_base="http://127.0.0.1:2/v1"))
    assert moved.replayed
