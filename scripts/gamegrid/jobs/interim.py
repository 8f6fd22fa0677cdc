"""Results of a grid that is not finished, in results/interim.

They read what finished jobs wrote and leave the run alone. They say how much of the grid they hold.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from gamegrid.analysis.control_variates import correct_game, known_policies
from gamegrid.analysis.exploitability import measure_game
from gamegrid.analysis.judge import judge_game
from gamegrid.errors import UserError
from gamegrid.jobs import workflow
from gamegrid.jobs.preconditions import check_results
from gamegrid.plan.plan import Plan
from gamegrid.records import duckdb_files, registrations
from gamegrid.records.duckdb_files import exact
from gamegrid.records.record_types import Task
from gamegrid.store import looks
from gamegrid.store.database import Sources, build
from gamegrid.store.tables import write_tables

FOLDER = "interim"
DATABASE = f"{FOLDER}/gamegrid.duckdb"


def build_interim(plan: Plan, results: Path) -> str:
    """Build database, tables and, if its libraries are installed, the page in results/interim.

    Returns how much of the grid they hold, in words. Raises UserError as ``build_database`` does.
    """
    folder = results / FOLDER
    held = build_database(plan, results, folder)
    database = results / DATABASE
    write_tables(database, folder / "tables")
    if find_spec("altair"):  # comes with the extra "report"
        from gamegrid.report import page

        page.build(database, folder / "report.html")
    return held


def build_database(plan: Plan, results: Path, folder: Path) -> str:
    """Build gamegrid.duckdb in ``folder`` from the chunks that are finished, and note the look.

    Returns how much of the grid it holds, in words. Raises UserError if no chunk is finished, or if
    ``results`` was made with other settings.
    """
    check_results(plan, results)
    played = _existing(results / chunk.file for chunk in plan.chunks)
    if not played:
        raise UserError("no chunk is finished yet; ask for interim results a little later.")
    folder.mkdir(parents=True, exist_ok=True)
    planned = sum(chunk.episodes(plan.config.seatings) for chunk in plan.chunks)
    held = f"{_finished(played)} of {planned} episodes"
    positions, probes = (
        _existing(
            results / moves.file for moves in plan.single_moves.values() if moves.task is task
        )
        for task in (Task.POSITION, Task.PROBE)
    )
    judged = [*played, *plan.frozen, *positions]
    database, references = folder / Path(DATABASE).name, results / "references.json"
    sources = Sources(
        chunks=[*judged, *probes],
        judged=_judge(plan, judged, folder / "judged"),
        corrections=_correct(plan, [*played, *plan.frozen], folder / "corrections"),
        exploitability_estimates=_measure(plan, probes, folder / "exploitability"),
        references=references if references.exists() else None,
        looks=results / looks.NAME,
        registrations=results / registrations.NAME,
    )
    registrations.note(results, plan.planned)
    build(database, workflow.rows(plan), sources, interim=held)
    looks.note(results / looks.NAME, database)
    return held


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _finished(chunks: Sequence[Path]) -> int:
    """Count the episodes in chunk files, without those whose model could not be reached."""
    with duckdb_files.connect(files=chunks) as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE status <> 'error') "
            "FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [[exact(path) for path in chunks]],
        ).fetchone()
    return int(row[0]) if row else 0


def _measure(plan: Plan, probes: Sequence[Path], folder: Path) -> list[Path]:
    """Measure the exploitability of the policies in ``probes``; return a file per game."""
    names = sorted({path.parent.name for path in probes})
    for name in names:
        game = plan.grid.game_named[name]
        files = [path for path in probes if path.parent.name == name]
        measure_game(game, files, folder / f"{name}.parquet", plan.probed(game))
    return [folder / f"{name}.parquet" for name in names]


def _correct(plan: Plan, chunks: Sequence[Path], folder: Path) -> list[Path]:
    """Correct the returns of each game with a value function; return a file per game."""
    files = {game: folder / f"{game}.parquet" for game in plan.corrected}
    for name, file in files.items():
        game = plan.grid.game_named[name]
        correct_game(game, chunks, known_policies(plan.config.agents, game), file)
    return list(files.values())


def _judge(plan: Plan, chunks: Sequence[Path], folder: Path) -> list[Path]:
    """Judge the decisions of each game with an oracle; return a file per game."""
    files = {game: folder / f"{game}.parquet" for game in plan.judged}
    for game, file in files.items():
        judge_game(plan.grid.game_named[game], chunks, file)
    return list(files.values())
