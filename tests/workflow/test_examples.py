"""config/examples: every file is a grid, and plays with models answered on this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from loopback import Endpoint
from workflow_runs import DATABASE, query, snakemake

FOLDER = WORKFLOW / "config/examples"
MODEL_FILES = {"local_models"}
GRIDS = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem not in MODEL_FILES)
TINY = str(WORKFLOW / "config/tiny")
README = (WORKFLOW / "config/README.md").read_text("utf-8")


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return content


def here(name: str, folder: Path, address: str) -> dict[str, Any]:
    """Return the grid with one deal; ``address`` or the bundled model answers for every model.

    The endpoint speaks OpenAI's format, so all hosted models become OpenAI's.
    """
    grid = read(name)
    for entry in grid["agents"].values():
        if "model" in entry:
            entry["model"] = re.sub(r"^litellm_\w+/", "litellm_openai/", entry["model"])
    models = {entry["model"] for entry in grid["agents"].values() if "model" in entry}
    entries = [
        {"name": model, "model_path": TINY}
        if model.startswith("hf_")
        else {"name": model, "api_base": address}
        for model in models
    ]
    (folder / "here.yaml").write_text(yaml.safe_dump({"models": entries}), "utf-8")
    # A suite fixes its deals; other grids play one.
    few = {} if "suite" in grid else {"deals": 1}
    return {**grid, **few, "models": ["here.yaml"]}


@pytest.mark.parametrize("name", GRIDS)
def test_an_example_is_a_grid_and_is_listed(name: str) -> None:
    made = plan.make(read(name), WORKFLOW)
    assert made.chunks and made.models
    assert f"`{name}.yaml`" in README


@pytest.mark.documents
@pytest.mark.parametrize("name", [name for name in GRIDS if name not in ("replay", "new_model")])
def test_an_example_plays(name: str, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        run = snakemake(tmp_path, here(name, tmp_path, endpoint.api_base))
    assert run.code == 0, run.output
    assert query(tmp_path, "SELECT count(*) FROM episodes WHERE status = 'error'") == [(0,)]


@pytest.mark.documents
def test_a_newcomer_is_placed_by_its_own_games_alone(tmp_path: Path) -> None:
    grid = here("new_model", tmp_path, "")
    grid["agents"]["newcomer"]["games"] = ["kuhn_poker"]
    run = snakemake(tmp_path, grid)
    assert run.code == 0, run.output
    [(rank,)] = query(tmp_path, "SELECT rank FROM per_game WHERE agent = 'newcomer'")
    assert rank is not None


@pytest.mark.nightly
def test_a_result_is_replayed_from_its_journal_without_an_engine(tmp_path: Path) -> None:
    assert {**read("replay"), "run_mode": "live"} == {**read("one_model"), "run_mode": "live"}
    small = {"deals": 1, "games": ["kuhn_poker"]}
    published = {**read("one_model"), **small}
    assert snakemake(tmp_path / "theirs", published, *DATABASE).code == 0
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs/results").rename(tmp_path / "ours/results")
    for path in (tmp_path / "ours/results/chunks").rglob("*.*"):
        path.unlink()
    run = snakemake(tmp_path / "ours", {**read("replay"), **small})
    assert run.code == 0, run.output
    assert query(tmp_path / "ours", "SELECT bool_and(replayed) FROM calls") == [(True,)]
