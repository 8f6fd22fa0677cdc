"""One play job: all episodes of a chunk in one event loop, from the plan to the chunk file."""

import asyncio
import gc
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gamegrid.agents.agent import Agent, Tools, kinds
from gamegrid.backends.backend import Price
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Alone, Plan, make
from gamegrid.plan.probes import probes
from gamegrid.play import provenance
from gamegrid.play.budget import Budget, Terms, forget
from gamegrid.play.engines import Engines
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.expected_usage import deal_usd, move_usd
from gamegrid.play.interrupt import drained
from gamegrid.play.setups import setups, single_moves
from gamegrid.records import chunkfile, stamp
from gamegrid.records.blocks import overlap
from gamegrid.records.journal import Journal, check_locking
from gamegrid.records.progress import Progress
from gamegrid.records.record_types import EpisodeStatus

log = logging.getLogger(__name__)

IN_PLAY = 256
"""Episodes at once where models are asked, at least: enough to keep most backends busy."""
AT_ONCE_PER_REQUEST = 2
"""Episodes at once for each request that may be in flight: while one decides, another asks."""

COLLECT_AFTER = 50_000
"""New objects between two looks for cycles of dead ones, of which few arise; Python has 700."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What Snakemake asks for. ``results`` is the folder of all results.

    ``block`` names deals, or is one of ``Alone``; ``matchup`` is then the one agent.
    """

    config: Mapping[str, Any]
    game: str
    matchup: str
    block: str
    results: Path
    output: Path
    threads: int


MERGED = "merged-"
"""How the names of files begin that hold another person's episodes, beside a cell's own blocks."""


def play_chunk(job: Job) -> None:
    """Play a chunk and write its file, whatever becomes of its episodes.

    Episodes that a model could not be reached for have status error; the rule that confirms the
    run names them. Raises UserError if another job writes the same journal.
    """
    plan = make(job.config, Path.cwd())
    run = provenance.run_record(job.config)
    match job.block:
        case Alone.POSITIONS | Alone.PROBES as block:
            asked = Alone(block)
            cell = plan.alone_cells[asked, job.game, job.matchup]
            params, wanted = (
                plan.alone_params(asked, cell),
                list(single_moves(asked, plan, cell, run)),
            )
        case block:
            cell = plan.cells[job.game, job.matchup]
            params, wanted = plan.params(cell), list(setups(plan, cell, block, run))
    where = f"{job.game}/{job.matchup}/{job.block}"
    check_locking(job.results / "journal")
    stamp.write(job.results, plan.stamp)
    with Journal(job.results / "journal" / f"{where}.jsonl") as journal:
        kept = _take_over(job.output, params, {setup.episode_id for setup in wanted})
        there = {episode for ids in kept.values() for episode in ids}
        missing = [setup for setup in wanted if setup.episode_id not in there]
        progress = Progress(where, job.results / "progress" / f"{where}.json", len(missing))
        budget = _budget(plan, cell, job, where)
        began = time.monotonic()
        with chunkfile.Writer(job.output, run.run_id) as writer, _seldom_collected():
            play = _play(plan, cell, missing, journal, progress, budget, writer, job.threads)
            asyncio.run(play)
            wall_s, prompts = time.monotonic() - began, json.dumps(plan.prompts_of(cell))
            run = replace(run, wall_s=wall_s, gpus=plan.demand(cell).gpu, prompts=prompts)
            if journal.asked:
                used, notes = plan.models_of(cell), job.results / "weights.json"
                run = replace(run, models=provenance.models(used, Path.cwd(), notes))
            progress.finish(journal.asked, journal.replayed)
            writer.finish(run, params, kept)
    if writer.unfinished:
        [unfinished] = chunkfile.read_unfinished([job.output]).values()
        for episode_id, error in unfinished:
            log.error("%s was not finished: %s", episode_id, error)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for dead cycles less often: a look at all that is in play takes longer than a call."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _budget(plan: Plan, cell: Cell, job: Job, chunk: str) -> Budget | None:
    """The job's part in the budget; None where nothing is bought or nothing limits it."""
    limit, path = plan.config.budget_usd, job.results / "journal/budget.json"
    if limit is None:
        forget(path)
        return None
    prices = plan.prices(cell)
    if not prices or plan.config.run_mode == "replay":
        return None
    terms = Terms(
        limit_usd=limit,
        prices=prices,
        expected_usd=_expected_usd(plan, cell, job.block, prices),
        paying_cells=sum(bool(plan.prices(other)) for other in plan.all_cells),
    )
    return Budget(terms, path, chunk)


def _expected_usd(plan: Plan, cell: Cell, block: str, prices: Mapping[str, Price]) -> float:
    """An upper estimate of what one deal of a job costs, or what stands for one there."""
    match block:
        case Alone.POSITIONS:
            return move_usd(plan, cell, prices)
        case Alone.PROBES:
            asked = sum(probe.asked for probe in probes(cell.game))
            return asked * move_usd(plan, cell, prices)
        case _:
            return deal_usd(plan, cell, prices)


def _take_over(output: Path, params: str, wanted: set[str]) -> dict[Path, set[str]]:
    """The wanted episodes that other files of the cell already hold, played alike.

    A block that ``deals`` cut short is another file when the grid grows: its episodes are taken
    over, and only the new deals are played. So are those of another person's results.
    """
    kept: dict[Path, set[str]] = {}
    missing = set(wanted)
    # Blocks of one grid never overlap: its other jobs' files, which come and go, stay unread.
    others = sorted(path for path in output.parent.glob("*.parquet") if _may_hold(path, output))
    for path, played_with in chunkfile.read_params(others).items():
        if played_with == params and (found := missing & chunkfile.read_finished(path).keys()):
            kept[path] = found
            missing -= found
    return kept


def _may_hold(path: Path, output: Path) -> bool:
    """True for a merged file, and for another block with a deal in common."""
    if path.stem.startswith(MERGED):
        return True
    return path != output and overlap(path.stem, output.stem)


async def _play(
    plan: Plan,
    cell: Cell,
    setups: list[Setup],
    journal: Journal,
    progress: Progress,
    budget: Budget | None,
    writer: chunkfile.Writer,
    threads: int,
) -> None:
    """Play all episodes, as many at once as keeps models and cores busy."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
    names = sorted(set(cell.matchup.agents))
    models = {m.written.name: m for name, m in plan.models.items() if name in names}
    live = plan.config.run_mode == "live"
    engines = Engines(models, journal, Path.cwd(), live, budget)
    tools = Tools(ask=engines.ask, prompts=plan.prompts)
    agents = {name: _build(plan, name, tools) for name in names}
    waiting = iter(setups)
    left = Counter(setup.deal for setup in setups)

    async def work() -> None:
        for setup in waiting:
            episode = await Episode(setup, agents).play()
            writer.add(episode)
            failed = episode.status is EpisodeStatus.ERROR
            progress.episode(failed, journal.asked, journal.replayed)
            left[setup.deal] -= 1
            if budget and not left[setup.deal]:
                budget.finished(setup.deal)

    in_play = max(IN_PLAY, AT_ONCE_PER_REQUEST * plan.in_flight(cell)) if models else threads + 1
    workers = [work() for _ in range(in_play)]
    try:
        with drained(engines.stop):
            # A bug in one episode must not cancel replies that the others have paid for.
            results = await asyncio.gather(*workers, return_exceptions=True)
    finally:
        await engines.close()
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _build(plan: Plan, name: str, tools: Tools) -> Agent:
    settings = plan.config.agents[name]
    return kinds()[settings.type].build(name, settings, tools)
