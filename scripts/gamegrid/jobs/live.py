"""A run as its user sees it: what is about to be played, one live line, causes of failures, an end.

The Snakefile makes one ``Run`` and tells it when jobs begin and end.
"""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from gamegrid.errors import UserError
from gamegrid.jobs import slurm_site, snakemake_internals, whereabouts
from gamegrid.jobs.display import Display
from gamegrid.jobs.remote_watch import RemoteWatch
from gamegrid.jobs.run_log import RunLog, new_causes
from gamegrid.jobs.staleness import Work
from gamegrid.jobs.watch import Sight, Watch, playing
from gamegrid.plan.plan import Plan
from gamegrid.records.locking import Witness
from gamegrid.records.remote import Remote
from gamegrid.terminal import duration

TICK_S = 1.0
"""Seconds between two looks at the files of the jobs, in grids of few jobs."""
REMOTE_TICK_S = 10.0
"""The same where a look lists a remote storage, which costs money."""
PART = 10
"""A look takes at most one part of the time in so many."""
LINE_S = 60.0
"""Seconds between two lines in a file or a pipe, where nothing can be rewritten."""
PAGE = "results/report.html"
SHOWN = 12
"""Models that are named at the start."""


class Run:
    """What one process of Snakemake shows. It shows nothing unless ``quiet`` holds ``rules``."""

    def __init__(self, plan: Plan, results: Path, workflow: Any, remote: str | None = None) -> None:
        """``remote`` is the results folder's address if jobs share no file system."""
        self._plan, self._results, self._remote = plan, results, remote
        self._plays = False
        self._display = Display(sys.stderr)
        self._log: RunLog | None = None
        self._watch: Watch | RemoteWatch | None = None
        self._outputs: list[str] = []
        self._causes = Counter[str]()
        self._began = time.monotonic()
        self._over = threading.Event()
        self._ticker: threading.Thread | None = None
        self._witness: Witness | None = None
        self._slurm_run = ""
        self._reasons = set[str]()
        snakemake_internals.outlive_terminal(workflow)
        self._silent = snakemake_internals.is_silent(workflow)
        if snakemake_internals.is_calm(workflow):
            stream = snakemake_internals.take_terminal()
            if stream is not None:
                self._log = RunLog(self._display, stream, only_errors=self._silent)
                snakemake_internals.add_handler(self._log)

    def begin(self, workflow: Any) -> None:
        """Say what is about to be played, and keep the live line up to date from now on.

        While this process lives, jobs can see whether their locks hold against it.
        """
        self._outputs = snakemake_internals.outputs_to_make(workflow)
        todo = playing(self._plan, self._results, self._outputs)
        self._plays = bool(todo)
        if todo and self._remote is None:
            self._witness = Witness(self._results / "journal")
        if self._log is None or self._silent or not self._outputs:
            return
        if todo:
            self._tell_models({name for work in todo for name in work.cell.matchup.agents})
            self._watch = self._watch_of(todo)
        self._slurm_run = snakemake_internals.slurm_run(workflow)
        self._began = time.monotonic()
        self._ticker = threading.Thread(target=self._keep, daemon=True, name="live line")
        self._ticker.start()

    def end(self, logs: list[str] | None = None) -> None:
        """Say what was played, and, if ``logs`` of a failed run are given, where to read more."""
        if self._witness is not None:
            self._witness.close()
        if self._log is None:
            return
        self._over.set()
        if self._ticker is not None:
            self._ticker.join()
        self._display.draw("")
        if self._watch is not None:
            self._tell_result(self._watch)
        elif self._outputs and not logs and not self._plays:
            self._display.say("gamegrid: every episode was on file; the results are up to date")
        if self._remote is not None and not logs:
            self._display.say(f"gamegrid: the results are at {self._remote}")
        elif PAGE in self._outputs and not logs:
            self._display.say(f"gamegrid: all results are on one page: {PAGE}")
        for line in self._log.repeated():
            self._display.say(line)
        if logs:
            self._display.say(f"gamegrid: the run failed. Snakemake's log: {', '.join(logs)}")

    def _watch_of(self, todo: list[Work]) -> Watch | RemoteWatch | None:
        if self._remote is None:
            return Watch(self._plan, self._results, todo)
        try:
            return RemoteWatch(self._plan, self._results, todo, Remote(self._remote))
        except UserError as error:
            self._tell_blind(error)
            return None

    def _tell_blind(self, error: Exception) -> None:
        """Say that there is no progress to show. The run itself is well: its jobs say otherwise."""
        self._display.say(f"gamegrid: the progress cannot be shown: {error}")

    def _tell_result(self, watch: Watch | RemoteWatch) -> None:
        self._tell_causes(watch)
        try:
            self._display.say(f"gamegrid: {self._result(watch.look())}")
        except UserError as error:
            self._tell_blind(error)

    def _tell_models(self, agents: set[str]) -> None:
        lines = whereabouts.lines(self._plan, Path.cwd(), agents)
        for line in lines[:SHOWN]:
            self._display.say(f"gamegrid: {line}")
        if more := lines[SHOWN:]:
            self._display.say(f"gamegrid: and {len(more)} more models (target check lists all)")

    def _keep(self) -> None:
        """Redraw the live line until the run is over."""
        try:
            if self._watch is not None:
                self._tick(self._watch)
                self._watch.expect()
            said = time.monotonic()
            shortest = TICK_S if self._remote is None else REMOTE_TICK_S
            pause = shortest
            while not self._over.wait(pause):
                began = time.monotonic()
                sight = self._tick(self._watch) if self._watch is not None else None
                if sight is None:
                    self._display.draw(self._stage())
                pause = max(shortest, PART * (time.monotonic() - began))
                if time.monotonic() - said < LINE_S:
                    continue
                said = time.monotonic()
                self._tell_waiting()
                if sight is not None and not self._display.live:
                    self._display.say(f"gamegrid: {sight.line()}")
        except (UserError, OSError, ValueError) as error:
            self._tell_blind(error)

    def _tell_waiting(self) -> None:
        """Say once for which reasons SLURM starts no job, which no log would tell."""
        waiting = slurm_site.held_back(self._slurm_run) if self._slurm_run else {}
        for reason, jobs in waiting.items():
            if reason not in self._reasons:
                self._reasons.add(reason)
                self._display.say(
                    f"gamegrid: SLURM does not start {jobs} of the jobs for now: {reason}. "
                    f"squeue --me lists them."
                )

    def _tick(self, watch: Watch | RemoteWatch) -> Sight:
        sight = watch.look()
        self._tell_causes(watch)
        played = sight.done + sight.unfinished >= sight.episodes
        self._display.draw(
            ", ".join(p for p in (sight.line(), self._stage() if played else "") if p)
        )
        return sight

    def _stage(self) -> str:
        running = self._log.stage if self._log else ""
        return f"now: {running}" if running else ""

    def _tell_causes(self, watch: Watch | RemoteWatch) -> None:
        for cause in new_causes(self._causes, [watch.causes]):
            self._display.say(f"gamegrid: an episode was not finished: {cause}")

    def _result(self, sight: Sight) -> str:
        said = [f"{sight.done:,} of {sight.episodes:,} episodes are played"]
        if sight.unfinished:
            said.append(f"{sight.unfinished:,} were not finished")
        if sight.replies:
            money = f" for {sight.usd:,.2f} USD" if sight.usd else ""
            said.append(f"{sight.replies:,} replies are new{money}")
        return f"{', '.join(said)}, in {duration(time.monotonic() - self._began)}"
