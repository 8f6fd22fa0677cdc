"""Adapters and quantization of ``hf_`` models.

The weights may be quantized while they are loaded, and an adapter may be added to them. Both need
libraries that the extra ``hf`` does not install.
"""

import sys
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.errors import nearest
from gamegrid.paths import there

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
QUANTIZATIONS = {
    "bitsandbytes_8bit": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "torchao_int8": "torchao",
}
"""Values of ``quantization``, each with the library that it needs."""


def check(entry: ModelEntry) -> str | None:
    """Return a sentence on a mistake in an entry's adapter or quantization, or None."""
    return _check_quantization(entry) or _check_adapter(entry)


def _check_quantization(entry: ModelEntry) -> str | None:
    wanted = entry.engine.get("quantization")
    if wanted is None:
        return None
    if wanted not in QUANTIZATIONS:
        return (
            f"{entry.name}: engine quantization is {wanted!r}; allowed are "
            f"{', '.join(QUANTIZATIONS)}.{nearest(str(wanted), tuple(QUANTIZATIONS))}"
        )
    return None


def _check_adapter(entry: ModelEntry) -> str | None:
    if entry.adapter_path is None:
        return None
    folder = Path(entry.adapter_path)
    for name in ADAPTER_FILES:
        if not there(folder / name, Path.is_file):
            return (
                f"{entry.name}: adapter_path {entry.adapter_path!r} has no {name}; it must be a "
                "folder as PEFT's `save_pretrained` writes it."
            )
    return None


def require(entry: ModelEntry) -> None:
    """Raise BackendError if a library is missing that this entry needs beyond transformers."""
    needed: dict[str, tuple[str, ...]] = {}
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
