"""What all tests need that run on a SLURM cluster."""

import subprocess
from collections.abc import Callable

import pytest

from slurm_runs import slurm


@pytest.fixture(scope="session", autouse=True)
def cluster() -> None:
    """Fail early where no SLURM controller answers."""
    try:
        answer = slurm("sinfo", "-h")
    except (OSError, subprocess.CalledProcessError):
        answer = ""
    if not answer:
        pytest.fail(
            "No SLURM answers `sinfo` here; tests/slurm/up.sh starts a throw-away one (as root).",
            pytrace=False,
        )


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print to the terminal even if pytest captures the output."""

    def aloud(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", end="", flush=True)

    return aloud
