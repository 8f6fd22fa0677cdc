"""Let no interrupt get lost in code whose exceptions Python ignores."""

import signal
import sys
import threading

AGAIN_S = 0.05
"""Seconds after which a lost interrupt is sent again."""


def keep_interrupts() -> None:
    """Send an interrupt again, without a word, if Python ignores the exception that it raised.

    Ctrl-C raises KeyboardInterrupt wherever the main thread is. In a callback of a weak reference
    or in ``__del__``, Python prints it and goes on, so the run would go on too.
    """
    tell = sys.unraisablehook
    main = threading.main_thread().ident

    def hook(ignored: "sys.UnraisableHookArgs") -> None:
        if main is None or not issubclass(ignored.exc_type, KeyboardInterrupt):
            tell(ignored)
            return
        # A thread sends it to the main thread, which may wait by then: a signal ends the wait.
        again = threading.Timer(AGAIN_S, signal.pthread_kill, (main, signal.SIGINT))
        again.daemon = True
        again.start()

    sys.unraisablehook = hook
