"""A run ends in figures and a page, and Snakemake's own report shows them with their captions."""

import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from gamegrid.report import drawing
from gamegrid.report.figures import figures
from gamegrid.store.tables import connect
from workflow_runs import TABLES, Grid, snakemake

GRID: Grid = {
    "seed": 3,
    "deals": 2,
    "games": ["tic_tac_toe", "kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}


@pytest.mark.nightly
def test_a_run_ends_in_figures_and_a_page_that_snakemake_can_report(tmp_path: Path) -> None:
    run = snakemake(tmp_path, GRID, "--", "all")
    assert run.code == 0, run.output
    assert {"draw_figures", "build_report"} <= set(run.jobs)
    results = tmp_path / "results"
    assert (results / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    with closing(connect(results / "gamegrid.duckdb")) as connection:
        drawn = [figure for figure in figures() if drawing.read(connection, figure)[1]]
    names = {figure.name for figure in drawn}
    assert {"leaderboard", "per_game"} <= names
    for form in ("svg", "png"):
        assert {path.stem for path in (results / "figures").glob(f"*.{form}")} == names
    assert snakemake(tmp_path, None, "--", "all").jobs == []

    reported = snakemake(tmp_path, None, "--report", "report.zip", "--", "all")
    assert reported.code == 0, reported.output
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        shown = {Path(name).name for name in archive.namelist()}
        [index] = [name for name in archive.namelist() if name.endswith("/report/report.html")
                   or name == "report/report.html"]  # fmt: skip
        told = archive.read(index).decode()
    assert {f"{name}.svg" for name in names} <= shown
    assert {f"{table}.csv" for table in TABLES} <= shown
    for figure in drawn:
        assert f"<strong>{figure.title}.</strong>" in told
