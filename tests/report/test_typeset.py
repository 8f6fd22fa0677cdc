"""What is exported for papers, compiled by a real LaTeX."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import paper_samples
from gamegrid.report import paper
from gamegrid.store import latex_tables

pytestmark = pytest.mark.browser

TOOLS = ("pdflatex", "pdffonts")


@pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)),
    reason="There is no LaTeX: apt-get install texlive-latex-recommended poppler-utils.",
)
def test_a_document_of_all_figures_and_tables_compiles(tmp_path: Path) -> None:
    results = paper_samples.results(tmp_path)
    folder = tmp_path / "paper"
    assert paper.write(results, folder) > 0
    assert latex_tables.write(results, folder, {}) > 0
    made = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=300, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-3000:]
    assert not re.findall(r"Overfull.*|LaTeX Warning.*multiply.*", made.stdout)
    shown = (folder / "tables.tex").read_text("utf-8") + (folder / "figures.tex").read_text("utf-8")
    read = "".join(made.stdout.split())
    for name in re.findall(r"\\(?:input|includegraphics)\{([^}]+)\}", shown):
        assert name in read, name
    listed = subprocess.run(
        ["pdffonts", "main.pdf"], cwd=folder, capture_output=True, text=True, check=True
    )
    fonts = [line.split() for line in listed.stdout.splitlines()[2:]]
    assert fonts
    assert all(font[-5] == "yes" and "Type 3" not in " ".join(font) for font in fonts)
    for form, inches in latex_tables.WIDTHS.items():
        assert widths(folder, form) <= inches * 72.27


def widths(folder: Path, form: str) -> float:
    """Return the width of the widest table of a format as LaTeX sets it, in points."""
    tables = sorted((folder / "tables" / form).glob("*.tex"))
    body = "".join(
        f"\\setbox0=\\hbox{{\\input{{tables/{form}/{table.name}}}}}\\typeout{{wide \\the\\wd0}}\n"
        for table in tables
    )
    head = r"\documentclass[10pt]{article}\usepackage{booktabs}\begin{document}"
    text = head + body + r"x\end{document}"
    (folder / "measure.tex").write_text(text, "utf-8")
    made = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "measure.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, check=True,
    )  # fmt: skip
    found = [float(wide) for wide in re.findall(r"wide ([\d.]+)pt", made.stdout)]
    assert len(found) == len(tables) > 0
    return max(found)
