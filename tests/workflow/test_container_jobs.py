"""Jobs in containers: which image Snakemake is told to use, and what is refused.

The program apptainer here only writes down how it is called, and does the command on this machine.
``make test-image`` tests an image itself.
"""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs.workflow import container_image
from gamegrid.plan import plan
from workflow_runs import DATABASE, snakemake

APPTAINER = """#!/bin/bash
echo "$*" >>"$CALLS"
case "$1" in
--version) echo apptainer version 1.4.0 ;;
pull) touch "$3" ;;
*) exec bash -c "${@: -1}" ;;
esac
"""
IMAGE = "docker://ghcr.io/owner/gamegrid"
GRID = {
    "deals": 2,
    "games": ["kuhn_poker"],
    "agents": {"random": {"type": "random"}, "bettor": {"type": "preference", "prefer": ["Bet"]}},
}
TINY = {"tiny": {"type": "llm", "model": "hf_tiny", "prompt": "terse"}}


def image(folder: Path, *methods: str, **changes: Any) -> str | None:
    """The image of a grid with these changes, with these values of --sdm."""
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=methods))
    return container_image(plan.make({**GRID, **changes}, folder), "1.2", workflow)


def test_the_image_has_what_the_grid_needs(tmp_path: Path) -> None:
    assert image(tmp_path) is None
    assert image(tmp_path, container_image=IMAGE) == f"{IMAGE}:1.2-core"
    local = {"agents": GRID["agents"] | TINY}
    assert image(tmp_path, "apptainer", container_image=IMAGE, **local) == f"{IMAGE}:1.2-hf"


@pytest.mark.parametrize("named", [IMAGE, None])
def test_containers_without_an_image_or_with_conda_are_refused(
    named: str | None, tmp_path: Path
) -> None:
    methods = ("apptainer", "conda") if named else ("apptainer",)
    with pytest.raises(UserError, match="alone" if named else "names no image"):
        image(tmp_path, *methods, container_image=named)


@pytest.mark.parametrize("named", [f"{IMAGE}:1.2", "ghcr.io/owner/gamegrid", "docker://a b/c"])
def test_an_address_has_a_kind_and_no_tag(named: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"container_image: .* without the tag"):
        image(tmp_path, container_image=named)


@pytest.mark.nightly
def test_every_job_runs_in_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/apptainer"
    program.parent.mkdir()
    program.write_text(APPTAINER)
    program.chmod(0o755)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    run = snakemake(tmp_path, GRID | {"container_image": IMAGE}, "--sdm", "apptainer", *DATABASE)
    assert run.code == 0, run.output
    calls = (tmp_path / "calls").read_text().splitlines()
    [pulled] = [call.split()[-1] for call in calls if call.startswith("pull")]
    assert pulled.startswith(IMAGE)
    assert pulled.endswith("-core")
    assert sum("exec --home" in call for call in calls) == len(run.jobs)
