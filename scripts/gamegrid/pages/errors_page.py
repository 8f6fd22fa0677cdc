"""Generate the list of all errors in docs/troubleshooting.md from the code that raises them."""

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
"""Placeholder for values that are known only when the error is raised."""


def page(text: str) -> str:
    """Return the page with its list of errors refreshed."""
    return LIST.sub(lambda match: f"{match[1]}{listing()}{match[2]}", text)


def listing() -> str:
    """Return all error texts as a Markdown list, grouped by module."""
    parts = []
    for module, texts in groupby(errors(), key=lambda error: error[0]):
        lines = dict.fromkeys(f"- `{text.replace('`', chr(39))}`\n" for _, text in texts)
        parts.append(f"\n**{module}**\n\n{''.join(lines)}")
    return "".join(parts) + "\n"


def errors() -> Iterator[tuple[str, str]]:
    """Yield (module, text) for every error whose text is written in the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE).with_suffix(""))
        yield from ((name, text) for text in _texts(path))


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            text = _text(node.args[0])
            # A call that only passes another message on has no text to list.
            if node.func.id in ERRORS and re.search(r"[a-z]{3}", text):
                yield " ".join(text.split())


def _text(node: ast.expr) -> str:
    """Return the text of an expression, with VALUE for each inserted value."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.BinOp(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return VALUE
