"""A play job of several chunks: it plays those that are not current, and lists them all."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.plan.grid import Chunk
from gamegrid.plan.plan import Plan, make
from gamegrid.play.chunk import Job, play_at, table
from gamegrid.records import bundle_file, chunkfile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleJob:
    """What Snakemake asks for. ``results`` is the folder of all results."""

    config: Mapping[str, Any]
    game: str
    bundle: str
    results: Path
    output: Path
    threads: int


def play_bundle(job: BundleJob) -> None:
    """Play the chunks of a bundle one after another; their models are loaded once.

    Chunk files that are as the plan wants them stay. Raises UserError as ``play_chunk`` does.
    """
    plan = make(job.config, Path.cwd())
    bundle = plan.bundle(job.game, job.bundle)
    todo = list(unplayed(plan, bundle.chunks, job.results))
    log.info("%d of %d chunks are to be played", len(todo), len(bundle.chunks))
    if todo:
        with table(plan, [chunk.cell for chunk in todo], job.results, job.threads) as here:
            for chunk in todo:
                play_at(here, plan, _job(job, chunk))
    bundle_file.write(job.output, [chunk.file for chunk in bundle.chunks])


def unplayed(plan: Plan, chunks: Iterable[Chunk], results: Path) -> list[Chunk]:
    """Return the chunks whose files are missing, have other settings, or hold unfinished episodes.

    Snakemake does not know these files, so the files themselves say how they were played.
    """
    files = {chunk: results / chunk.file for chunk in chunks}
    there = [file for file in files.values() if file.exists()]
    played_with = chunkfile.read_params(there)
    unfinished = chunkfile.read_unfinished(list(played_with))
    return [
        chunk
        for chunk, file in files.items()
        if file not in played_with
        or file in unfinished
        or played_with[file] != plan.identity.params(chunk.cell)
    ]


def _job(job: BundleJob, chunk: Chunk) -> Job:
    return Job(
        config=job.config,
        game=chunk.cell.game.name,
        matchup=chunk.cell.matchup.name,
        block=chunk.block,
        results=job.results,
        output=job.results / chunk.file,
        threads=job.threads,
    )
