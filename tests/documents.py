"""Read the documents as a reader does: pages, code blocks and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gamegrid.paths import WORKFLOW

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
COMMANDS = ("snakemake ", "gamegrid ")
"""How lines start in a block of commands that names no language."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code. ``file`` is the name given in a comment on one of its first two lines."""

    page: str
    language: str
    text: str

    @property
    def file(self) -> str | None:
        lines = self.text.split("\n", 2)[:2]
        names = (re.match(r"(?:#|--|\{#-) ([\w./]+\.[a-z]+)(?: -#\})?$", line) for line in lines)
        return next((name[1] for name in names if name), None)

    @property
    def commands(self) -> list[str]:
        """Return the lines to type, without comments; empty if the block holds no commands."""
        lines = [line.partition("  #")[0].strip() for line in self.text.splitlines()]
        typed = [line for line in lines if line]
        if self.language == "sh" or (
            not self.language and typed and all(line.startswith(COMMANDS) for line in typed)
        ):
            return typed
        return []


@cache
def pages() -> dict[str, str]:
    """Return all pages by path: the root's, docs/ and the rooms' READMEs."""
    found = [WORKFLOW / "README.md", *sorted((WORKFLOW / "docs").glob("*.md"))]
    found += [WORKFLOW / "config/README.md", WORKFLOW / "bench/README.md"]
    return {str(path.relative_to(WORKFLOW)): path.read_text("utf-8") for path in found}


@cache
def blocks() -> list[Block]:
    """Return all code blocks of all pages, in order."""
    return [
        Block(page, language, text)
        for page, content in pages().items()
        for language, text in FENCE.findall(content)
    ]


def links(page: str) -> Iterator[tuple[Path, str]]:
    """Yield file and anchor of every link to a place within the project."""
    for target in LINK.findall(FENCE.sub("", pages()[page])):
        if not re.match(r"\w+:", target):
            path, _, anchor = target.partition("#")
            yield (WORKFLOW / page).parent / path if path else WORKFLOW / page, anchor


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = HEADING.findall(FENCE.sub("", path.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
