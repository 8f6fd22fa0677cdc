"""Paths of a configuration resolve or not, but never raise, whatever they contain."""

from pathlib import Path

import pytest

from gamegrid.paths import WORKFLOW, resolve, there


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
