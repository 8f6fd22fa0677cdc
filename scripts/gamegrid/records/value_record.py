"""Record in results/value_functions.jsonl which value function each game had before its first deal.

Results that are corrected by a value function are unbiased only if it was chosen without a look at
them. A job of episodes therefore records the value function of its game before it plays, unless
that is on record. The record says, too, if deals of the game were on file before. Snakemake does
not know this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from gamegrid.records import journal
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.first_lines import FirstLines, now
from gamegrid.records.record_types import Task

NAME = "value_functions.jsonl"


_Name: TypeAlias = Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
"""The name of a game, which is the name of its folders, too."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One line of the file: what was recorded of a game, once and for all."""

    at: str
    """UTC, ISO 8601."""
    game: _Name
    value_function: str
    """The function's name, which identifies it."""
    before_play: bool
    """False if episodes of the game were on file when it was recorded."""


Record: TypeAlias = Mapping[str, Fixed]
"""What is on record, by game."""

_LINES = FirstLines(
    TypeAdapter(Fixed),
    key=lambda fixed: fixed.game,
    unfit="has a line that is no record of a value function. Restore the file from a copy. If you "
    "remove it, the games played so far get no corrected returns.",
)


def fix(results: Path, game: str, value_function: str) -> str | None:
    """Record the value function of a game, unless one is on record. Returns the name on record.

    Returns None if episodes of the game were on file when it was recorded. Raises UserError for a
    file that cannot be read.
    """

    def first() -> Fixed:
        return Fixed(now(), game, value_function, before_play=not _played(results, game))

    fixed = _LINES.fix(results / NAME, game, first)
    return fixed.value_function if fixed.before_play else None


def merge(theirs: Path, ours: Path) -> None:
    """Record in ``ours`` the games that only ``theirs`` has on record.

    Both are results folders. Call it before anything else is merged. Raises UserError for a file
    that cannot be read.
    """
    for fixed in read(theirs).values():
        if fixed.before_play:
            fix(ours, fixed.game, fixed.value_function)


def read(results: Path) -> Record:
    """Return what is on record in a results folder; empty without a file.

    An incomplete last line does not count. Raises UserError for a line that cannot be read.
    """
    return _LINES.read(results / NAME)


def _played(results: Path, game: str) -> bool:
    """Return True if there are chunk files of episodes of a game, or replies of their models."""
    if any((results / FOLDERS[Task.EPISODE] / game).glob("*/*")):
        return True
    single = {FOLDERS[task] for task in (Task.POSITION, Task.PROBE)}
    return any(
        path.stem not in single
        for folder in (results / "journal" / game).glob("*")
        for path in journal.files(folder)
    )
