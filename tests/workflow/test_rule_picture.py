"""The picture of the rules in the documents matches the workflow."""

import re
import subprocess
from pathlib import Path

from workflow_runs import ROOT, command, environment


def edges(text: str) -> set[tuple[str, str]]:
    """Return the arrows of a Mermaid flowchart as pairs of names."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", text))
    return {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", text)}


def test_the_picture_of_the_rules_is_the_workflow_s(tmp_path: Path) -> None:
    done = subprocess.run(
        command("--rulegraph", "mermaid-js", "--", "all"),
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = edges(done.stdout)
    assert ("play", "build_database") in found
    assert edges((ROOT / "docs/rules.md").read_text("utf-8")) == found
