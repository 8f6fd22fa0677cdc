"""Wait for the replies in flight, which are paid for, whichever signal ends a job.

A terminal that closes sends SIGHUP, the keyboard sends SIGINT and SIGQUIT, and clusters send
SIGTERM, SIGUSR1, SIGUSR2 or SIGXCPU before they kill.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gamegrid.errors import UserError

log = logging.getLogger(__name__)

_CRASHES = ("SIGABRT", "SIGBUS", "SIGEMT", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
# Python itself ignores SIGPIPE and SIGXFSZ, and raises errors where their cause is.
_NOT_ENDING = ("SIGCHLD", "SIGCLD", "SIGCONT", "SIGINFO", "SIGPIPE", "SIGTSTP", "SIGTTIN",
               "SIGTTOU", "SIGURG", "SIGWINCH", "SIGXFSZ")  # fmt: skip
_NOT_CATCHABLE = ("SIGKILL", "SIGSTOP")
ENDING = frozenset(
    number
    for number in signal.Signals
    if number.name not in (*_CRASHES, *_NOT_ENDING, *_NOT_CATCHABLE)
)
"""The signals that end a process from outside unless it handles them."""


def unhandled() -> list[signal.Signals]:
    """Return the signals of ``ENDING`` that would end this process now.

    Signals that are ignored, as SIGHUP is under ``nohup``, are not among them.
    """
    return [
        number
        for number in sorted(ENDING)
        if (handler := signal.getsignal(number)) == signal.SIG_DFL
        # Python and asyncio handle SIGINT themselves, unless it is ignored.
        or (number == signal.SIGINT and handler not in (signal.SIG_IGN, None))
    ]


@contextmanager
def drained(stop: Callable[[], None], in_flight: Callable[[], int]) -> Iterator[None]:
    """Call ``stop`` on the first signal that would end the process, then let the block finish.

    ``in_flight`` counts the replies that are paid for and not on file. While there are any, further
    signals change nothing: a closing terminal sends several, and so do a shell and a cluster. When
    there are none, the next signal ends the process at once. Raises UserError at the end of the
    block if there was a signal. Does nothing outside the main thread, since only that thread gets
    signals.
    """
    received: list[int] = []
    loop = asyncio.get_running_loop()
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (unhandled() if main else ())}

    def handle(number: signal.Signals) -> None:
        replies = in_flight()
        if received and not replies:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        log.warning(
            "%s: %s for %d replies in flight, which are paid for. Only 'kill -9 %d' ends at once: "
            "they are then paid for again.",
            number.name,
            "still waiting" if received else "waiting",
            replies,
            os.getpid(),
        )
        if not received:
            received.append(number)
            stop()

    for number in before:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
    if received:
        raise UserError(
            f"ended by {signal.Signals(received[0]).name}; every reply that arrived is on file. "
            f"Run the same command again to resume."
        )
