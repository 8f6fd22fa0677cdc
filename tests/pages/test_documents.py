"""What the documents and environments say is held equal to what is."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import duckdb
import pytest
import yaml
from pydantic import BaseModel

from documents import Block, anchors, blocks, links, pages
from gamegrid.__main__ import main
from gamegrid.agents.llm import Settings
from gamegrid.backends.backend import ModelEntry
from gamegrid.config.types import GridConfig
from gamegrid.pages import config_page, errors_page
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan

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


def test_the_tables_of_keys_and_the_list_of_errors_are_those_of_the_code() -> None:
    """``make pages`` writes them."""
    assert config_page.page(CONFIG_README) == CONFIG_README
    troubles = errors_page.PATH.read_text("utf-8")
    assert errors_page.page(troubles) == troubles


@pytest.mark.parametrize("model", [GridConfig, Settings, ModelEntry])
def test_every_key_says_what_it_means(model: type[BaseModel]) -> None:
    assert [key for key, field in model.model_fields.items() if not field.description] in (
        [], ["type"],
    )  # fmt: skip


@pytest.mark.parametrize("page", pages())
def test_no_link_is_dead(page: str) -> None:
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.page)
def test_code_can_be_read(block: Block) -> None:
    match block.language:
        case "python":
            ast.parse(block.text)
        case "yaml":
            assert yaml.safe_load(block.text) is not None
        case "sql":
            assert duckdb.extract_statements(block.text)
        case "sh":
            subprocess.run(["bash", "-n", "-c", block.text], check=True)


GRIDS = [block for block in blocks() if block.language == "yaml" and "\ngames:" in block.text]


@pytest.mark.parametrize("block", GRIDS, ids=lambda block: block.page)
def test_a_grid_is_a_grid(block: Block, tmp_path: Path) -> None:
    for other in blocks():
        if other.page == block.page and other.file:
            path = tmp_path / other.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.text, "utf-8")
    assert plan.make(yaml.safe_load(block.text), tmp_path).chunks


COMMANDS = sorted(
    path.stem.replace("_", "-")
    for path in (WORKFLOW / "scripts/gamegrid/commands").glob("*.py")
    if "\nCOMMAND = " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_what_it_does_and_how(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: gamegrid {name}")
    assert f"`gamegrid {name}" in pages()["docs/api.md"]


def test_the_citation_names_this_version() -> None:
    project = tomllib.loads((WORKFLOW / "pyproject.toml").read_text())["project"]
    cited = yaml.safe_load((WORKFLOW / "CITATION.cff").read_text())
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])


def test_no_command_of_the_makefile_is_missing() -> None:
    makefile = (WORKFLOW / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
