"""Benchmarks for the page: time to build it from many episodes, its size, its first paint.

Run as a module it builds one page and prints the measurements.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import duckdb
import yaml

from bench.measure import ROOT, Figure, Sample, environment, worker

GRID = {
    "seed": 1,
    "deals": 167,
    "games": ["tic_tac_toe", "connect_four_4x4", "misere_tic_tac_toe", "nim", "kuhn_poker"],
    "agents": {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "often_wrong": {"type": "noisy_optimal", "epsilon": 0.5},
        "seldom_wrong": {"type": "noisy_optimal", "epsilon": 0.1},
    },
}
"""10,020 episodes: six matchups, two seatings."""
REPLIES = """
    UPDATE decisions SET attempts = 1, reasoning = repeat('because it is there ', 75);
    INSERT INTO calls BY NAME
    SELECT
        episode_id, ply, seat, 0 AS attempt, 'hf' AS backend, 'hf_' || agent AS model,
        '[]' AS messages, reasoning || 'Action: ' || label AS reply, 'stop' AS finish_reason,
        500 AS prompt_tokens, 300 AS completion_tokens, 1.0 AS latency_s,
        1 AS transport_attempts, false AS replayed
    FROM decisions;
    UPDATE agents SET backend = 'hf', model = 'hf_' || agent;
"""
"""Adds a model reply with 1,500 characters of reasoning to every move."""


def figures(runs: int) -> Iterator[Figure]:
    """Run all measurements."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = played(folder)
        output = folder / "report.html"
        samples = [{"page": worker("report", database, output)} for _ in range(runs)]
        yield Figure(
            name="report: seconds to build the page of 10,020 episodes",
            baseline="a fixed target, on two cores: imports, queries, figures, replays",
            wanted=60,
            at_most=True,
            measured=median(run["page"]["seconds"] for run in samples),
            runs=samples,
        )
        yield Figure(
            name="report: size of the page in MB",
            baseline="a fixed target",
            wanted=15,
            at_most=True,
            measured=output.stat().st_size / 1e6,
        )
        yield _paint(output, runs)


def played(folder: Path) -> Path:
    """Play the grid and add a model reply to every move."""
    (folder / "grid.yaml").write_text(yaml.safe_dump(GRID), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "snakemake", "tables", "--cores", "2", "--quiet", "all",
         "--snakefile", str(ROOT / "Snakefile"), "--configfile", "grid.yaml"],
        cwd=folder, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    database = folder / "results/gamegrid.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(REPLIES)
    return database


def _paint(page: Path, runs: int) -> Figure:
    """Measure the seconds until a running browser paints part of the page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    samples = [
        {"browser": {"seconds": _painted(page, chromium)}} for _ in range(runs * bool(chromium))
    ]
    return Figure(
        name="report: seconds to the first paint",
        baseline="a fixed target, in a headless Chromium from a file",
        wanted=2,
        at_most=True,
        measured=median(run["browser"]["seconds"] for run in samples) if samples else None,
        not_run=None if chromium else "there is no Chromium",
        runs=samples,
    )


def _painted(page: Path, chromium: str | None) -> float:
    """Return the seconds to first paint for one opening of the page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(page.as_uri())
        milliseconds = opened.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        browser.close()
    return float(milliseconds) / 1000


def main(database: Path, output: Path) -> Sample:
    """Build one page; the seconds include imports."""
    began = time.perf_counter()
    from gamegrid.report.page import build

    build(database, output)
    return {"seconds": time.perf_counter() - began, "cpu_s": time.process_time()}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
