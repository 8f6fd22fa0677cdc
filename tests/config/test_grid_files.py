"""The paths of a grid file lead to the files beside it, or to none that its author did not mean."""

import json
from pathlib import Path

import pytest
import yaml

from gamegrid.config import grid_files
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, resolve


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """A working directory with a model file of its own."""
    folder = tmp_path / "working"
    folder.mkdir()
    (folder / "models.yaml").touch()
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The folder of a grid that is not in the working directory."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def grid(folder: Path, name: str = "grid.yaml", **content: object) -> Path:
    file = folder / name
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_file_beside_the_grid_comes_before_one_in_the_working_directory(
    working: Path, elsewhere: Path
) -> None:
    (elsewhere / "models.yaml").touch()
    (elsewhere / "mine").mkdir()
    file = grid(elsewhere, models=["models.yaml"], plugins=["mine"])
    found = grid_files.read(file, working)
    assert resolve(found["models"][0], working).resolve() == elsewhere / "models.yaml"
    assert resolve(found["plugins"][0], working).resolve() == elsewhere / "mine"


def test_a_grid_elsewhere_takes_no_file_that_lies_in_the_working_directory(
    working: Path, elsewhere: Path
) -> None:
    found = grid_files.read(grid(elsewhere, models=["models.yaml"]), working)
    assert resolve(found["models"][0], working).resolve() == elsewhere / "models.yaml"
    assert not (elsewhere / "models.yaml").exists()


@pytest.mark.parametrize("name", ["config/models.yaml", "config/examples/local_models.yaml"])
def test_files_of_the_workflow_are_in_reach_of_every_grid(
    name: str, working: Path, elsewhere: Path
) -> None:
    found = grid_files.read(grid(elsewhere, models=[name]), working)
    assert resolve(found["models"][0], working) == WORKFLOW / name


def test_a_grid_in_the_working_directory_finds_its_files_as_before(working: Path) -> None:
    (below := working / "grids").mkdir()
    for folder in (working, below):
        file = grid(folder, models=["models.yaml", "config/models.yaml"])
        assert grid_files.read(file, working) == yaml.safe_load(file.read_text())


def test_each_file_s_paths_lie_beside_that_file(working: Path, elsewhere: Path) -> None:
    for folder in ("a", "b"):
        (elsewhere / folder).mkdir()
        (elsewhere / folder / "models.yaml").touch()
    first = grid(elsewhere / "a", models=["models.yaml"], deals=2)
    second = grid(elsewhere / "b", deals=3)
    merged = {"models": ["models.yaml"], "deals": 3}
    found = grid_files.rebase(merged, [first, second], working)
    assert resolve(found["models"][0], working).resolve() == elsewhere / "a/models.yaml"
    # A value from the command line belongs to no file.
    merged["models"] = ["config/models.yaml"]
    assert grid_files.rebase(merged, [first, second], working) == merged


def test_a_configuration_may_be_json(working: Path, elsewhere: Path) -> None:
    (elsewhere / "models.yaml").touch()
    file = elsewhere / "grid.json"
    file.write_text(json.dumps({"models": ["models.yaml"]}))
    found = grid_files.rebase({"models": ["models.yaml"]}, [file], working)
    assert resolve(found["models"][0], working).resolve() == elsewhere / "models.yaml"


def test_templates_beside_the_grid_are_found_and_never_hidden(
    working: Path, elsewhere: Path
) -> None:
    (own := elsewhere / "config/prompts").mkdir(parents=True)
    (own / "mine.jinja").write_text("one")
    file = grid(elsewhere, deals=2)
    found = grid_files.read(file, working)
    assert [resolve(each, working).resolve() for each in found["plugins"]] == [own]
    (other := working / "config/prompts").mkdir(parents=True)
    (other / "mine.jinja").write_text("two")
    with pytest.raises(UserError, match=r"differ\. Remove or rename one of them"):
        grid_files.read(file, working)


@pytest.mark.parametrize("value", ["models.yaml", [5], None, {"a": 1}])
def test_what_is_no_list_of_paths_is_left_to_the_configuration_s_type(
    value: object, working: Path, elsewhere: Path
) -> None:
    assert grid_files.read(grid(elsewhere, models=value), working)["models"] == value
