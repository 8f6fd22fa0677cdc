"""The container image of the Dockerfile: it holds what the locks name, and it plays.

The image of the core stands for all: the others differ by their lock. It is built from the base
image that docker has or fetches.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workflow_runs import ROOT, write_grid

pytestmark = pytest.mark.image
TAG = "gamegrid:tested-core"
BROUGHT = {"gamegrid", "pip", "setuptools", "wheel"}
"""Beside the packages of the locks: the project itself, and what the base image brings."""


def docker(*arguments: str) -> str:
    """Run docker; return what it printed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tag of an image that is built from a wheel of the checkout."""
    if shutil.which("docker") is None:
        pytest.fail("There is no docker on the PATH.", pytrace=False)
    context = tmp_path_factory.mktemp("context")
    for name in ("Dockerfile", "constraints.txt"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(ROOT / "locks", context / "locks")
    wheel = [sys.executable, "-m", "build", "--wheel", "--outdir", str(context / "dist"), str(ROOT)]
    subprocess.run(wheel, check=True, capture_output=True)
    docker("build", "--build-arg", "ENVIRONMENT=core", "--tag", TAG, str(context))
    return TAG


def locked(name: str) -> dict[str, str]:
    """The version of each package that a file of locks/ has for this platform."""
    entries = re.split(r"\n(?=\S)", (ROOT / f"locks/{name}.txt").read_text().strip())
    pins = [Requirement(entry.partition(" \\")[0]) for entry in entries]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def test_an_image_holds_the_locked_packages_and_no_others(image: str) -> None:
    listed = json.loads(docker("run", "--rm", image, "pip", "list", "--format", "json"))
    found = {canonicalize_name(each["name"]): each["version"] for each in listed}
    kept = {name: version for name, version in found.items() if name not in BROUGHT}
    assert kept == locked("core") | locked("report")
    assert "gamegrid" in found


def test_a_grid_is_played_in_the_image(image: str, tmp_path: Path) -> None:
    bots = {"optimal": {"type": "optimal"}, "random": {"type": "random"}}
    write_grid(tmp_path, {"deals": 2, "games": ["kuhn_poker"], "agents": bots})
    docker(
        "run", "--rm", "--volume", f"{tmp_path}:/work", "--workdir", "/work", image,
        "gamegrid", "run", "grid.yaml", "--cores", "2",
    )  # fmt: skip
    assert (tmp_path / "results/report.html").is_file()
