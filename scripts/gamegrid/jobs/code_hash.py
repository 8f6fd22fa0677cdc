"""Hash the code behind a free rule, so that an edit reruns the rule."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from gamegrid import plugins
from gamegrid.paths import WORKFLOW
from gamegrid.plugins import Hook

SCRIPTS = Path(__file__).resolve().parents[2]
ROOT = "gamegrid"
DATA = (".sql", ".json", ".toml", ".yaml", ".jinja", ".css", ".js")
"""Suffixes of data files beside modules that change what the modules do."""
OUTSIDE = {"gamegrid.oracles.equilibrium": WORKFLOW / "config/equilibria"}
"""Folders that a module reads outside the package."""

_HOOKS = re.compile(r"plugins\.([A-Z]+)\b")
"""How a module names a hook whose files it looks for."""
_IMPORTS = re.compile(
    r"^[ ]*(?:from (gamegrid[\w.]*) import (\([^)]*\)|[^\n#]+)|import (gamegrid[\w.]+))",
    re.MULTILINE,
)


def code_hash(*modules: str) -> str:
    """Hash ``modules``, everything they import, the data files beside these, and plug-ins.

    ``modules`` are names below ``gamegrid``. The plug-ins are the files of every hook that one of
    the modules names, those in the user's folders included. Only contents count: a touched file or
    a fresh checkout changes nothing. Returns 16 hexadecimal digits.
    """
    names = _reached(modules)
    digest = hashlib.sha256()
    for file in sorted(_files(names)):
        digest.update(_digest(file))
    for added in sorted(file.digest for hook in _named(names) for file in plugins.files(hook)):
        digest.update(bytes.fromhex(added))
    return digest.hexdigest()[:16]


def code_files(*modules: str) -> set[Path]:
    """Return the files of the workflow that ``code_hash`` covers."""
    return _files(_reached(modules))


def _reached(modules: Iterable[str]) -> set[str]:
    """Return the full names of the modules and of everything they import or discover."""
    names = set[str]()
    waiting = [f"gamegrid.{module}" for module in modules]
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += _imported(name)
    return names


def _files(names: set[str]) -> set[Path]:
    """Return the sources of modules and the data files beside them or in folders below.

    The root of the package holds no data. All other rooms lie below it, so it is left out.
    """
    sources = {_source(name) for name in names}
    rooms = {source.parent for source in sources} - {SCRIPTS / ROOT}
    folders = rooms | {OUTSIDE[name] for name in names & OUTSIDE.keys()}
    data = (file for folder in folders for file in folder.rglob("*") if file.suffix in DATA)
    return sources | set(data)


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Return the modules that a module imports anywhere, and those of every hook it names.

    The root of the package imports only what ``gamegrid.open`` needs, for users of the library.
    """
    if name == ROOT:
        return ()
    text = _source(name).read_text("utf-8")
    return tuple(dict.fromkeys([*_stated(text), *_plugged(text)]))


def _stated(text: str) -> Iterator[str]:
    for module, names, plain in _IMPORTS.findall(text):
        if plain:
            yield plain
            continue
        for name in re.findall(r"(\w+)(?: as \w+)?", names.strip("()")):
            inner = f"{module}.{name}"
            yield inner if _exists(inner) else module


def _plugged(text: str) -> Iterator[str]:
    """Yield the modules that fill the hooks which a module names."""
    for hook in _hooks(text):
        if hook.suffix == plugins.MODULE:
            for file in SCRIPTS.joinpath(*hook.package.split(".")).glob("*.py"):
                yield f"{hook.package}.{file.stem}".removesuffix(".__init__")


def _named(names: Iterable[str]) -> list[Hook]:
    """Return the hooks that any of the modules names."""
    texts = [_source(name).read_text("utf-8") for name in names]
    return [hook for hook in plugins.HOOKS if any(hook in _hooks(text) for text in texts)]


def _hooks(text: str) -> list[Hook]:
    values = (getattr(plugins, name, None) for name in _HOOKS.findall(text))
    return [value for value in values if isinstance(value, Hook)]


@cache
def _source(name: str) -> Path:
    path = SCRIPTS.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(name: str) -> bool:
    return _source(name).is_file()


@cache
def _digest(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
