"""A run with unfinished episodes names each reason once, and plays these episodes next time."""

from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs.complete import confirm
from gamegrid.records import chunkfile
from gamegrid.records.record_types import EpisodeStatus
from record_samples import episode
from store_samples import run


def chunk(folder: Path, name: str, *errors: str | None) -> Path:
    path = folder / f"{name}.parquet"
    episodes = [
        episode(deal, status=EpisodeStatus.ERROR if error else EpisodeStatus.COMPLETE, error=error)
        for deal, error in enumerate(errors)
    ]
    chunkfile.write(path, run(), episodes, "{}")
    return path


def test_each_reason_has_one_line_with_its_episodes(tmp_path: Path) -> None:
    refused = "m: the key was refused (401). Check M_API_KEY in the environment or in .env."
    whole = chunk(tmp_path, "a", None, None)
    broken = [chunk(tmp_path, "b", refused, None, "cut"), chunk(tmp_path, "c", refused)]
    with pytest.raises(UserError) as told:
        confirm([whole, *broken], tmp_path / "complete.txt")
    head, *lines = str(told.value).splitlines()
    assert head.startswith("3 episodes not finished and in no table. Mend the reasons;")
    assert lines == [f"  2 episodes: {refused}", "  1 episode: cut"]
    assert whole.exists() and not any(path.exists() for path in broken)
    assert not (tmp_path / "complete.txt").exists()
    confirm([whole], tmp_path / "complete.txt")
    assert (tmp_path / "complete.txt").exists()


def test_unfinished_chunks_are_removed_where_the_results_are(tmp_path: Path) -> None:
    """The job has copies, which Snakemake keeps below a folder of its own."""
    there, copies = tmp_path / "grid/results", tmp_path / ".snakemake/storage/fs/grid/results"
    for folder in (there, copies):
        (folder / "chunks/g/m").mkdir(parents=True)
    chunk(there / "chunks/g/m", "a", "cut")
    chunk(there / "chunks/g/m", "b", None)
    made = [chunk(copies / "chunks/g/m", "a", "cut"), chunk(copies / "chunks/g/m", "b", None)]
    with pytest.raises(UserError, match="1 episode not finished"):
        confirm(made, tmp_path / "complete.txt", remote=str(there))
    assert [path.name for path in there.rglob("*.parquet")] == ["b.parquet"]
