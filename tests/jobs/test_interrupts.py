"""An interrupt ends a run, wherever in the code it arrives."""

import signal
import sys
import threading
import weakref
from collections.abc import Callable

import pytest

from gamegrid.jobs.interrupts import keep_interrupts


class Interrupted:
    """Gets Ctrl-C while it is deleted."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


class Watched:
    """Can be referred to weakly."""


def in_del() -> None:
    Interrupted()


def in_weak_reference() -> None:
    watched = Watched()
    reference = weakref.ref(watched, lambda _: signal.raise_signal(signal.SIGINT))
    del watched
    assert reference() is None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What Python reports of exceptions that it ignores."""
    reports = list[object]()
    monkeypatch.setattr(sys, "unraisablehook", reports.append)
    keep_interrupts()
    return reports


@pytest.mark.parametrize("interrupted", [in_del, in_weak_reference])
def test_an_interrupt_that_python_ignores_ends_a_wait_all_the_same(
    interrupted: Callable[[], None], told: list[object]
) -> None:
    waited = threading.Semaphore(0)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
        assert not waited.acquire(timeout=20)
    assert told == []


def test_other_exceptions_are_reported_as_before(told: list[object]) -> None:
    watched = Watched()
    reference = weakref.ref(watched, lambda _: 1 / 0)
    del watched
    assert reference() is None and len(told) == 1
