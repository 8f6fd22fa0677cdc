"""GGUF files, adapters and quantization of ``hf_`` models: what is refused, and in which words.

``test_real_models`` loads them.
"""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_models
from gamegrid.backends import hf_sources
from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.backends.hf_loading import load
from gamegrid.backends.huggingface import check
from gamegrid.config.models import Model, backends


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.llama(tmp_path_factory.mktemp("models") / "llama")


def entry(path: Path, **more: Any) -> ModelEntry:
    return ModelEntry(name="hf_m", model_path=str(path), **more)


def test_mistakes_are_told_before_anything_is_loaded(folder: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.mkdir()
    (half / "adapter_config.json").touch()
    file = tmp_path / "m.gguf"
    assert "m.gguf' is not a file" in str(check(entry(file)))
    file.touch()
    assert check(entry(file)) is None
    wrong = check(entry(folder, engine={"quantization": "torchao_int4"}))
    assert wrong is not None
    assert wrong.endswith("Did you mean 'torchao_int8'?")
    assert "quantized already" in str(
        check(entry(file, engine={"quantization": "bitsandbytes_8bit"}))
    )
    assert "no adapter_config.json" in str(check(entry(folder, adapter_path=str(tmp_path))))
    assert "no adapter_model.safetensors" in str(check(entry(folder, adapter_path=str(half))))
    assert "allowed are true and false" in str(
        check(entry(folder, engine={"stop_after_answer": "yes"}))
    )


@pytest.mark.parametrize(
    ("more", "library"),
    [
        ({"engine": {"quantization": "bitsandbytes_4bit"}}, "bitsandbytes"),
        ({"engine": {"quantization": "torchao_int8"}}, "torchao"),
        ({"adapter_path": "adapter"}, "peft"),
    ],
)
def test_a_missing_library_is_told_with_the_command_that_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], library: str
) -> None:
    there = hf_sources.find_spec
    monkeypatch.setattr(
        hf_sources, "find_spec", lambda name: None if name == library else there(name)
    )
    with pytest.raises(BackendError) as refused:
        load(entry(folder, **more))
    said = str(refused.value)
    assert f"needs {library}, which this Python lacks" in said
    assert said.endswith(f"-m pip install {library}")


@pytest.mark.skipif(find_spec("optimum") is not None, reason="optimum is installed here")
def test_a_quantized_folder_names_the_library_that_reads_it(folder: Path, tmp_path: Path) -> None:
    quantized = tmp_path / "gptq"
    shutil.copytree(folder, quantized)
    file = quantized / "config.json"
    stated = {"quant_method": "gptq", "bits": 4, "group_size": 32}
    file.write_text(json.dumps({**json.loads(file.read_text()), "quantization_config": stated}))
    assert check(entry(quantized)) is None
    with pytest.raises(BackendError, match=r"hf_m: cannot load .*pip install optimum") as refused:
        load(entry(quantized))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_gguf_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"not a model")
    with pytest.raises(BackendError, match=r"hf_m: cannot load .*m\.gguf"):
        load(entry(file))


def test_a_server_is_given_no_adapter_that_it_would_ignore() -> None:
    model = ModelEntry(name="litellm_openai/m", adapter_path="adapter", api_base="http://h/v1")
    told = backends()["litellm"].check(model)
    assert told is not None
    assert "a server loads its adapters itself" in told


def test_what_changes_replies_is_part_of_the_identity(folder: Path) -> None:
    def identity(**more: Any) -> dict[str, Any]:
        written = entry(folder, **more)
        return Model(backends()["hf"], written, written).identity()

    assert identity() == {"model_path": str(folder)}
    assert identity(adapter_path="a")["adapter_path"] == "a"
    engine = {"dtype": "native", "quantization": "torchao_int8", "stop_after_answer": True}
    assert identity(engine=engine)["engine"] == engine
