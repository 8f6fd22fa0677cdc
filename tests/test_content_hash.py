"""The content hash of each free rule covers every module that its work rests on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamegrid.paths import WORKFLOW

SCRIPTS = WORKFLOW / "scripts"
RULES = "\n".join(path.read_text("utf-8") for path in sorted((WORKFLOW / "rules").glob("*.smk")))
HASHED = {
    name: (script, re.findall(r'"(.+?)"', names))
    for name, names, script in re.findall(
        r"^rule (\w+):\n(?:(?!^rule ).)*?content_hash\((.*?)\)(?:(?!^rule ).)*?"
        r'"\.\./scripts/(\w+\.py)"',
        RULES,
        re.MULTILINE | re.DOTALL,
    )
}
"""By rule: its script, and what its hash covers."""

REASONLESS = {
    "gamegrid": "the version",
    "gamegrid.jobs": "how a job starts and logs",
    "gamegrid.plan": "what it makes of a configuration is among the params",
    "gamegrid.errors": "the form of refusals",
    "gamegrid.paths": "where files lie",
    "gamegrid.plugins": "which files declare a plug-in",
    "gamegrid.backends.base": "types alone: a free rule asks no model",
    "gamegrid.config.types": "types alone",
    "gamegrid.config.names": "types alone",
}
"""Modules that no result changes with, each with why."""


def file_of(module: str) -> Path | None:
    path = SCRIPTS.joinpath(*module.split("."))
    return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()), None)


def imported(file: Path) -> Iterator[str]:
    """The package's modules that a file imports anywhere, and those of folders it looks through."""
    text = file.read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module)):
                for alias in node.names:
                    inner = f"{module}.{alias.name}"
                    yield inner if file_of(inner) else module
    if "discover(" in text:
        named = re.findall(r"discover\((gamegrid[\w.]*)", text)
        folders = [SCRIPTS.joinpath(*name.split(".")) for name in named] or [file.parent]
        for path in (path for folder in folders for path in folder.glob("*.py")):
            yield ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)


def rests_on(file: Path) -> set[Path]:
    found, waiting = dict[str, Path](), list(imported(file))
    while waiting:
        module = waiting.pop()
        if module.split(".")[0] == "gamegrid" and module not in {*found, *REASONLESS}:
            source = file_of(module)
            assert source, module
            found[module] = source
            waiting += imported(source)
    return set(found.values())


def test_rules_with_a_hash_are_found() -> None:
    assert len(HASHED) == RULES.count("content_hash(")
    assert {"compute_references", "judge_decisions", "build_database", "build_report"} <= set(
        HASHED
    )


@pytest.mark.parametrize("rule", HASHED)
def test_a_hash_covers_what_the_rule_rests_on(rule: str) -> None:
    script, names = HASHED[rule]
    covered = [SCRIPTS / "gamegrid" / name for name in names]
    assert all(path.exists() for path in covered)
    missing = [
        str(source.relative_to(SCRIPTS))
        for source in rests_on(SCRIPTS / script)
        if not any(source == path or path in source.parents for path in covered)
    ]
    assert sorted(missing) == []


def test_no_exception_is_stated_for_nothing() -> None:
    assert all(file_of(module) for module in REASONLESS)
