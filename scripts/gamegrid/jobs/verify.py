"""Compute results again from chunk files and journal, and compare them with those on file.

The checks, in order: the files that the tables were made of, every episode, every number in the
database, every table. The first difference ends the check. The folder may have been moved.
"""

import json
import math
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pyspiel

from gamegrid import games, plugins
from gamegrid.agents.agent import AgentSettings, settings_of
from gamegrid.analysis.control_variates import correct_game, known_policies
from gamegrid.analysis.exploitability import measure_game
from gamegrid.analysis.judge import judge_game
from gamegrid.errors import UserError
from gamegrid.play import reproduce
from gamegrid.play.reproduce import Counts, Difference
from gamegrid.prompts import templates
from gamegrid.records import received, upkeep
from gamegrid.store import journal_counts, looks, manifest, table_files
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import AgentRow
from gamegrid.store.manifest import Manifest
from gamegrid.store.tables import connect, write_tables

TOLERANCE = 1e-9
"""Relative difference that counts as rounding; sums may be taken in another order."""
BATCH = 10_000
NEEDED = (plugins.GAME.what, plugins.AGENT.what, plugins.TABLE.what)
"""What a plug-in adds that results cannot be computed again without."""
UNFIT = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a file that holds something else raises."""


def verify(results: Path, working: Path) -> str:
    """Return a sentence that says what was computed again and came out equal.

    The plug-ins in use are those of the user's own configuration; nothing that the results name is
    run. Raises Difference with the first thing that differs, and UserError if the results are
    incomplete or something that the check needs is missing.
    """
    received.check_folder(results)
    stated = manifest.read(results)
    _check_plugins(stated)
    _check_files(stated, results)
    if trouble := [*upkeep.verify(results), *map(str, journal_counts.shortfalls(results))]:
        raise Difference(trouble[0])
    counts = Counts()
    prompts = templates.places(working)
    played = _Played.of(stated, results)
    received.check_tables(played.tables)
    try:
        for path in played.chunks:
            reproduce.check(path, results / "journal", prompts, counts)
        with tempfile.TemporaryDirectory() as folder:
            tables = _check_database(stated, played, results, Path(folder))
    except (duckdb.Error, pyspiel.SpielError, *UNFIT) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise Difference(
            f"{results} does not hold what results hold: {type(error).__name__}: {said}."
        ) from error
    unfinished = f"; {counts.unfinished} episodes are unfinished" if counts.unfinished else ""
    return (
        f"equal: {counts.episodes} episodes with {counts.decisions} decisions and "
        f"{counts.replies} replies, the database and {tables} files of tables{unfinished}; of the "
        f"moves of bots {counts.repeated} were made again and {counts.held} only checked against "
        f"the rules"
    )


@dataclass(frozen=True, slots=True)
class _Played:
    """The files that a manifest names."""

    chunks: Sequence[Path]
    """Files of episodes and of single moves."""
    probes: Sequence[Path]
    """Those of ``chunks`` that hold probes."""
    episodes: Sequence[Path]
    """Those of ``chunks`` that hold episodes."""
    judged: Sequence[Path]
    corrections: Sequence[Path]
    exploitability: Sequence[Path]
    references: Path

    @classmethod
    def of(cls, stated: Manifest, results: Path) -> "_Played":
        probes = stated.paths("probes", results)
        chunks = [path for kind in ("chunks", "positions") for path in stated.paths(kind, results)]
        references = stated.paths("references", results)
        if len(references) != 1:
            raise Difference(f"{results / manifest.NAME} names no file of references, or several.")
        return cls(
            chunks=[*chunks, *probes],
            probes=probes,
            episodes=stated.paths("chunks", results),
            judged=stated.paths("judged", results),
            corrections=stated.paths("corrections", results),
            exploitability=stated.paths("exploitability", results),
            references=references[0],
        )

    @property
    def tables(self) -> list[Path]:
        """All Parquet files."""
        return [*self.chunks, *self.judged, *self.corrections, *self.exploitability]


def _check_plugins(stated: Manifest) -> None:
    """Raise UserError unless the user's own configuration has the plug-ins of these results.

    Files that the manifest names are never run: it may come from somebody else.
    """
    own = {file.digest for hook in plugins.HOOKS for file in plugins.files(hook)}
    for each in stated.plugins:
        if each.adds in NEEDED and each.sha256 not in own:
            raise UserError(
                f"these results were made with the plug-in {each.file!r} (it adds a {each.adds}, "
                f"SHA-256 {each.sha256}), which is not in the folders of plugins of your "
                f"configuration. Read the file; if you trust it, add its folder and verify again."
            )
    if stated.own_tables != table_files.plugin_files(plugins.folders()):
        raise UserError(
            "these results have tables of their own, and your configuration has others. List "
            "under plugins the folders that they were made with, and no others."
        )


def _check_files(stated: Manifest, results: Path) -> None:
    for names in stated.files.values():
        for name, digest in names.items():
            path = manifest.place(name, results)
            if not path.is_file():
                raise Difference(
                    f"{path} is missing, which the tables were made of. Run the grid again."
                )
            if manifest.sha256(path) != digest:
                raise Difference(f"{path} is not the file that the tables were made of.")


def _settings(row: AgentRow) -> AgentSettings:
    """Return the settings of an agent that asks no model."""
    return settings_of(json.loads(row.params))


def _check_database(stated: Manifest, played: _Played, results: Path, folder: Path) -> int:
    """Build database and tables in ``folder`` and compare; return the number of table files."""
    rows = stated.rows(table_files.plugin_files(plugins.folders()))
    by_name = {row.game: games.load(row.load_string) for row in rows.games}
    judged = [folder / "judged" / path.name for path in played.judged]
    decided = [path for path in played.chunks if path not in played.probes]
    for path in judged:
        judge_game(by_name[path.stem], decided, path)
    settings = {row.agent: _settings(row) for row in rows.agents if not row.model}
    corrections = [folder / "corrections" / path.name for path in played.corrections]
    for path in corrections:
        game = by_name[path.stem]
        correct_game(game, played.episodes, known_policies(settings, game), path)
    exploitability_estimates = [
        folder / "exploitability" / path.name for path in played.exploitability
    ]
    for path in exploitability_estimates:
        files = [probe for probe in played.probes if probe.parent.name == path.stem]
        probed = {probe.stem for probe in files}
        bots = {agent: own for agent, own in settings.items() if agent in probed}
        measure_game(by_name[path.stem], files, path, bots)
    fresh, stored = folder / "gamegrid.duckdb", results / "gamegrid.duckdb"
    sources = Sources(
        chunks=played.chunks,
        judged=judged,
        corrections=corrections,
        exploitability_estimates=exploitability_estimates,
        references=played.references,
        looks=results / looks.NAME,
    )
    build(fresh, rows, sources)
    if not stored.is_file():
        raise Difference(f"{stored} is missing. Run the grid again.")
    _compare(stored, fresh)
    write_tables(stored, folder / "tables")
    written = sorted((folder / "tables").iterdir())
    for path in written:
        there = results / "tables" / path.name
        if not there.is_file() or there.read_bytes() != path.read_bytes():
            raise Difference(f"{there} is not what the database says.")
    return len(written)


def _compare(stored: Path, fresh: Path) -> None:
    """Compare two databases table by table."""
    with closing(connect(stored)) as filed, closing(connect(fresh)) as computed:
        wanted, there = (
            side.execute("SELECT table_name FROM duckdb_tables() ORDER BY table_oid").fetchall()
            for side in (computed, filed)
        )
        if lacking := sorted({table for (table,) in {*wanted} - {*there}}):
            raise Difference(
                f"the database was made by another version: it has no {', '.join(lacking)}."
            )
        for (table,) in wanted:
            _compare_table(filed, computed, table)


def _compare_table(
    filed: duckdb.DuckDBPyConnection, computed: duckdb.DuckDBPyConnection, table: str
) -> None:
    stored, right = (
        int(side.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0])
        for side in (filed, computed)
    )
    if stored > right:  # before any number of rows is sorted
        raise Difference(f"gamegrid.duckdb, table {table}: it has {stored} rows, computed {right}.")
    sides = [side.execute(f'SELECT * FROM "{table}" ORDER BY ALL') for side in (filed, computed)]
    names = [[column[0] for column in side.description] for side in sides]
    if names[0] != names[1]:
        raise Difference(f"the database was made by another version: columns of {table} differ.")
    while True:
        ours, theirs = (side.fetchmany(BATCH) for side in sides)
        if not ours and not theirs:
            return
        for one, other in zip_longest(ours, theirs):
            if difference := _unlike(names[0], one, other):
                raise Difference(f"gamegrid.duckdb, table {table}: {difference}.")


def _unlike(names: Sequence[str], filed: Any, computed: Any) -> str | None:
    """Name the column in which two rows differ, and the row; None if they are equal."""
    if filed is None or computed is None:
        row, side = (filed, "on file") if computed is None else (computed, "computed")
        return f"the row {_shown(names, row)} is only {side}"
    for name, one, other in zip(names, filed, computed, strict=True):
        if not _equal(one, other):
            return f"{name} is {one!r}, computed {other!r}, in {_shown(names, filed)}"
    return None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)


def _shown(names: Sequence[str], row: Sequence[Any]) -> str:
    """Return the first columns of a row, enough to identify it."""
    return ", ".join(f"{name} {value!r}" for name, value in list(zip(names, row, strict=True))[:4])
