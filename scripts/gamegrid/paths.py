"""The workflow's folder, and resolution of paths named in a configuration."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]
_IN_CHECKOUT = (_CHECKOUT / "Snakefile").is_file()

WORKFLOW = _CHECKOUT if _IN_CHECKOUT else _PACKAGE.with_name("gamegrid_workflow")
"""The folder that contains the Snakefile: the checkout, or the copy that a wheel installs."""


def install(extra: str) -> str:
    """Return the command that installs one of the project's extras into this Python."""
    project = f"-e '{WORKFLOW}[{extra}]'" if _IN_CHECKOUT else f"'gamegrid[{extra}]'"
    return f"{sys.executable} -m pip install -c {WORKFLOW}/constraints.txt {project}"


def resolve(path: str | Path, working: Path, beside: Path | None = None) -> Path:
    """Resolve a configured path against the working directory, then the workflow's folder.

    ``beside``, the folder of the file that names the path, comes before both. A path that exists in
    none of them resolves to the first.
    """
    path = Path(path)
    with suppress(RuntimeError):  # no such user's home
        path = path.expanduser()
    if path.is_absolute():
        return path
    bases = (working, WORKFLOW) if beside is None else (beside, working, WORKFLOW)
    for base in bases:
        if there(base / path):
            return base / path
    return bases[0] / path


def there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Return whether a file or folder exists; False for names that the file system rejects."""
    try:
        return kind(path)
    except (OSError, ValueError):  # ValueError: a character that no path can have
        return False


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the same folder; its file replaces ``path`` when the block ends.

    Readers see the old file or the new one, never a part of it. If the block raises, ``path`` stays
    as it was and the temporary file is removed. ``durable`` forces the content to disk first.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)  # a link that somebody put there would be followed
    try:
        yield temporary
        if durable:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
