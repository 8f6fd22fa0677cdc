"""The stamp of a results folder: the seed and protocol of its results."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records import received

NAME = "stamp.json"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all results of a folder share."""

    seed: int
    protocol: int


def check(results: Path, wanted: Stamp) -> None:
    """Refuse a folder with another stamp. Raises UserError that says what differs."""
    stored = read(results)
    if not stored:
        return
    differ = [
        f"{key} {stored.get(key)}, not {value}"
        for key, value in asdict(wanted).items()
        if stored.get(key) != value
    ]
    if differ:
        raise UserError(
            f"{results}/ was made with {' and '.join(differ)} as configured. Use another folder "
            f"(snakemake --directory), or play everything again with --config mix_results=true."
        )


def read(results: Path) -> dict[str, Any]:
    """Return the stamp of a folder, empty if it has none. Raises UserError if it is damaged."""
    path = results / NAME
    if not path.exists():
        return {}
    try:
        return dict(received.read_json(path))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read. Remove it; the next run writes a new one."
        ) from error


def write(results: Path, stamp: Stamp) -> None:
    """Stamp the folder, replacing an older stamp."""
    results.mkdir(parents=True, exist_ok=True)
    with replacing(results / NAME) as temporary:
        temporary.write_text(json.dumps(asdict(stamp)))
