"""Wait for the replies in flight, which are paid for, on Ctrl-C or at the end of a cluster job."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gamegrid.errors import UserError

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def drained(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on the first SIGINT or SIGTERM, then let the block finish its work.

    A second signal ends the process at once. Raises UserError at the end of the block if there
    was a signal. Does nothing outside the main thread, since only that thread gets signals.
    """
    received: list[int] = []
    loop = asyncio.get_running_loop()
    watching = SIGNALS if threading.current_thread() is threading.main_thread() else ()

    def first(number: int) -> None:
        received.append(number)
        log.warning("ending: waiting for the replies in flight; a second signal ends at once")
        for watched in SIGNALS:
            loop.remove_signal_handler(watched)
            signal.signal(watched, signal.SIG_DFL)
        stop()

    before = {number: signal.getsignal(number) for number in watching}
    for number in watching:
        loop.add_signal_handler(number, first, number)
    try:
        yield
    finally:
        for number in watching:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
    if received:
        raise UserError(
            "ended by a signal; every reply that arrived is on file. Run the same command again "
            "to resume."
        )
