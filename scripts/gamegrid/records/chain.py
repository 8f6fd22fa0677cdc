"""Digests that show whether a journal was shortened or altered.

Each line of a journal holds two digests: that of the line before it, and its own, over that digest
and everything else in the line. The head, a small file beside the journal, holds the number of
lines on disk and the digest of the last of them. It shows lines that are missing at the end. The
head is written after the lines, so a job that was killed leaves one that is still true.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.paths import replacing

DIGEST_BYTES = 16
START = ""
"""What the first line holds as the digest of the line before it."""
HEAD = ".head"
"""Suffix of the file beside a journal that says how far the journal goes."""
_SEGMENT = re.compile(r".+\.(\d+)-([0-9a-f]{32})")
"""The name of a segment without suffix; see ``segment_of``."""

GO_ON = (
    "Restore it from a backup, or run 'gamegrid journal accept', which says what is lost and lets "
    "a rerun ask for it again."
)
"""The end of every refusal."""

_CHAIN = re.compile(
    rb'\{"at":"[^"]*",("chain":\{"before":"((?:[0-9a-f]{32})?)","digest":"([0-9a-f]{32})"\},)'
)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a journal goes: its number of lines and the digest of the last one."""

    lines: int = 0
    digest: str = START


@dataclass(frozen=True, slots=True)
class Link:
    """What one line says of its place in the chain. ``content`` is the line without it."""

    before: str
    digest: str
    content: bytes

    @property
    def unaltered(self) -> bool:
        """Whether the line is the one that was written."""
        return self.digest == _digest(self.content, self.before)


def sealed(content: bytes, before: str) -> tuple[bytes, str]:
    """Return a line with its digests added, and its own digest.

    ``content`` is canonical JSON without line end, whose first key is ``at``.
    """
    own = _digest(content, before)
    place = content.index(b",") + 1
    chain = f'"chain":{{"before":"{before}","digest":"{own}"}},'.encode("ascii")
    return content[:place] + chain + content[place:], own


def link(line: bytes) -> Link:
    """Return what a line says of its place. Raises ValueError if it does not say it."""
    found = _CHAIN.match(line)
    if found is None:
        raise ValueError("the line holds no digests")
    content = line[: found.start(1)] + line[found.end(1) :]
    return Link(found[2].decode("ascii"), found[3].decode("ascii"), content)


def _digest(content: bytes, before: str) -> str:
    return blake2b(before.encode("ascii") + content, digest_size=DIGEST_BYTES).hexdigest()


def chained(contents: Iterable[bytes]) -> Iterator[tuple[bytes, str]]:
    """Yield each content as a line of a new chain, with its digest."""
    before = START
    for content in contents:
        line, before = sealed(content, before)
        yield line, before


class Check:
    """Follows the lines of one journal and compares them with its head."""

    def __init__(self, head: Head | None):
        self._head = head
        self._place = Head()

    def follow(self, link: Link, path: Path, number: int) -> None:
        """Check the next line. Raises UserError if it was altered or is not the next line."""
        if not link.unaltered:
            raise UserError(
                f"{path}, line {number} was altered: it does not have the digest that was written "
                f"with it. {GO_ON}"
            )
        if link.before != self._place.digest:
            raise UserError(
                f"{path}, line {number} does not follow the line before it: lines were removed, "
                f"added or moved. {GO_ON}"
            )
        self._place = Head(self._place.lines + 1, link.digest)
        if self._head and self._head.lines == self._place.lines and self._head != self._place:
            raise UserError(
                f"{path}, line {number} is not the line that was written there: the file was "
                f"replaced by another. {GO_ON}"
            )

    def end(self, journal: Path) -> None:
        """Check that no line is missing at the end. Raises UserError."""
        if self._head is None:
            if self._place.lines:
                raise UserError(
                    f"{journal} has no {head_path(journal).name} beside it, so nothing says "
                    f"whether lines are missing at its end. {GO_ON}"
                )
            return
        if (missing := self._head.lines - self._place.lines) > 0:
            raise UserError(
                f"{journal} was shortened: it has {self._place.lines} of at least "
                f"{self._head.lines} lines, {missing} replies less than were written. {GO_ON}"
            )


def head_path(journal: Path) -> Path:
    """Return where the head of a journal is."""
    return journal.with_suffix(HEAD)


def segment_of(journal: Path, head: Head) -> Path:
    """Return the path of a file that holds some replies of a journal, as a chain of its own.

    Its name is its head, so it needs no file beside it, and its content never changes.
    """
    return journal.with_name(f"{journal.stem}.{head.lines}-{head.digest}{journal.suffix}")


def named_head(stem: str) -> Head | None:
    """Return the head that the name of a segment without its suffix states; None for others."""
    named = _SEGMENT.fullmatch(stem)
    return Head(int(named[1]), named[2]) if named else None


def read_head(journal: Path) -> Head | None:
    """Return the head of a journal; None without one. Raises UserError if it is damaged."""
    path = head_path(journal)
    try:
        stated = Head(**json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return named_head(journal.stem)
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged. {GO_ON}") from error
    if not isinstance(stated.lines, int) or not isinstance(stated.digest, str):
        raise UserError(f"{path} is damaged. {GO_ON}")
    return stated


def write_head(journal: Path, head: Head) -> None:
    """Replace the head of a journal, whose lines must be on disk."""
    with replacing(head_path(journal), durable=True) as temporary:
        temporary.write_text(json.dumps(asdict(head)), encoding="ascii")
