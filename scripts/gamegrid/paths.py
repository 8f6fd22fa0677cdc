"""The workflow's folder, and resolution of paths named in a configuration."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[2]
"""The folder that contains the Snakefile."""


def install(extra: str) -> str:
    """Return the command that installs one of the project's extras into this Python."""
    return f"{sys.executable} -m pip install -c {WORKFLOW}/constraints.txt -e '{WORKFLOW}[{extra}]'"


def resolve(path: str | Path, working: Path) -> Path:
    """Resolve a configured path against the working directory, then the workflow's folder.

    A path that exists in neither resolves to the working directory.
    """
    path = Path(path)
    with suppress(RuntimeError):  # no such user's home
        path = path.expanduser()
    if path.is_absolute():
        return path
    for base in (working, WORKFLOW):
        if there(base / path):
            return base / path
    return working / path


def there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Return whether a file or folder exists; False for names that the file system rejects."""
    try:
        return kind(path)
    except OSError:
        return False
