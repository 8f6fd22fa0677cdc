"""A job's models behind the journal: each reply belongs to the checkpoint that gave it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from gamegrid.backends.backend import (
    Backend,
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
