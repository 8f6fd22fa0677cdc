"""What a job records about the weights that it loaded."""

import hashlib
import json
import subprocess
from pathlib import Path

from gamegrid.backends.backend import ModelEntry
from gamegrid.config import models
from gamegrid.play import provenance
from gamegrid.records import dtype_record


def test_weights_are_what_sha256sum_says(tmp_path: Path) -> None:
    for name in ("b.safetensors", "a.safetensors", "config.json"):
        (tmp_path / name).write_text(name)
    listing = subprocess.run(
        "sha256sum *.safetensors", shell=True, cwd=tmp_path, capture_output=True, check=True
    )
    notes = tmp_path / "weights.json"
    found = provenance.weights(tmp_path, notes)
    assert found == hashlib.sha256(listing.stdout).hexdigest()
    assert len(json.loads(notes.read_text())) == 2


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    weights, notes = tmp_path / "a.safetensors", tmp_path / "weights.json"
    weights.write_text("one")
    first = provenance.weights(tmp_path, notes)
    known = json.loads(notes.read_text())
    notes.write_text(json.dumps(dict.fromkeys(known, "noted")))
    assert provenance.weights(tmp_path, notes) != first
    weights.write_text("another")
    notes.write_text("{torn")
    assert provenance.weights(tmp_path, notes) not in (first, None)


def test_a_large_file_of_the_hub_is_named_by_its_digest(tmp_path: Path) -> None:
    blob = tmp_path / "blobs" / ("0" * 64)
    blob.parent.mkdir()
    blob.write_text("large")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.safetensors").symlink_to(blob)
    listing = f"{'0' * 64}  model.safetensors\n"
    found = provenance.weights(tmp_path / "model", tmp_path / "weights.json")
    assert found == hashlib.sha256(listing.encode()).hexdigest()


def test_a_hosted_model_has_no_weights_here(tmp_path: Path) -> None:
    entry = ModelEntry(name="hf_x", model_path=str(tmp_path), revision="v2")
    (tmp_path / "model.safetensors").write_text("weights")
    entries = {"hf_x": models.Filed(entry, tmp_path / "models.yaml")}
    used = [models.find(name, "a", entries, tmp_path) for name in ("hf_x", "litellm_openai/gpt")]
    said = json.loads(provenance.models(used, tmp_path, tmp_path, tmp_path / "weights.json"))
    assert said["litellm_openai/gpt"] == {"revision": None, "deterministic": False, "weights": None}
    assert said["hf_x"]["revision"] == "v2"
    assert len(said["hf_x"]["weights"]) == 64


def test_the_digest_covers_the_weight_files_alone(tmp_path: Path) -> None:
    """A model's folder may hold a license and folders, whose names have no ending."""
    folder, notes = tmp_path / "model", tmp_path / "weights.json"
    (folder / "original").mkdir(parents=True)
    (folder / "model.safetensors").write_text("weights")
    first = provenance.weights(folder, notes)
    (folder / "LICENSE").write_text("Do as you like.")
    (folder / "model.gguf").write_text("other weights")
    assert provenance.weights(folder, notes) == first
    assert provenance.weights(folder / "model.gguf", notes) not in (first, None)
    assert provenance.weights(folder / "original", notes) is None


def test_an_adapter_and_the_dtype_on_record_are_stated(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("weights")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_text("more weights")
    entry = ModelEntry(name="hf_x", model_path=str(tmp_path), adapter_path=str(adapter))
    used = models.find("hf_x", "a", {"hf_x": models.Filed(entry, tmp_path / "m.yaml")}, tmp_path)
    dtype_record.fix(tmp_path, "hf_x", used.identity(), lambda: "bfloat16")
    said = json.loads(provenance.models([used], tmp_path, tmp_path, tmp_path / "weights.json"))
    assert said["hf_x"]["dtype"] == "bfloat16"
    assert said["hf_x"]["adapter"] not in (None, said["hf_x"]["weights"])
