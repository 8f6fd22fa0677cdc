"""The models of one job: each starts at the first reply that is not in a journal."""

import asyncio
import logging
from functools import cached_property
from pathlib import Path

from gamegrid.agents.agent import Ask
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    ChoosesDtype,
    Completion,
    PicksGpu,
    RecordedCompletion,
    Request,
    Stoppable,
)
from gamegrid.backends.billing import FREE, Metered, Tab, unbilled
from gamegrid.config.models import Model
from gamegrid.luck import Place
from gamegrid.plan.placement import Placement, place
from gamegrid.play.budget import Budget
from gamegrid.play.gpus import Gpus
from gamegrid.play.till import RequestTab
from gamegrid.records import dtype_record
from gamegrid.records.journal import Journal, key

log = logging.getLogger(__name__)


class Engine:
    """One model. If it fails to start, every request gets that error; it is not started again."""

    def __init__(self, model: Model, working: Path, results: Path, pool: "Pool"):
        self._model = model
        self._results = results
        self._pool = pool
        self._backend: Backend = model.kind.create(model.entry, working)
        self._metered = self._backend if isinstance(self._backend, Metered) else None
        self._start: asyncio.Task[None] | None = None
        self._stopped = False

    async def buy(self, request: Request, tab: Tab) -> Completion:
        """Ask the model, and start it if necessary. Each attempt is reserved on the tab.

        Raises BackendError.
        """
        self._check()
        if self._start is None:
            log.info("%s: starting", self._model.entry.name)
            self._start = asyncio.create_task(self._open())
        await asyncio.shield(self._start)
        self._check()
        self._pool.in_flight.add(id(request))
        if self._metered is not None:
            return await self._metered.complete_on(request, tab)
        await tab.reserve()
        try:
            return await self._backend.complete(request)
        except BackendError as failed:
            if failed.attempts and unbilled(failed.attempts):
                tab.free()
            raise

    def _check(self) -> None:
        if self._stopped:
            raise BackendError(f"{self._model.entry.name}: no longer asked, the job is ending")

    async def _open(self) -> None:
        placement = self._pool.placement
        await asyncio.to_thread(self._pool.gpus.take, placement.count)
        if self._model.kind.capabilities.hosted:
            await self._backend.open()
            return
        used = placement.indices.get(self._model.entry.name)
        if used and isinstance(self._backend, PicksGpu):
            self._backend.set_gpu(used[0])
        async with self._pool.loading:
            if isinstance(self._backend, ChoosesDtype):
                self._backend.set_dtype(await asyncio.to_thread(self._dtype, self._backend))
            await self._backend.open()

    def _dtype(self, backend: ChoosesDtype) -> str:
        """Return the dtype in which these results have the model compute."""
        name, identity = self._model.written.name, self._model.identity()
        return dtype_record.fix(self._results, name, identity, backend.choose_dtype)

    def stop(self) -> None:
        """Refuse further requests; those in flight still get their replies."""
        self._stopped = True
        if isinstance(self._backend, Stoppable):
            self._backend.stop()

    async def close(self) -> None:
        """Close the model if it was started."""
        if self._start is not None:
            await asyncio.wait([self._start])
            await self._backend.close()


class Pool:
    """The models of one process. Each is started once, for all chunks that the process plays."""

    def __init__(self, models: dict[str, Model], working: Path, results: Path):
        # A process sees one set of GPUs, so it takes those of all its models together.
        self.gpus = Gpus()
        self._models = models
        self.loading = asyncio.Lock()
        """Held while a local model loads: libraries that two threads import at once may see each
        other half imported, and engines measure how much memory is free."""
        self.in_flight = set[int]()
        """The requests, by id, that wait for a reply or whose reply is being written."""
        self.engines = {
            name: Engine(model, working, results, self) for name, model in models.items()
        }
        self.identities = {name: model.identity() for name, model in models.items()}

    @cached_property
    def placement(self) -> Placement:
        """The GPUs of each model. A replay asks for none and must not fail for lack of a place."""
        return place(self._models.values())

    async def close(self) -> None:
        """Close every model that was started. One that still waits for its GPUs is not loaded."""
        self.gpus.give_up()
        try:
            for engine in self.engines.values():
                await engine.close()
        finally:
            self.gpus.release()


class Engines:
    """The models of a pool, with the journal of a chunk in front of them."""

    def __init__(self, pool: Pool, journal: Journal, live: bool, budget: Budget | None = None):
        self._pool = pool
        self._journal = journal
        self._live = live
        self._budget = budget

    def ask(self, model_id: str) -> Ask:
        """Return the function that asks one model."""
        engine = self._pool.engines[model_id]
        identity = self._pool.identities[model_id]

        async def ask(place: Place, ply: int, attempt: int, request: Request) -> RecordedCompletion:
            tab: RequestTab | None = None

            async def buy(request: Request) -> Completion:
                nonlocal tab
                if self._budget is not None:
                    filed = key(place, ply, attempt, request, identity)
                    tab = await self._budget.tab(place.deal, filed, request)
                return await engine.buy(request, FREE if tab is None else tab)

            paid = buy if self._live else None
            try:
                answer = await self._journal.ask(place, ply, attempt, request, paid, identity)
            except BaseException:
                if tab is not None:
                    tab.lost()
                raise
            finally:
                self._pool.in_flight.discard(id(request))
            if tab is not None:
                tab.settle(answer.completion)
            return answer

        return ask

    def stop(self) -> None:
        """Ask no model any more; replies in flight still arrive and are filed."""
        if self._budget is not None:
            self._budget.stop()
        for engine in self._pool.engines.values():
            engine.stop()

    def in_flight(self) -> int:
        """Return the number of replies that were asked for and are not on file yet."""
        return len(self._pool.in_flight)
