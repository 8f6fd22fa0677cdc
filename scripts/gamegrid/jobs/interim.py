"""Results of a grid that is not finished, from the chunks that are: in a folder of their own.

They take nothing from the run, which goes on, and say themselves how much of the grid they hold.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from gamegrid.analysis.exploitability import measure_game
from gamegrid.analysis.judge import judge_game
from gamegrid.errors import UserError
from gamegrid.jobs import workflow
from gamegrid.jobs.estimate import asked_alone
from gamegrid.plan.plan import Plan
from gamegrid.records import duckdb_files
from gamegrid.records.chunkfile import exact
from gamegrid.store import looks
from gamegrid.store.database import Sources, build
from gamegrid.store.tables import write_tables

FOLDER = "interim"


def build_interim(made: Plan, results: Path) -> str:
    """Build database, tables and, where its libraries are, the page in results/interim.

    Returns how much of the grid they hold, in words. Raises UserError if no chunk is finished.
    """
    played = _there([results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks])
    if not played:
        raise UserError("no chunk is finished yet; ask for interim results a little later.")
    folder = results / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    planned = sum(made.episodes(chunk) for chunk in made.chunks)
    held = f"{_finished(played)} of {planned} episodes"
    chunks, database = [*played, *map(Path, made.frozen)], folder / "gamegrid.duckdb"
    alone = _there(asked_alone(made, results))
    positions, probes = (
        [path for path in alone if path.parts[-3] == kind] for kind in ("positions", "probes")
    )
    references = results / "references.json"
    sources = Sources(
        chunks=chunks,
        judged=_judged(made, [*chunks, *positions], folder / "judged"),
        positions=positions,
        probes=probes,
        exploitability_estimates=_readings(made, probes, folder / "exploitability"),
        references=references if references.exists() else None,
        looks=results / looks.NAME,
    )
    build(database, workflow.rows(made), sources, interim=held)
    looks.note(results / looks.NAME, database)
    write_tables(database, folder / "tables")
    if find_spec("altair"):  # of the extra "report"
        from gamegrid.report import page

        page.build(database, folder / "report.html")
    return held


def _there(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _finished(chunks: Sequence[Path]) -> int:
    """Episodes in chunk files that transport trouble did not end."""
    with duckdb_files.connect() as connection:
        found = connection.execute(
            "SELECT count(*) FILTER (WHERE status <> 'error') "
            "FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [[exact(path) for path in chunks]],
        ).fetchone()
    return int(found[0]) if found else 0


def _readings(made: Plan, probes: Sequence[Path], folder: Path) -> list[Path]:
    """Measure the policies that are there."""
    names = sorted({path.parent.name for path in probes})
    for name in names:
        game, asked = made.games[name], [path for path in probes if path.parent.name == name]
        measure_game(game, asked, folder / f"{name}.parquet", made.probed(game))
    return [folder / f"{name}.parquet" for name in names]


def _judged(made: Plan, chunks: Sequence[Path], folder: Path) -> list[Path]:
    """Judge what was played of each game that has an oracle."""
    files = {game: folder / f"{game}.parquet" for game in made.judged}
    for game, file in files.items():
        judge_game(made.games[game], chunks, file)
    return list(files.values())
