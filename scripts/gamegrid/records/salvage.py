"""Go on with what is left of journals that were shortened or altered (``journal accept``)."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records import chain
from gamegrid.records.journal import FORM, digest, files, packed, parts, read, unpacked, write


@dataclass(frozen=True, slots=True)
class Loss:
    """What is left of a journal that is refused.

    ``missing`` is the least number of replies that are gone, without the ``damaged`` lines.
    """

    journal: Path
    kept: int
    damaged: int
    missing: int

    def __str__(self) -> str:
        parts = [f"{self.kept} replies are intact"]
        if self.damaged:
            parts.append(f"{self.damaged} lines are damaged, moved or there twice")
        if self.missing:
            parts.append(f"at least {self.missing} are missing")
        return f"{self.journal}: {', '.join(parts)}"


def losses(folder: Path) -> list[Loss]:
    """Return what is left of each journal of a cell that ``read`` refuses.

    Raises UserError for a journal in another format: it is not damaged.
    """
    return [_left(journal)[0] for journal in files(folder) if _refused(journal)]


def accept(folder: Path) -> list[Loss]:
    """Write anew each journal of a cell that ``read`` refuses, from its intact lines.

    The files are kept beside it with the suffix ``.set-aside``.
    """
    accepted = []
    for journal in files(folder):
        if not _refused(journal):
            continue
        loss, contents = _left(journal)
        for path in parts(journal):
            shutil.copy2(path, _aside(path))
        if contents:
            write(journal, contents)
        else:
            journal.unlink(missing_ok=True)
            chain.head_path(journal).unlink(missing_ok=True)
        packed(journal).unlink(missing_ok=True)
        accepted.append(loss)
    return accepted


def _refused(journal: Path) -> bool:
    try:
        for _ in read(journal):
            pass
    except UserError:
        return True
    return False


def _left(journal: Path) -> tuple[Loss, list[bytes]]:
    """Return what is left of a journal, and the intact lines without digests."""
    contents, keys, damaged = list[bytes](), set[str](), 0
    for line in _raw_lines(journal):
        found = _intact(line, journal)
        if found is None or found[0] in keys:
            damaged += 1
            continue
        keys.add(found[0])
        contents.append(found[1])
    try:
        head = chain.read_head(journal) or chain.Head()
    except UserError:
        head = chain.Head()  # nothing says how long the journal was
    missing = max(0, head.lines - len(contents) - damaged)
    return Loss(journal, len(contents), damaged, missing), contents


def _raw_lines(journal: Path) -> Iterator[bytes]:
    try:
        yield from filter(None, unpacked(journal).split(b"\n"))
    except UserError:
        yield b"a compressed file that cannot be read"
    if journal.exists():
        yield from filter(None, journal.read_bytes().split(b"\n"))


def _intact(line: bytes, journal: Path) -> tuple[str, bytes] | None:
    """Return key and content of a line that is as it was written, else None."""
    try:
        entry = json.loads(line)
        form, key, request = entry["form"], entry["key"], entry["request"]
        if form != FORM:
            raise UserError(
                f"{journal} is of form {form!r}; this version reads form {FORM}. Use the version "
                f"of gamegrid that wrote it, or another folder."
            )
        link = chain.link(line)
        if not link.unaltered or key["request"] != digest(request):
            return None
    except (ValueError, KeyError, TypeError):
        return None
    return json.dumps(key, sort_keys=True), link.content


def _aside(path: Path) -> Path:
    """Return a free name for a file that is set aside."""
    names = (path.with_name(f"{path.name}.{number}.set-aside") for number in count(1))
    return next(name for name in names if not name.exists())
