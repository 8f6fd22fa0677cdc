"""Do heavy work in a process of low priority, one task at a time.

A page takes seconds to draw. The server goes on answering meanwhile, and a grid that runs beside it
keeps its cores.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from gamegrid.errors import UserError

NICE = 15
"""How far the priority is lowered, from 0 to 19."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a task returned, or why it failed in one sentence, and its time on a core in seconds."""

    answer: Any
    failed: str | None
    cpu_s: float


class Background:
    """The process that does the work. ``close`` ends a task that is under way."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._process: SpawnProcess | None = None

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Done:
        """Call ``work`` there. It and its arguments are pickled."""
        theirs, ours = self._context.Pipe()
        self._process = self._context.Process(
            target=_work, args=(theirs, work, arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            done: Done = await asyncio.to_thread(ours.recv)
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            return Done(None, f"the process that builds the page ended with code {code}.", 0.0)
        self._process.join()
        return done

    def close(self) -> None:
        """End the task that is under way, if any."""
        if self._process is not None and self._process.is_alive():
            self._process.terminate()


def _work(told: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server, which ends this
    os.nice(NICE)
    answer, failed = None, None
    try:
        answer = work(*arguments)
    except UserError as error:
        failed = str(error)
    except Exception as error:
        # A database of somebody else's may hold anything; the server shows what was wrong.
        failed = f"{type(error).__name__}: {' '.join(str(error).split())}"
    told.send(Done(answer, failed, time.process_time()))
