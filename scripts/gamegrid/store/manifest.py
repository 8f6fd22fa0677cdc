"""Write and read results/manifest.json: what the results were made from, in one file to cite."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, replacing
from gamegrid.records import duckdb_files, received
from gamegrid.store.grid_rows import AgentRow, GameRow, LadderRow, Rows
from gamegrid.store.table_files import TableFile

NAME = "manifest.json"
FORM = 1
SHIPPED = "config/suites"
"""The folder of the workflow whose files a manifest may name."""


class StatedPlugin(BaseModel):
    """A plug-in that results were made with. ``sha256`` is the digest of its file."""

    model_config = ConfigDict(frozen=True)

    adds: str
    file: str
    sha256: str


class Manifest(BaseModel):
    """A manifest as it was read. It may come from somebody else: nothing in it is to be run."""

    model_config = ConfigDict(frozen=True)

    form: Literal[1]
    config: dict[str, Any]
    files: dict[str, dict[str, str]]
    """By kind, the SHA-256 of each file by its name."""
    agents: list[AgentRow]
    games: list[GameRow]
    ladder: list[LadderRow] = []
    usd_per_gpu_hour: float | None = None
    shard: str | None = None
    own_tables: list[TableFile] = []
    plugins: list[StatedPlugin] = []

    def rows(self, own_tables: Sequence[TableFile]) -> Rows:
        """Return the rows for a database with the tables ``own_tables`` of the user's own."""
        return Rows(
            agents=self.agents,
            games=self.games,
            ladder=self.ladder,
            usd_per_gpu_hour=self.usd_per_gpu_hour,
            shard=self.shard,
            own_tables=own_tables,
        )

    def paths(self, kind: str, results: Path) -> list[Path]:
        """Return the paths of the files of a kind. Raises UserError; see ``place``."""
        return [place(name, results) for name in self.files.get(kind, ())]


def read(results: Path) -> Manifest:
    """Read the manifest of a results folder.

    Raises UserError if there is none, or if it is damaged or of another version.
    """
    path = results / NAME
    if not path.exists():
        raise UserError(f"there is no {path}: these results are incomplete. Run the grid again.")
    try:
        stated = received.read_json(path)
    except ValueError as error:
        raise UserError(f"{path} cannot be read. Run the grid again to write it anew.") from error
    form = stated.get("form") if isinstance(stated, dict) else None
    if form != FORM:
        raise UserError(
            f"{path} is of form {form!r}; this version reads form {FORM}. Use the version of "
            f"gamegrid that wrote it."
        )
    try:
        return Manifest.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{path} is damaged or was written by another version: {where}: {first['msg']}."
        ) from error


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
        ((runs, models, prompts, seeds, value_functions, plans),) = said.fetchall()
    manifest = {
        "form": FORM,
        "config": config,
        "seeds": json.loads(seeds),
        "runs": json.loads(runs),
        "models": json.loads(models),
        "prompts": json.loads(prompts),
        "value_functions": json.loads(value_functions),
        "preregistration": json.loads(plans),
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
    """Return the path of a file that a manifest names: in the results, or in a suite's folder.

    Raises UserError for a name that leads anywhere else.
    """
    parts = PurePosixPath(name).parts
    if not {"..", "/"}.intersection(parts) and "\0" not in name:
        if parts[:1] == ("results",) and len(parts) > 1:
            return results.joinpath(*parts[1:])
        if name.startswith(f"{SHIPPED}/"):
            return WORKFLOW / name
    raise UserError(
        f"{results / NAME} names the file {name!r}. A manifest may name files of its results "
        f"folder and of {SHIPPED}/ only; do not trust these results."
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(path: Path, results: Path) -> str:
    """Return a name that is valid on any machine."""
    if path.is_relative_to(results):
        return f"results/{path.relative_to(results).as_posix()}"
    return path.relative_to(WORKFLOW).as_posix()
