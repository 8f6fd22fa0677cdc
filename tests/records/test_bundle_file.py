"""A list of chunk files names nothing else."""

from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.records import bundle_file

CHUNKS = ["chunks/nim/a--b/00000-00019.parquet", "chunks/nim/a..b--c/00020-00020.parquet"]


def listed(folder: Path, *lines: str) -> Path:
    path = folder / "results/bundles/nim/0123456789ab.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    bundle_file.write(path, lines)
    return path


def test_bundles_stand_for_their_chunk_files_and_chunk_files_for_themselves(tmp_path: Path) -> None:
    bundle, alone = listed(tmp_path, *CHUNKS), tmp_path / "results/positions/nim/a.parquet"
    assert bundle_file.expand([str(bundle), str(alone)]) == [
        *(tmp_path / "results" / chunk for chunk in CHUNKS), alone
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "/etc/passwd",
        "chunks/../../x/00000-00019.parquet",
        "chunks/nim/../00000-00019.parquet",
        "chunks/nim/a--b/../00000-00019.parquet",
        "chunks/nim/a--b/merged-1.parquet",
        "journal/nim/a--b/00000-00019.parquet",
        "",
    ],
)
def test_a_list_of_anything_else_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UserError, match="which is no chunk file"):
        bundle_file.expand([str(listed(tmp_path, CHUNKS[0], line))])
