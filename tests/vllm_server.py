"""A real local vLLM server that runs for as long as a test needs it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gamegrid.backends.vllm import ENVIRONMENT, MIN_BATCHED_TOKENS

START_S = 300.0
OPTIONS = (
    "--dtype", "float32", "--enforce-eager", "--block-size", "32", "--max-num-seqs", "64",
    "--no-enable-chunked-prefill", "--max-num-batched-tokens", str(MIN_BATCHED_TOKENS),
    "--disable-log-stats", "--disable-uvicorn-access-log",
)  # fmt: skip


@contextmanager
def vllm_server(folder: Path, name: str, log: Path) -> Iterator[str]:
    """Serve the model in ``folder`` as ``name`` and yield the api_base. Output goes to ``log``.

    The command is what ``vllm serve`` runs. ``vllm serve`` itself looks for a package named vllm,
    and the CPU build has a different name.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder),
        "--served-model-name", name, "--host", "127.0.0.1", "--port", str(port), *OPTIONS,
    ]  # fmt: skip
    settings = {**os.environ, **ENVIRONMENT, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as output, subprocess.Popen(
        command, env=settings, stdout=output, stderr=output, start_new_session=True
    ) as server:  # fmt: skip
        try:
            _wait(server, port, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # its engine is a separate process


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
