"""Write results/manifest.json: what the results were made from, in one file to cite."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

from gamegrid.paths import WORKFLOW, replacing
from gamegrid.records import duckdb_files

NAME = "manifest.json"
FORM = 1


def write(
    output: Path,
    database: Path,
    config: Mapping[str, Any],
    rows: Mapping[str, Any],
    played: Mapping[str, Sequence[Path]],
) -> None:
    """Write the manifest of a built database beside it.

    ``rows`` are the rows of agents and games that the database was built with, and the plug-ins in
    use. ``played`` are the files it was built from, by kind. Equal databases give equal manifests.
    Raises UserError if the database cannot be opened.
    """
    results = output.parent.absolute()
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        said = connection.execute((files("gamegrid.store") / "manifest.sql").read_text("utf-8"))
        ((runs, models, prompts, seeds),) = said.fetchall()
    manifest = {
        "form": FORM,
        "config": config,
        "seeds": json.loads(seeds),
        "runs": json.loads(runs),
        "models": json.loads(models),
        "prompts": json.loads(prompts),
        **rows,
        "files": {
            kind: {_named(path.absolute(), results): sha256(path) for path in paths}
            for kind, paths in played.items()
        },
    }
    with replacing(output) as temporary:
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
        temporary.write_text(text + "\n")


def place(name: str, results: Path) -> Path:
    """Return the path of a file that a manifest names: in the results or with the workflow."""
    root, _, rest = name.partition("/")
    return results / rest if root == "results" else WORKFLOW / name


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(path: Path, results: Path) -> str:
    """Return a name that is valid on any machine."""
    if path.is_relative_to(results):
        return f"results/{path.relative_to(results).as_posix()}"
    return path.relative_to(WORKFLOW).as_posix()
