"""One play job: all episodes of its chunks in one event loop, from the plan to the chunk files."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gamegrid.agents.agent import Agent, Tools, kinds
from gamegrid.backends.limits import is_limited, jobs_at_once
from gamegrid.backends.shared_file import host_folder
from gamegrid.backends.tariff import Tariff
from gamegrid.config.models import Model
from gamegrid.games.game import Game
from gamegrid.oracles.value_function import value_function
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan, make
from gamegrid.play import provenance
from gamegrid.play.budget import Budget, Terms, forget
from gamegrid.play.engines import Engines, Pool
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.expected_usage import deal_usd, single_move_usd
from gamegrid.play.first_turns import FirstTurns
from gamegrid.play.interrupt import drained
from gamegrid.play.setups import episode_setups, single_move_setups
from gamegrid.records import chunkfile, registrations, stamp, value_record
from gamegrid.records.blocks import FOLDERS, overlap
from gamegrid.records.chunkfile import count_turns
from gamegrid.records.journal import Journal
from gamegrid.records.locking import check_locking, has_own_memory
from gamegrid.records.progress import Progress
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus, Task
from gamegrid.records.remote import RECORDS, Remote
from gamegrid.records.shipment import carried

log = logging.getLogger(__name__)

IN_PLAY = 256
"""Least number of episodes in play at once if models are asked; keeps most backends busy."""
AT_ONCE_PER_REQUEST = 3
"""Episodes in play for each request in flight: while one applies its reply, another asks. Episodes
that begin together end together, so the next ones must have begun by then."""

DRAINED_S = 0.05
"""Seconds between two looks at whether replies are in flight, in a job that is ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What Snakemake asks for. ``results`` is the folder of all results.

    For single moves, ``matchup`` is the name of the one agent and ``block`` is None.
    """

    config: Mapping[str, Any]
    task: Task = Task.EPISODE
    game: str
    matchup: str
    block: str | None = None
    results: Path
    output: Path
    threads: int
    remote: str | None = None
    """The address of the results folder if jobs share no file system; ``results`` is then new."""

    @property
    def path(self) -> str:
        """The job's place below the folders of journals and progress files."""
        return f"{self.game}/{self.matchup}/{self.block or FOLDERS[self.task]}"

    @property
    def journal(self) -> Path:
        """The job's journal."""
        return self.results / "journal" / f"{self.path}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a job plays. ``expected_usd`` is an upper estimate of the cost of one deal."""

    cell: Cell
    params: str
    setups: Sequence[Setup]
    expected_usd: Callable[[Mapping[str, Tariff]], float]


MERGED = "merged-"
"""Prefix of the names of files that hold episodes from another results folder."""


def play_chunk(job: Job) -> None:
    """Play a chunk and write its file, even if some episodes could not be finished.

    Episodes whose model could not be reached get status error; the rule ``confirm_complete`` names
    them. Raises UserError if another job writes the same journal, or if replies could not be sent
    to a remote results folder.
    """
    if job.remote is None:
        _play_chunk(job)
        return
    remote = Remote(job.remote)
    for name in RECORDS:
        remote.fetch_file(name, job.results)
    with carried(remote, job.journal, job.results):
        _play_chunk(job)


def _play_chunk(job: Job) -> None:
    plan = make(job.config, Path.cwd())
    with table(plan, [cell_of(plan, job)], job.results, job.threads) as here:
        play_at(here, plan, job)


@dataclass(frozen=True, slots=True)
class Table:
    """Where the chunks of one process are played: its event loop and its models."""

    runner: asyncio.Runner
    pool: Pool


@contextmanager
def table(plan: Plan, cells: Iterable[Cell], results: Path, threads: int) -> Iterator[Table]:
    """Provide what chunks of ``cells`` are played with, once the results folder is seen to be fit.

    Raises UserError if its locks have no effect, or if it holds results of other settings.
    """
    check_locking(results / "journal")
    stamp.write(results, plan.stamp)
    registrations.note(results, plan.planned)
    names = {name for cell in cells for name in cell.matchup.agents} & plan.models.keys()
    models = {model.written.name: model for name, model in plan.models.items() if name in names}
    _warn_of_limits(models.values(), results / "journal")
    pool = Pool(models, Path.cwd(), results)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.get_loop().set_default_executor(ThreadPoolExecutor(threads))
        try:
            yield Table(runner, pool)
        finally:
            runner.run(pool.close())


