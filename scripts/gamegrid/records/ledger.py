"""The ledger of a job: what its requests can cost is on file before any of them is sent.

Beside each journal BLOCK.jsonl lies BLOCK.spent. It has one line per event, with a name that stands
for the key of the reply and an amount in whole billionths of a USD (1e-9 USD):

    r NAME AMOUNT        an attempt is about to be sent, which costs AMOUNT at most
    f NAME               that attempt is on no bill
    m NAME AMOUNT        an attempt may be on the bill
    s NAME AMOUNT MAYBE  the reply is on file; of AMOUNT, the provider did not state MAYBE
    x AMOUNT             the user says that AMOUNT of what may have been billed was not billed
    = COUNTED MAYBE      the job ended with these sums

A job that is killed leaves the last ``r`` of each request in flight without a successor. Whole
numbers add up without rounding, however many processes add them.
"""

import fcntl
import hashlib
import math
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gamegrid.errors import UserError

SUFFIX = ".spent"
UNITS = 1_000_000_000
"""Units of a ledger in one USD."""
SYNC_SECONDS = 1.0
TAIL = 96
"""Bytes at the end of a file that hold its last line."""


def units(usd: float) -> int:
    """Return an amount in whole units, rounded up."""
    return math.ceil(round(usd * UNITS, 3))


def usd(amount: float) -> float:
    """Return an amount of units in USD."""
    return amount / UNITS


def name_of(key: str) -> str:
    """Return the name that stands for the key of a reply."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Account:
    """The sums of a ledger, in units.

    ``counted`` is what was billed or may have been; ``maybe`` is the second part of it. ``open``
    holds the attempts in flight, by name. ``filed`` names the replies that are counted. ``lost``
    says how many attempts of a reply may have been billed. ``in_flight`` is the worst price of all
    attempts in flight. ``closed``: nothing follows the sums of a job's end.
    """

    counted: int = 0
    maybe: int = 0
    in_flight: int = 0
    open: dict[str, int] = field(default_factory=dict)
    filed: set[str] = field(default_factory=set)
    lost: Counter[str] = field(default_factory=Counter)
    closed: bool = False

    def add(self, line: str) -> None:
        """Take a line in. Raises ValueError for one that is none."""
        kind, *rest = line.split()
        self.closed = False
        match kind, rest:
            case "r", [name, amount]:
                self._leave(name)
                self.open[name] = int(amount)
                self.in_flight += int(amount)
            case "f", [name]:
                self._leave(name)
            case "m", [name, amount]:
                self._leave(name)
                self.lost[name] += 1
                self.counted += int(amount)
                self.maybe += int(amount)
            case "s", [name, amount, maybe]:
                self._leave(name)
                self.filed.add(name)
                self.counted += int(amount)
                self.maybe += int(maybe)
            case "x", [amount]:
                self.counted -= int(amount)
                self.maybe -= int(amount)
            case "=", [_counted, _maybe]:
                self.closed = True
            case _:
                raise ValueError(f"no such line: {line!r}")

    def _leave(self, name: str) -> None:
        self.in_flight -= self.open.pop(name, 0)


def read(path: Path) -> Account:
    """Return the account in a file. A last line without its end was never acted on.

    Raises UserError for a damaged file.
    """
    account = Account()
    text = path.read_bytes()
    for number, line in enumerate(text[: text.rfind(b"\n") + 1].splitlines(), 1):
        try:
            account.add(line.decode("ascii"))
        except ValueError as error:
            raise UserError(
                f"{path}, line {number} cannot be read, so the budget is not known. Restore the "
                f"file from a backup, or remove it: then the replies on file are counted, and no "
                f"attempt without a reply."
            ) from error
    return account


def read_sums(path: Path) -> Account:
    """Return the sums of a ledger, from its last line if the job has ended."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        last = file.read().rsplit(b"\n", 2)[-2:]
    if len(last) == 2 and last[1] == b"" and last[0].startswith(b"= "):
        _, counted, maybe = last[0].split()
        return Account(counted=int(counted), maybe=int(maybe), closed=True)
    return read(path)


def is_held(path: Path) -> bool:
    """Return whether a job that is at work holds a ledger."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class Ledger:
    """A ledger that this process writes. It stays locked, so others see when its job has died."""

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        """Open and lock a ledger. Raises BlockingIOError if another job holds it.

        A job that holds the journal has the ledger to itself but for a glance of others, for which
        it can ``wait``. Raises OSError, and UserError for a damaged file.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            self.account = read(path)
            os.ftruncate(self._file, path.read_bytes().rfind(b"\n") + 1)
        except BaseException:
            os.close(self._file)
            raise
        self._synced = time.monotonic()

    def write(self, lines: list[str]) -> None:
        """Append lines and take them in. Raises OSError and writes nothing if that fails."""
        if not lines:
            return
        text = "".join(f"{line}\n" for line in lines).encode("ascii")
        taken = 0
        try:
            while taken < len(text):
                taken += os.write(self._file, text[taken:])
        except OSError:
            if taken:
                os.ftruncate(self._file, os.fstat(self._file).st_size - taken)
            raise
        for line in lines:
            self.account.add(line)

    def sync(self) -> None:
        """Force the file to disk, at most once a second, to guard against power loss."""
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fdatasync(self._file)
            self._synced = time.monotonic()

    def close(self) -> None:
        """Write the sums, if no attempt is in flight, and unlock the ledger."""
        account = self.account
        try:
            if not account.open and not account.closed:
                with suppress(OSError):  # without the sums, readers add up the lines
                    self.write([f"= {account.counted} {account.maybe}"])
        finally:
            os.close(self._file)
