"""What a disk refuses is one sentence, in commands and in the scripts of rules."""

import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from gamegrid.jobs import disk_errors

ROOT = Path(__file__).resolve().parents[2]
REAL = "real disks need the right to mount"


@pytest.mark.parametrize("number", [*disk_errors.FULL, *disk_errors.READ_ONLY,
                                    *disk_errors.NO_LOCKS, *disk_errors.BROKEN])  # fmt: skip
def test_errors_of_a_disk_name_the_file_and_the_cause(number: int) -> None:
    from_system = disk_errors.sentence(OSError(number, os.strerror(number), "results/x"))
    from_duckdb = disk_errors.sentence(
        duckdb.IOException(f'IO Error: Could not write file "results/x": {os.strerror(number)}')
    )
    assert from_system == from_duckdb is not None
    assert from_system.startswith(f"results/x cannot be written ({os.strerror(number)})")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("No space left on device"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
        duckdb.BinderException("Binder Error: no column named Permission"),
        KeyError("EROFS"),
    ],
)
def test_bugs_keep_their_stack_trace(error: Exception) -> None:
    assert disk_errors.sentence(error) is None


JOB = """
import sys
from pathlib import Path
from gamegrid.jobs.run import run
from gamegrid.play.chunk import Job, play_chunk

agents = {"a": {"type": "random"}, "b": {"type": "random"}}
config = {"games": ["kuhn_poker"], "deals": 400, "chunk": 400, "agents": agents, "models": []}
run(
    lambda: play_chunk(
        Job(config=config, game="kuhn_poker", matchup="a--b", block="00000-00399",
            results=Path("results"), output=Path("results/a.parquet"), threads=1)
    ),
    "results/logs/job.log",
)
"""


def played(mount: str, after: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Play in a folder with a file system of its own, mounted for this process alone."""
    (folder / "results").mkdir()
    (folder / "job.py").write_text(JOB)
    line = f"mount -t tmpfs {mount} none results && {after} exec {sys.executable} job.py"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", line], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, check=False,
    )  # fmt: skip


def may_mount() -> bool:
    with suppress(FileNotFoundError):
        line = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(line, capture_output=True, check=False).returncode == 0
    return False


@pytest.mark.skipif(not may_mount(), reason=REAL)
@pytest.mark.parametrize(
    ("mount", "after", "said"),
    [
        ("-o size=64k", "", "No space left on device"),
        # Six pages remain: enough to begin, but the chunk file alone takes eight.
        ("-o size=1m", "dd if=/dev/zero of=results/fill bs=4k count=250 2>/dev/null;", "No space"),
        ("-o size=8m", "mount -o remount,ro results;", "Read-only file system"),
    ],
)
def test_a_real_disk_that_is_full_or_read_only_is_one_sentence(
    mount: str, after: str, said: str, tmp_path: Path
) -> None:
    done = played(mount, after, tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr and "bug in gamegrid" not in done.stderr
    assert "cannot be written" in done.stderr.splitlines()[-1]


def test_a_command_says_that_no_folder_for_temporary_files_is_left() -> None:
    error = FileNotFoundError(
        errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp']"
    )
    said = disk_errors.sentence(error)
    assert said is not None and "TMPDIR" in said
