"""The list of all errors in docs/troubleshooting.md, read from the code that raises them."""

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from gamegrid.paths import WORKFLOW

PATH = WORKFLOW / "docs/troubleshooting.md"
PACKAGE = WORKFLOW / "scripts/gamegrid"
LIST = re.compile(r"(<!-- errors -->\n).*?(<!-- end -->)", re.DOTALL)
ERRORS = ("UserError", "BackendError")
VALUE = "…"
"""Stands for what is put in when the error is raised."""


def page(text: str) -> str:
    """Return the page with its list of errors made anew."""
    return LIST.sub(lambda found: f"{found[1]}{listing()}{found[2]}", text)


def listing() -> str:
    """Return every error text as a Markdown list, by the module that raises it."""
    parts = []
    for module, texts in groupby(errors(), key=lambda found: found[0]):
        lines = dict.fromkeys(f"- `{text.replace('`', chr(39))}`\n" for _, text in texts)
        parts.append(f"\n**{module}**\n\n{''.join(lines)}")
    return "".join(parts) + "\n"


def errors() -> Iterator[tuple[str, str]]:
    """Yield module and text of every error that is raised with words of its own."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE).with_suffix(""))
        yield from ((name, text) for text in _texts(path))


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            text = _text(node.args[0])
            # What passes another's words on says nothing itself.
            if node.func.id in ERRORS and re.search(r"[a-z]{3}", text):
                yield " ".join(text.split())


def _text(node: ast.expr) -> str:
    """Return what a text expression says."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return VALUE
