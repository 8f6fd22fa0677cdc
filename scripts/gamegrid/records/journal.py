"""The journal: every reply of a model, written before it is parsed, bought once.

There is one append-only JSONL file per chunk under results/journal/GAME/MATCHUP/. A job reads every
journal of its folder, including compressed ones (``.jsonl.gz``), and appends to its own. Snakemake
does not know these files, so it cannot delete them. ``chain`` shows if one was damaged.
"""

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from gamegrid.backends.backend import (
    Attempt,
    BackendError,
    Completion,
    FinishReason,
    RecordedCompletion,
    Request,
    Usage,
    shallow,
)
from gamegrid.errors import UserError
from gamegrid.luck import Place
from gamegrid.paths import replacing
from gamegrid.quick_json import escaped
from gamegrid.records import bounded, chain
from gamegrid.records.blocks import overlap
from gamegrid.records.chain import Head
from gamegrid.records.unreadable import Unreadable

log = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
WRITE_PAUSES_S = (1.0, 5.0, *(15.0,) * 40)
"""Pauses between attempts to write to a full disk, ten minutes in all. After these, paid replies
are lost."""
FORM = 2
"""The format of a line; journals of another format are refused."""
LOST = ".lost"
"""Suffix of the files beside journals that hold failed attempts, one request per line."""

Key = str


def request_digest(request: Request) -> str:
    """Return the SHA-256 of the canonical request; equal digests mean equal requests."""
    return hashlib.sha256(stated_text(request).encode()).hexdigest()


def stated_text(request: Request) -> str:
    """Return the canonical JSON of a request. orjson writes its messages, which are long."""
    stated = request.stated()
    parts = {name: canonical(part) for name, part in stated.items() if name != "messages"}
    said = (
        f'{{"content":{escaped(message.content)},"role":{escaped(message.role)}}}'
        for message in request.messages
    )
    parts["messages"] = f"[{','.join(said)}]"
    return "{" + ",".join(f'"{name}":{parts[name]}' for name in sorted(parts)) + "}"


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def key(
    place: Place,
    ply: int,
    attempt: int,
    request: Request,
    identity: Mapping[str, Any] = MappingProxyType({}),
) -> Key:
    """Return the key of a reply: where in the grid it was asked for, the request, and the model.

    ``identity`` is what the model's entry says of its weights. A request holds only the model's id,
    and different weights give different replies.
    """
    return _key(place, ply, attempt, request_digest(request), identity)


def _key(place: Place, ply: int, attempt: int, asked: str, identity: Mapping[str, Any]) -> Key:
    where = {**shallow(place), "ply": ply, "attempt": attempt, "request": asked}
    if identity:
        where["model_entry"] = dict(identity)
    return canonical(where)


