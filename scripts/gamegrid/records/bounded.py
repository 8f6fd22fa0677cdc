"""Unpack gzip files, with a limit on what a small file may unpack to."""

import gzip
import zlib
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records import chain
from gamegrid.records.received import MB, check_file

SIZE_LIMIT = 1000 * MB
"""A file may unpack to this many bytes,"""
RATIO_LIMIT = 200
"""or to this many times its size, if that is more. Journals unpack to 5 to 50 times their size."""


def unpacked(path: Path) -> bytes:
    """Return the content of a gzip file.

    Raises UserError if it is damaged, or as soon as it unpacks to more than the limit.
    """
    check_file(path)
    most = max(SIZE_LIMIT, RATIO_LIMIT * path.stat().st_size)
    try:
        with gzip.open(path, "rb") as file:
            content = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is damaged. {chain.GO_ON}") from error
    if len(content) > most:
        raise UserError(
            f"{path} unpacks to more than {most / MB:,.0f} MB, so it is no journal. It was not "
            f"read further."
        )
    return content
