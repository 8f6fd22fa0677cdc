"""Lines that are added to a file are seen once each."""

from pathlib import Path

from gamegrid.records.tail import Tail


def test_a_tail_yields_whole_lines_once_and_follows_a_mended_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"old\ntorn")
    tail = Tail(path)
    path.write_bytes(b"old\n")  # the next job removes the torn line
    assert list(tail.lines()) == []
    with path.open("ab") as file:
        file.write(b"one\ntw")
    assert list(tail.lines()) == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\n")
    assert list(tail.lines()) == [b"two"]
    assert list(Tail(tmp_path / "none").lines()) == []
