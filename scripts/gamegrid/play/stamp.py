"""The stamp of a results folder: the seed and protocol it was made with."""

import json
import os
from pathlib import Path
from typing import Any

from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError

NAME = "stamp.json"
KEYS = ("seed", "protocol")


def check(results: Path, config: GridConfig) -> None:
    """Refuse a folder made with another seed or protocol, unless ``mix_results`` allows it.

    Raises UserError saying what differs.
    """
    found = read(results)
    if config.mix_results or not found:
        return
    differ = [
        f"{key} {found.get(key)}, not {getattr(config, key)}"
        for key in KEYS
        if found.get(key) != getattr(config, key)
    ]
    if differ:
        raise UserError(
            f"{results}/ was made with {' and '.join(differ)} as configured. Use another folder "
            f"(snakemake --directory), or mean it: --config mix_results=true plays it all again."
        )


def read(results: Path) -> dict[str, Any]:
    """Return the stamp of a folder, empty if it has none. Raises UserError if it is damaged."""
    path = results / NAME
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read. Remove it; the next run writes it anew."
        ) from error


def write(results: Path, config: GridConfig) -> None:
    """Stamp the folder, replacing an older stamp."""
    results.mkdir(parents=True, exist_ok=True)
    beside = results / f"{NAME}.{os.getpid()}"
    beside.write_text(json.dumps({key: getattr(config, key) for key in KEYS}))
    beside.replace(results / NAME)
