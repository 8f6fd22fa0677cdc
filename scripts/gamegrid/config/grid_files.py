"""Find the files that a grid file names: beside it, and only then elsewhere.

Snakemake merges its configuration files into one mapping, which does not say where a value comes
from. ``rebase`` finds the file of each path and rewrites the path as seen from the working
directory, where everything else looks for it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gamegrid.config.load import check_mapping, read_yaml
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, resolve, there
from gamegrid.plugins import PROMPT

PATHS = ("models", "plugins")
"""The keys of a grid that list files or folders."""
SHIPPED = "config"
"""The folder of the workflow that holds files which any grid may name."""


def read(path: Path, working: Path) -> Any:
    """Return a grid with its paths as seen from ``working``. Raises UserError."""
    raw = read_yaml(path)
    check_mapping(raw)
    return rebase(raw, [path], working)


def rebase(config: Mapping[str, Any], files: Sequence[Path], working: Path) -> dict[str, Any]:
    """Return a merged configuration in which every path leads from ``working``.

    A path comes from the last file that states the value in force; one that no file states comes
    from the command line and stays as it is. Raises UserError if two templates of one name are in
    reach of the grid.
    """
    read_ones = {file.absolute(): _content(file) for file in files}
    changed = dict(config)
    for key in PATHS:
        stating = [file for file, content in read_ones.items() if content.get(key) is not None]
        if stating and read_ones[stating[-1]][key] == config.get(key):
            changed[key] = _rebased(config[key], stating[-1].parent, working)
    if own := _prompt_folders([file.parent for file in read_ones], working):
        listed = changed.get("plugins") or []
        changed["plugins"] = [*own, *listed] if isinstance(listed, list) else listed
    return changed


def _content(file: Path) -> Mapping[str, Any]:
    content = json.loads(file.read_text("utf-8")) if file.suffix == ".json" else read_yaml(file)
    return content if isinstance(content, Mapping) else {}


def _rebased(listed: Any, folder: Path, working: Path) -> Any:
    """Rewrite a list of paths; the configuration's type refuses anything else."""
    if not isinstance(listed, list):
        return listed
    return [_located(each, folder, working) if isinstance(each, str) else each for each in listed]


def _located(name: str, folder: Path, working: Path) -> str:
    """Return the path of a file named in a grid file of ``folder``, as seen from ``working``.

    A file beside the grid file comes first. Elsewhere, a grid in the working directory or of the
    workflow finds files there, and any other grid only those that the workflow ships.
    """
    path = Path(name)
    with suppress(RuntimeError):  # no such user's home
        path = path.expanduser()
    if path.is_absolute():
        return name
    beside = folder / path
    if not there(beside):
        at_home = any(
            folder.resolve().is_relative_to(base.resolve()) for base in (working, WORKFLOW)
        )
        shipped = path.parts[:1] == (SHIPPED,) and there(WORKFLOW / path)
        if at_home or shipped:
            return name
    if resolve(name, working).resolve() == beside.resolve():
        return name
    return os.path.relpath(beside.resolve(), working.resolve())


def _prompt_folders(folders: Sequence[Path], working: Path) -> list[str]:
    """Return the folders of templates beside grid files, as seen from ``working``.

    The working directory and the workflow need none: templates are found there anyway.
    """
    known = {working.resolve(), WORKFLOW.resolve()}
    found = [
        own
        for folder in dict.fromkeys(folders)
        if folder.resolve() not in known and there(own := folder / PROMPT.folder, Path.is_dir)
    ]
    for own in found:
        for template in sorted(own.glob(f"*{PROMPT.suffix}")):
            other = working / PROMPT.folder / template.name
            if there(other) and other.read_bytes() != template.read_bytes():
                raise UserError(
                    f"prompt: {template} beside the grid and {other} in the working directory "
                    f"differ. Remove or rename one of them."
                )
    return [os.path.relpath(own.resolve(), working.resolve()) for own in found]
