"""``status`` and ``interim`` look at a running grid, and the run goes on."""

import subprocess
import time
from pathlib import Path
from threading import Event

import duckdb

from loopback import Body, Endpoint, Reply, choose
from model_grids import grid
from workflow_runs import command, environment, query, snakemake, write_grid


def test_a_running_grid_is_told_of_and_its_results_so_far_are_built(tmp_path: Path) -> None:
    answering = Event()
    answering.set()

    def answer(body: Body) -> Reply:
        answering.wait(timeout=240)
        return choose(body)

    with Endpoint(answer=answer) as endpoint:
        # One matchup in three jobs, two of them at once: the third waits for this test.
        small = grid(endpoint, tmp_path, deals=9, chunk=3)
        del small["agents"]["two"]
        early = snakemake(tmp_path, small, "--", "interim")
        assert early.code != 0 and "Traceback" not in early.output
        write_grid(tmp_path, small)
        running = subprocess.Popen(
            command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 240
        while not list(tmp_path.glob("results/chunks/*/*/*.parquet")) and time.monotonic() < end:
            time.sleep(0.05)
        answering.clear()
        status = snakemake(tmp_path, None, "--", "status")
        interim = snakemake(tmp_path, None, "--", "interim")
        assert running.poll() is None
        answering.set()
        assert running.wait(timeout=240) == 0
    assert status.code == 0, status.output
    assert "episodes" in status.output
    assert interim.code == 0, interim.output
    told = (tmp_path / "results/interim/tables/README.md").read_text("utf-8")
    with duckdb.connect(str(tmp_path / "results/interim/gamegrid.duckdb"), read_only=True) as base:
        [(held,)] = base.execute("SELECT interim FROM grid").fetchall()
        assert base.execute("SELECT DISTINCT look FROM paired WHERE deals > 0").fetchall() == [(1,)]
        [(there,)] = base.execute("SELECT count(*) FROM episodes").fetchall()
    assert f"Interim results: {held} are finished" in told and "**Look 1: " in told
    [(whole,)] = query(tmp_path, "SELECT count(*) FROM episodes")
    assert held == f"{there} of {whole} episodes" and 0 < there < whole
    assert f"Interim results:</b> {held}" in (tmp_path / "results/interim/report.html").read_text()
    assert query(tmp_path, "SELECT interim FROM grid") == [(None,)]
    # The whole grid is the second look, even when it is computed again.
    assert query(tmp_path, "SELECT DISTINCT look FROM paired") == [(2,)]
    verified = snakemake(tmp_path, None, "--", "verify")
    assert verified.code == 0, verified.output
    assert snakemake(tmp_path, None).played == []
