"""Find what plugs in: every module of a folder that declares one given name.

A new game, agent or backend is one new file in its folder; nothing else is edited.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def discover(package: ModuleType, name: str) -> list[Any]:
    """Return the value of ``name`` in every module of ``package`` that has it, by module name."""
    found = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, name):
            found.append(getattr(module, name))
    return found
