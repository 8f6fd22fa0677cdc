"""A job uses the packages of the environment it runs in."""

import subprocess
import sys
from pathlib import Path

import pytest

from gamegrid.jobs.run import run


def test_packages_of_another_environment_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = tmp_path / "host/lib/python3.11/site-packages"
    own = [path for path in sys.path if path.endswith("site-packages")]
    scripts = str(tmp_path / "scripts")
    mounted = "/mnt/snakemake_searchpaths/item_0"  # in a container
    monkeypatch.setattr(sys, "path", [scripts, *own, str(host), mounted])
    seen: list[str] = []
    run(lambda: seen.extend(sys.path), str(tmp_path / "job.log"))
    assert own
    assert seen == [scripts, *own]


JOB = """
import atexit, sys
from gamegrid.jobs.run import leave, run

atexit.register(print, "torn down")
run(lambda: print("played", end=""), sys.argv[1])
leave()
"""


def test_a_job_that_leaves_says_all_it_had_to_say_and_tears_nothing_down(tmp_path: Path) -> None:
    line = [sys.executable, "-c", JOB, str(tmp_path / "job.log")]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout == "played"
