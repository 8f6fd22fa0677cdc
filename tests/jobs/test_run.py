"""A job uses the packages of the environment it runs in."""

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
    monkeypatch.setattr(sys, "path", [scripts, *own, str(host)])
    seen: list[str] = []
    run(lambda: seen.extend(sys.path), str(tmp_path / "job.log"))
    assert own
    assert seen == [scripts, *own]
