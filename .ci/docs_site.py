"""Hooks of MkDocs that make a site of the documents as they are, at the paths they have on GitHub.

Links between pages need no change. A link to a source file or a folder leads to a page that shows
it. A page below ``reference/`` shows the docstrings of the module that it is named after.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

from gamegrid.pages.layered_drawing import Box, draw

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("*.md", "docs/*.md", "docs/*.svg", "docs/*.css", "config/README.md", "bench/README.md")
REFERENCE = "reference/"
SHOWN = "---\nsearch: {exclude: true}\n---\n# `{}`\n\n"
"""How a page of a source file begins: a search finds documents only."""
BEHIND = "---\nsearch: {boost: 0.1}\n---\n"
"""How a page of the reference begins: a search lists documents first."""
FIRST = ("docs/concepts.md", "docs/glossary.md")
"""Where a search for a term should lead."""
LANGUAGES = {".py": "python", ".sql": "sql", ".yaml": "yaml", ".cff": "yaml", ".jinja": "jinja"}

FENCED = re.compile(r"^( *)(```+).*?^\1\2$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(\]\()([^)#\s]+)(?=[)#])")
ITEM = re.compile(r" *(?:[-*]|\d+\.) ")


def on_config(config: MkDocsConfig) -> None:
    """Give headings the anchors that GitHub gives them."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of docs/ by all documents, what they link to, and the reference."""
    kept = [file for file in files if file.src_dir != config.docs_dir]
    documents = sorted({path for glob in DOCUMENTS for path in ROOT.glob(glob)})
    made = [
        File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path))
        for path in documents
    ]
    for path in _shown(documents):
        text = _listing(path) if path.is_dir() else _source(path)
        made.append(
            File.generated(config, _page(path), content=text, inclusion=InclusionLevel.NOT_IN_NAV)
        )
    for uri in _places(config.nav):
        if uri.startswith(REFERENCE):
            module = Path(uri).stem
            made.append(File.generated(config, uri, content=f"{BEHIND}::: {module}\n"))
    return Files([*kept, *made])


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Return the text as Python-Markdown reads what GitHub reads."""
    if page.file.src_uri.startswith(REFERENCE):
        return markdown
    if page.file.src_uri in FIRST:
        page.meta["search"] = {"boost": 4}
    parts, end = [], 0
    for block in FENCED.finditer(markdown):
        parts += [_prose(markdown[end : block.start()], page.file.src_uri), _block(block[0])]
        end = block.end()
    return "".join([*parts, _prose(markdown[end:], page.file.src_uri)])


def on_post_page(output: str, **_: object) -> str:
    """Give the dialog of the search a name, which the theme leaves out."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"', 1)


def _places(nav: object) -> Iterator[str]:
    """Yield every path in the navigation."""
    match nav:
        case str():
            yield nav
        case dict() | list():
            for part in nav.values() if isinstance(nav, dict) else nav:
                yield from _places(part)


def _shown(documents: list[Path]) -> list[Path]:
    """Return the files and folders that documents link to and that are no documents."""
    linked = {
        target
        for path in documents
        if path.suffix == ".md"
        for _, link in LINK.findall(FENCED.sub("", path.read_text("utf-8")))
        if ":" not in link and (target := (path.parent / link).resolve()).exists()
    }
    within = {file for path in linked if path.is_dir() for file in path.iterdir() if file.is_file()}
    return sorted((linked | within) - set(documents))


def _page(path: Path) -> str:
    """Return where the page of a source file or a folder is."""
    place = path.relative_to(ROOT).as_posix()
    return f"{place}/index.md" if path.is_dir() else f"{place}.md"


def _listing(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    items = "".join(f"- [`{name}`]({name}.md)\n" for name in names)
    return SHOWN.replace("{}", str(folder.relative_to(ROOT))) + items


def _source(path: Path) -> str:
    language = LANGUAGES.get(path.suffix, "text")
    text = path.read_text("utf-8").rstrip()
    return SHOWN.replace("{}", str(path.relative_to(ROOT))) + f"``````{language}\n{text}\n``````\n"


def _prose(text: str, uri: str) -> str:
    return _spaced(LINK.sub(lambda link: f"{link[1]}{_target(link[2], uri)}", text))


def _target(link: str, uri: str) -> str:
    """Return the link to the page that shows a source file or a folder; others as they are."""
    path = (ROOT / uri).parent / link
    if ":" in link or not path.exists() or path.suffix in (".md", ".svg"):
        return link
    return f"{link.rstrip('/')}/index.md" if path.is_dir() else f"{link}.md"


def _spaced(text: str) -> str:
    """Indent nested lists by four spaces, and set lists and tables off by an empty line."""
    lines: list[str] = []
    for line in text.split("\n"):
        before = lines[-1] if lines else ""
        starts = (ITEM.match(line) and not ITEM.match(before)) or (
            line.startswith("|") and not before.startswith("|")
        )
        if starts and before.strip():
            lines.append("")
        indent = len(line) - len(line.lstrip(" "))
        lines.append(" " * (4 if 0 < indent <= 3 else indent) + line.lstrip(" "))
    return "\n".join(lines)


def _block(block: str) -> str:
    """Return a fenced block, set off by empty lines, and a flow chart as a picture.

    The theme would load a library to draw the chart.
    """
    if not block.startswith("```mermaid"):
        indent = len(block) - len(block.lstrip(" "))
        return "\n" + textwrap.indent(block, " " * (4 - indent if 0 < indent <= 3 else 0)) + "\n"
    names = dict(re.findall(r"(\w+)\[(\w+)\]", block))
    lines = [(names[a], names[b]) for a, b in re.findall(r"(\w+) --> (\w+)", block)]
    picture = draw("The rules", [Box(name=name) for name in names.values()], lines)
    return f"\n<div>{picture}</div>\n"
