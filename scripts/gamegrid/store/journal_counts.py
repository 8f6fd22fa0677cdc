"""Hold the number of replies in the journal against the results that were made from them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records import chain, journal
from gamegrid.records.blocks import FOLDERS
from gamegrid.records.chunkfile import count_replies
from gamegrid.store import looks

ACCEPTED = "accepted.json"
"""The file in a cell's journal folder with the number of replies whose loss was accepted."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cell with fewer replies on file than there were. ``source`` is where they were counted."""

    cell: str
    """GAME/MATCHUP."""
    folder: Path
    filed: int
    counted: int
    source: str

    def __str__(self) -> str:
        return (
            f"{self.folder} holds {self.filed} replies, but {self.source} count "
            f"{self.counted}: files of the journal were removed or replaced. {chain.GO_ON}"
        )


def shortfalls(results: Path, cells: Collection[str] | None = None) -> list[Shortfall]:
    """Return the cells whose journal has fewer replies than chunk files or looks count.

    ``cells`` are those to check, as GAME/MATCHUP; None checks all. Raises UserError for a damaged
    journal.
    """
    found = dict[str, Shortfall]()
    for source, counts in _counts(results):
        for cell, counted in counts.items():
            if cells is not None and cell not in cells:
                continue
            folder = results / "journal" / cell
            counted -= accepted(folder)
            filed = _filed(folder, counted)
            if filed < counted and (cell not in found or found[cell].counted < counted):
                found[cell] = Shortfall(cell, folder, filed, counted, source)
    return [found[cell] for cell in sorted(found)]


def accept(lacking: Collection[Shortfall]) -> None:
    """Record that the replies of these cells are lost, so that they are asked for again."""
    for shortfall in lacking:
        lost = accepted(shortfall.folder) + shortfall.counted - shortfall.filed
        shortfall.folder.mkdir(parents=True, exist_ok=True)
        with replacing(shortfall.folder / ACCEPTED, durable=True) as temporary:
            temporary.write_text(json.dumps({"lost": lost}), encoding="ascii")


def accepted(folder: Path) -> int:
    """Return the number of a cell's replies whose loss was accepted. Raises UserError."""
    path = folder / ACCEPTED
    try:
        lost = json.loads(path.read_text(encoding="ascii"))["lost"]
    except (FileNotFoundError, NotADirectoryError):  # or a file in the place of the folder
        return 0
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is damaged. Remove it and run the same command again.") from error
    if not isinstance(lost, int):
        raise UserError(f"{path} is damaged. Remove it and run the same command again.")
    return lost


def _counts(results: Path) -> Iterator[tuple[str, dict[str, int]]]:
    chunks = [path for name in FOLDERS.values() for path in (results / name).rglob("*.parquet")]
    yield "the chunk files", count_replies(chunks)
    yield f"the tables in {results / looks.NAME}", dict(looks.replies(results / looks.NAME))


def _filed(folder: Path, enough: int) -> int:
    """Return the number of replies of a cell; its heads suffice if they count ``enough``."""
    journals = journal.files(folder)
    heads = (chain.read_head(path) for path in journals)
    counted = sum(head.lines for head in heads if head)
    if counted >= enough:
        return counted
    # A job that was killed leaves a head that counts too few.
    return len({line.key for path in journals for line in journal.read(path)})