class Journal:
    """The journals of one folder for reading, and one of them for writing.

    Use it as a context manager. A second writer of the same file is refused with a UserError.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file: FileIO | None = None
        self._unwritten = bytearray()
        """Lines that are not written yet; the first may be written in part."""
        self._known: dict[Key, Completion] = {}
        """Replies that were on file when the job began."""
        self._bought: dict[bytes, int] = {}
        """Offsets of the lines of replies that this job bought, by the digests of their keys: a
        long job keeps no reply in memory."""
        self._unreadable = Unreadable()
        self._end = 0
        self._tip = Head()
        """The last line of this journal, including those that are not written yet."""
        self._head: Head | None = None
        """The head on disk."""
        self._synced = time.monotonic()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._syncing: Future[None] | None = None
        """The thread's work on forcing lines to disk, which may take longer than many replies."""
        self._warned = False
        self.asked = 0
        """Number of replies that this job bought."""
        self.replayed = 0
        """Number of replies taken from a journal."""

    def __enter__(self) -> "Journal":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab", buffering=0)
        try:
            self._lock()
            self._check_alone()
            self._head = chain.read_head(self._path)
            # A refused file stays as it was found, so read before mending.
            for path in files(self._path.parent):
                for line in read(path):
                    self._known[line.key] = line.completion
                    if path == self._path:
                        self._tip = Head(self._tip.lines + 1, line.digest)
            _mend_tail(self._path)
            self._end = self._path.stat().st_size
            for path in lost_files(self._path.parent):
                self._unreadable.read(path)
        except BaseException:
            self._file.close()  # frees the lock too; nobody calls __exit__
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._thread.shutdown()
            try:
                self._hand_over()
                if self._syncing is not None:
                    self._syncing.result()  # a failure is told once: the next attempt may succeed
                self._force(self._tip)
            except OSError:
                if not isinstance(error, UserError):  # a UserError reported it already
                    raise
            finally:
                self._file.close()
                self._file = None

    async def ask(
        self,
        place: Place,
        ply: int,
        attempt: int,
        request: Request,
        buy: Callable[[Request], Awaitable[Completion]] | None,
        identity: Mapping[str, Any] = MappingProxyType({}),
    ) -> RecordedCompletion:
        """Return the reply on file, or buy it, write it and return it.

        ``identity`` distinguishes the model from others with its id; see ``key``. With ``buy``
        None, a reply that is not on file raises BackendError.
        """
        stated = stated_text(request)
        asked = hashlib.sha256(stated.encode()).hexdigest()
        filed = _key(place, ply, attempt, asked, identity)
        if (known := self._on_file(filed)) is not None:
            self.replayed += 1
            return RecordedCompletion(known, replayed=True)
        if buy is None:
            raise BackendError(
                f"{request.model}: no reply on file for deal {place.deal}, seating "
                f"{place.seating}, ply {ply} of {place.matchup} in {place.game}; "
                f"run_mode: replay asks no model."
            )
        self._unreadable.check(filed, request.model)
        try:
            completion = await buy(request)
        except BackendError as trouble:
            self._unreadable.add(filed, trouble.attempts, self._path.with_suffix(LOST))
            self._note_loss(filed, trouble)
            raise
        self.asked += 1
        await self._write(filed, stated, completion)
        return RecordedCompletion(completion, replayed=False)

    def _on_file(self, filed: Key) -> Completion | None:
        if (at := self._bought.get(_name(filed))) is None:
            return self._known.get(filed)
        with self._path.open("rb") as file:
            file.seek(at)
            line = file.readline()
        return _completion(json.loads(line)["completion"])

    def _note_loss(self, filed: Key, trouble: BackendError) -> None:
        """Write failed attempts beside the journal, since some of them may have been billed."""
        if not trouble.attempts:
            return
        attempts = [shallow(attempt) for attempt in trouble.attempts]
        line = json.dumps({"key": json.loads(filed), "attempts": attempts})
        try:
            with self._path.with_suffix(LOST).open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
        except OSError as error:
            log.error("%s: failed attempts cannot be written (%s)", self._path, error.strerror)

    async def _write(self, filed: Key, stated: str, completion: Completion) -> None:
        """Append one line and hand it to the system, so that a killed process loses nothing.

        Waits for room on a full disk, since the reply is paid for. Raises UserError if the disk
        stays full.
        """
        line, own = chain.sealed(_content(filed, stated, completion), self._tip.digest)
        line += b"\n"
        self._tip = Head(self._tip.lines + 1, own)
        at, self._end = self._end, self._end + len(line)
        self._unwritten += line
        # Write replies that arrive together in one call: a call releases the interpreter, and a
        # local engine's thread then keeps it.
        await asyncio.sleep(0)
        for pause_s in (*WRITE_PAUSES_S, None):
            try:
                self._hand_over()
                break
            except OSError as error:
                if pause_s is None:
                    raise UserError(
                        f"{self._path} cannot be written ({error.strerror}); paid replies were "
                        f"lost. Make room and run the same command again."
                    ) from error
                self._warn_once(error)
            await asyncio.sleep(pause_s)
        self._bought[_name(filed)] = at
        self._sync_at_times()

    def _hand_over(self) -> None:
        """Write all pending lines. Raises OSError and keeps what was not written."""
        assert self._file is not None, "the journal is not open"
        if self._unwritten and self._head is None:
            # Lines without a head would look like a journal whose head was removed.
            self._write_head(Head())
        while self._unwritten:
            taken = self._file.write(bytes(self._unwritten))
            del self._unwritten[:taken]
        self._warned = False

    def _warn_once(self, error: OSError) -> None:
        """Log that the disk is full, once for all replies that wait."""
        if not self._warned:
            log.error(
                "%s cannot be written (%s): paid replies wait in memory. Make room.",
                self._path,
                error.strerror,
            )
        self._warned = True

    def _sync_at_times(self) -> None:
        """Have the lines written so far forced to disk, once a second, against power loss.

        Raises OSError if that failed the last time.
        """
        if time.monotonic() - self._synced <= SYNC_SECONDS:
            return
        if self._syncing is not None:
            if not self._syncing.done():
                return
            self._syncing.result()
        self._synced = time.monotonic()
        self._syncing = self._thread.submit(self._force, self._tip)

    def _force(self, tip: Head) -> None:
        """Force the file to disk, then write the head that counts its lines up to ``tip``."""
        assert self._file is not None, "the journal is not open"
        os.fsync(self._file.fileno())
        if tip != (self._head or Head()):
            try:
                self._write_head(tip)
            except OSError as error:  # the head on disk stays true for the lines it counts
                log.debug("%s: the head was not written (%s)", self._path, error.strerror)

    def _write_head(self, head: Head) -> None:
        chain.write_head(self._path, head)
        self._head = head

    def _lock(self) -> None:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise _held(self._path) from busy
        _lock_note(self._path).write_text(
            f"host {socket.gethostname()}, pid {os.getpid()}, "
            f"since {datetime.now(UTC).isoformat(timespec='seconds')}"
        )

    def _check_alone(self) -> None:
        """Refuse to write while another job plays some of the same deals in another block.

        Each job takes its own lock first, so at least one of two jobs sees the other.
        """
        for path in self._path.parent.glob("*.jsonl"):
            if path == self._path or not overlap(path.stem, self._path.stem):
                continue
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError as busy:
                    raise _held(path) from busy


