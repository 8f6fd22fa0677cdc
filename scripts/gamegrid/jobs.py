"""How every rule's script runs: its log on file and terminal, a user's mistake in one sentence."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from gamegrid.errors import UserError

log = logging.getLogger("gamegrid")


def run(work: Callable[[], object], log_path: str) -> None:
    """Do ``work`` and log to ``log_path`` and stderr. A UserError exits 1 without a stack trace."""
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
    except Exception:
        log.exception("this is a bug in gamegrid, not in your configuration")
        sys.exit(1)
