"""The number format (dtype) in which an ``hf_`` model computes, if its entry leaves it open.

A CPU without instructions for bfloat16 emulates it, at a fraction of the speed of float32. So the
format is not read from a list of CPUs but measured.
"""

import time
from typing import TYPE_CHECKING

from gamegrid.backends.backend import ModelEntry

if TYPE_CHECKING:
    import torch

NATIVE = "native"
"""The value of ``dtype`` that leaves the choice to a measurement."""
DTYPES = ("auto", "bfloat16", "float16", "float32", NATIVE)
ROWS = 32
"""Tokens in the measured product: a batch at work has about so many rows."""
WIDER = 3
"""How many times as wide as its layers a model is inside them, about."""
TURNS = 9
PRODUCTS = 4
ENOUGH = 1.5
"""bfloat16 rounds more, so it is chosen only if it is so many times as fast."""


def device(entry: ModelEntry, gpu: int) -> str:
    """Return torch's name of the device that the model is loaded onto.

    That is the GPU of this number, if torch sees any and the entry does not forbid it (gpus: 0).
    """
    import torch

    return f"cuda:{gpu}" if entry.gpus != 0 and torch.cuda.is_available() else "cpu"


def choose(entry: ModelEntry, width: int, device: str) -> str:
    """Return the dtype for an entry whose layers have ``width`` numbers, on a device.

    Without a stated dtype that is float32 on a CPU, on which it is the same everywhere, and what
    the weights are stored in on a GPU.
    """
    stated: str | None = entry.engine.get("dtype")
    if stated is None:
        return "float32" if entry.deterministic or device == "cpu" else "auto"
    if stated != NATIVE:
        return stated
    return "bfloat16" if speedup(width, device) >= ENOUGH else "float32"


def words(dtype: str) -> str:
    """Return a dtype in words."""
    return "the dtype of its weights" if dtype == "auto" else dtype


def speedup(width: int, device: str) -> float:
    """Return how many times as fast a device multiplies in bfloat16 as in float32.

    The fastest of several turns counts, and on a CPU the time of one core, since other processes
    only ever slow one down.
    """
    import torch

    full, half = (_product(width, dtype, device) for dtype in (torch.float32, torch.bfloat16))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        turns = [(_seconds(full), _seconds(half)) for _ in range(TURNS)]
    finally:
        torch.set_num_threads(threads)
    return min(one for one, _ in turns) / min(other for _, other in turns)


_Product = tuple["torch.Tensor", "torch.Tensor"]


def _product(width: int, dtype: "torch.dtype", device: str) -> _Product:
    import torch

    return (
        torch.ones(ROWS, width, dtype=dtype, device=device),
        torch.ones(WIDER * width, width, dtype=dtype, device=device),
    )


def _seconds(product: _Product) -> float:
    import torch

    on_gpu = product[0].is_cuda
    clock = time.perf_counter if on_gpu else time.thread_time
    began = clock()
    for _ in range(PRODUCTS):
        torch.nn.functional.linear(*product)
    if on_gpu:
        torch.cuda.synchronize(product[0].device)
    return clock() - began
