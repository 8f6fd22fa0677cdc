"""One play job: all episodes of a chunk in one event loop, from the plan to the chunk file."""

import asyncio
import gc
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gamegrid.agents.base import Agent, Tools, kinds
from gamegrid.expect import deal_usd
from gamegrid.grid import BLOCK, Cell, parse_block
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan import Plan, make
from gamegrid.play import chunkfile, provenance, stamp
from gamegrid.play.budget import Budget, Terms, forget
from gamegrid.play.deals import opening
from gamegrid.play.engines import Engines
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.interrupt import drained
from gamegrid.play.journal import Journal, check_locking
from gamegrid.play.progress import Progress
from gamegrid.play.records import EpisodeStatus, RunRecord
from gamegrid.positions import positions

log = logging.getLogger(__name__)

IN_PLAY = 256
"""Episodes at once where models are asked, at least: enough to keep most backends busy."""
AT_ONCE_PER_REQUEST = 2
"""Episodes at once for each request that may be in flight: while one decides, another asks."""

COLLECT_AFTER = 50_000
"""New objects between two looks for cycles of dead ones, of which few arise; Python has 700."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What Snakemake asks for. ``results`` is the folder of all results."""

    config: Mapping[str, Any]
    game: str
    matchup: str
    block: str
    results: Path
    output: Path
    threads: int


POSITIONS = "positions"
"""The block of a job that asks for one move in each position of a game, instead of playing deals;
``matchup`` is then the one agent."""


def play_chunk(job: Job) -> None:
    """Play a chunk and write its file, whatever becomes of its episodes.

    Episodes that a model could not be reached for have status error; the rule that confirms the
    run names them. Raises UserError if another job writes the same journal.
    """
    plan = make(job.config, Path.cwd())
    run = provenance.run_record(job.config)
    if job.block == POSITIONS:
        cell = plan.position_cells[job.game, job.matchup]
        params, wanted = plan.position_params(cell), list(_positions(plan, cell, run))
    else:
        cell = plan.cells[job.game, job.matchup]
        params, wanted = plan.params(cell), list(_setups(plan, cell, job.block, run))
    where = f"{job.game}/{job.matchup}/{job.block}"
    check_locking(job.results / "journal")
    stamp.write(job.results, plan.config)
    with Journal(job.results / "journal" / f"{where}.jsonl") as journal:
        kept = _take_over(job.output, params, {setup.episode_id for setup in wanted})
        there = {episode for ids in kept.values() for episode in ids}
        setups = [setup for setup in wanted if setup.episode_id not in there]
        progress = Progress(where, job.results / "progress" / f"{where}.json", len(setups))
        budget = _budget(plan, cell, job.results / "journal" / "budget.json", where)
        began = time.monotonic()
        with chunkfile.Writer(job.output, run.run_id) as writer, _seldom_collected():
            play = _play(plan, cell, setups, journal, progress, budget, writer, job.threads)
            asyncio.run(play)
            run = replace(run, wall_s=time.monotonic() - began, gpus=plan.gpus(cell))
            progress.finish(journal.asked, journal.replayed)
            writer.finish(run, params, kept)
    for episode_id, error in chunkfile.read_statuses(job.output):
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


def _budget(plan: Plan, cell: Cell, path: Path, chunk: str) -> Budget | None:
    """The job's part in the budget; None where nothing is bought or nothing limits it."""
    limit = plan.config.budget_usd
    if limit is None:
        forget(path)
        return None
    prices = plan.prices(cell)
    if not prices or plan.config.run_mode == "replay":
        return None
    terms = Terms(
        limit_usd=limit,
        prices=prices,
        expected_usd=deal_usd(plan, cell, prices),
        paying_cells=sum(
            bool(plan.prices(other)) for other in (*plan.grid.cells, *plan.position_cells.values())
        ),
    )
    return Budget(terms, path, chunk)


def _setups(plan: Plan, cell: Cell, block: str, run: RunRecord) -> Iterator[Setup]:
    config, game = plan.config, cell.game
    minimax = Minimax()
    start, stop = parse_block(block)
    for deal in range(start, stop):
        first = opening(game, config.seed, deal, plan.opening_plies(game), minimax)
        for seating, seats in enumerate(cell.matchup.seatings(config.seatings)):
            yield Setup(
                run_id=run.run_id,
                seed=config.seed,
                game=game,
                matchup=cell.matchup.name,
                deal=deal,
                seating=seating,
                seats=seats,
                opening=tuple(first),
                max_plies=plan.max_plies(game),
            )


def _positions(plan: Plan, cell: Cell, run: RunRecord) -> Iterator[Setup]:
    """An episode of one decision from each position; the agent has every seat and one is asked."""
    game, (agent,) = cell.game, cell.matchup.agents
    for number, history in enumerate(positions(game, plan.config.positions)):
        yield Setup(
            run_id=run.run_id,
            seed=plan.config.seed,
            game=game,
            matchup=cell.matchup.name,
            deal=number,
            seating=0,
            seats=(agent,) * game.players,
            opening=tuple(history),
            max_plies=1,
        )


def _take_over(output: Path, params: str, wanted: set[str]) -> dict[Path, set[str]]:
    """The wanted episodes that other files of the cell already hold, played alike.

    A block that ``deals`` cut short is another file when the grid grows: its episodes are taken
    over, and only the new deals are played.
    """
    kept: dict[Path, set[str]] = {}
    missing = set(wanted)
    # Blocks of one grid never overlap: its other jobs' files, which come and go, stay unread.
    others = [path for path in sorted(output.parent.glob("*.parquet")) if _overlaps(path, output)]
    for path, played_with in chunkfile.read_params(others).items():
        if played_with == params and (found := missing & chunkfile.read_finished(path)):
            kept[path] = found
            missing -= found
    return kept


def _overlaps(path: Path, output: Path) -> bool:
    """True if the two are different blocks with a deal in common."""
    if path == output or BLOCK.fullmatch(path.stem) is None:
        return False
    start, stop = parse_block(path.stem)
    own_start, own_stop = parse_block(output.stem)
    return start < own_stop and own_start < stop


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
