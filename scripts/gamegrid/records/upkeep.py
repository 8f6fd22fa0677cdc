"""List, verify, compress, prune and merge the replies on file (``gamegrid journal``).

The journal is the only part of a results folder that cannot be made again for free.
"""

import fcntl
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.backends.faults import Blame
from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.records import chain
from gamegrid.records.journal import (
    LOST,
    Key,
    Line,
    digest,
    files,
    lost_files,
    packed,
    parts,
    read,
    read_lost,
    unpacked,
    write,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """One cell's replies on file. ``tokens`` is the sum of the tokens that the models stated.

    ``lost`` counts the failed attempts of requests, ``maybe_billed`` those of them that may have
    been billed.
    """

    cell: str
    replies: int
    tokens: int
    models: tuple[str, ...]
    size: int
    """Bytes on disk."""
    lost: int = 0
    maybe_billed: int = 0


def summaries(results: Path) -> list[Summary]:
    """Return a summary of each cell that has a journal. Raises UserError for a damaged file."""
    return [_summary(folder, results) for folder in folders_of(results)]


def verify(results: Path) -> list[str]:
    """Return one sentence per problem.

    Problems are files that were damaged, shortened or altered, requests that do not fit their keys,
    and replies that were bought twice. A file that cannot be read is one problem; the other files
    are checked nevertheless.
    """
    problems = []
    for folder in folders_of(results):
        seen = defaultdict[Key, set[bytes]](set)
        for path in files(folder):
            try:
                for line in read(path):
                    seen[line.key].add(line.content)
                    if not _unaltered(line):
                        at = where(line.key)
                        problems.append(f"{path}: the request of a reply was altered: {at}.")
            except UserError as error:
                problems.append(str(error))
        for path in lost_files(folder):
            try:
                list(read_lost(path))
            except UserError as error:
                problems.append(str(error))
        problems += [
            f"{folder}: {len(texts)} replies on file for one question: {key}."
            for key, texts in seen.items()
            if len(texts) > 1
        ]
    return problems


def compress(results: Path) -> int:
    """Compress the journals that no job writes, and return their number."""
    count = 0
    for folder in folders_of(results):
        for path in sorted(folder.glob("*.jsonl")):
            with _unwritten(path) as free:
                if free and path.stat().st_size:
                    _pack(path)
                    count += 1
    return count


def prune(results: Path, cells: set[str], delete: bool) -> list[Path]:
    """Return the journals of cells other than ``cells``, and with ``delete`` remove them.

    A cell is "GAME/MATCHUP". Raises UserError and removes nothing if a job writes one of them.
    """
    folders = [folder for folder in folders_of(results) if cell_of(folder, results) not in cells]
    journals = [path for folder in folders for path in files(folder)]
    doomed = [
        *(path for journal in journals for path in parts(journal)),
        *(path for folder in folders for path in lost_files(folder)),
    ]
    if not delete:
        return doomed
    check_unwritten(journals)
    for journal in journals:
        # The head goes last: without it, nothing would show that a kill came in between.
        for path in (*parts(journal), journal.with_suffix(".lock"), chain.head_path(journal)):
            path.unlink(missing_ok=True)
    for path in doomed:
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
    return doomed


def check_unwritten(journals: Iterable[Path]) -> None:
    """Raise UserError if a job writes one of the journals."""
    for path in journals:
        if path.exists():
            with _unwritten(path) as free:
                if not free:
                    raise UserError(f"{path} is being written by a job. Wait for it, or end it.")


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of a merge. ``conflicts`` are the keys of requests with two different replies."""

    added: int
    known: int
    conflicts: tuple[Key, ...]


def merge(other: Path, results: Path) -> Merged:
    """Add the replies of another results folder to this one's.

    If both have a reply to the same request and the two differ, this folder's stays.
    """
    added = known = 0
    conflicts = list[Key]()
    for folder in folders_of(other):
        here = results / "journal" / cell_of(folder, other)
        ours = {line.key: line for path in files(here) for line in read(path)}
        fresh = dict[Key, Line]()
        for line in (line for path in files(folder) for line in read(path)):
            mine = ours.get(line.key) or fresh.get(line.key)
            if mine is None:
                fresh[line.key] = line
            elif mine.completion.raw == line.completion.raw:
                known += 1
            else:
                conflicts.append(line.key)
        if fresh:
            _add(here, [line.content for line in fresh.values()])
            added += len(fresh)
        _add_lost(folder, here)
    return Merged(added, known, tuple(conflicts))


def folders_of(results: Path) -> Iterator[Path]:
    """Yield the folders of journals, one per cell."""
    for folder in sorted((results / "journal").glob("*/*")):
        if files(folder) or lost_files(folder):
            yield folder


def cell_of(folder: Path, results: Path) -> str:
    """Return a folder's cell as GAME/MATCHUP."""
    return folder.relative_to(results / "journal").as_posix()


def _summary(folder: Path, results: Path) -> Summary:
    paths = files(folder)
    replies = tokens = 0
    models = set[str]()
    for line in (line for path in paths for line in read(path)):
        usage = line.completion.usage
        replies += 1
        tokens += (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)
        models.add(json.loads(line.text)["request"]["model"])
    lost = [each for path in lost_files(folder) for tried in read_lost(path) for each in tried]
    return Summary(
        cell=cell_of(folder, results),
        replies=replies,
        tokens=tokens,
        models=tuple(sorted(models)),
        size=sum(path.stat().st_size for journal in paths for path in parts(journal)),
        lost=len(lost),
        maybe_billed=sum(each.kind == Blame.MAYBE_BILLED for each in lost),
    )


def _unaltered(line: Line) -> bool:
    """Return True if the request on file is the one in the reply's key."""
    entry: dict[str, Any] = json.loads(line.text)
    return bool(digest(entry["request"]) == entry["key"]["request"])


def where(key: Key) -> str:
    """Say where in the grid a request was made, by its key."""
    known = json.loads(key)
    parts = ("game", "matchup", "deal", "seating", "seat", "ply", "attempt")
    return ", ".join(f"{part} {known[part]}" for part in parts)


@contextmanager
def _unwritten(path: Path) -> Iterator[bool]:
    """Lock a journal as a job does; yield False if a job holds the lock."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _pack(path: Path) -> None:
    """Replace a journal by a compressed file; one of the two has every reply at any moment."""
    content = path.read_bytes()
    before = unpacked(path)  # compressed before; the job has written a new file since
    content = before if before.endswith(content) else before + content
    with replacing(packed(path), durable=True) as temporary:
        temporary.write_bytes(gzip.compress(content, mtime=0))
        if gzip.decompress(temporary.read_bytes()) != content:
            raise UserError(
                f"{path} could not be compressed: the compressed file reads differently."
            )
    path.unlink()


def _add_lost(folder: Path, here: Path) -> None:
    """Add another folder's failed attempts to this one's."""
    known = {line for path in lost_files(here) for line in path.read_bytes().splitlines()}
    lines = [line for path in lost_files(folder) for line in path.read_bytes().splitlines()]
    if fresh := [line for line in lines if line not in known]:
        target = _merged(here, fresh, LOST)
        with replacing(target, durable=True) as temporary:
            temporary.write_bytes(b"\n".join(fresh) + b"\n")


def _add(folder: Path, contents: Sequence[bytes]) -> None:
    """Write replies to a new journal with a chain that begins anew. No job appends to it."""
    write(_merged(folder, contents, ".jsonl"), contents)


def _merged(folder: Path, lines: Sequence[bytes], suffix: str) -> Path:
    """Make the folder and return the path of a new file in it, named after its content."""
    folder.mkdir(parents=True, exist_ok=True)
    name = digest([line.decode("ascii") for line in lines])[:12]
    return folder / f"merged-{name}{suffix}"
