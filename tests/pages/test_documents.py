"""What the documents and environments say is held equal to what is."""

import ast
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

import duckdb
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel

from documents import Block, anchors, blocks, links, pages
from gamegrid.__main__ import main
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import ModelEntry
from gamegrid.config.types import GridConfig
from gamegrid.pages import config_page, errors_page
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan

README = (WORKFLOW / "README.md").read_text(encoding="utf-8")
CONFIG_README = (WORKFLOW / "config/README.md").read_text(encoding="utf-8")


PROJECT = tomllib.loads((WORKFLOW / "pyproject.toml").read_text())["project"]
LOCKED = [Requirement(line) for line in (WORKFLOW / "constraints.txt").read_text().splitlines()]


def required(extra: str) -> list[Requirement]:
    """The requirements of an extra with all the extras it contains."""
    found = []
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if requirement.name == "gamegrid":
            found += [inner for name in requirement.extras for inner in required(name)]
        else:
            found.append(requirement)
    return found


def environment(name: str) -> list[Requirement]:
    """The packages that a file of envs/ takes from the Python index."""
    content = yaml.safe_load((WORKFLOW / f"envs/{name}.yaml").read_text())
    [pins] = [part["pip"] for part in content["dependencies"] if isinstance(part, dict)]
    return [Requirement(pin) for pin in pins]


def names(requirements: Iterable[Requirement]) -> set[str]:
    """Normalized names."""
    return {canonicalize_name(requirement.name) for requirement in requirements}


def test_environments_hold_the_requirements_of_the_project_and_nest() -> None:
    core = names(map(Requirement, PROJECT["dependencies"])) - {"snakemake"}
    extras = ("litellm", "hf", "vllm", "report")
    wanted = {"core": core} | {name: core | names(required(name)) for name in extras}
    held = {path.stem: names(environment(path.stem)) for path in (WORKFLOW / "envs").glob("*.yaml")}
    assert held.keys() == wanted.keys()
    assert all(wanted[name] <= held[name] for name in held)
    assert all("snakemake" not in packages for packages in held.values())
    assert held["core"] < held["litellm"] < held["hf"] < held["vllm"]


@pytest.mark.parametrize("name", ["core", "litellm", "hf", "vllm", "report"])
def test_an_environment_names_the_locked_versions(name: str) -> None:
    """``make lock`` writes them. PyTorch is in no lock but vLLM's, since it has several builds."""
    locked = {key: str(pin.specifier) for key, (pin, _) in hashed(name).items()}
    if "torch" not in locked:
        [torch] = [pin for pin in LOCKED if pin.name == "torch"]
        locked["torch"] = str(torch.specifier)
    for pin in environment(name):
        assert str(pin.specifier) == locked[canonicalize_name(pin.name)], pin


@pytest.mark.parametrize("name", ["core", "litellm", "hf", "report"])
def test_an_environment_names_everything_that_its_packages_need(name: str) -> None:
    """As the installed packages say what they need; vLLM's are not installed here."""
    held = {canonicalize_name(pin.name): pin for pin in environment(name)}
    for package, pin in held.items():
        if package == "torch" or (pin.marker and not pin.marker.evaluate()):
            continue  # what PyTorch needs belongs to its build
        extras = {"", *pin.extras}
        for needed in map(Requirement, requires(package) or ()):
            wanted = [each for each in extras if _applies(needed, each)]
            assert not wanted or canonicalize_name(needed.name) in held, (package, needed)


def _applies(needed: Requirement, extra: str) -> bool:
    return needed.marker is None or needed.marker.evaluate({"extra": extra})


def test_environments_and_images_have_one_python() -> None:
    """Up to the patch version; ``make lock`` writes that of the environments."""
    dependencies = [
        yaml.safe_load(path.read_text())["dependencies"]
        for path in (WORKFLOW / "envs").glob("*.yaml")
    ]
    [python] = {each for listed in dependencies for each in listed if "python" in each}
    [base] = re.findall(r"^FROM python:([\d.]+)-", (WORKFLOW / "Dockerfile").read_text(), re.M)
    assert python == f"python={base}"
    assert base.count(".") == 2


