"""Write figures as papers print them: true to size, with embedded fonts, in one and two columns.

A figure of a paper is that of the page, drawn for another width and scaled so that its words have 8
points. Each comes as PDF, SVG and PNG, all panels together and each panel alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gamegrid.report import agents_shown, drawing, palette, sheet
from gamegrid.report.agents_shown import AgentsShown
from gamegrid.report.drawing import picture, sketched, unique
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Figure, Panel
from gamegrid.report.figures.sketch import FONT_SIZE, Key, Look
from gamegrid.report.sheet import GAP, Picture, Titled
from gamegrid.store import latex
from gamegrid.store.tables import connect

POINTS = 8
"""The size of words in print, in points."""
PIXEL = POINTS / FONT_SIZE
"""The size of a drawing's pixel in print, in points."""
INCH = 72
"""Points in an inch."""
TALLEST = 7.5 * INCH / PIXEL
"""The height of a sheet without its legend at most, in pixels: a page has a caption, too."""
DPI = 300
"""Dots in an inch of the PNG files."""


@dataclass(frozen=True, slots=True)
class Format:
    """A width that journals print figures in, and the folder of its files."""

    folder: str
    inches: float
    columns: int
    """How many panels stand side by side."""

    @property
    def width(self) -> float:
        """The width in a drawing's pixels."""
        return self.inches * INCH / PIXEL


COLUMN = Format("column", 3.3, 1)
PAGE = Format("page", 6.9, 2)
FORMATS = (COLUMN, PAGE)


def write(database: Path, folder: Path, tell: Callable[[str], None] = lambda _: None) -> int:
    """Write every figure that has rows into ``folder``/figures. Returns the number of files.

    ``tell`` gets the name of each figure before it is drawn: large results take minutes. ``folder``
    also gets figures.tex, which shows the figures with their captions, and main.tex, which includes
    that. Raises UserError if what draws is not installed or ``database`` cannot be opened.
    """
    drawing.check_installed()
    written: list[tuple[Figure, dict[Format, list[str]]]] = []
    number = 0
    with closing(connect(database)) as connection:
        agents = agents_shown.read(connection)
        for figure in figures():
            rows = drawing.read(connection, figure)[1]
            if rows:
                tell(figure.name)
                files = list(_files(figure, figure.panels(rows), agents))
                for _, name, drawn in files:
                    number += _save(folder / "figures" / name, drawn)
                written.append((figure, _sheets(files)))
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "figures" / "captions.md").write_text(
        captions([each for each, _ in written]), "utf-8"
    )
    (folder / "figures.tex").write_text("".join(_shown(*each) for each in written), "utf-8")
    latex.write_main(folder)
    return number


@dataclass(frozen=True, slots=True)
class Sized:
    """A picture and how wide it is printed, in inches."""

    picture: Picture
    inches: float


def _files(
    figure: Figure, panels: Sequence[Panel], agents: AgentsShown
) -> Iterator[tuple[Format | None, str, Sized]]:
    """Yield the name and drawing of each file; sheets of all panels have a format, panels none."""
    names = slugs([panel.title for panel in panels])
    for form in FORMATS:
        alone = _drawn(panels, agents, form.width)
        columns = min(form.columns, len(panels))
        each = (form.width + GAP) / columns - GAP
        together = alone if columns == 1 else _drawn(panels, agents, each)
        for number, (part, shared) in enumerate(pages(together, columns)):
            name = f"{form.folder}/{figure.name}{f'-{number + 1}' if number else ''}"
            yield form, name, Sized(sheet.sheet(part, shared, columns, form.width), form.inches)
        if len(panels) > 1:
            for name, ((_, one), keys) in zip(names, alone, strict=True):
                whole = sheet.sheet([("", one)], unique(keys), 1, form.width)
                yield None, f"{form.folder}/{figure.name}/{name}", Sized(whole, form.inches)


def _drawn(
    panels: Sequence[Panel], agents: AgentsShown, width: float
) -> list[tuple[Titled, Sequence[Key]]]:
    """Return each panel as wide as ``width``, in pixels, with its keys."""
    found: list[tuple[Titled, Sequence[Key]]] = []
    for panel in panels:
        sketch = sketched(panel, Look(agents, width))
        title = sheet.wrapped(panel.title, width)
        found.append(((title, picture(panel, sketch)), sketch.keys))
    return found


def pages(
    panels: Sequence[tuple[Titled, Sequence[Key]]], columns: int
) -> Iterator[tuple[list[Titled], list[Key]]]:
    """Divide panels into sheets of whole rows that a page can hold. Each has all keys."""
    keys = unique(key for _, own in panels for key in own)
    page: list[Titled] = []
    tall = 0.0
    for row in sheet.rows([titled for titled, _ in panels], columns):
        high = sheet.height(row) + sheet.BELOW
        if page and tall + high > TALLEST:
            yield page, keys
            page, tall = [], 0.0
        page += row
        tall += high
    yield page, keys


def slugs(titles: Sequence[str]) -> list[str]:
    """Return a file name for each title, all different."""
    plain = [re.sub(r"\W+", "_", title.lower()).strip("_")[:60] or "panel" for title in titles]
    return [
        name if plain.index(name) == at else f"{name}-{at + 1}" for at, name in enumerate(plain)
    ]


def _save(path: Path, drawn: Sized) -> int:
    """Write a drawing as SVG, PDF and PNG in true size. Returns the number of files."""
    import vl_convert

    path.parent.mkdir(parents=True, exist_ok=True)
    wide = drawn.inches
    high = wide * drawn.picture.height / drawn.picture.width
    text = palette.fixed(drawn.picture.svg(width=f"{wide:g}in", height=f"{high:.4f}in"))
    # The converters take a pixel for a point.
    points = palette.fixed(
        drawn.picture.svg(width=f"{wide * INCH:.2f}", height=f"{high * INCH:.2f}")
    )
    path.with_name(f"{path.name}.svg").write_text(text, "utf-8")
    path.with_name(f"{path.name}.pdf").write_bytes(vl_convert.svg_to_pdf(points))
    path.with_name(f"{path.name}.png").write_bytes(vl_convert.svg_to_png(points, ppi=DPI))
    return 3


def captions(shown: Sequence[Figure]) -> str:
    """Return the captions of figures as Markdown."""
    parts = [f"## {each.name}: {each.title}\n\n{each.meaning} {each.caution}\n" for each in shown]
    return "# Captions\n\n" + "\n".join(parts)


def _sheets(files: Sequence[tuple[Format | None, str, Sized]]) -> dict[Format, list[str]]:
    """Return the names of the sheets of all panels, by format."""
    return {form: [name for own, name, _ in files if own is form] for form in FORMATS}


def _shown(figure: Figure, sheets: dict[Format, list[str]]) -> str:
    """Return a figure and its caption in LaTeX, once in each format."""
    text = latex.text(f"{figure.title}. {figure.meaning} {figure.caution}")
    parts = []
    for names in sheets.values():
        for at, name in enumerate(names):
            said = text if not at else latex.text(f"{figure.title}, continued.")
            label = name.replace("/", ":")
            parts += [
                r"\begin{figure}", r"\centering", f"\\includegraphics{{figures/{name}.pdf}}",
                f"\\caption{{{said}}}", f"\\label{{fig:{label}}}", r"\end{figure}", "",
            ]  # fmt: skip
    return "\n".join([*parts, ""])
