"""What must hold before a run plays, or reads results as those of the configured grid."""

import os
import sys
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.jobs import changes, remote_run, staleness
from gamegrid.plan import plan_checks
from gamegrid.plan.grid import Chunk
from gamegrid.plan.plan import Plan
from gamegrid.records import journal, stamp
from gamegrid.records.chunkfile import read_params
from gamegrid.store import journal_counts
from gamegrid.terminal import plain


def check_before_play(plan: Plan, results: Path, remote: str | None = None) -> None:
    """Check the machine's keys and folders, and the results folder. Raises UserError.

    ``remote`` is the address of the results folder if jobs share no file system.

    Also say on stderr which cells are played again because a plug-in or a template changed.
    Only runs that may play need this: ``verify`` takes results as they say they were made, whatever
    is configured here.
    """
    plan_checks.check_machine(plan.config, plan.models)
    if remote is not None:
        remote_run.check(plan)
    check_results(plan, results)
    check_journal(plan, results)
    for notice in changes.notices(plan, results):
        print(plain(f"gamegrid: {notice}"), file=sys.stderr)


def check_results(plan: Plan, results: Path) -> None:
    """Refuse a results folder that was made with other settings. Raises UserError."""
    if not plan.config.mix_results:
        stamp.check(results, plan.stamp)
    _check_params(plan, results)


def check_journal(plan: Plan, results: Path) -> None:
    """Refuse a journal that was shortened or altered: replies would be bought again.

    Snakemake removes chunk files before it runs their jobs, so it must not come to that. Raises
    UserError.
    """
    cells = {
        f"{cell.game.name}/{cell.matchup.name}"
        for cell in plan.all_cells
        if plan.models.keys() & set(cell.matchup.agents)
    }
    for cell in sorted(cells):
        for path in journal.files(results / "journal" / cell):
            journal.check(path)
    lacking = journal_counts.shortfalls(results, cells) if cells else []
    if lacking:
        raise UserError(str(lacking[0]))


def remove_bundles(plan: Plan, results: Path) -> None:
    """Remove the files of bundles that list a missing chunk file, so that these bundles run again.

    Snakemake does not know these chunk files. Call this before it looks at its outputs.
    """
    for bundle in plan.bundles:
        file = results / bundle.file
        if file.exists() and not all((results / each.file).exists() for each in bundle.chunks):
            file.unlink()


def check_writable(results: Path) -> None:
    """Refuse a results folder that cannot be written. Raises UserError."""
    if results.exists() and not os.access(results, os.W_OK):
        raise UserError(
            f"{results}/ cannot be written: the folder or its disk is read-only. Make it writable, "
            f"or work on a copy in another folder (snakemake --directory)."
        )


def _check_params(plan: Plan, results: Path) -> None:
    """Refuse chunk files of other settings that Snakemake has no record of.

    Snakemake compares settings with its own records, and would take a file without a record as up
    to date. Chunk files say how they were played. Bundles look at theirs themselves.
    """
    declared = [
        work for work in staleness.works(plan) if not (plan.bundles and isinstance(work, Chunk))
    ]
    unknown = {results / work.file: work for work in staleness.unrecorded(results, declared)}
    played_with = read_params(list(unknown))
    # Whoever reads a damaged file names it.
    stale = [
        path
        for path, params in played_with.items()
        if params != staleness.params(plan, unknown[path])
    ]
    if stale:
        name = stale[0].relative_to(results)
        folder = f"{results.name}/{name.parts[0]}"
        raise UserError(
            f"{len(stale)} chunk files were played with other settings than configured "
            f"({results.name}/{name} is one), and Snakemake's records of them are gone. Delete "
            f"{folder}: the next run writes it anew and asks for no reply on file."
        )