def test_the_lock_file_names_one_version_that_the_project_allows() -> None:
    """``make lock`` writes it."""
    locked = {canonicalize_name(pin.name): pin.specifier for pin in LOCKED}
    assert len(locked) == len(LOCKED)
    wanted = list(map(Requirement, PROJECT["dependencies"]))
    for extra in ("hf", "slurm", "report", "dev"):
        wanted += required(extra)
    for requirement in wanted:
        [pin] = locked[canonicalize_name(requirement.name)]
        assert pin.version in requirement.specifier, requirement


UNTIED = ("numpy", "snakemake-executor-plugin-slurm")
"""The environment that submits jobs has versions of its own, which need not suit vLLM."""


def hashed(name: str) -> dict[str, tuple[Requirement, int]]:
    """The requirements of a file in locks/, each with its number of hashes, by name."""
    text = (WORKFLOW / f"locks/{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    found = {}
    for entry in entries:
        requirement = Requirement(entry.partition(" \\")[0])
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
        found[canonicalize_name(requirement.name)] = (requirement, len(hashes))
    return found


@pytest.mark.parametrize("name", ["core", "litellm", "hf", "vllm", "report", "slurm", "dev"])
def test_a_lock_pins_all_that_an_extra_needs_by_version_and_hash(name: str) -> None:
    """``make lock`` writes it."""
    held = hashed(name)
    wanted = names(map(Requirement, PROJECT["dependencies"])) | {"hatchling", "editables"}
    wanted |= names(required(name)) if name != "core" else set()
    # pip chooses the build of PyTorch that suits the machine.
    assert wanted - ({"torch"} if name == "hf" else set()) <= held.keys()
    versions = {canonicalize_name(pin.name): pin.specifier for pin in LOCKED}
    for package, (requirement, hashes) in held.items():
        assert str(requirement.specifier).startswith("=="), package
        assert hashes, package
        if not (name == "slurm" and package in UNTIED):
            assert requirement.specifier == versions.get(package, requirement.specifier), package


@pytest.mark.parametrize("backend", ["litellm", "hf", "vllm"])
def test_the_lock_of_a_backend_can_be_installed_with_those_of_other_extras(backend: str) -> None:
    """pip refuses two versions of one package."""
    mine = hashed(backend)
    for other in ("report", *(["dev"] if backend != "vllm" else [])):
        theirs = hashed(other)
        for package in mine.keys() & theirs.keys():
            assert mine[package][0].specifier == theirs[package][0].specifier, (other, package)


@pytest.mark.parametrize("path", [*(WORKFLOW / ".github/workflows").glob("*.yaml")], ids=str)
def test_an_action_is_pinned_by_its_commit(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for each in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_the_tables_of_keys_and_the_list_of_errors_are_those_of_the_code() -> None:
    """``make pages`` writes them."""
    assert config_page.page(CONFIG_README) == CONFIG_README
    troubles = errors_page.PATH.read_text("utf-8")
    assert errors_page.page(troubles) == troubles


@pytest.mark.parametrize("model", [GridConfig, LlmSettings, ModelEntry])
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
def test_a_grid_is_a_grid(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    type_init(block.page)
    for other in blocks():
        if other.page == block.page and other.file:
            path = tmp_path / other.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(other.text, "utf-8")
    working = (tmp_path / (block.file or "grid.yaml")).parent
    assert plan.make(yaml.safe_load(block.text), working).chunks


def type_init(page: str) -> bool:
    """Type the commands of a page that write files to start from; return whether it has any."""
    commands = [c for b in blocks() if b.page == page for c in b.commands]
    written = [command for command in commands if command.startswith("gamegrid init ")]
    return bool(written) and all(main(shlex.split(command)[1:]) == 0 for command in written)


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_files_that_a_page_shows_are_those_that_init_writes(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert type_init(page)
    shown = [block for block in blocks() if block.page == page and block.file]
    assert shown
    for block in shown:
        assert block.file is not None
        written = yaml.safe_load((tmp_path / block.file).read_text("utf-8"))
        assert yaml.safe_load(block.text) == written


COMMANDS = sorted(
    path.stem.removesuffix("_command").replace("_", "-")
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
    cited = yaml.safe_load((WORKFLOW / "CITATION.cff").read_text())
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])


def test_no_command_of_the_makefile_is_missing() -> None:
    makefile = (WORKFLOW / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