def _held(path: Path) -> UserError:
    """Return the error for a journal that another job has locked."""
    note = _lock_note(path)
    owner = note.read_text() if note.exists() else "unknown"
    return UserError(f"{path} is being written by another job ({owner}). Wait for it, or end it.")


def _name(filed: Key) -> bytes:
    return hashlib.sha256(filed.encode()).digest()


def _content(filed: Key, stated: str, completion: Completion) -> bytes:
    """Return one line without digests in canonical JSON, built from parts that are canonical."""
    stated_reply = shallow(completion) | {
        "usage": shallow(completion.usage),
        "attempts": [shallow(attempt) for attempt in completion.attempts],
    }
    at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return (
        f'{{"at":"{at}","completion":{canonical(stated_reply)},"form":{FORM},'
        f'"key":{filed},"request":{stated}}}'
    ).encode("ascii")


def _lock_note(path: Path) -> Path:
    return path.with_suffix(".lock")


def _mend_tail(path: Path) -> None:
    """Complete a last line that lacks only its line end; remove it if it is incomplete."""
    with path.open("rb+") as file:
        text = file.read()
        keep = text.rfind(b"\n") + 1
        if keep == len(text):
            return
        if _is_json(text[keep:]):
            file.write(b"\n")
            return
        log.warning("%s: dropped a torn last line of %d bytes", path, len(text) - keep)
        file.truncate(keep)


def _is_json(line: bytes) -> bool:
    """Return whether a line is complete; no proper prefix of a JSON object is valid JSON."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def files(folder: Path) -> list[Path]:
    """Return the journals of one folder by their plain names.

    A journal's lines are in this file, in a compressed one beside it (``.jsonl.gz``), or in both.
    If only its head is left, the journal was removed; ``read`` says so.
    """
    names = {
        path.name.removesuffix(".gz").removesuffix(chain.HEAD).removesuffix(".jsonl")
        for pattern in ("*.jsonl", "*.jsonl.gz", f"*{chain.HEAD}")
        for path in folder.glob(pattern)
    }
    return [folder / f"{name}.jsonl" for name in sorted(names)]


def packed(journal: Path) -> Path:
    """Return where the compressed part of a journal is."""
    return journal.with_name(f"{journal.name}.gz")


def parts(journal: Path) -> list[Path]:
    """Return the files that hold a journal's lines: two, one or, if it was removed, none."""
    return [path for path in (packed(journal), journal) if path.exists()]


def lost_files(folder: Path) -> list[Path]:
    """Return the files of one folder that hold the failed attempts of requests."""
    return sorted(folder.glob(f"*{LOST}"))


