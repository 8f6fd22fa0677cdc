"""gamegrid run, check, estimate and status: the call of Snakemake that they print and become."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gamegrid.__main__ import main
from gamegrid.paths import WORKFLOW
from workflow_runs import ROOT, environment

GRID = {
    "deals": 1,
    "games": ["kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}
SNAKEFILE = str(WORKFLOW / "Snakefile")
CALLS = {
    "run study/grid.yaml": [
        "--snakefile", SNAKEFILE, "--configfile", "study/grid.yaml", "--directory", "study",
        "--cores", "all",
    ],
    "run study/grid.yaml --cores 3 -- tables --workflow-profile slurm": [
        "--snakefile", SNAKEFILE, "--configfile", "study/grid.yaml", "--directory", "study",
        "--cores", "3", "tables", "--workflow-profile", "slurm",
    ],
    "run grid.yaml": ["--snakefile", SNAKEFILE, "--configfile", "grid.yaml", "--cores", "all"],
    "check grid.yaml --try-models": [
        "check", "--snakefile", SNAKEFILE, "--configfile", "grid.yaml", "--config",
        "try_models=true", "--cores", "1",
    ],
    "estimate grid.yaml -- --config deals=3": [
        "estimate", "--snakefile", SNAKEFILE, "--configfile", "grid.yaml", "--cores", "1",
        "--config", "deals=3",
    ],
    "status grid.yaml": [
        "status", "--snakefile", SNAKEFILE, "--configfile", "grid.yaml", "--nolock", "--cores", "1",
    ],
    "run config/examples/one_model.yaml": [
        "--snakefile", SNAKEFILE, "--configfile", str(WORKFLOW / "config/examples/one_model.yaml"),
        "--directory", "runs/one_model", "--cores", "all",
    ],
}  # fmt: skip
"""Snakemake's arguments for command lines that are typed beside grid.yaml and study/grid.yaml."""


@pytest.fixture(autouse=True)
def grids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two grids."""
    for folder in (tmp_path, tmp_path / "study"):
        folder.mkdir(exist_ok=True)
        (folder / "grid.yaml").write_text(yaml.safe_dump(GRID))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", CALLS)
def test_a_command_prints_a_call_and_becomes_it(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``os.execv`` only notes what it is given."""
    begun = list[list[str]]()
    monkeypatch.setattr(os, "execv", lambda program, words: begun.append([program, *words]))
    assert main(line.split()) == 0
    [[program, *words]] = begun
    assert words[0] == program
    arguments = words[3:] if words[1:3] == ["-m", "snakemake"] else words[1:]
    assert arguments == CALLS[line]
    printed = shlex.split(capsys.readouterr().err)
    assert printed[0] == "$"
    assert printed[-len(arguments) :] == arguments


def test_the_results_are_named_before_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: None)
    main(["run", "study/grid.yaml"])
    assert "gamegrid leaderboard study/results\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["run", "check", "estimate", "status"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no grid 'wrong.yaml'"),
        (b"games: [kuhn_poker\nagents: {", "cannot read wrong.yaml: while reading the list that "
         "'[' opens (line 1, column 8): expected ',' or ']', but got ':' (line 2, column 7)."),
        (b"- a list", "this must be a mapping of keys"),
        (b"games: [\xff]", "it is not UTF-8 text"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_grid_is_refused_before_snakemake_reads_it(
    name: str, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("wrong.yaml").write_bytes(content)
    assert main([name, "wrong.yaml"]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_misspelt_grid_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "study/gird.yaml"]) == 1
    assert "Did you mean 'study/grid.yaml'?" in capsys.readouterr().err


def test_values_that_would_undo_an_option_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "grid.yaml", "--try-models", "--", "--config", "deals=3"]) == 1
    assert "--config after -- would undo --config try_models=true" in capsys.readouterr().err


def test_the_exit_code_is_snakemake_s_own(grids: Path) -> None:
    """Real Snakemake: a grid that is ready, and an option that it does not have."""
    for more, code in (([], 0), (["--", "--no-such-option"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "gamegrid", "check", "grid.yaml", *more],
            cwd=grids, env={**environment(), "PYTHONPATH": str(ROOT / "scripts")},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
