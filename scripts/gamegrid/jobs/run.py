"""How every rule's script runs: its log on file and terminal, a user's mistake in one sentence."""

import errno
import logging
import os
import site
import sys
from collections.abc import Callable
from pathlib import Path

from gamegrid.errors import UserError

log = logging.getLogger("gamegrid")

INTERRUPTED = 130
"""The exit code that shells give to a program ended by Ctrl-C."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""What the system says of a disk that takes no more."""


class LogFile(logging.FileHandler):
    """A log that a full disk cuts short; what it could not take is on the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing of a line that could not be written."""


def run(work: Callable[[], object], log_path: str) -> None:
    """Do ``work`` and log to ``log_path`` and stderr. A UserError exits 1 without a stack trace.

    ``work`` imports what is heavy itself: Ctrl-C may come in the middle of an import.
    """
    _own_packages_only()
    Path(log_path).parent.mkdir(parents=True, exist_ok=True)
    file = LogFile(log_path, mode="w", encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[file, terminal])
    log.setLevel(logging.INFO)
    try:
        work()
    except UserError as error:
        log.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if reason := _refused_by_disk(error):
            log.error(
                "the results cannot be written (%s). Make room and run the same command again: no "
                "reply on file is asked for twice.",
                reason,
            )
        else:
            log.exception("this is a bug in gamegrid, not in your configuration")
        sys.exit(1)


def _own_packages_only() -> None:
    """Take the packages of Snakemake's environment off the path, which it appends for itself.

    A job in an environment of its own must not find there what its environment lacks.
    """
    own = {*site.getsitepackages(), site.getusersitepackages()}
    sys.path[:] = [path for path in sys.path if Path(path).name != "site-packages" or path in own]


def _refused_by_disk(error: BaseException) -> str | None:
    """What the system said, if it was the disk that failed; DuckDB passes it on as text."""
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno in DISK else None
    said = str(error)
    return next((text for text in map(os.strerror, DISK) if text in said), None)
