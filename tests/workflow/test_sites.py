"""Several sites play a shard each, and a folder that merges them holds the whole grid, once."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gamegrid.records.journal import files, read
from loopback import Body, Endpoint, Reply, choose
from model_grids import grid
from workflow_runs import DATABASE, ROOT, Grid, data, environment, query, snakemake

DEALS = 7
LATE = {*range(DEALS // 3, 2 * DEALS // 3)}
"""The deals of shard 2/3."""
OF_THE_RUN = {"README", "latency", "paired", "usage"}
"""Tables with times, with what was replayed, or with the number of looks at results."""


@pytest.mark.nightly
def test_three_sites_one_late_and_one_overlapping_make_the_grid_of_one(tmp_path: Path) -> None:
    one, a, b, c, united = (tmp_path / name for name in ("one", "a", "b", "c", "united"))
    with Endpoint() as endpoint:
        play(endpoint, one)
        bought = len(endpoint.requests)
        play(endpoint, a, "--config", "shard=1/3")
        play(endpoint, b, "--config", "shard=2/3", *DATABASE)
        play(endpoint, c, "--config", "shard=3/3", *DATABASE)
        assert sorted([*keys(a), *keys(b), *keys(c)]) == sorted(keys(one))
        assert len(endpoint.requests) == 2 * bought
        # The third site plays the deals of the first one, too, and gets other answers.
        endpoint.answer = last_move
        play(endpoint, c, "--config", "shard=1/3", *DATABASE)
        asked = len(endpoint.requests)
        assert asked > 2 * bought

        whole = make(endpoint, united)
        assert merge(a, united) == (0, 0)
        code, conflicts = merge(c, united)
        assert code == 1
        assert conflicts > 0
        early = snakemake(united, whole, "--config", "run_mode=replay")
        assert early.code == 1
        assert "not finished and in no table" in early.output
        assert deals(united) == {*range(DEALS)} - LATE

        assert merge(b, united) == (0, 0)
        done = snakemake(united, None, "--config", "run_mode=replay")
        assert done.code == 0, done.output
        assert len(endpoint.requests) == asked
    assert data(united) == data(one)
    assert tables(united) == tables(one)
    verified = snakemake(united, None, "--", "verify")
    assert verified.code == 0, verified.output
    assert "**Shard 1/3: " in (a / "results/tables/README.md").read_text("utf-8")
    assert "Shard" not in (united / "results/tables/README.md").read_text("utf-8")


def make(endpoint: Endpoint, folder: Path) -> Grid:
    return grid(endpoint, folder, deals=DEALS, probes=1)


def play(endpoint: Endpoint, folder: Path, *arguments: str) -> None:
    done = snakemake(folder, make(endpoint, folder), *arguments)
    assert done.code == 0, done.output


def last_move(body: Body) -> Reply:
    """Answer with the last legal move."""
    text = choose(body).text or ""
    moves = json.loads(body["messages"][-1]["content"].rpartition("Legal moves: ")[2])
    return Reply(text=json.dumps({**json.loads(text), "action": moves[-1]}))


def merge(other: Path, into: Path) -> tuple[int, int]:
    """Merge the results of two folders; return the exit code and the number of conflicts."""
    done = subprocess.run(
        [sys.executable, "-m", "gamegrid", "merge", str(other / "results"), "--into",
         str(into / "results")],
        env=environment() | {"PYTHONPATH": f"{ROOT}/scripts"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    (conflicts,) = re.findall(r"(\d+) conflicts$", done.stdout.strip())
    return done.returncode, int(conflicts)


def keys(folder: Path) -> list[str]:
    """Return the keys of all replies on file."""
    cells = (folder / "results/journal").glob("*/*")
    return [line.key for cell in cells for path in files(cell) for line in read(path)]


def deals(folder: Path) -> set[int]:
    """Return the deals of which an episode with a model was played to its end."""
    rows = query(
        folder, "SELECT DISTINCT deal FROM episodes WHERE status <> 'error' AND matchup <> 'random'"
    )
    return {deal for (deal,) in rows}


def tables(folder: Path) -> dict[str, str]:
    found = (folder / "results/tables").glob("*.csv")
    return {path.stem: path.read_text("utf-8") for path in found if path.stem not in OF_THE_RUN}