def read_lost(path: Path) -> Iterator[tuple[Attempt, ...]]:
    """Yield the attempts of each request that failed. Raises UserError for a damaged line."""
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield tuple(Attempt(**each) for each in json.loads(line)["attempts"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UserError(
                f"{path}, line {number} cannot be read. It holds no reply: remove the line."
            ) from error


@dataclass(frozen=True, slots=True)
class Line:
    """One reply on file."""

    key: Key
    completion: Completion
    text: bytes
    """The line as it is in the file, without its line end."""
    content: bytes
    """The line without the digests that give its place in the file."""
    digest: str


def read(journal: Path) -> Iterator[Line]:
    """Yield the replies of one journal; skip an incomplete last line of a job that still writes.

    Raises UserError naming file and line if another line is damaged or in another format, or if
    the journal was shortened or altered since it was written.
    """
    head, stored = _headed(journal)
    check = chain.Check(head)
    for path, text in zip((packed(journal), journal), stored, strict=True):
        yield from _read(path, text, check)
    check.end(journal)


def parse(line: bytes) -> Line | None:
    """Return the reply of one line of a journal; None if it cannot be read."""
    try:
        entry = json.loads(line)
        return _line(entry, line, chain.link(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def check(journal: Path) -> None:
    """Check that a journal was neither shortened nor altered, faster than ``read``.

    Raises UserError as ``read`` does.
    """
    head, stored = _headed(journal)
    check = chain.Check(head)
    try:
        for path, text in zip((packed(journal), journal), stored, strict=True):
            lines = text.split(b"\n")
            for number, line in enumerate(lines, 1):
                if line and (number < len(lines) or _is_json(line)):
                    check.follow(chain.link(line), path, number)
    except ValueError:
        for _ in read(journal):  # says what is wrong with the line
            pass
    check.end(journal)


def _read(path: Path, text: bytes, check: chain.Check) -> Iterator[Line]:
    """Yield the replies of one file; see ``read``."""
    lines = text.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            entry = json.loads(line)
            form = entry["form"]
            if form != FORM:
                raise UserError(
                    f"{path}, line {number} is of form {form!r}; this version reads "
                    f"form {FORM}. Use the version of gamegrid that wrote it, or another folder."
                )
            link = chain.link(line)
            reply = _line(entry, line, link)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if number == len(lines):
                return
            raise UserError(f"{path}, line {number} cannot be read. {chain.GO_ON}") from error
        check.follow(link, path, number)
        yield reply


def _headed(journal: Path) -> tuple[Head | None, tuple[bytes, bytes]]:
    """Return the head of a journal and its lines; see ``_stored``."""
    # The head first: a job that writes now adds lines before it counts them.
    head = chain.read_head(journal)
    stored = _stored(journal)
    if head is None and any(stored):  # the first lines may have been written in between
        head = chain.read_head(journal)
        stored = _stored(journal)
    return head, stored


def _stored(journal: Path) -> tuple[bytes, bytes]:
    """Return the lines of the compressed and of the plain file, each line once.

    Reads the plain file first, since compressing removes it after the other one is complete.
    """
    plain = journal.read_bytes() if journal.exists() else b""
    before = unpacked(journal)
    return before, b"" if before.endswith(plain) else plain


def unpacked(journal: Path) -> bytes:
    """Return the lines of the compressed file, empty without one. Raises UserError if damaged."""
    path = packed(journal)
    return bounded.unpacked(path) if path.exists() else b""


def write(journal: Path, contents: Sequence[bytes]) -> None:
    """Write a new journal, forced to disk, of lines without digests. No job may write to it."""
    tip = Head()
    with replacing(journal, durable=True) as temporary, temporary.open("wb") as file:
        for line, own in chain.chained(contents):
            file.write(line + b"\n")
            tip = Head(tip.lines + 1, own)
        file.flush()
    chain.write_head(journal, tip)


def _line(entry: dict[str, Any], text: bytes, link: chain.Link) -> Line:
    completion = _completion(entry["completion"])
    return Line(canonical(entry["key"]), completion, text, link.content, link.digest)


def _completion(stored: dict[str, Any]) -> Completion:
    return Completion(
        **{
            **stored,
            "finish_reason": FinishReason(stored["finish_reason"]),
            "usage": Usage(**stored["usage"]),
            "attempts": tuple(Attempt(**each) for each in stored.get("attempts", ())),
        }
    )


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=repr)


def canonical(value: Any) -> str:
    """Return one line of ASCII JSON, in which even lone surrogates can be written."""
    return _ENCODER.encode(value)
