"""Sends a job's replies to a remote results folder while the job plays.

A job without a shared file system may be killed together with its disk. So at its start it fetches
what earlier attempts bought, and every few seconds it sends what is new, as a segment: a journal of
its own whose name says what it holds. A kill loses the replies of the last seconds. At the end all
segments of the job become one.

A mark beside them, which the job keeps changing, shows other jobs that it is alive: file locks do
not reach them.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records import chain, journal
from gamegrid.records.chain import Head
from gamegrid.records.journal import LOST
from gamegrid.records.remote import Remote
from gamegrid.records.tail import Tail

log = logging.getLogger(__name__)

EVERY_S = 2.0
"""Seconds between two segments: what a kill can lose, beside the replies in flight."""
DEAD_S = 6 * EVERY_S
"""Seconds without a new mark after which a job is dead."""
MARK = ".held"
JOURNAL = ".jsonl"


@contextmanager
def carried(remote: Remote, path: Path, results: Path) -> Iterator[None]:
    """Fetch the replies of the folder of the journal ``path``, and send new ones until the end.

    Enter this before the journal is opened. If replies cannot be sent, the job gets SIGTERM, so
    that it buys no more. Raises UserError if another job writes the same journal, if the remote
    folder cannot be reached, or if replies could not be sent.
    """
    shipment = _Shipment(remote, path, results)
    shipment.claim()
    try:
        with shipment.alive():
            shipment.fetch()
            try:
                yield
            finally:
                shipment.send()
            shipment.unite()
    finally:
        shipment.release()


class _Shipment:
    def __init__(self, remote: Remote, path: Path, results: Path) -> None:
        self._remote, self._path, self._results = remote, path, results
        self._folder = path.parent.relative_to(results).as_posix()
        self._mark = f"{self._folder}/{path.stem}{MARK}"
        self._who = f"host {socket.gethostname()}, pid {os.getpid()}, mark "
        self._beats = count(1)
        self._over, self._turn = threading.Event(), threading.Lock()
        self._tails = {path: Tail(path), path.with_suffix(LOST): Tail(path.with_suffix(LOST))}
        self._unsent: dict[Path, list[bytes]] = {path: [] for path in self._tails}

    def claim(self) -> None:
        """Set the mark, or wait until the job that set it has been silent for long enough."""
        while not self._remote.create(self._mark, self._beat()):
            before = self._remote.read(self._mark)
            time.sleep(DEAD_S)
            now = self._remote.read(self._mark)
            if now is None:
                continue  # that job has ended
            if now != before:
                raise self._held(now)
            own = self._beat()
            self._remote.write(self._mark, own)
            time.sleep(EVERY_S)  # another job may have waited, too
            if (now := self._remote.read(self._mark)) != own:
                raise self._held(now or b"unknown")
            return

    def release(self) -> None:
        """Take the mark away."""
        self._remote.remove([self._mark])

    def fetch(self) -> None:
        """Fetch what others have sent, and send what is only here.

        Something is only here if the disk outlived an earlier attempt.
        """
        self._remote.fetch(self._folder, (JOURNAL, LOST), self._results)
        if not self._path.exists():
            return
        others = [path for path in journal.files(self._path.parent) if path != self._path]
        there = {line.content for path in others for line in journal.read(path)}
        own = (line.content for line in journal.read(self._path))
        self._send_replies([content for content in own if content not in there])

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Change the mark and send new lines every few seconds, in a thread of its own."""
        thread = threading.Thread(target=self._keep_sending, name="shipment", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def send(self) -> None:
        """Send the lines that are new, and those that could not be sent before."""
        with self._turn:
            for path, tail in self._tails.items():
                unsent = self._unsent[path]
                unsent += [line for line in tail.lines() if line]
                if path == self._path:
                    self._send_replies([chain.link(line).content for line in unsent])
                elif unsent:
                    text = b"".join(line + b"\n" for line in unsent)
                    name = f"{path.stem}.{sha256(text).hexdigest()[:32]}{LOST}"
                    self._remote.write(f"{self._folder}/{name}", text)
                unsent.clear()

    def unite(self) -> None:
        """Replace all segments of this job, and those that it fetched, by one."""
        parts = [
            name
            for name in self._remote.names(self._folder)
            if name.startswith(f"{self._folder}/{self._path.stem}.") and name.endswith(JOURNAL)
        ]
        if len(parts) < 2:
            return
        self._remote.fetch(self._folder, (JOURNAL,), self._results)
        lines = dict.fromkeys(
            line.content for name in parts for line in journal.read(self._results / name)
        )
        whole = self._send_replies(list(lines))
        self._remote.remove(name for name in parts if name != whole)

    def _keep_sending(self) -> None:
        while not self._over.wait(EVERY_S):
            try:
                self._remote.write(self._mark, self._beat())
                self.send()
            except UserError as error:
                log.error("%s", error)
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _send_replies(self, contents: Sequence[bytes]) -> str | None:
        """Send replies as one segment, and return its name; None if there are none."""
        if not contents:
            return None
        lines, digests = zip(*chain.chained(contents), strict=True)
        segment = chain.segment_of(self._path, Head(len(lines), digests[-1]))
        name = f"{self._folder}/{segment.name}"
        self._remote.write(name, b"".join(line + b"\n" for line in lines))
        return name

    def _beat(self) -> bytes:
        return f"{self._who}{next(self._beats)}".encode()

    def _held(self, mark: bytes) -> UserError:
        return UserError(
            f"{self._remote.address}/{self._folder}/{self._path.name} is being written by another "
            f"job ({mark.decode()}). Wait for it, or end it."
        )
