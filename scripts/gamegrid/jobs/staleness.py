"""Which chunk files a run makes anew, by the test that Snakemake itself applies.

A play job has no input files, and the profiles leave code out of the triggers. So a chunk file is
made anew if it is missing, if Snakemake marked it incomplete, or if the parameters on record are
others than now. Of the chunk files of bundles Snakemake has no record; they say how they were made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gamegrid.jobs import snakemake_internals
from gamegrid.plan.grid import Chunk
from gamegrid.plan.plan import Plan
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.records.chunkfile import read_params

Work = Chunk | SingleMoves


class State(Enum):
    """What a run does about a chunk file."""

    CURRENT = "current"
    """Nothing."""
    MISSING = "missing"
    """Makes it."""
    STALE = "stale"
    """Makes it anew, because it was made with other settings."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one job's chunk file, and the params it was made with if it is stale."""

    state: State
    before: str | None = None


def works(plan: Plan) -> list[Work]:
    """Return every job that writes a chunk file."""
    return [*plan.chunks, *plan.single_moves.values()]


def params(plan: Plan, work: Work) -> str:
    """Return the params of a job as they are now."""
    if isinstance(work, Chunk):
        return plan.identity.params(work.cell)
    return plan.identity.single_move_params(work)


def standings(plan: Plan, results: Path) -> Mapping[str, Standing]:
    """Return the state of every chunk file, by its place below ``results``."""
    there = [work for work in works(plan) if (results / work.file).exists()]
    known = _known(plan, results, there)
    found = dict.fromkeys((work.file for work in works(plan)), Standing(State.MISSING))
    now = dict[tuple[str, str], str]()
    for work in there:
        cell = (work.cell.game.name, work.path.rpartition("/")[0])
        if cell not in now:
            now[cell] = params(plan, work)
        found[work.file] = _standing(known.get(work.file), now[cell])
    working, folder = _place(results)
    for work in there:
        if snakemake_internals.is_incomplete(working, f"{folder}/{work.file}"):
            found[work.file] = Standing(State.MISSING)
    return found


def unrecorded(results: Path, some: Iterable[Work]) -> list[Work]:
    """Return the jobs whose files Snakemake takes as current whatever they hold."""
    working, folder = _place(results)
    return [
        work
        for work in some
        if (results / work.file).exists()
        and not snakemake_internals.is_known(working, f"{folder}/{work.file}")
    ]


def _standing(before: tuple[str, ...] | None, now: str) -> Standing:
    if before is None or now in before:
        return Standing(State.CURRENT)
    # Single moves have a second parameter, their task.
    return Standing(State.STALE, max(before, key=len, default=""))


def _place(results: Path) -> tuple[Path, str]:
    """Return the folder of Snakemake's records, and the results folder as these name it."""
    working = snakemake_internals.working_folder(results)
    return working, results.resolve().relative_to(working.resolve()).as_posix()


def _known(plan: Plan, results: Path, there: list[Work]) -> Mapping[str, tuple[str, ...] | None]:
    """Return the params on record of chunk files; without any records, what the files say."""
    working, folder = _place(results)
    recorded = snakemake_internals.has_records(working)
    asked = [
        work.file for work in there if not recorded or (plan.bundles and isinstance(work, Chunk))
    ]
    said = read_params([results / file for file in asked])
    known = dict[str, tuple[str, ...] | None](
        (work.file, snakemake_internals.recorded_params(working, f"{folder}/{work.file}"))
        for work in there
        if recorded
    )
    return known | {str(path.relative_to(results)): (text,) for path, text in said.items()}
