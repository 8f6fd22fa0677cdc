"""Model files and ids: found, resolved, refused by file and entry."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.config import models
from gamegrid.errors import UserError


def write(folder: Path, content: Any, name: str = "models.yaml") -> str:
    (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return name


def test_an_entry_is_an_id_or_a_mapping_and_the_later_one_wins(tmp_path: Path) -> None:
    first = write(tmp_path, {"models": ["hf_a", {"name": "hf_b", "revision": "1"}]})
    second = write(tmp_path, {"models": [{"name": "hf_b", "revision": "2"}]}, "more.yaml")
    found = models.read_files([first, second], tmp_path)
    assert set(found) == {"hf_a", "hf_b"}
    assert (found["hf_a"].entry.revision, found["hf_b"].entry.revision) == (None, "2")


def test_paths_resolve_beside_the_model_file_then_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    beside = tmp_path / "elsewhere"
    beside.mkdir()
    file = beside / write(beside, {"models": [{"name": "hf_a", "model_path": "weights"}]})
    found = models.find("hf_a", "a", models.read_files([str(file)], tmp_path), tmp_path)
    assert (found.entry.model_path, found.file) == (str(tmp_path / "weights"), file)
    (beside / "weights").mkdir()
    found = models.find("hf_a", "a", models.read_files([str(file)], tmp_path), tmp_path)
    assert found.entry.model_path == str(beside / "weights")
    # The identity keeps the path as written, so the agent is the same on another machine.
    assert found.identity() == {"model_path": "weights"}


def test_deterministic_replies_are_other_replies(tmp_path: Path) -> None:
    model = models.find("hf_a", "a", {}, tmp_path, deterministic=True)
    assert model.entry.deterministic
    assert model.identity() == {"deterministic": True}


@pytest.mark.parametrize(("written", "read"), [(0, 0), (1, 1), (2.0, 2), (0.5, 0.5), (None, None)])
def test_gpus_are_whole_or_a_share(
    tmp_path: Path, written: float | None, read: float | None
) -> None:
    path = write(tmp_path, {"models": [{"name": "hf_a", "gpus": written}]})
    found = models.read_files([path], tmp_path)["hf_a"].entry.gpus
    assert found == read
    assert type(found) is type(read)


def test_an_id_needs_no_entry(tmp_path: Path) -> None:
    found = models.find("litellm_openai/gpt-4o-mini", "a", {}, tmp_path)
    assert (found.kind.prefix, found.entry.name) == ("litellm", "litellm_openai/gpt-4o-mini")
    assert found.identity() == {}
    assert found.similar is None


def test_an_id_that_is_almost_an_entry_s_is_noticed(tmp_path: Path) -> None:
    entry = models.Filed(models.ModelEntry(name="litellm_openai/smol"), tmp_path / "models.yaml")
    entries = {"litellm_openai/smol": entry}
    assert models.find("litellm_openai/smoll", "a", entries, tmp_path).similar == entry
    assert models.find("litellm_openai/smol", "a", entries, tmp_path).similar is None
    assert models.find("litellm_openai/gpt-4o", "a", entries, tmp_path).similar is None


def test_only_what_changes_answers_is_part_of_the_identity(tmp_path: Path) -> None:
    entry = {
        "name": "hf_a",
        "revision": "abc",
        "description": "x",
        "api_base": "http://127.0.0.1:1/v1",
        "input_price": 1.0,
        "max_connections": 3,
        "engine": {"dtype": "float32", "gpu_memory_utilization": 0.5},
    }
    path = write(tmp_path, {"models": [entry]})
    found = models.find("hf_a", "a", models.read_files([path], tmp_path), tmp_path)
    assert found.identity() == {"revision": "abc", "engine": {"dtype": "float32"}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "a model file has one key, models, with a list of entries"),
        ([], "a model file has one key, models, with a list of entries"),
        ({"models": None}, "a model file has one key, models, with a list of entries"),
        ({"models": {"hf_a": {}}}, "a model file has one key, models, with a list of entries"),
        ({"models": [5]}, "entry 5: this is neither a model id nor a mapping."),
        ({"models": [None]}, "entry None: this is neither a model id nor a mapping."),
        ({"models": [{}]}, "entry '?': name: "),
        ({"models": [{"name": 5}]}, "entry 5: name: "),
        (
            {"models": [{"name": "hf_a", "model_pth": "x"}]},
            "entry 'hf_a': unknown key 'model_pth'. Did you mean 'model_path'?",
        ),
        ({"models": [{"name": "hf_a", "max_connections": 0}]}, "entry 'hf_a': max_connections: "),
        ({"models": [{"name": "hf_a", "timeout": -1}]}, "entry 'hf_a': timeout: "),
        *(
            ({"models": [{"name": "hf_a", "gpus": gpus}]}, f"gpus: {gpus} is neither a whole")
            for gpus in (-1, 1.5, -0.5, float("nan"), float("inf"))
        ),
        ({"models": [{"name": "hf_a", "gpus": "many"}]}, "entry 'hf_a': gpus"),
        ({"models": [{"name": "hf_a", 3: 4}]}, "entry 'hf_a': "),
        (
            {"models": [{"name": "hf_a", "deterministic": True}]},
            "entry 'hf_a': set deterministic on the agent.",
        ),
    ],
)
def test_a_bad_model_file_is_refused_by_file_and_entry(
    tmp_path: Path, content: Any, said: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(UserError) as refusal:
        models.read_files([path], tmp_path)
    text = str(refusal.value)
    assert text.startswith(f"{tmp_path / path}")
    assert said in text
    assert "\n" not in text and text.endswith(".")


@pytest.mark.parametrize("text", [b"models: [", b"\xff\xfe\xfa", b"a: b: c", b"\x00"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "models.yaml").write_bytes(text)
    with pytest.raises(UserError) as refusal:
        models.read_files(["models.yaml"], tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path / 'models.yaml'} is not valid YAML")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "\0", "\ud800"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="config: models: there is no file"):
        models.read_files([name], tmp_path)