def play_at(here: Table, plan: Plan, job: Job) -> None:
    """Play a chunk as ``play_chunk`` does."""
    run = provenance.run_record(job.config)
    work = _work(plan, job, run.run_id)
    run = replace(run, value_function=_fixed(job, work.cell.game))
    with Journal(job.journal) as journal:
        kept = _take_over(job.output, work.params, {setup.episode_id for setup in work.setups})
        known = {episode for ids in kept.values() for episode in ids}
        missing = [setup for setup in work.setups if setup.episode_id not in known]
        progress_file = job.results / "progress" / f"{job.path}.json"
        progress = Progress(job.path, progress_file, len(missing))
        budget = _budget(plan, work, job)
        began = time.monotonic()
        with (
            nullcontext() if budget is None else closing(budget),
            chunkfile.Writer(job.output, run.run_id) as writer,
        ):
            models = plan.models.keys() & work.cell.matchup.agents
            first = FirstTurns(plan.config.give_up_after, models, missing)
            first.known(turns for path, ids in kept.items() for turns in count_turns(path, ids))
            engines = Engines(here.pool, journal, plan.config.run_mode == "live", budget)
            play = _play(plan, work.cell, missing, first, engines, journal, progress, budget,
                         writer, job.threads)  # fmt: skip
            here.runner.run(play)
            run = replace(
                run,
                wall_s=time.monotonic() - began,
                gpus=plan.needs.demand(work.cell).gpu,
                prompts=json.dumps(plan.identity.prompts(work.cell)),
            )
            if journal.asked:
                used, notes = plan.needs.models_of(work.cell), job.results / "weights.json"
                run = replace(run, models=provenance.models(used, Path.cwd(), job.results, notes))
            progress.finish(journal.asked, journal.replayed)
            writer.finish(run, work.params, kept)
    if writer.unfinished:
        [unfinished] = chunkfile.read_unfinished([job.output]).values()
        causes = Counter(error for _, error in unfinished)
        for error, number in causes.items():
            log.info("%d episodes of %s were not finished: %s", number, job.path, error)


def _fixed(job: Job, game: Game) -> str | None:
    """Return the game's value function on record, which it is before any deal is played."""
    if job.task is not Task.EPISODE:
        return None
    values = value_function(game.load_string)
    return value_record.fix(job.results, game.name, values.name) if values else None


def cell_of(plan: Plan, job: Job) -> Cell:
    """Return the cell that a job plays in. Raises UserError if the grid has none."""
    if job.task is Task.EPISODE:
        return plan.cell(job.game, job.matchup)
    return plan.single_moves[job.task, job.game, job.matchup].cell


