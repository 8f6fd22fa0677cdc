"""A database that cannot be opened is one sentence, whoever opens it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gamegrid.__main__ import main
from gamegrid.errors import UserError
from gamegrid.records import duckdb_files

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open'); sys.stdin.read()"


@contextmanager
def open_elsewhere(path: Path) -> Iterator[int]:
    """Open a database for writing in another process, as DuckDB's shell does."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "open\n"
        yield holder.pid
        holder.stdin.close()


def test_a_database_open_elsewhere_is_named_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    duckdb_files.connect(path).close()
    with open_elsewhere(path) as pid:
        for read_only in (True, False):
            with pytest.raises(UserError, match=rf"{path} is open in another program .*{pid}\)"):
                duckdb_files.connect(path, read_only=read_only)
    duckdb_files.connect(path, read_only=True).close()


def test_two_readers_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"
    duckdb_files.connect(path).close()
    with (
        closing(duckdb_files.connect(path, read_only=True)) as one,
        closing(duckdb_files.connect(path, read_only=True)) as other,
    ):
        assert one.execute("SELECT 1").fetchall() == other.execute("SELECT 1").fetchall()


@pytest.mark.parametrize("content", [b"", b"junk", b"\0" * 5000, None])
def test_what_is_no_database_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "results.duckdb"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        duckdb_files.connect(path, read_only=True)
    assert str(refusal.value).startswith(f"{path} cannot be opened: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "words",
    [
        ["leaderboard"],
        ["replay", "1"],
        ["export", "traces", "t.jsonl"],
        ["export", "chat", "t.jsonl"],
    ],
)
def test_commands_say_who_holds_the_database(
    result_set: Path, words: list[str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    copy = tmp_path / "results/gamegrid.duckdb"
    copy.parent.mkdir()
    copy.write_bytes((result_set / "gamegrid.duckdb").read_bytes())
    monkeypatch.chdir(tmp_path)
    with open_elsewhere(copy) as pid:
        assert main(words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"process {pid}" in error
