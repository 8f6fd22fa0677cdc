"""Which episodes a play job reuses from other files of its cell."""

from pathlib import Path

import pytest

from gamegrid.play.chunk import _take_over
from gamegrid.records import chunkfile
from record_samples import RUN, episode


def write(folder: Path, block: str, params: str = "{}") -> Path:
    path = folder / f"{block}.parquet"
    chunkfile.write(path, RUN, [episode()], params)
    return path


def test_episodes_of_an_overlapping_block_are_taken_over(tmp_path: Path) -> None:
    ids = {episode().episode_id}
    short = write(tmp_path, "00000-00003")
    assert _take_over(tmp_path / "00000-00005.parquet", "{}", ids) == {short: ids}
    assert _take_over(tmp_path / "00000-00005.parquet", "other", ids) == {}
    assert _take_over(short, "{}", ids) == {}


@pytest.mark.parametrize("name", ["00006-00011", "notes", "00000-00003.old"])
def test_files_of_other_deals_and_of_no_block_stay_unread(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.parquet").write_text("no chunk file, or about to be replaced")
    assert _take_over(tmp_path / "00000-00005.parquet", "{}", {"any"}) == {}


def test_nothing_is_taken_over_from_a_damaged_file(tmp_path: Path) -> None:
    ids = {episode().episode_id}
    damaged, short = write(tmp_path, "00000-00002"), write(tmp_path, "00000-00003")
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert _take_over(tmp_path / "00000-00005.parquet", "{}", ids) == {short: ids}
