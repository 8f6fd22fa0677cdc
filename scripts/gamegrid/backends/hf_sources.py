"""What transformers loads for an ``hf_`` entry: a folder, a hub model or a GGUF file.

The weights may be quantized while they are loaded, and an adapter may be added to them. Both need
libraries that the extra ``hf`` does not install.
"""

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gamegrid.backends import local
from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.errors import nearest
from gamegrid.paths import there

QUANTIZATIONS = {
    "bitsandbytes_8bit": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "torchao_int8": "torchao",
}
"""Values of ``quantization``, each with the library that it needs."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights and tokenizer are: a folder or a hub id, and a GGUF file in that folder."""

    place: str
    gguf: str | None = None

    @property
    def file(self) -> dict[str, str]:
        """Return the argument that names the GGUF file to transformers, if there is one."""
        return {} if self.gguf is None else {"gguf_file": self.gguf}


@contextmanager
def source_of(entry: ModelEntry) -> Iterator[Source]:
    """Yield the source that an entry names.

    A GGUF file appears in a folder that has no other file, since transformers would prefer a
    tokenizer beside it to the one inside, and lose its chat template.
    """
    if entry.model_path is None:
        yield Source(entry.name.partition("_")[2])
    elif is_gguf(entry):
        file = Path(entry.model_path)
        with TemporaryDirectory() as alone:
            (Path(alone) / file.name).symlink_to(file.absolute())
            yield Source(alone, file.name)
    else:
        yield Source(entry.model_path)


def is_gguf(entry: ModelEntry) -> bool:
    """Return whether an entry names a GGUF file instead of a folder."""
    return entry.model_path is not None and local.is_gguf(Path(entry.model_path))


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in an entry's file, adapter or quantization, or None."""
    if entry.model_path is not None:
        path = Path(entry.model_path)
        if is_gguf(entry) and not there(path, Path.is_file):
            return f"{entry.name}: model_path {entry.model_path!r} is not a file."
        if not is_gguf(entry) and (problem := local.check_folder(entry.name, "model_path", path)):
            return problem
    return _check_quantization(entry) or local.check_adapter(entry)


def _check_quantization(entry: ModelEntry) -> str | None:
    wanted = entry.engine.get("quantization")
    if wanted is None:
        return None
    if wanted not in QUANTIZATIONS:
        return (
            f"{entry.name}: engine quantization is {wanted!r}; allowed are "
            f"{', '.join(QUANTIZATIONS)}.{nearest(str(wanted), tuple(QUANTIZATIONS))}"
        )
    if is_gguf(entry):
        return (
            f"{entry.name}: quantization is not for a GGUF file, whose weights are quantized "
            "already; remove it, or set model_path to a folder."
        )
    return None


def require(entry: ModelEntry) -> None:
    """Raise BackendError if a library is missing that this entry needs beyond transformers."""
    needed: dict[str, tuple[str, ...]] = {}
    if is_gguf(entry):
        needed["a GGUF file"] = ("gguf", "accelerate")
    if (wanted := entry.engine.get("quantization")) is not None:
        needed[f"quantization {wanted}"] = (QUANTIZATIONS[wanted], "accelerate")
    if entry.adapter_path is not None:
        needed["adapter_path"] = ("peft",)
    for what, names in needed.items():
        if missing := [name for name in names if find_spec(name) is None]:
            raise BackendError(
                f"{entry.name}: {what} needs {' and '.join(missing)}, which this Python lacks; "
                f"install with: {sys.executable} -m pip install {' '.join(missing)}"
            )


def loading_arguments(entry: ModelEntry, dtype: str) -> Mapping[str, Any]:
    """Return the arguments with which transformers reads the weights as the entry wants them.

    ``dtype`` is what the model computes in, which weights of 4 bits must be told.
    """
    if is_gguf(entry):
        from transformers import GgufConfig

        return {"quantization_config": GgufConfig(dequantize=True)}
    wanted = entry.engine.get("quantization")
    return {} if wanted is None else {"quantization_config": _quantization(wanted, dtype)}


def _quantization(wanted: str, dtype: str) -> Any:
    from transformers import BitsAndBytesConfig, TorchAoConfig

    match wanted:
        case "bitsandbytes_8bit":
            return BitsAndBytesConfig(load_in_8bit=True)
        case "bitsandbytes_4bit":
            computes = "bfloat16" if dtype == "auto" else dtype
            return BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=computes
            )
        case _:
            from torchao.quantization import Int8WeightOnlyConfig

            return TorchAoConfig(Int8WeightOnlyConfig())


def places_itself(entry: ModelEntry) -> bool:
    """Return whether the weights are on their device once they are loaded, and must stay there."""
    return QUANTIZATIONS.get(entry.engine.get("quantization", "")) == "bitsandbytes"


def adapted(entry: ModelEntry, network: Any) -> Any:
    """Return the network with the entry's adapter, if it names one.

    The adapter is added to the weights, which costs no time later. Quantized weights cannot take
    it without rounding, so it stays beside them.

    Raises BackendError for an adapter of another model, which PEFT would ignore in part.
    """
    if entry.adapter_path is None:
        return network
    from peft import PeftModel

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        whole = PeftModel.from_pretrained(network, entry.adapter_path, use_safetensors=True)
    if any("missing adapter keys" in str(each.message) for each in told):
        raise BackendError(
            f"{entry.name}: the adapter in {entry.adapter_path!r} does not fit the model; it was "
            "trained for another one. Correct adapter_path or model_path."
        )
    if entry.engine.get("quantization") is not None:
        return whole.get_base_model()
    return whole.merge_and_unload()
