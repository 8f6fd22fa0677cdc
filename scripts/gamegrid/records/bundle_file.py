"""The output of a job that plays several chunks: a list of their chunk files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gamegrid.paths import replacing

FOLDER = "bundles"
"""The folder below results/."""
SUFFIX = ".txt"
DIGITS = 12
"""Characters in the name of a bundle."""


def write(path: Path, files: Sequence[str]) -> None:
    """Write the places below results/ of chunk files, one a line. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{file}\n" for file in files), encoding="utf-8")


def expand(paths: Iterable[str]) -> list[Path]:
    """Return chunk files: those in ``paths``, and those that the bundles among them list.

    Raises OSError for a bundle that cannot be read.
    """
    found = list[Path]()
    for path in map(Path, paths):
        if path.suffix == SUFFIX:
            results = path.parents[2]  # below it lie the folder of bundles and that of the game
            found += [results / line for line in path.read_text("utf-8").splitlines()]
        else:
            found.append(path)
    return found
