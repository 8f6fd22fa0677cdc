"""Where things lie: the workflow's own folder, and paths a configuration names."""

import sys
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
    path = Path(path).expanduser()
    if path.is_absolute():
        return path
    for base in (working, WORKFLOW):
        if (base / path).exists():
            return base / path
    return working / path
