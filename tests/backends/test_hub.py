"""Hub models: where they are looked up, what is downloaded, and the error without a network."""

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gamegrid.backends import hf_loading, hub
from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.backends.hub import HubModel
from gamegrid.backends.huggingface import BACKEND
from gamegrid.backends.vllm import BACKEND as VLLM
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW

GPT2 = HubModel("hf_gpt2", "gpt2")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set up an empty hub cache and return its folder."""
    for key in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HOME"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache: Path, repo: str, *files: str, revision: str = "main", commit: str = "abc") -> None:
    """Put files where the library puts them."""
    folder = cache / f"models--{repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / revision).write_text(commit)
    for name in files:
        path = folder / "snapshots" / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_a_model_is_there_with_settings_and_weights(cache: Path) -> None:
    put(cache, "a/whole", "config.json", "model.safetensors")
    put(cache, "a/torn", "config.json")
    put(cache, "a/tagged", "config.json", "model.safetensors", revision="v2", commit="def")
    put(cache, "a/pickled", "config.json", "pytorch_model.bin")
    there = [("a/whole", "main"), ("a/tagged", "v2"), ("a/tagged", "def")]
    missing = [("a/whole", "v2"), ("a/torn", "main"), ("a/pickled", "main"), ("gpt2", "main")]
    assert all(hub.is_cached(HubModel("hf_x", *which)) for which in there)
    assert not any(hub.is_cached(HubModel("hf_x", *which)) for which in missing)


def test_offline_a_missing_model_is_refused_before_a_job_runs(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = ModelEntry(name="hf_gpt2")
    assert BACKEND.check(entry) is None
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    sentence = BACKEND.check(entry)
    assert sentence is not None and "\n" not in sentence
    for word in ("hf_gpt2", "HF_HUB_OFFLINE", "fetch_models", "GB are free", str(cache), "unknown"):
        assert word in sentence
    put(cache, "gpt2", "config.json", "model.safetensors")
    assert BACKEND.check(entry) is None


def test_only_safetensors_are_downloaded_and_code_only_where_the_entry_allows_it() -> None:
    both = ["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5", "vocab.json"]
    files = [*both, "flax_model.msgpack", "onnx/model.onnx", "README.md", "merges.txt"]
    expected = {"config.json", "model.safetensors", "vocab.json", "merges.txt"}
    assert set(hub.needed(dict.fromkeys(files, 1))) == expected
    old = dict.fromkeys(["config.json", "pytorch_model.bin", "spiece.model", "model.py"], 1)
    assert set(hub.needed(old)) == {"config.json", "spiece.model"}
    assert set(hub.needed(old, code=True)) == {"config.json", "spiece.model", "model.py"}


def test_a_folder_of_pickled_weights_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    entry = ModelEntry(name="hf_x", model_path=str(tmp_path))
    for kind, name in ((BACKEND, "hf_x"), (VLLM, "vllm_x")):
        sentence = kind.check(entry.model_copy(update={"name": name}))
        assert sentence is not None
        assert "safetensors" in sentence and name in sentence
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "safetensors" not in (BACKEND.check(entry) or "")


@pytest.mark.parametrize("form", ["pt", "npcache", "auto"])
def test_vllm_reads_pickles_only_if_the_entry_trusts_the_model(form: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    entry = ModelEntry(name="vllm_x", model_path=str(tmp_path), engine={"load_format": form})
    assert "load_format" in (VLLM.check(entry) or "")
    trusted = entry.model_copy(update={"trust_remote_code": True})
    assert "load_format" not in (VLLM.check(trusted) or "")


def test_transformers_loads_no_pickle(tmp_path: Path) -> None:
    """The folder's check is not the only thing in the way: the loader itself is told."""
    torch = pytest.importorskip("torch")
    shutil.copytree(WORKFLOW / "config/tiny", tmp_path / "m")
    weights = tmp_path / "m/model.safetensors"
    weights.unlink()
    torch.save({}, tmp_path / "m/pytorch_model.bin")
    with pytest.raises(BackendError, match="safetensors"):
        hf_loading.load(ModelEntry(name="hf_m", model_path=str(tmp_path / "m")))


class Closed(BaseHTTPRequestHandler):
    """A hub that fails every request."""

    def do_GET(self) -> None:
        self.send_error(500)

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def closed_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub on this machine that refuses every request."""
    constants = pytest.importorskip("huggingface_hub.constants")
    server = HTTPServer(("127.0.0.1", 0), Closed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("closed_hub")
def test_each_model_that_cannot_be_fetched_has_one_line(cache: Path) -> None:
    put(cache, "a/whole", "config.json", "model.safetensors")
    with pytest.raises(UserError) as refusal:
        hub.fetch_all([GPT2, HubModel("hf_a/whole", "a/whole")])
    first, second = str(refusal.value).split("\n")
    assert first.startswith("hf_gpt2: cannot download gpt2") and "GB are free" in first
    assert second.startswith("hf_a/whole: ") and "An earlier download is in the cache." in second


def test_offline_nothing_is_asked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE forbids"):
        hub.fetch(GPT2)
    put(cache, "gpt2", "config.json", "model.safetensors")
    assert "is in the cache" in hub.fetch(GPT2)
