"""The site holds every document, in one of four kinds, and shows it as GitHub does.

``make docs`` builds it and fails on a dead link.
"""

import importlib.util
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from markdown import Markdown
from markdown_it import MarkdownIt
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from documents import pages
from gamegrid.paths import WORKFLOW

KINDS = ("Tutorial", "How-to guides", "Reference", "Explanation")
BLOCKS = ("h1", "h2", "h3", "h4", "ul", "ol", "li", "p", "table", "tr", "td", "th", "pre", "img")


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    """The hooks of MkDocs."""
    found = importlib.util.spec_from_file_location("docs_site", WORKFLOW / ".ci/docs_site.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def config(hooks: ModuleType) -> MkDocsConfig:
    """The configuration of the site."""
    loaded = load_config(str(WORKFLOW / "mkdocs.yml"))
    hooks.on_config(loaded)
    loaded.plugins._current_plugin = "hooks"  # which MkDocs sets around each event
    return loaded


@pytest.fixture(scope="module")
def files(hooks: ModuleType, config: MkDocsConfig) -> dict[str, File]:
    """The files of the site by path."""
    return {file.src_uri: file for file in hooks.on_files(Files([]), config)}


def places(nav: Any) -> Iterator[str]:
    """Every path in the navigation."""
    for part in nav:
        [(_, inner)] = part.items()
        yield from [inner] if isinstance(inner, str) else places(inner)


def test_every_document_is_in_the_navigation_once(
    config: MkDocsConfig, files: dict[str, File]
) -> None:
    shown = list(places(config.nav))
    assert len(shown) == len(set(shown))
    for page in pages():
        assert page in shown, f"{page}: add it to nav in mkdocs.yml, under one of {KINDS}"
    assert set(shown) <= files.keys()


def test_the_navigation_has_four_kinds(config: MkDocsConfig) -> None:
    assert [name for part in config.nav or () for name in part] == ["Home", *KINDS]


def test_a_page_says_at_its_top_what_kind_it_is_and_for_whom(config: MkDocsConfig) -> None:
    for part in (config.nav or [])[1:]:
        [(kind, inner)] = part.items()
        for name in places(inner):
            if not name.startswith("reference/") and name != "CHANGELOG.md":
                _, line, _ = (WORKFLOW / name).read_text("utf-8").split("\n\n", 2)
                assert re.fullmatch(rf"\*{kind.removesuffix('s')}, for [^*]+\.\*", line), name


def test_what_a_document_links_to_is_on_the_site(files: dict[str, File]) -> None:
    """Source files and folders have a page, which a search does not find."""
    page = files["scripts/gamegrid/games/game.py.md"]
    assert page.inclusion is InclusionLevel.NOT_IN_NAV
    assert "search: {exclude: true}" in page.content_string
    assert "class Game" in page.content_string
    listing = files["config/examples/index.md"].content_string
    assert "[`one_model.yaml`](one_model.yaml.md)" in listing
    assert "config/examples/one_model.yaml.md" in files


def test_a_reference_page_names_a_module(config: MkDocsConfig) -> None:
    modules = [Path(uri).stem for uri in places(config.nav) if uri.startswith("reference/")]
    assert "gamegrid" in modules
    assert all(importlib.util.find_spec(module) for module in modules)


class Structure(HTMLParser):
    """The names of the blocks in order, without the paragraphs of lists: some have none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.lists = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note a block."""
        self.lists += tag == "li"
        if tag in BLOCKS and not (tag == "p" and self.lists):
            self.blocks.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an item."""
        self.lists -= tag == "li"


@pytest.mark.parametrize("name", [*pages(), "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_page_has_the_blocks_that_github_shows(
    hooks: ModuleType, config: MkDocsConfig, name: str
) -> None:
    """Python-Markdown reads lists and tables otherwise than GitHub; the hooks make up for it."""
    text = (WORKFLOW / name).read_text("utf-8")
    page = SimpleNamespace(file=SimpleNamespace(src_uri=name), meta={})
    extensions = [each for each in config.markdown_extensions if "pymdownx" not in each]
    site = Markdown(
        extensions=[*extensions, "pymdownx.superfences"],
        extension_configs={"pymdownx.superfences": {}},
    ).convert(hooks.on_page_markdown(text, page))
    github = MarkdownIt("commonmark").enable("table").render(text)
    if "```mermaid" in text:
        github = re.sub(r"<pre><code class=.language-mermaid.*?</pre>", "", github, flags=re.DOTALL)
    assert Structure(site).blocks == Structure(github).blocks


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("text\n- a\n  - b\n", "text\n\n- a\n    - b\n"),
        ("- a\n- b\n", "- a\n- b\n"),
        ("text\n| a |\n| - |\n", "text\n\n| a |\n| - |\n"),
        ("1. a\n   more\n", "1. a\n    more\n"),
        ("[x](extending.md#y)", "[x](extending.md#y)"),
        ("[x](../CITATION.cff)", "[x](../CITATION.cff.md)"),
        ("[x](../config/examples)", "[x](../config/examples/index.md)"),
        (
            "a\n```\n[x](../CITATION.cff)\n- a\n```\nb",
            "a\n\n```\n[x](../CITATION.cff)\n- a\n```\n\nb",
        ),
    ],
)
def test_lists_tables_and_links_are_adapted(hooks: ModuleType, given: str, wanted: str) -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="docs/agents.md"))
    assert hooks.on_page_markdown(given, page) == wanted


def test_the_graph_of_the_rules_is_a_picture(hooks: ModuleType) -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="docs/rules.md"))
    shown = hooks.on_page_markdown(pages()["docs/rules.md"], page)
    assert "```mermaid" not in shown
    assert "<svg" in shown and ">build_database</text>" in shown