def _work(plan: Plan, job: Job, run_id: str) -> _Work:
    """Find what the job plays in the plan."""
    if job.task is not Task.EPISODE:
        moves = plan.single_moves[job.task, job.game, job.matchup]
        # The budget counts a position, or a sample of all probes, as one deal.
        per_deal = moves.decisions // moves.number
        return _Work(
            cell=moves.cell,
            params=plan.identity.single_move_params(moves),
            setups=list(single_move_setups(plan, moves, run_id)),
            expected_usd=lambda tariffs: per_deal * single_move_usd(plan, moves, tariffs),
        )
    cell = cell_of(plan, job)
    if job.block is None:
        raise ValueError("a job of episodes needs a block of deals")
    return _Work(
        cell=cell,
        params=plan.identity.params(cell),
        setups=list(episode_setups(plan, cell, job.block, run_id)),
        expected_usd=lambda tariffs: deal_usd(plan, cell, tariffs),
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes an event loop: uvloop's where it is installed, as hosted models need it."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _budget(plan: Plan, work: _Work, job: Job) -> Budget | None:
    """Return the job's part in the budget; None if it buys nothing or nothing limits it."""
    limit, journal = plan.budget_usd, job.results / "journal"
    if limit is None:
        forget(journal)
        return None
    tariffs = plan.tariffs[work.cell.matchup]
    if not tariffs or plan.config.run_mode == "replay":
        return None
    terms = Terms(
        limit_usd=limit,
        models=frozenset(model.written.name for model in plan.models.values()),
        tariffs={name: each for found in plan.tariffs.values() for name, each in found.items()},
        expected_usd=work.expected_usd(tariffs),
        paying_cells=sum(bool(plan.tariffs[cell.matchup]) for cell in plan.all_cells),
        first_deal=plan.deals(work.cell.game).start if job.task is Task.EPISODE else 0,
    )
    return Budget(terms, journal, job.path)


def _warn_of_limits(models: Iterable[Model], journal: Path) -> None:
    """Say if limits that the jobs of a host should share hold for this job alone."""
    memory = host_folder().parent
    limited = jobs_at_once() is None and any(is_limited(model.entry) for model in models)
    if limited and has_own_memory(journal, memory):
        log.warning(
            "This job has a %s of its own, so max_connections and the limits per minute hold for "
            "each job separately: divide them by the number of jobs that run at once.",
            memory,
        )


def _take_over(output: Path, params: str, wanted: set[str]) -> dict[Path, set[str]]:
    """Return the wanted episodes that other files of the cell hold, if their params are equal.

    When a grid grows, a block that ``deals`` cut short gets another name. Its episodes are taken
    over and only the new deals are played. Merged files of other results are used the same way.
    """
    kept: dict[Path, set[str]] = {}
    missing = set(wanted)
    # Blocks of one grid never overlap, so files of jobs that run now are not read.
    others = sorted(path for path in output.parent.glob("*.parquet") if _may_hold(path, output))
    for path, played_with in chunkfile.read_params(others).items():
        if played_with == params:
            known = missing & chunkfile.read_finished(path).keys()
            if known:
                kept[path] = known
                missing -= known
    return kept


def _may_hold(path: Path, output: Path) -> bool:
    """Return True for a merged file, and for another block with a deal in common."""
    if path.stem.startswith(MERGED):
        return True
    return path != output and overlap(path.stem, output.stem)


async def _play(
    plan: Plan,
    cell: Cell,
    setups: list[Setup],
    first: FirstTurns,
    engines: Engines,
    journal: Journal,
    progress: Progress,
    budget: Budget | None,
    writer: chunkfile.Writer,
    threads: int,
) -> None:
    """Play all episodes, as many at once as keep models and cores busy."""
    names = sorted(set(cell.matchup.agents))
    tools = Tools(ask=engines.ask, prompts=plan.prompts)
    agents = {name: first.watch(name, _build(plan, name, tools)) for name in names}
    waiting = iter(setups)
    left = Counter(setup.deal for setup in setups)

    async def work() -> None:
        for setup in waiting:
            episode = await _episode(setup, agents, first)
            writer.add(episode)
            await first.ended(setup, episode)
            failed = episode.status is EpisodeStatus.ERROR
            error = (episode.error or "") if failed else None
            progress.episode(error, journal.asked, journal.replayed)
            left[setup.deal] -= 1
            if budget and not left[setup.deal]:
                budget.finished(setup.deal)

    in_play = (
        max(IN_PLAY, AT_ONCE_PER_REQUEST * plan.needs.in_flight(cell))
        if plan.models.keys() & names
        else threads + 1
    )
    workers = [asyncio.create_task(work()) for _ in range(in_play)]
    ends = asyncio.Event()

    async def end() -> None:
        """Once no reply is in flight, end the episodes of a job that got a signal."""
        await ends.wait()
        engines.stop()
        while engines.in_flight():
            await asyncio.sleep(DRAINED_S)
        for worker in workers:
            worker.cancel()

    ending = asyncio.create_task(end())
    try:
        with drained(ends.set, engines.in_flight):
            # A bug in one episode must not cancel requests that others have paid for.
            results = await asyncio.gather(*workers, return_exceptions=True)
    finally:
        ending.cancel()
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _episode(setup: Setup, agents: Mapping[str, Agent], first: FirstTurns) -> EpisodeRecord:
    """Play an episode when its turn comes, unless the job has given up."""
    refusal = await first.refusal(setup)
    episode = Episode(setup, agents)
    return await episode.play() if refusal is None else episode.not_played(refusal)


def _build(plan: Plan, name: str, tools: Tools) -> Agent:
    settings = plan.config.agents[name]
    return kinds()[settings.type].make(name, settings, tools)
