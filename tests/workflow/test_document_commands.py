"""Every command in the documents, typed in a fresh copy of the project as a reader would.

A loopback endpoint answers for the models behind an API, the bundled model for the others.
``make test-documents`` prints the list of commands, each with pass or fail.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from documents import Block, blocks
from gamegrid.backends import packaged
from gamegrid.paths import WORKFLOW
from loopback import Endpoint
from workflow_runs import environment

pytestmark = pytest.mark.documents

EXCEPTED = {
    "make ": "makes an environment of its own; .ci/run does that",
    "source ": "the tests have an environment",
    "vllm serve ": "needs a GPU",
    "gamegrid fetch-model ": "downloads a large file; a nightly test does that",
    "gamegrid merge OTHER_RESULTS": "there is no other results folder",
}
GRID = """
deals: 1
games: [kuhn_poker]
agents:
  random: {type: random}
  tiny: {type: llm, model: hf_tiny, prompt: terse, max_tokens: 16}
"""
TYPED = "\n".join(["Check", "Bet", "Call", "Fold"] * 9)
"""What a person types to play Kuhn poker; the program asks again after an illegal move."""
SERVER = "http://127.0.0.1:8000/v1"
"""The documents' address of a server."""
PACKAGED = {model.model_id for model in packaged.MODELS.values()}
"""Models of examples that the documents play."""
PLAYED = ("docs/analysis.md", "docs/api.md", "docs/troubleshooting.md")
"""Pages that assume that a grid has been played."""
SERVING = "gamegrid view"
"""A command that runs until Ctrl-C, which the reader presses after ``SERVED_S`` seconds."""
SERVED_S = 15
MODEL = re.compile(r"\b(?:litellm|hf|vllm)_[\w/.-]*\w")
WRITTEN = [block for block in blocks() if block.commands or block.language == "python"]
PAGES = list(dict.fromkeys(block.page for block in WRITTEN))


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows a page in a separate folder."""

    folder: Path
    address: str

    def write(self, name: str, text: str) -> None:
        """Write a file from the page, but with one deal and this machine's server."""
        text = re.sub(r"^deals: \d+", "deals: 1", text, flags=re.MULTILINE)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(SERVER, self.address), "utf-8")

    def type(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Type one line."""
        if command.startswith(SERVING):
            command = f"timeout --signal INT --preserve-status {SERVED_S} {command}"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = command.replace(SERVER, self.address)
        found = {**environment(), "PATH": path, "PYTHONPATH": str(self.folder / "scripts")}
        return subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=found, input=TYPED,
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader with a fresh copy of the project, whose models all answer on this machine."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=WORKFLOW, capture_output=True, text=True, check=True)
    for name in files.stdout.splitlines():
        if (WORKFLOW / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(WORKFLOW / name, tmp_path / name)
    with Endpoint() as endpoint:
        reader = Reader(tmp_path, endpoint.api_base)
        ids = {name for block in blocks() for name in MODEL.findall(block.text)}
        ids |= PACKAGED
        entries = [
            {"name": name, "model_path": "config/tiny"}
            if name.startswith("hf_")
            else {"name": name, "api_base": endpoint.api_base}
            for name in sorted(ids)
        ]
        reader.write("config/models.yaml", yaml.safe_dump({"models": entries}))
        reader.write("grid.yaml", GRID)
        yield reader


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(
    page: str, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    if page in PLAYED:
        assert reader.type("snakemake --cores 1 --configfile grid.yaml").returncode == 0
    results = [said for block in blocks() if block.page == page for said in _follow(block, reader)]
    with capsys.disabled():
        print(f"\n{page}", *(line for line, _ in results), sep="\n  ")
    assert not [why for _, why in results if why]


def _follow(block: Block, reader: Reader) -> Iterator[tuple[str, str]]:
    """Do what a block says; yield each command's line for the list, and why it failed if it did."""
    if block.file:
        reader.write(block.file, block.text)
    elif block.language == "python":
        reader.write("block.py", block.text)
        yield _result("(a block of Python)", reader.type("python block.py"))
    for command in block.commands:
        reason = next((why for start, why in EXCEPTED.items() if command.startswith(start)), None)
        if reason:
            yield f"except  {command}  ({reason})", ""
        else:
            yield _result(command, reader.type(command))


def _result(command: str, done: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    if done.returncode == 0:
        return f"pass    {command}", ""
    return f"FAIL    {command}", f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
