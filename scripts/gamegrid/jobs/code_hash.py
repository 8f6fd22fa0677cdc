"""Hash the code behind a free rule, so that an edit reruns the rule."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from gamegrid.paths import WORKFLOW

SCRIPTS = Path(__file__).resolve().parents[2]
DATA = (".sql", ".json", ".yaml", ".jinja", ".css", ".js")
"""Suffixes of data files beside modules that change what the modules do."""
OUTSIDE = {"gamegrid.oracles.equilibrium": WORKFLOW / "config/equilibria"}
"""Folders that a module reads outside the package."""

_IMPORTS = re.compile(
    r"^[ ]*(?:from (gamegrid[\w.]*) import (\([^)]*\)|[^\n#]+)|import (gamegrid[\w.]+))",
    re.MULTILINE,
)


def code_hash(*modules: str) -> str:
    """Hash ``modules``, everything they import, and the data files beside any of these.

    ``modules`` are names below ``gamegrid``. Only contents count: a touched file or a fresh
    checkout changes nothing. Returns 16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for file in sorted(code_files(*modules)):
        digest.update(_digest(file))
    return digest.hexdigest()[:16]


def code_files(*modules: str) -> set[Path]:
    """Return the files that ``code_hash`` covers."""
    names = set[str]()
    waiting = [f"gamegrid.{module}" for module in modules]
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += _imported(name)
    sources = {_source(name) for name in names}
    folders = {source.parent for source in sources} | {OUTSIDE[n] for n in names & OUTSIDE.keys()}
    data = (file for folder in folders for file in folder.rglob("*") if file.suffix in DATA)
    return sources | set(data)


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Return the modules that a module imports anywhere, and those that it discovers."""
    source = _source(name)
    text = source.read_text("utf-8")
    return tuple(dict.fromkeys([*_stated(text), *(_plugged(text) if "discover(" in text else ())]))


def _stated(text: str) -> Iterator[str]:
    for module, names, plain in _IMPORTS.findall(text):
        if plain:
            yield plain
            continue
        for name in re.findall(r"(\w+)(?: as \w+)?", names.strip("()")):
            inner = f"{module}.{name}"
            yield inner if _exists(inner) else module


def _plugged(text: str) -> Iterator[str]:
    """Yield the modules of the packages that a module passes to ``plugins.discover``."""
    for module in re.findall(r"discover\((gamegrid[\w.]*)", text):
        for file in SCRIPTS.joinpath(*module.split(".")).glob("*.py"):
            yield f"{module}.{file.stem}".removesuffix(".__init__")


@cache
def _source(name: str) -> Path:
    path = SCRIPTS.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(name: str) -> bool:
    return _source(name).is_file()


@cache
def _digest(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
