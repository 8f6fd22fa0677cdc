"""Where things lie: the workflow's own folder, and paths a configuration names."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[2]
"""The folder of the Snakefile."""


def install(extra: str) -> str:
    """Return the command that installs one of the project's extras into this Python."""
    return f"{sys.executable} -m pip install -c {WORKFLOW}/constraints.txt -e '{WORKFLOW}[{extra}]'"


def resolve(path: str | Path, working: Path) -> Path:
    """Resolve a path of a configuration: against the working directory, then the workflow's.

    A path found in neither is returned as it would be in the working directory.
    """
    path = Path(path)
    with suppress(RuntimeError):  # ~ and the name of nobody
        path = path.expanduser()
    if path.is_absolute():
        return path
    for base in (working, WORKFLOW):
        if there(base / path):
            return base / path
    return working / path


def there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether there is a file or folder of such a name; False for a name that no disk takes."""
    try:
        return kind(path)
    except OSError:
        return False


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the same folder; its file replaces ``path`` when the block ends.

    Readers see the old file or the new one, never a part of it. If the block raises, ``path`` stays
    as it was and the temporary file is removed. ``durable`` forces the content to disk first.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        if durable:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
