"""The workflow as a module of another one, as Snakemake's users expect of it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from workflow_runs import ROOT, command, commit, environment, repository

MODULE = """
module {name}:
    snakefile: {snakefile}
    prefix: {name!r}
    config: config[{name!r}]

use rule * from {name} as {name}_*
"""
ALL = """
rule all:
    default_target: True
    input: {inputs}
"""
GRID = """
  seed: {seed}
  deals: 2
  games: [kuhn_poker]
  agents: {{random: {{type: random}}, optimal: {{type: optimal}}}}
"""
NAMES = ("a", "b")


def write(folder: Path, snakefile: str) -> None:
    """Write a workflow with two modules of one snakefile, and their configuration.

    ``snakefile`` is the expression that names it.
    """
    inputs = ", ".join(f"rules.{name}_tables.input" for name in NAMES)
    modules = [MODULE.format(name=name, snakefile=snakefile) for name in NAMES]
    text = "".join([f"configfile: {'both.yaml'!r}\n", *modules, ALL.format(inputs=inputs)])
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    grids = [f"{name}:{GRID.format(seed=seed)}" for seed, name in enumerate(NAMES)]
    (folder / "both.yaml").write_text("".join(grids), encoding="utf-8")


def run(folder: Path, *arguments: str) -> str:
    """Run the parent workflow with the shipped settings; return what it printed."""
    done = subprocess.run(
        command("--workflow-profile", str(ROOT / "profiles/default"), *arguments,
                snakefile=folder / "Snakefile"),
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def jobs(output: str) -> list[str]:
    """Return the rules that were run."""
    return re.findall(r"^(?:local)?rule (\w+):", output, re.MULTILINE)


def test_two_modules_keep_apart_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    write(tmp_path, repr(str(ROOT / "Snakefile")))
    first = run(tmp_path, "--", "all")
    assert {"a_play", "b_play", "a_write_tables", "b_write_tables"} <= set(jobs(first))
    # Snakemake names rules in localrules that it does not find.
    assert "localrules" not in first
    assert not (tmp_path / "results").exists()
    for name in NAMES:
        assert (tmp_path / name / "results/complete.txt").is_file()
        assert (tmp_path / name / "results/tables/leaderboard.md").is_file()
    assert jobs(run(tmp_path, "--", "all")) in ([], ["all"])
    assert "equal: " in run(tmp_path, "--", "a_verify", "b_verify")
    assert "a/results/interim holds" in run(tmp_path, "--", "a_interim")


def test_a_module_that_renames_the_results_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, repr(str(ROOT / "Snakefile")))
    path = tmp_path / "Snakefile"
    replaced = path.read_text("utf-8").replace("prefix: 'a'", "replace_prefix: {'results/': 'a/'}")
    path.write_text(replaced, encoding="utf-8")
    with pytest.raises(AssertionError, match=r"gamegrid: module: .* Use prefix instead"):
        run(tmp_path, "-n", "--", "all")


def test_a_tag_of_a_repository_plays_if_the_installed_package_has_its_version(
    tmp_path: Path,
) -> None:
    repository(source := tmp_path / "source", "this")
    rules = source / "rules/common.smk"
    rules.write_text(re.sub(r'(?m)^VERSION = ".*"$', 'VERSION = "99.0"', rules.read_text("utf-8")))
    commit(source, "later")
    for tag in ("this", "later"):
        (tmp_path / tag).mkdir()
        write(tmp_path / tag, f"gitfile({str(source)!r}, path='Snakefile', tag={tag!r})")
    run(tmp_path / "this", "--", "a/results/tables/README.md")
    assert (tmp_path / "this/a/results/tables/leaderboard.md").is_file()
    with pytest.raises(AssertionError, match=r"workflow has version 99\.0, and the installed"):
        run(tmp_path / "later", "-n", "--", "all")


def test_workflow_and_package_have_one_version() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    rules = (ROOT / "rules/common.smk").read_text("utf-8")
    assert re.findall(r'^VERSION = "(.*)"$', rules, re.MULTILINE) == [stated]
