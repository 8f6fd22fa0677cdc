"""A host that seems to have GPUs: a stand-in for nvidia-smi on PATH answers for them."""

import os
from pathlib import Path

import pytest

from gamegrid.play import gpus

GPUS = ("GPU-a", "GPU-b", "GPU-c", "GPU-d")


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, count: int) -> None:
    """Let nvidia-smi list so many GPUs, in the words of the real one; without any, it fails.

    Nothing is left of the GPUs that this process may use so far. They are put back in the end, also
    if a job in this process takes others.
    """
    monkeypatch.setenv(gpus.VISIBLE, "")
    monkeypatch.delenv(gpus.VISIBLE)
    tool = folder / "bin/nvidia-smi"
    tool.parent.mkdir(parents=True, exist_ok=True)
    listed = "".join(f"echo '{index}, {name}'\n" for index, name in enumerate(GPUS[:count]))
    asked = '[ "$*" = "--query-gpu=index,uuid --format=csv,noheader" ] || exit 2\n'
    tool.write_text(f"#!/bin/sh\n{asked}{listed or 'exit 9'}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
