"""How every rule's script runs: its log on file and terminal, a user's mistake in one sentence."""

import logging
import site
import sys
from collections.abc import Callable
from pathlib import Path

from gamegrid.errors import UserError

log = logging.getLogger("gamegrid")

INTERRUPTED = 130
"""The exit code that shells give to a program ended by Ctrl-C."""


def run(work: Callable[[], object], log_path: str) -> None:
    """Do ``work`` and log to ``log_path`` and stderr. A UserError exits 1 without a stack trace.

    ``work`` imports what is heavy itself: Ctrl-C may come in the middle of an import.
    """
    _own_packages_only()
    Path(log_path).parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(log_path, mode="w", encoding="utf-8")
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
    except Exception:
        log.exception("this is a bug in gamegrid, not in your configuration")
        sys.exit(1)


def _own_packages_only() -> None:
    """Take the packages of Snakemake's environment off the path, which it appends for itself.

    A job in an environment of its own must not find there what its environment lacks.
    """
    own = {*site.getsitepackages(), site.getusersitepackages()}
    sys.path[:] = [path for path in sys.path if Path(path).name != "site-packages" or path in own]
