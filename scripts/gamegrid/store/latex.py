"""Texts and rows in LaTeX, and the document that shows what was exported."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "–": "--",
    "…": r"\ldots{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
}


def text(plain: str) -> str:
    """Return ``plain`` so that LaTeX prints it as it is, on one line."""
    return " ".join("".join(_SPECIAL.get(char, char) for char in plain).split())


def row(cells: Iterable[str]) -> str:
    """Return one line of a tabular of LaTeX texts."""
    return " & ".join(cells) + r" \\"


def tabular(layout: str, head: Sequence[str], body: Iterable[str]) -> str:
    """Return a tabular of LaTeX rows; the document needs the package booktabs."""
    return "\n".join(
        [
            f"\\begin{{tabular}}{{{layout}}}", "\\toprule", row(head), "\\midrule", *body,
            "\\bottomrule", "\\end{tabular}", "",
        ]
    )  # fmt: skip


def write_main(folder: Path) -> None:
    """Write main.tex into ``folder``, which shows its figures.tex and tables.tex if they exist."""
    content = (files("gamegrid.store") / "main.tex").read_text("utf-8")
    (folder / "main.tex").write_text(content, "utf-8")
