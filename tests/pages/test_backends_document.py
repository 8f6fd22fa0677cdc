"""docs/backends.md: its grids are grids, its commands exist, its error sentences are the code's."""

import argparse
import ast
import importlib
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.config import models
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan

TEXT = (WORKFLOW / "docs/backends.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
BLOCKS: list[dict[str, Any]] = [yaml.safe_load(block) for kind, block in FENCED if kind == "yaml"]
GRIDS = [block for block in BLOCKS if "agents" in block]
MODEL_FILES = [block for block in BLOCKS if "agents" not in block]
COMMANDS = [
    shlex.split(line, comments=True)
    for kind, block in FENCED
    if not kind
    for line in block.splitlines()
]
SAID = re.findall(r"^\| `([^`]+)` \|", TEXT.partition("| it says |")[2], re.MULTILINE)
VARIABLE = re.compile(r"\.\.\.|[A-Z]{3,}_[A-Z_]+|'[^']*'|https?:\S+|[0-9]+|[():]")


@cache
def source_texts() -> list[str]:
    """Every text in the package, with a mark where a value is put in."""
    found = []
    for path in (WORKFLOW / "scripts/gamegrid").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "\0" for p in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


@pytest.mark.parametrize("grid", GRIDS)
def test_its_grids_are_grids(grid: dict[str, Any]) -> None:
    made = plan.make(grid, WORKFLOW)
    assert made.chunks
    assert made.models


@pytest.mark.parametrize("entries", MODEL_FILES)
def test_its_model_files_are_read_and_every_model_is_found(
    entries: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    read = models.read_files(["models.yaml"], tmp_path)
    for name in read:
        model = models.find(name, "agent", read, WORKFLOW)
        hosted = model.kind.capabilities.hosted
        assert hosted or model.kind.check(model.entry) is None, name


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_its_commands_exist(command: list[str]) -> None:
    if command[0] == "snakemake":
        rules = "".join(path.read_text() for path in (WORKFLOW / "rules").glob("*.smk"))
        known = {"all", *re.findall(r"^rule (\w+):", rules, re.MULTILINE)}
        assert command[1:3] == ["--cores", "1"]
        target = "all" if command[3].startswith("--") else command[3]
        assert target in known
        return
    program, name, *arguments = command
    assert program == "gamegrid"
    module = importlib.import_module(f"gamegrid.commands.{name}_command")
    parser = argparse.ArgumentParser()
    module.COMMAND.arguments(parser)
    given = parser.parse_args(arguments)  # exits on what it does not know
    agent = getattr(given, "agent", None)
    assert agent is None or any(agent in grid["agents"] for grid in GRIDS)


@pytest.mark.parametrize("sentence", [said for said in SAID if not said.startswith("decode")])
def test_its_error_sentences_are_those_of_the_code(sentence: str) -> None:
    longest = max((part.strip(" .") for part in VARIABLE.split(sentence)), key=len)
    assert len(longest) > 10
    assert any(longest in text for text in source_texts())


def test_scoring_a_hosted_model_is_refused_in_the_words_it_gives() -> None:
    [said] = [said for said in SAID if said.startswith("decode")]
    agents = {
        "a": {"type": "llm", "model": "litellm_x", "decode": "score"},
        "b": {"type": "random"},
    }
    with pytest.raises(UserError, match=re.escape(said)):
        plan.make({"games": ["kuhn_poker"], "agents": agents}, WORKFLOW)
