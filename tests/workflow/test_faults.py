"""Failing disks, clocks and files: the run says so in a sentence, and running again mends it."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loopback import Body, Endpoint, Reply, choose
from model_grids import grid, questions
from processes import start, until
from workflow_runs import data, query, snakemake, write_grid

DAY_S = 86_400
CELL = "kuhn_poker/one--random"
AGENTS = ("one", "random")


def alone(endpoint: Endpoint, folder: Path, **more: Any) -> dict[str, Any]:
    """One model against a bot, in two jobs."""
    found = grid(endpoint, folder, **{"deals": 4, "chunk": 2, **more})
    return {**found, "agents": {name: found["agents"][name] for name in AGENTS}}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that all tests of the module ask."""
    with Endpoint() as running:
        yield running


@pytest.fixture(scope="module")
def played(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished grid of one model, played once."""
    folder = tmp_path_factory.mktemp("played")
    run = snakemake(folder, alone(endpoint, folder))
    assert run.code == 0, run.output
    return folder


@pytest.fixture
def results(played: Path, tmp_path: Path) -> Path:
    """Copy the finished grid's results, which tests damage, into a folder to run in."""
    shutil.copytree(played, tmp_path, dirs_exist_ok=True)
    return tmp_path / "results"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A results folder on a small separate disk."""
    folder = tmp_path / "results"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Fill the disk; return the file that takes the room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return ballast


def test_a_full_disk_costs_time_and_no_reply(played: Path, disk: Path, tmp_path: Path) -> None:
    """The disk is full at first; later it fills up while replies come in."""
    with Endpoint(delay=0.1) as endpoint:
        write_grid(tmp_path, alone(endpoint, tmp_path))
        ballast = fill(disk)
        full = snakemake(tmp_path, None)
        assert full.code != 0
        assert "No space left on device" in full.output
        assert "Traceback" not in full.output
        assert not endpoint.requests
        ballast.unlink()

        run = start(tmp_path)
        assert until(lambda: len(endpoint.requests) > 3)
        fill(disk)
        bought = len(endpoint.requests)
        time.sleep(1)
        ballast.unlink()
        said, _ = run.communicate()
        assert "Traceback" not in said
        assert bought > 3
        again = snakemake(tmp_path, None)
        assert again.code == 0, again.output
        assert max(questions(endpoint).values()) == 1
    assert data(tmp_path) == data(played)


def test_read_only_results_are_told_before_anything_is_asked(disk: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with Endpoint() as endpoint:
        run = snakemake(tmp_path, alone(endpoint, tmp_path))
        assert not endpoint.requests
    [told] = [line for line in run.output.splitlines() if line.startswith("gamegrid: ")]
    assert run.code != 0
    assert f"{disk}/" in told and "read-only" in told
    assert "Traceback" not in run.output


def test_two_runs_on_one_folder_buy_nothing_twice(tmp_path: Path) -> None:
    """Snakemake refuses the second run; without Snakemake's lock, the journals refuse it."""
    answering = threading.Event()

    def late(body: Body) -> Reply:
        answering.wait()
        return choose(body)

    with Endpoint(answer=late) as endpoint:
        # The grown grid replaces this block with a longer one.
        small = alone(endpoint, tmp_path, deals=4, chunk=20)
        write_grid(tmp_path, small)
        first = start(tmp_path)
        assert until(lambda: bool(endpoint.requests))
        locked = snakemake(tmp_path, None)
        assert locked.code != 0
        assert "LockException" in locked.output
        grown = snakemake(tmp_path, {**small, "deals": 6}, "--nolock")
        assert grown.code != 0
        assert f"{CELL}/00000-00003.jsonl" in grown.output
        assert "Traceback" not in grown.output
        answering.set()
        said, _ = first.communicate()
        assert first.returncode == 0, said
        again = snakemake(tmp_path, None)
        assert again.code == 0, again.output
        assert max(questions(endpoint).values()) == 1
    assert query(tmp_path, "SELECT count(*) FROM episodes") == [(6 * 2,)]


def test_a_clock_that_goes_back_is_told_and_costs_nothing(
    endpoint: Endpoint, results: Path, tmp_path: Path
) -> None:
    """The old files are a day younger than the new ones, an order that Snakemake refuses."""
    then = time.time() + DAY_S
    for path in results.rglob("*"):
        os.utime(path, (then, then))
    asked = len(endpoint.requests)
    grown = snakemake(tmp_path, alone(endpoint, tmp_path, deals=6))
    assert grown.code != 0
    assert grown.played == [f"{CELL}/00004-00005"]
    assert "clock skew" in grown.output
    assert "Traceback" not in grown.output
    bought = len(endpoint.requests) - asked
    for path in results.rglob("*"):
        path.touch()
    mended = snakemake(tmp_path, None)
    assert mended.code == 0, mended.output
    assert mended.played == []
    assert len(endpoint.requests) - asked == bought
    new = "SELECT count(*) FROM calls JOIN episodes USING (episode_id) WHERE deal >= 4"
    assert query(tmp_path, new) == [(bought,)]


def test_a_chunk_file_cut_short_is_named_and_made_again_for_nothing(
    endpoint: Endpoint, results: Path, tmp_path: Path
) -> None:
    chunk = results / f"chunks/{CELL}/00000-00001.parquet"
    before, asked = data(tmp_path), len(endpoint.requests)
    chunk.write_bytes(chunk.read_bytes()[:-100])
    cut = snakemake(tmp_path, None)
    assert cut.code != 0
    assert re.search(rf"{CELL}/00000-00001\.parquet.* damaged", cut.output)
    assert "Traceback" not in cut.output
    chunk.unlink()
    again = snakemake(
        tmp_path, None, "--", "results/complete.txt", str(chunk.relative_to(tmp_path))
    )
    assert again.code == 0, again.output
    assert again.played == [f"{CELL}/00000-00001"]
    assert data(tmp_path) == before
    assert len(endpoint.requests) == asked


def test_a_journal_of_an_older_version_is_told_and_not_misread(
    endpoint: Endpoint, results: Path, tmp_path: Path
) -> None:
    journal = results / f"journal/{CELL}/00000-00001.jsonl"
    undigested = re.sub(r'"chain":\{[^}]*\},', "", journal.read_text())
    journal.write_text(undigested.replace('"form":2', '"form":1'))
    journal.with_suffix(".head").unlink()
    asked, old = len(endpoint.requests), journal.read_bytes()
    run = snakemake(tmp_path, None, "--forceall")
    assert run.code != 0
    assert re.search(rf"{CELL}/00000-00001\.jsonl, line 1\b.*form 1\b.*form 2\b", run.output)
    assert "Traceback" not in run.output
    assert len(endpoint.requests) == asked
    assert journal.read_bytes() == old
