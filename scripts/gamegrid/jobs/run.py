"""Run a rule's script: log to file and terminal, and report a user's mistake in one sentence."""

import logging
import os
import site
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from gamegrid import garbage, plugins
from gamegrid.backends.providers import Secrets, read_settings
from gamegrid.errors import UserError
from gamegrid.jobs import disk_errors
from gamegrid.terminal import ERASE, plain, plain_output

log = logging.getLogger("gamegrid")

ENDS = {"ends": True}
"""Marks the error that ends a job."""
MOUNTED = "/mnt/snakemake_searchpaths/"
"""Where Snakemake mounts the folders of its own path in a container."""
INTERRUPTED = 130
"""The exit code that shells report for a program ended by Ctrl-C."""


class SafeFormatter(logging.Formatter):
    """Escapes what could control a terminal, and removes keys that the environment names."""

    def __init__(self, form: str, before: str = "") -> None:
        """``before`` is written before each line as it is."""
        super().__init__(form)
        self._before = before
        self._secrets = Secrets(read_settings(Path.cwd()), None)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback if there is one."""
        return self._before + plain(self._secrets.scrub(super().format(record)))


class LogFile(logging.FileHandler):
    """A log file that ignores a full disk; the terminal still shows every line."""

    written = True
    """Whether every line so far is in the file."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        """Ignore a line that could not be written."""
        self.written = False


def results_of(log_path: str) -> Path:
    """Return the results folder of a job, which may lie below a module's prefix, by its log."""
    parts = Path(log_path).parts
    for at, pair in enumerate(pairwise(parts)):
        if pair == ("results", "logs"):
            return Path(*parts[: at + 1])
    raise UserError(f"the log {log_path} is not in a folder results/logs. Leave log: as it is.")


def run(work: Callable[[], object], log_path: str) -> None:
    """Do ``work`` and log to ``log_path``; stderr gets warnings. A UserError exits 1.

    The error that ends a job goes to its log alone, from which the main process shows it, once for
    all jobs that fail for one reason. Without a log, stderr gets it.

    ``work`` does the heavy imports, so that Ctrl-C during an import is handled too.
    """
    _own_packages_only()
    garbage.search_rarely()
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[terminal])
    log.setLevel(logging.INFO)
    with plain_output(outlives_reader=True):
        _work(work, log_path, terminal)


def leave() -> NoReturn:
    """End the process at once, without the second that Python takes to free torch's modules.

    Call it after ``run``, which has closed what the job opened.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed, or nobody reads it any more
            stream.flush()
    os._exit(0)


def _work(work: Callable[[], object], log_path: str, terminal: logging.Handler) -> None:
    try:
        terminal.setFormatter(SafeFormatter("%(message)s", ERASE if sys.stderr.isatty() else ""))
        file = _log_file(log_path)
        root = logging.getLogger()
        root.handlers.insert(0, file)  # the terminal gets what cannot be written
        terminal.addFilter(lambda record: not (getattr(record, "ends", False) and file.written))
        work()
    except UserError as error:
        log.error("%s", error, extra=ENDS)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("interrupted", extra=ENDS)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if refusal := disk_errors.sentence(error) or plugins.blame(error):
            log.error("%s", refusal, extra=ENDS)
        else:
            log.exception("this is a bug in gamegrid, not in your configuration", extra=ENDS)
        sys.exit(1)


def _log_file(path: str) -> LogFile:
    """Open a job's log file. Raises OSError."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = LogFile(path, mode="w", encoding="utf-8")
    file.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(message)s"))
    return file


def _own_packages_only() -> None:
    """Remove the packages of Snakemake's environment from the path, which Snakemake appends.

    A job must use its own environment's packages and no others. In a container, Snakemake mounts
    each folder of its path under another name.
    """
    own = {*site.getsitepackages(), site.getusersitepackages()}
    sys.path[:] = [
        path
        for path in sys.path
        if (Path(path).name != "site-packages" or path in own) and not path.startswith(MOUNTED)
    ]
