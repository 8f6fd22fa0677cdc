"""The journal: every reply of a model, on disk before it is looked at, bought once.

One JSONL file per chunk, append-only, under results/journal/GAME/MATCHUP/. A job reads every
journal of its folder, compressed ones (``.jsonl.gz``) too, and appends to its own. Snakemake does
not know these files and so cannot delete them.
"""

import asyncio
import fcntl
import gzip
import hashlib
import json
import logging
import os
import socket
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
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
from gamegrid.records.blocks import overlap

log = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
WRITE_PAUSES_S = (1.0, 5.0, *(15.0,) * 40)
"""Waits for a disk that takes no more, ten minutes in all, before a paid reply is given up."""
FORM = 1
"""The form of a line; a journal of another form is refused, not misread."""
LOST = ".lost"
"""How files end that lie beside journals and hold what was sent in vain, a request a line."""

Key = str


def request_digest(request: Request) -> str:
    """SHA-256 of the canonical request: equal digests are the same question."""
    return digest(request.stated())


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def key(
    place: Place,
    ply: int,
    attempt: int,
    request: Request,
    identity: Mapping[str, Any] = MappingProxyType({}),
) -> Key:
    """What a reply is filed under: where it was asked, what was asked, and of which model.

    ``identity`` is what the model's entry says of its weights: a request only has its id, and the
    replies of one checkpoint are not those of another.
    """
    return _key(place, ply, attempt, request_digest(request), identity)


def _key(place: Place, ply: int, attempt: int, asked: str, identity: Mapping[str, Any]) -> Key:
    where = {**shallow(place), "ply": ply, "attempt": attempt, "request": asked}
    if identity:
        where["model_entry"] = dict(identity)
    return canonical(where)


class Journal:
    """The journals of one folder for reading, one of them for writing.

    Used as a context manager; a second writer of the same file is refused (UserError).
    """

    def __init__(self, path: Path):
        self._path = path
        self._file: FileIO | None = None
        self._unwritten = bytearray()
        """What the system has not yet taken: lines of paid replies, the first perhaps in part."""
        self._known: dict[Key, Completion] = {}
        """What was on file before."""
        self._bought: dict[bytes, int] = {}
        """Where the line of a reply begins that this job bought, by the digest of its key: a long
        job keeps no reply in memory."""
        self._end = 0
        self._synced = time.monotonic()
        self._told = False
        self.asked = 0
        """Replies bought by this job."""
        self.replayed = 0
        """Replies taken from a journal."""

    def __enter__(self) -> "Journal":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab", buffering=0)
        try:
            self._lock()
            self._check_alone()
            _mend_tail(self._path)
            self._end = self._path.stat().st_size
            for path in files(self._path.parent):
                self._known.update((line.key, line.completion) for line in read(path))
        except BaseException:
            self._file.close()  # and with it the lock: nobody calls __exit__
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            try:
                self._hand_over()
                self._sync(force=True)
            except OSError:
                if not isinstance(error, UserError):  # which says so already
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
        """Return the reply on file, or buy it, write it down and return it.

        ``identity``: what tells the model from others of its id (see ``key``).
        With ``buy`` None nothing is bought: a reply not on file raises BackendError.
        """
        stated = canonical(request.stated())
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
        try:
            completion = await buy(request)
        except BackendError as trouble:
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
        return _line(json.loads(line), line).completion

    def _note_loss(self, filed: Key, trouble: BackendError) -> None:
        """Keep what was sent in vain beside the journal: some of it may have been paid for."""
        if not trouble.attempts:
            return
        attempts = [shallow(attempt) for attempt in trouble.attempts]
        line = json.dumps({"key": json.loads(filed), "attempts": attempts})
        try:
            with self._path.with_suffix(LOST).open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
        except OSError as error:
            log.error("%s: lost attempts cannot be noted (%s)", self._path, error.strerror)

    async def _write(self, filed: Key, stated: str, completion: Completion) -> None:
        """Append one line; handed to the system at once, so that a killed process loses nothing.

        A full disk is waited for: the reply is paid. Raises UserError when it stays full.
        """
        line = _written(filed, stated, completion)
        at, self._end = self._end, self._end + len(line)
        self._unwritten += line
        # Replies that came together are written together: while one waits for the system, the
        # thread of a local engine holds the interpreter.
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
                self._tell_once(error)
            await asyncio.sleep(pause_s)
        self._bought[_name(filed)] = at
        self._sync()

    def _hand_over(self) -> None:
        """Give the system all that is unwritten. Raises OSError, keeping what it did not take."""
        assert self._file is not None, "the journal is not open"
        while self._unwritten:
            taken = self._file.write(bytes(self._unwritten))
            del self._unwritten[:taken]
        self._told = False

    def _tell_once(self, error: OSError) -> None:
        """Log that the disk takes no more, not once for every reply that waits."""
        if not self._told:
            log.error(
                "%s cannot be written (%s): paid replies wait in memory. Make room.",
                self._path,
                error.strerror,
            )
        self._told = True

    def _sync(self, force: bool = False) -> None:
        """Force the file to the disk, at most once a second: this guards against power loss."""
        if self._file and (force or time.monotonic() - self._synced > SYNC_SECONDS):
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

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
        """Refuse to write while another run's job plays some of the same deals in another block.

        Own locks are taken first, so that of two jobs at least one sees the other.
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
    """The error for a journal that another job has locked."""
    note = _lock_note(path)
    owner = note.read_text() if note.exists() else "unknown"
    return UserError(f"{path} is being written by another job ({owner}). Wait for it, or end it.")


def _name(filed: Key) -> bytes:
    return hashlib.sha256(filed.encode()).digest()


def _written(filed: Key, stated: str, completion: Completion) -> bytes:
    """One line, put together from parts that are canonical already, its keys in their order."""
    told = shallow(completion) | {
        "usage": shallow(completion.usage),
        "attempts": [shallow(attempt) for attempt in completion.attempts],
    }
    at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return (
        f'{{"at":"{at}","completion":{canonical(told)},"form":{FORM},'
        f'"key":{filed},"request":{stated}}}\n'
    ).encode("ascii")


def check_locking(folder: Path) -> None:
    """Make sure that file locks work in ``folder``. Raises UserError if they do not."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".lock-probe-{os.getpid()}"
    try:
        with probe.open("w") as first, probe.open("w") as second:
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            raise UserError(
                f"{folder}: file locks do nothing on this file system, so two jobs could buy the "
                f"same reply. Use another folder for results (snakemake --directory)."
            )
    finally:
        probe.unlink(missing_ok=True)


