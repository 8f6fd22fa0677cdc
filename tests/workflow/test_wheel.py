"""The wheel that a release uploads: it installs anywhere and plays from an empty folder."""

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
import yaml

from workflow_runs import ROOT, repository, write_grid

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], folder)
    return folder


@pytest.fixture(scope="module")
def programs(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    [wheel] = distributions.glob("*.whl")
    run(
        [
            str(folder / "bin/pip"), "install", "--quiet", "-c", str(ROOT / "constraints.txt"),
            f"{wheel}[report]",
        ],
        folder,
    )  # fmt: skip
    return folder / "bin"


def run(command: list[str], folder: Path, **variables: str) -> str:
    """Run a command in a folder without the checkout's packages; return what it printed."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_index_would_take_the_files(distributions: Path) -> None:
    files = [str(path) for path in distributions.iterdir()]
    run([sys.executable, "-m", "twine", "check", "--strict", *files], distributions)


def test_the_sdist_holds_what_its_tests_need(distributions: Path) -> None:
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "Snakefile", "constraints.txt", "tests/conftest.py"} <= names


def test_the_wheel_plays_from_an_empty_folder(programs: Path, tmp_path: Path) -> None:
    bots = {"optimal": {"type": "optimal"}, "random": {"type": "random"}}
    write_grid(tmp_path, {"deals": 2, "games": ["tic_tac_toe", "kuhn_poker"], "agents": bots})
    shown = [str(programs / "python"), "-c", "from gamegrid.paths import WORKFLOW as w; print(w)"]
    workflow = Path(run(shown, tmp_path).strip())
    assert not workflow.is_relative_to(ROOT)
    gamegrid = str(programs / "gamegrid")
    run([gamegrid, "run", "grid.yaml", "--cores", "2"], tmp_path)
    assert (tmp_path / "results/report.html").is_file()
    board = run([gamegrid, "leaderboard"], tmp_path)
    assert "optimal" in board
    assert "random" in board
    plain = [str(programs / "snakemake"), "verify", "--snakefile", str(workflow / "Snakefile")]
    run([*plain, "--cores", "2", "--configfile", "grid.yaml"], tmp_path)


def test_snakedeploy_deploys_a_tag_that_the_wheel_plays(programs: Path, tmp_path: Path) -> None:
    """As snakedeploy's documentation says; git takes a folder in the place of GitHub."""
    repository(hub := tmp_path / "hub/owner/gamegrid", "v1")
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path}/hub/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    venv.create(tmp_path / "deployer", with_pip=True)
    run([str(tmp_path / "deployer/bin/pip"), "install", "-q", "snakedeploy==0.17.1"], tmp_path)
    snakedeploy = [str(tmp_path / "deployer/bin/snakedeploy"), "deploy-workflow"]
    address = f"https://github.com/{hub.relative_to(tmp_path / 'hub')}"
    run([*snakedeploy, address, "deployed", "--tag", "v1"], tmp_path, **variables)
    bots = {"optimal": {"type": "optimal"}, "random": {"type": "random"}}
    grid = {"deals": 2, "games": ["kuhn_poker"], "agents": bots}
    (tmp_path / "deployed/config/config.yaml").write_text(yaml.safe_dump(grid))
    snakemake = [str(programs / "snakemake"), "--cores", "2"]
    assert "build_report" in run([*snakemake, "--dry-run"], tmp_path / "deployed", **variables)
    run([*snakemake, "results/gamegrid.duckdb"], tmp_path / "deployed", **variables)


def test_a_new_grid_and_an_example_are_planned_from_the_wheel(
    programs: Path, tmp_path: Path
) -> None:
    gamegrid = str(programs / "gamegrid")
    run([gamegrid, "init", "study", "--smollm2"], tmp_path)
    for grid in ("study/grid.yaml", "config/examples/one_model.yaml"):
        run([gamegrid, "run", grid, "--", "--dry-run"], tmp_path)


def test_a_missing_library_names_a_command_that_installs_it(programs: Path, tmp_path: Path) -> None:
    told = run(
        [str(programs / "python"), "-c", "from gamegrid.paths import install as i; print(i('hf'))"],
        tmp_path,
    )
    _, _, constraints = told.partition(" -c ")
    assert Path(constraints.split()[0]).is_file()
    assert constraints.split()[1] == "'gamegrid[hf]'"
