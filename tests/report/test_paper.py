"""Figures for papers: true to size, in words of 8 points, with fonts embedded."""

import re
import struct
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest

import paper_samples
from gamegrid.report import paper, sheet
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Figure
from gamegrid.report.figures.sketch import FONT_SIZE, Key, Mark
from gamegrid.report.palette import BLUE
from gamegrid.report.paper import DPI, FORMATS, POINTS, TALLEST
from gamegrid.report.sheet import Picture, Titled


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Figure], int]:
    """A folder of three figures, these, and the number of files that were announced.

    test_typeset.py exports them all.
    """
    folder = tmp_path_factory.mktemp("paper")
    results = paper_samples.results(folder)
    shown = [each for each in figures() if each.name in ("per_game", "ratings", "score_map")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "figures", lambda: shown)
        return folder / "out", shown, paper.write(results, folder / "out")


def test_every_figure_is_there_in_each_format_together_and_by_panel(
    exported: tuple[Path, list[Figure], int],
) -> None:
    folder, shown, number = exported
    files = [path for path in folder.rglob("*.*") if path.suffix in (".pdf", ".png", ".svg")]
    assert len(files) == number
    for form in FORMATS:
        for figure in shown:
            for suffix in ("pdf", "png", "svg"):
                assert (folder / "figures" / form.folder / f"{figure.name}.{suffix}").is_file()
        panels = {path.stem for path in (folder / "figures" / form.folder / "per_game").iterdir()}
        assert panels == {"misere_tic_tac_toe", "tic_tac_toe"}
    names = {path.relative_to(folder / "figures").with_suffix("") for path in files}
    assert len(names) * 3 == number


def test_files_are_true_to_size(exported: tuple[Path, list[Figure], int]) -> None:
    folder, _, _ = exported
    for form in FORMATS:
        for svg in (folder / "figures" / form.folder).rglob("*.svg"):
            root = ElementTree.parse(svg).getroot()
            wide, high = (
                float(root.get(side, "").removesuffix("in")) for side in ("width", "height")
            )
            assert wide == form.inches
            _, _, width, _ = map(float, root.get("viewBox", "").split())
            assert FONT_SIZE * wide * 72 / width == pytest.approx(POINTS, abs=0.02)
            png = svg.with_suffix(".png").read_bytes()
            assert struct.unpack(">II", png[16:24]) == pytest.approx(
                (wide * DPI, high * DPI), abs=2
            )
            where = png.index(b"pHYs") + 4
            assert struct.unpack(">II", png[where : where + 8]) == (round(DPI / 0.0254),) * 2
            pdf = svg.with_suffix(".pdf").read_bytes()
            [box] = re.findall(rb"/MediaBox ?\[([^\]]+)\]", pdf)
            assert [float(end) for end in box.split()[2:]] == pytest.approx(
                [72 * wide, 72 * high], abs=0.1
            )
            assert b"/FontFile" in pdf or not list(root.iter("{http://www.w3.org/2000/svg}text"))


def test_captions_are_in_one_file_and_every_sheet_is_shown(
    exported: tuple[Path, list[Figure], int],
) -> None:
    folder, shown, _ = exported
    captions = (folder / "figures" / "captions.md").read_text("utf-8")
    included = re.findall(
        r"includegraphics\{([^}]+)\}", (folder / "figures.tex").read_text("utf-8")
    )
    for figure in shown:
        assert (
            f"## {figure.name}: {figure.title}\n\n{figure.meaning} {figure.caution}\n" in captions
        )
        for form in FORMATS:
            assert f"figures/{form.folder}/{figure.name}.pdf" in included
    assert all((folder / name).is_file() for name in included)


def panel(number: int, height: float) -> tuple[Titled, tuple[Key, ...]]:
    key = Key(Mark.DOT, (BLUE,), str(number))
    return (f"panel {number}", Picture(300, height, "", "")), (key,)


def test_sheets_hold_every_panel_in_order_and_fit_a_page() -> None:
    draw = Random(11)
    for _ in range(50):
        panels = [panel(n, draw.uniform(60, 900)) for n in range(draw.randrange(1, 12))]
        columns = draw.choice([1, 2])
        pages = list(paper.pages(panels, columns))
        assert [each for page, _ in pages for each in page] == [titled for titled, _ in panels]
        for page, keys in pages:
            assert len(keys) == len(panels)
            rows = sheet.rows(page, columns)
            tall = sum(sheet.height(row) + sheet.BELOW for row in rows)
            assert tall <= TALLEST or len(rows) == 1


def test_long_titles_are_wrapped_above_their_panel() -> None:
    games = ", ".join(f"game_{n}" for n in range(12))
    title = sheet.wrapped(games, 300)
    assert " ".join(title.split()) == games
    assert title.count("\n") == 2
    picture = Picture(300, 50, "", "<g/>")
    one, three = (sheet.sheet([(each, picture)], (), 1) for each in ("short", title))
    assert three.height == one.height + 2 * sheet.LINE
    assert three.inner.count("<text") == 3


def test_files_of_panels_have_names_of_their_own() -> None:
    titles = ["a b", "a, b", "A B", "", "…", "x" * 90, "x" * 95]
    names = paper.slugs(titles)
    assert len(set(names)) == len(titles)
    assert all(re.fullmatch(r"[\w-]+", name) for name in names)
