"""LiteLLM's own proxy, as profiles/litellm-proxy.yaml sets it up, before a loopback endpoint."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".venv-proxy/bin/litellm"
SETTINGS = ROOT / "profiles/litellm-proxy.yaml"
KEY = "sk-nodes"
MODEL = "gpt-4o-mini"
"""The one model of the profile."""
LONGEST_S = 120


@contextmanager
def proxy(folder: Path, api_base: str, **limits: Any) -> Iterator[str]:
    """Start the proxy of the profile with other limits; yield its ``api_base``."""
    if not PROGRAM.exists():
        pytest.fail(f"there is no {PROGRAM}; make test-proxy installs it")
    settings = yaml.safe_load(SETTINGS.read_text("utf-8"))
    [model] = settings["model_list"]
    model["litellm_params"] |= {"api_base": api_base, **limits}
    config, log = folder / "proxy.yaml", folder / "proxy.log"
    config.write_text(yaml.safe_dump(settings), "utf-8")
    address = ("127.0.0.1", _free_port())
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"OPENAI_API_KEY": "sk-provider", "LITELLM_MASTER_KEY": KEY}
    environment |= {"LITELLM_OFFLINE_MODE": "true", "LITELLM_LOG": "ERROR"}
    with log.open("w") as written:
        server = subprocess.Popen(
            [str(PROGRAM), "--config", str(config), "--host", address[0], "--port", str(address[1]),
             "--num_workers", "1"],
            cwd=folder, env=environment, stdout=written, stderr=written,
        )  # fmt: skip
    try:
        _await(f"http://{address[0]}:{address[1]}/health/liveliness", server, log)
        yield f"http://{address[0]}:{address[1]}/v1"
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the proxy did not start: {log.read_text()[-2000:]}")
