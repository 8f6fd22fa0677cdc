"""Find what plugs in: every module that declares one given name, of a room or of a user's folder.

A new game, agent or backend is one new file in its folder; nothing else is edited. A process
reads one configuration, and with it the user's folders; another configuration replaces them.
"""

import hashlib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from gamegrid.errors import UserError
from gamegrid.paths import there

Folders = tuple[Path, ...]

_FOLDERS: ContextVar[Folders] = ContextVar("folders", default=())


def discover(package: ModuleType, name: str) -> list[Any]:
    """Return the value of ``name`` in every module of ``package`` that has it, by module name."""
    found = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, name):
            found.append(getattr(module, name))
    return found


def folders() -> Folders:
    """The user's folders of the configuration in use."""
    return _FOLDERS.get()


def use(chosen: Sequence[Path]) -> None:
    """Take these folders from here on, and no others. Raises UserError if one is not there."""
    for folder in chosen:
        if not there(folder, Path.is_dir):
            raise UserError(f"config: plugins: there is no folder {str(folder)!r}.")
    _FOLDERS.set(tuple(folder.resolve() for folder in chosen))


@contextmanager
def using(chosen: Sequence[Path]) -> Iterator[None]:
    """Take these folders for a while."""
    before = _FOLDERS.get()
    try:
        use(chosen)
        yield
    finally:
        _FOLDERS.set(before)


def declared(chosen: Folders, name: str) -> list[tuple[Path, Any]]:
    """Return the value of ``name`` in every file of the folders that has it, with the file.

    Raises UserError, naming the file, if one cannot be run.
    """
    files = [file for folder in chosen for file in sorted(folder.glob("*.py"))]
    modules = [(file, _module(file)) for file in files]
    return [(file, getattr(module, name)) for file, module in modules if hasattr(module, name)]


def refusal(file: Path, reason: str) -> UserError:
    """The error for a user's file that cannot be used."""
    return UserError(f"config: plugins: {str(file)!r} {reason}.")


@cache
def _module(file: Path) -> ModuleType:
    name = f"gamegrid_plugin_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise refusal(file, "cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pydantic look for names
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        said = " ".join(str(error).split()).rstrip(".")
        raise refusal(file, f"cannot be run: {type(error).__name__}: {said}") from error
    return module
