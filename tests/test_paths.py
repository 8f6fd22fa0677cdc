"""Paths in a configuration never raise an error; files are replaced as a whole or not at all."""

from pathlib import Path

import pytest

from gamegrid.paths import WORKFLOW, replacing, resolve, there


def test_the_working_directory_comes_before_the_workflow_s(tmp_path: Path) -> None:
    assert resolve("config/models.yaml", tmp_path) == WORKFLOW / "config/models.yaml"
    own = tmp_path / "config/models.yaml"
    own.parent.mkdir()
    own.touch()
    assert resolve("config/models.yaml", tmp_path) == own
    assert resolve(own, Path("/")) == own


@pytest.mark.parametrize("name", ["x", "~nobody-of-this-name/x", "a" * 300, "\x00"])
def test_what_can_not_be_there_is_not_there(name: str, tmp_path: Path) -> None:
    found = resolve(name, tmp_path)
    assert found == tmp_path / name
    assert not there(found)
    assert not there(found, Path.is_dir)


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_when_the_block_ends(durable: bool, tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with replacing(target, durable=durable) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == tmp_path
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_could_not_be_written_whole_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(target) as temporary:
        temporary.write_text("ne")
        raise OSError("full")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "rows.csv"):
        pass
