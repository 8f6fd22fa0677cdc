"""Merging results folders: the merge adds what only one has, and names contradictions."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gamegrid.__main__ import main
from gamegrid.backends.backend import Completion, Request
from gamegrid.commands.merge_command import MergedResults, merge
from gamegrid.errors import UserError
from gamegrid.records import chunkfile
from gamegrid.records.journal import Journal
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus, Task, episode_id
from journal_samples import PLACE, REQUEST, said
from record_samples import RUN, episode

AGENTS = {"a": {"type": "random"}, "b": {"type": "mcts", "simulations": 5}}
PARAMS = json.dumps({"seed": 42, "agents": AGENTS})
STRONGER = json.dumps({"seed": 42, "agents": AGENTS | {"b": {"type": "mcts", "simulations": 9}}})


def results(folder: Path, *episodes: EpisodeRecord, params: str = PARAMS, seed: int = 42) -> Path:
    cell = folder / "chunks/game/a--b"
    cell.mkdir(parents=True)
    (folder / "stamp.json").write_text(json.dumps({"seed": seed, "protocol": 1}))
    chunkfile.write(cell / "00000-00001.parquet", RUN, episodes, params)
    return folder


def reply(folder: Path, deal: int, text: str) -> None:
    """File a reply to the first question of a deal."""

    async def ask() -> None:
        with Journal(folder / "journal/game/a--b" / f"{deal:05d}-{deal:05d}.jsonl") as journal:
            place = replace(PLACE, game="game", deal=deal, seating=0)
            await journal.ask(place, 0, 0, REQUEST, sell)

    async def sell(request: Request) -> Completion:
        return replace(said(text), raw=text)

    asyncio.run(ask())


def merged(folder: Path) -> list[Path]:
    return sorted((folder / "chunks/game/a--b").glob("merged-*.parquet"))


def test_what_only_one_has_is_added_once_with_its_run(tmp_path: Path) -> None:
    unfinished = episode(4, status=EpisodeStatus.ERROR, error="gone")
    ours = results(tmp_path / "ours", episode(0), episode(1))
    theirs = results(tmp_path / "theirs", episode(1), episode(2), episode(3), unfinished)
    before = {path: path.read_bytes() for path in theirs.rglob("*.parquet")}
    assert merge(ours, theirs) == MergedResults(0, 2, 1, ())
    [added] = merged(ours)
    assert sorted(chunkfile.read_finished(added)) == sorted(
        each.episode_id for each in (episode(2), episode(3))
    )
    assert chunkfile.read_params([added]) == {added: PARAMS}
    assert merge(ours, theirs) == MergedResults(0, 0, 3, ())
    assert merged(ours) == [added]
    assert {path: path.read_bytes() for path in theirs.rglob("*.parquet")} == before


def test_an_episode_that_went_another_way_is_a_conflict_and_ours_stays(tmp_path: Path) -> None:
    ours = results(tmp_path / "ours", episode(0))
    theirs = results(tmp_path / "theirs", episode(0, trajectory="[1]"))
    done = merge(ours, theirs)
    assert done.conflicts == ("episode game/a--b/0/0 was played differently",)
    assert merged(ours) == []


def test_other_settings_are_named_and_kept_for_the_grid_that_wants_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = results(tmp_path / "ours", episode(0))
    theirs = results(tmp_path / "theirs", episode(0), params=STRONGER)
    assert main(["merge", str(theirs), "--into", str(ours)]) == 1
    said = capsys.readouterr().out
    assert (
        f"conflict, {ours} keeps its version: game/a--b: agents.b.simulations is 5 here and 9"
        in said
    )
    [kept] = merged(ours)
    assert chunkfile.read_params([kept]) == {kept: STRONGER}


def test_a_damaged_file_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    ours = results(tmp_path / "ours", episode(0))
    theirs = results(tmp_path / "theirs", episode(1))
    damaged = theirs / "chunks/game/a--b/00002-00003.parquet"
    damaged.write_bytes(b"PAR1")
    done = merge(ours, theirs)
    assert done.conflicts == (f"{damaged} is damaged or not a chunk file",)
    assert done.episodes == 1


def test_results_of_other_luck_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = results(tmp_path / "ours", episode(0))
    theirs = results(tmp_path / "theirs", episode(1), seed=7)
    assert main(["merge", str(theirs), "--into", str(ours)]) == 1
    assert "seed 7 and protocol 1" in capsys.readouterr().err
    assert merged(ours) == []
    for into in (ours, tmp_path / "new"):
        assert main(["merge", str(tmp_path / "nowhere"), "--into", str(into)]) == 1
        assert "give a results folder" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_new_folder_takes_everything_and_keeps_the_seed(tmp_path: Path) -> None:
    theirs = results(tmp_path / "theirs", episode(0), episode(1))
    assert merge(tmp_path / "all", theirs) == MergedResults(0, 2, 0, ())
    with pytest.raises(UserError, match="seed 7"):
        merge(tmp_path / "all", results(tmp_path / "others", episode(2), seed=7))


def test_an_episode_that_our_replies_contradict_is_left_for_the_next_run(tmp_path: Path) -> None:
    """As of a job that was killed within an episode, which another site has played as a whole."""
    begun, whole, other = (
        episode(deal, episode_id=episode_id(Task.EPISODE, "game:a--b", deal, 0))
        for deal in range(3)
    )
    ours = results(tmp_path / "ours", other)
    theirs = results(tmp_path / "theirs", begun, whole)
    reply(ours, 0, "Bet")
    reply(theirs, 0, "Pass")
    reply(theirs, 1, "Pass")
    done = merge(ours, theirs)
    assert (done.replies, done.episodes) == (1, 1)
    assert ["deal 0" in each for each in done.conflicts] == [True]
    [added] = merged(ours)
    assert [*chunkfile.read_finished(added)] == [whole.episode_id]
