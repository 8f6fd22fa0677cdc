"""kill -9 in the middle of a chunk: nothing is lost, nothing is bought twice."""

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from loopback import Endpoint
from test_reruns import grid
from workflow_runs import command, data, environment, snakemake, write_grid


def test_a_killed_run_resumes_and_asks_nothing_twice(tmp_path: Path) -> None:
    disturbed, undisturbed = tmp_path / "disturbed", tmp_path / "undisturbed"
    with Endpoint(delay=0.05) as endpoint:
        small = grid(endpoint, disturbed, deals=12, chunk=12)
        write_grid(disturbed, small)
        _kill_when(disturbed, filed=5)
        filed = _journal_lines(disturbed)
        asked = len(endpoint.requests)
        snakemake(disturbed, None, "--unlock")
        again = snakemake(disturbed, None)
        assert again.code == 0, again.output
        counts = Counter(repr(sorted(body.items(), key=str)) for body in endpoint.requests)
        # What was in flight when the process died never reached the journal and is asked again.
        assert sum(n - 1 for n in counts.values()) <= asked - filed
        assert max(counts.values()) <= 2
    with Endpoint() as endpoint:
        assert snakemake(undisturbed, grid(endpoint, undisturbed, deals=12, chunk=12)).code == 0
    left, right = data(disturbed), data(undisturbed)
    assert left == right


def test_ctrl_c_waits_for_replies_in_flight(tmp_path: Path) -> None:
    """The signal goes to the whole process group, as a terminal sends it."""
    with Endpoint(delay=1.0) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, deals=12, chunk=12))
        run = subprocess.Popen(
            command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 240
        while len(endpoint.requests) < 5 and time.monotonic() < end:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=120)
        assert run.returncode != 0
        assert "Traceback" not in said
        end = time.monotonic() + 60
        while _journal_lines(tmp_path) < len(endpoint.requests) and time.monotonic() < end:
            time.sleep(0.1)
        assert _journal_lines(tmp_path) == len(endpoint.requests)
        endpoint.delay = 0.0
        again = snakemake(tmp_path, None)
        assert again.code == 0, again.output
        counts = Counter(repr(sorted(body.items(), key=str)) for body in endpoint.requests)
        assert max(counts.values()) == 1


def _kill_when(folder: Path, filed: int) -> None:
    """Start the run in a process group of its own; kill the group once replies are on file."""
    run = subprocess.Popen(
        command("--configfile", "grid.yaml"), cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 240
    while _journal_lines(folder) < filed and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    time.sleep(0.5)
    assert _journal_lines(folder) >= filed
    assert not (folder / "results/complete.txt").exists()


def _journal_lines(folder: Path) -> int:
    paths = (folder / "results/journal").rglob("*.jsonl")
    return sum(path.read_text().count("\n") for path in paths)
