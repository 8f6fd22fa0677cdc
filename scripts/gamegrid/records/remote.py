"""A results folder elsewhere, for jobs that share no file system.

Snakemake's storage plugins carry the files that rules declare. A rule cannot declare the journal
and the records beside it, since Snakemake deletes outputs before it makes them anew. So jobs read
and write these here, under the names that they have in a results folder: a downloaded copy is a
complete results folder.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from gamegrid import paths
from gamegrid.errors import UserError
from gamegrid.records import registrations, stamp, value_record

RECORDS = (stamp.NAME, value_record.NAME, registrations.NAME)
"""The files beside the journal that a job reads before it plays."""
EXTRA = "storage"
PATIENCE = timedelta(seconds=60)
"""How long a call is tried again before it fails."""
AT_ONCE = 16
"""Number of files that are read at the same time."""


class Remote:
    """A results folder at an address: ``s3://bucket/prefix``, or the absolute path of a folder.

    Names are paths relative to the folder, with slashes. Every method raises UserError if the
    folder cannot be reached. S3's keys, region and endpoint come from the environment variables
    ``AWS_…``.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    @cached_property
    def _library(self) -> Any:
        try:
            import obstore
        except ImportError as error:
            raise UserError(
                f"{self.address}: jobs without a shared file system need the extra {EXTRA}. "
                f"Install it here and in the image of the jobs: {paths.install(EXTRA)}"
            ) from error
        return obstore

    @cached_property
    def _store(self) -> Any:
        if "://" not in self.address:
            return self._library.store.LocalStore(self.address, mkdir=True)
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        return self._library.store.from_url(
            self.address,
            client_options={"allow_http": plain},
            retry_config={"retry_timeout": PATIENCE},
        )

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, without those of folders below it."""
        with self._reported():
            found = self._store.list_with_delimiter(folder)["objects"]
        return sorted(each["path"] for each in found)

    def versions(self, folder: str) -> dict[str, tuple[datetime, int]]:
        """Return the time and size of every file in a folder and the folders below it, by name."""
        with self._reported():
            return {
                each["path"]: (each["last_modified"], each["size"])
                for batch in self._store.list(folder)
                for each in batch
            }

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if there is no such file."""
        with self._reported():
            try:
                return bytes(self._store.get(name).bytes())
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file as a whole; readers see the old file or the new one."""
        with self._reported():
            self._store.put(name, content)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file unless there is one; return whether it was written."""
        with self._reported():
            try:
                self._store.put(name, content, mode="create")
            except self._library.exceptions.AlreadyExistsError:
                return False
        return True

    def remove(self, names: Iterable[str]) -> None:
        """Remove those of the files that are there."""
        with self._reported():
            for name in names:
                try:
                    self._store.delete(name)
                except FileNotFoundError:
                    continue

    def fetch(self, folder: str, endings: tuple[str, ...], results: Path) -> None:
        """Copy the files of a folder that ``results`` lacks, and whose names have these endings.

        Files that have a name never change. A file that is removed meanwhile is replaced by
        another, so the folder is listed again until nothing is missing.
        """
        while missing := [
            name
            for name in self.names(folder)
            if PurePosixPath(name).suffix in endings and not (results / name).exists()
        ]:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for name, content in zip(missing, pool.map(self.read, missing), strict=True):
                    _put(results / name, content)

    def fetch_file(self, name: str, results: Path) -> None:
        """Copy one file in place of the one in ``results``; leave that as it is if there is none.

        For small files that only one process of a run writes.
        """
        _put(results / name, self.read(name))

    def send_file(self, name: str, results: Path) -> None:
        """Write one file of ``results``, if it is there."""
        if (results / name).exists():
            self.write(name, (results / name).read_bytes())

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what goes wrong in the block into a UserError."""
        failures = self._library.exceptions.BaseError, OSError
        try:
            yield
        except failures as error:
            said = " ".join(str(error).partition("\n")[0].split()).rstrip(".")
            raise UserError(
                f"{self.address} cannot be read or written: {said}. Check the address, and the "
                f"keys, the region and the endpoint in the environment variables AWS_…."
            ) from error


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with paths.replacing(path) as temporary:
        temporary.write_bytes(content)
