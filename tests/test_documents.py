"""What the documents and environments say is held equal to what is."""

import re
import tomllib
from pathlib import Path

import yaml

from gamegrid import plan
from gamegrid.agents.llm import Settings
from gamegrid.backends.base import ModelEntry
from gamegrid.config.types import GridConfig
from gamegrid.paths import WORKFLOW

README = (WORKFLOW / "README.md").read_text(encoding="utf-8")
CONFIG_README = (WORKFLOW / "config/README.md").read_text(encoding="utf-8")


def pins(extra: str, project: dict[str, object]) -> set[str]:
    """The requirements of an extra with all the extras it contains."""
    optional = project["optional-dependencies"]
    assert isinstance(optional, dict)
    found: set[str] = set()
    for requirement in optional[extra]:
        inner = re.fullmatch(r"gamegrid(?:\[(\w+)\])?", requirement)
        if inner is None:
            found.add(requirement)
        elif inner[1]:
            found |= pins(inner[1], project)
    return found


def test_environments_hold_the_pins_of_the_project_and_nest() -> None:
    project = tomllib.loads((WORKFLOW / "pyproject.toml").read_text())["project"]
    core = {pin for pin in project["dependencies"] if not pin.startswith("snakemake")}
    found = {}
    for path in (WORKFLOW / "envs").glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        [pip] = [part["pip"] for part in content["dependencies"] if isinstance(part, dict)]
        found[path.stem] = set(pip)
    extras = {"litellm", "hf", "vllm", "report"}
    wanted = {"core": core} | {name: core | pins(name, project) for name in extras}
    assert found == wanted
    assert found["core"] <= found["litellm"] <= found["hf"] <= found["vllm"]
    assert all("==" in pin for name in found for pin in found[name])


def test_the_environment_of_the_report_is_core_and_what_draws() -> None:
    project = tomllib.loads((WORKFLOW / "pyproject.toml").read_text())["project"]
    core, report = (
        next(part["pip"] for part in content["dependencies"] if isinstance(part, dict))
        for name in ("core", "report")
        for content in [yaml.safe_load((WORKFLOW / f"envs/{name}.yaml").read_text())]
    )
    assert set(report) == set(core) | pins("report", project)


def test_constraints_hold_every_pin_of_the_project() -> None:
    project = tomllib.loads((WORKFLOW / "pyproject.toml").read_text())["project"]
    lines = (WORKFLOW / "constraints.txt").read_text().splitlines()
    locked = {line.lower().replace("_", "-") for line in lines}
    wanted = set(project["dependencies"]) | {
        pin for extra in ("hf", "slurm", "report", "dev") for pin in pins(extra, project)
    }
    assert {pin.lower().replace("_", "-") for pin in wanted} <= locked


def test_the_readme_s_grid_is_a_grid() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    made = plan.make(yaml.safe_load(text), Path.cwd())
    assert {cell.game.name for cell in made.grid.cells} >= {"tic_tac_toe", "kuhn_poker_3p"}


def test_every_key_of_the_configuration_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", CONFIG_README))
    keys = {*GridConfig.model_fields, *Settings.model_fields, *ModelEntry.model_fields}
    assert keys - {"type"} <= described


def test_no_command_of_the_makefile_is_missing() -> None:
    makefile = (WORKFLOW / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
