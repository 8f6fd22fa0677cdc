"""Thousands of broken configurations: each is planned, or refused in a sentence."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import jsonschema
import pytest
import yaml

from gamegrid.errors import UserError
from gamegrid.jobs import preconditions, workflow
from gamegrid.pages import config_schema
from mutants import Mutant, mutant
from workflow_runs import snakemake

FAULTS = pytest.mark.faults
SCHEMA = jsonschema.Draft202012Validator(config_schema.schema())


def plan(spoilt: Mutant, folder: Path) -> str:
    """Do what the Snakefile does with a configuration; return whether it was planned or refused."""
    try:
        made = workflow.prepare(spoilt.config, folder, folder / "results", main=True)
        preconditions.check_before_play(made, folder / "results")
    except UserError as error:
        text = str(error)
        assert text.strip(), spoilt
        assert "Traceback" not in text, spoilt
        return "refused"
    SCHEMA.validate(spoilt.config)
    for cell in made.grid.cells:
        assert json.loads(made.identity.params(cell))["game"] == cell.game.load_string
        assert made.needs.demand(cell).mem_mb > 0
        assert made.needs.environment(cell)
    for moves in made.single_moves.values():
        assert json.loads(made.identity.single_move_params(moves))["task"] == moves.task
    assert len(made.chunks) == len({chunk.path for chunk in made.chunks})
    assert json.loads(workflow.reference_params(made))
    assert json.loads(workflow.database_rows(made))
    return "planned"


def written(folder: Path) -> list[str]:
    """List the files of a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("seed", "number"), [(1, 300), *(pytest.param(s, 1000, marks=FAULTS) for s in range(2, 12))]
)
def test_a_spoilt_configuration_is_planned_or_refused(
    seed: int, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in [key for key in os.environ if key.endswith("_API_KEY")]:
        monkeypatch.delenv(key)
    luck, outcomes = Random(seed), Counter[str]()
    for _ in range(number):
        spoilt = mutant(luck)
        spoilt.write(tmp_path)
        try:
            outcomes[plan(spoilt, tmp_path)] += 1
        except Exception as error:
            raise AssertionError(f"no sentence for {spoilt}") from error
        assert written(tmp_path) == sorted(spoilt.files)
        for child in tmp_path.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    assert min(outcomes["planned"], outcomes["refused"]) > number / 20, outcomes


@pytest.mark.parametrize(
    ("seed", "number"), [(12, 3), *(pytest.param(s, 4, marks=FAULTS) for s in range(13, 18))]
)
def test_snakemake_says_the_sentence_and_nothing_else(
    seed: int, number: int, tmp_path: Path
) -> None:
    luck = Random(seed)
    for case in range(number):
        spoilt, folder = as_a_file(luck), tmp_path / str(case)
        folder.mkdir()
        spoilt.write(folder)
        done = snakemake(folder, spoilt.config, "-n")
        assert "Traceback" not in done.output, (spoilt, done.output)
        assert done.code in (0, 1), (spoilt, done.output)
        said = [line for line in done.output.splitlines() if line.startswith("gamegrid: ")]
        assert len(said) == done.code, (spoilt, done.output)
        made = {name for name in written(folder) if not name.startswith(".snakemake/")}
        assert made == {"grid.yaml", *spoilt.files}, (spoilt, made)


def as_a_file(luck: Random) -> Mutant:
    """Draw a mutant whose configuration a YAML file can hold."""
    spoilt = mutant(luck)
    try:
        holds = yaml.safe_load(yaml.safe_dump(spoilt.config)) == spoilt.config
    except (yaml.YAMLError, UnicodeError):
        holds = False
    return spoilt if holds else as_a_file(luck)