def _lock_note(path: Path) -> Path:
    return path.with_suffix(".lock")


def _mend_tail(path: Path) -> None:
    """End a last line that a crash left without its end, or cut it off if the reply is torn."""
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
    """Tell a whole line from a torn one: no beginning of an object is JSON itself."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def files(folder: Path) -> list[Path]:
    """The journals of one folder, compressed ones among them."""
    found = (*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz"))
    return sorted(found, key=lambda path: path.name)  # much faster than by path


def lost_files(folder: Path) -> list[Path]:
    """What lies beside the journals of one folder: the attempts of requests that were given up."""
    return sorted(folder.glob(f"*{LOST}"))


def read_lost(path: Path) -> Iterator[tuple[Attempt, ...]]:
    """The attempts of each request that was given up. Raises UserError for a damaged line."""
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield tuple(Attempt(**each) for each in json.loads(line)["attempts"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}, line {number} cannot be read. It holds no reply: remove the line."
            ) from error


@dataclass(frozen=True, slots=True)
class Line:
    """One reply on file."""

    key: Key
    completion: Completion
    text: bytes
    """The line as it stands in the file, without its end."""


def read(path: Path) -> Iterator[Line]:
    """The replies of one journal; a torn last line (of a job still writing) is passed over.

    Raises UserError naming file and line if another line is damaged or of another form.
    """
    lines = _content(path).split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            entry = json.loads(line)
            form = entry["form"]
            found = _line(entry, line) if form == FORM else None
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                return
            raise UserError(
                f"{path}, line {number} cannot be read. Restore the file from a backup, or move "
                f"it away and pay for its replies again."
            ) from error
        if found is None:
            raise UserError(
                f"{path}, line {number} is of form {form!r}; this version reads "
                f"form {FORM}. Use the version of gamegrid that wrote it, or another folder."
            )
        yield found


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is damaged. Restore the file from a backup.") from error


def _line(entry: dict[str, Any], text: bytes) -> Line:
    return Line(canonical(entry["key"]), _completion(entry["completion"]), text)


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
    """One line of ASCII: whatever a model wrote, lone surrogates too, can be written down."""
    return _ENCODER.encode(value)
