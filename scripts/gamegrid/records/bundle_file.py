"""The output of a job that plays several chunks: a list of their chunk files."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records.blocks import BLOCK, FOLDERS
from gamegrid.records.record_types import Task

FOLDER = "bundles"
"""The folder below results/."""
SUFFIX = ".txt"
DIGITS = 12
"""Characters in the name of a bundle."""
CHUNK = re.compile(
    rf"{FOLDERS[Task.EPISODE]}/(?!\.\.?/)[^/\0]+/(?!\.\.?/)[^/\0]+/{BLOCK.pattern}\.parquet"
)
"""A place below results/ that a bundle may list. The results may come from somebody else."""


def write(path: Path, files: Sequence[str]) -> None:
    """Write the places below results/ of chunk files, one a line. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{file}\n" for file in files), encoding="utf-8")


def expand(paths: Iterable[str]) -> list[Path]:
    """Return chunk files: those in ``paths``, and those that the bundles among them list.

    Raises UserError for a bundle that lists anything else, and OSError.
    """
    return [file for path in map(Path, paths) for file in _files(path)]


def _files(path: Path) -> Iterator[Path]:
    if path.suffix != SUFFIX:
        yield path
        return
    results = path.parents[2]  # below it lie the folder of bundles and that of the game
    for line in path.read_text("utf-8", errors="replace").splitlines():
        if not CHUNK.fullmatch(line):
            raise UserError(
                f"{path} lists {line!r}, which is no chunk file. Delete {path} and run the same "
                f"command again: it is written anew."
            )
        yield results / line
