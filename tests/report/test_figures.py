"""Figures: found by folder, drawn from the database alone, explicit about missing data."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from gamegrid.report.figures.marks import WIDTH, curves, dots, front, heat, shares

from gamegrid.report import drawing, palette
from gamegrid.report.figures import figures
from gamegrid.report.figures.figure import Figure, FigureRow
from gamegrid.store.tables import connect
from store_samples import database, pair

EVERY = pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.name)
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four deals of one game."""
    episodes = [each for deal in range(4) for each in pair("tic_tac_toe", "a", "b", deal, 1, 0.5)]
    return database(tmp_path_factory.mktemp("results"), episodes)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without episodes."""
    return database(tmp_path_factory.mktemp("nothing"), [])


def drawn(chart: Any) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg(chart))


def words(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def marks(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if each.get("aria-roledescription") == kind]


def place(one: ElementTree.Element) -> float:
    """Return where a mark is or a line starts, in pixels from the left edge of the plot."""
    return float(one.get("transform", "").removeprefix("translate(").partition(",")[0])


# Declarations


def test_names_and_places_are_unique() -> None:
    assert max(Counter(figure.name for figure in figures()).values()) == 1
    assert max(Counter((figure.section, figure.place) for figure in figures()).values()) == 1


@EVERY
def test_a_figure_says_how_to_read_it(figure: Figure) -> None:
    for text in (figure.title, figure.meaning, figure.caution, figure.empty):
        assert text[:1].isupper() or text.startswith("ok:")
    assert figure.meaning.endswith(".")
    assert figure.caution.endswith(".")
    assert figure.empty.endswith(".")


@EVERY
def test_a_figure_without_data_says_so_instead(figure: Figure, nothing: Path) -> None:
    with connect(nothing) as connection:
        found = drawing.draw(connection, figure)
    assert (found.rows, found.panels) == ((), ())


def test_a_figure_whose_view_is_missing_has_no_data(results: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(results.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        [ratings] = [figure for figure in figures() if figure.name == "ratings"]
        assert drawing.read(connection, ratings)[1]
        connection.execute("DROP VIEW leaderboard")
        assert drawing.read(connection, ratings) == ((), [])


# Files


def test_every_figure_is_an_svg_and_a_png_and_the_same_each_time(
    results: Path, tmp_path: Path
) -> None:
    drawing.write_figures(results, tmp_path / "one")
    drawing.write_figures(results, tmp_path / "two")
    names = {f"{figure.name}.{form}" for figure in figures() for form in ("svg", "png")}
    assert {path.name for path in (tmp_path / "one").iterdir()} == names
    for name in names:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        if name.endswith(".png"):
            assert content.startswith(PNG)
            continue
        assert b"var(" not in content
        assert b"currentColor" not in content
        shown = words(ElementTree.fromstring(content))
        [figure] = [each for each in figures() if each.name == name.removesuffix(".svg")]
        with connect(results) as connection:
            assert (figure.empty in shown) == (not drawing.read(connection, figure)[1])


def test_colours_differ_in_either_dress() -> None:
    for dark in (False, True):
        values = palette.variables(dark=dark)
        shades = [values[f"--{each.name}"] for each in palette.CATEGORIES]
        assert len(set(shades)) == len(shades)


# Drawings


def mean(agent: str, **more: Any) -> FigureRow:
    return {"agent": agent, "value": 0.5, "low": 0.25, "high": 0.75, "reason": None, **more}


def dotted(rows: Sequence[FigureRow], **more: Any) -> ElementTree.Element:
    return drawn(
        dots(
            rows, value="value", ends=("low", "high"), reason="reason", title="score",
            domain=(0, 1), **more,
        )
    )  # fmt: skip


def test_dots_stand_at_their_value_on_their_interval() -> None:
    root = dotted([mean("one"), mean("two", value=0.1, low=0.0, high=0.2)])
    assert [place(dot) for dot in marks(root, "point")] == pytest.approx([125, 25])
    ends = [(place(line), float(line.get("x2", 0))) for line in marks(root, "rule mark")]
    reach = [sorted((start, start + length)) for start, length in ends]
    assert reach == [pytest.approx(each) for each in ([62.5, 187.5], [0, 50])]


def test_a_missing_interval_is_a_word_and_a_missing_end_the_edge() -> None:
    none = dotted([mean("one", low=None, high=None, reason="one deal")])
    assert marks(none, "rule mark") == []
    assert "one deal" in words(none)
    [line] = marks(dotted([mean("one", high=None, reason="no upper end")]), "rule mark")
    start = place(line)
    assert sorted((start, start + float(line.get("x2", 0)))) == pytest.approx([62.5, WIDTH])


def test_a_ring_stands_only_where_the_strict_score_differs() -> None:
    rows = [mean("one", strict=0.5), mean("two", strict=0.2)]
    root = dotted(rows, hollow="strict")
    assert sorted(place(dot) for dot in marks(root, "point")) == pytest.approx([50, 125, 125])


def test_an_unknown_cell_has_a_dash_and_no_colour() -> None:
    rows = [{"x": "a", "y": "b", "v": 0.25}, {"x": "c", "y": "b", "v": None}]
    chart = heat(rows, x="x", y="y", value="v", scale=palette.EVEN_SCALE, domain=(0, 1))
    root = drawn(chart)
    assert len(marks(root, "rect mark")) == 1
    assert {"0.25", "–"} <= set(words(root))


def test_shares_follow_one_another() -> None:
    rows = [
        {"agent": "a", "part": part, "share": share} for part, share in (("x", 0.75), ("y", 0.25))
    ]
    bars = marks(
        drawn(shares(rows, share="share", part="part", parts=("y", "x"), title="share")), "bar"
    )
    found = {bar.get("aria-label", "")[-1]: (bar.get("d") or "").split("h")[0] for bar in bars}
    starts = {part: float(path[1:].partition(",")[0]) for part, path in found.items()}
    assert sorted(starts.values()) == pytest.approx([0, WIDTH / 4])


def test_an_interval_wider_than_the_chart_is_cut() -> None:
    rows = [{"agent": "a", "ply": ply, "regret": 1.0, "low": -9.0, "high": 9.0} for ply in range(3)]
    [chart] = curves(rows, x="ply", y="regret", ends=("low", "high"), titles=("ply", "regret"))
    [one, *_] = marks(drawn(chart), "rule mark")
    assert abs(float(one.get("y2", 0))) == 170


def test_more_agents_than_colours_have_more_charts() -> None:
    many = [
        {"agent": f"a{n}", "ply": 0, "regret": 1.0, "low": None, "high": None}
        for n in range(len(palette.CATEGORIES) + 1)
    ]
    charts = curves(many, x="ply", y="regret", ends=("low", "high"), titles=("ply", "regret"))
    assert len(charts) == 2


def test_what_costs_something_unknown_is_not_drawn() -> None:
    usual = {"score": 0.5, "score_low": 0.4, "score_high": 0.6, "front": True}
    rows = [{"agent": "a", "cost": 1.0, **usual}, {"agent": "b", "cost": None, **usual}]
    root = drawn(front(rows, cost="cost", title="USD"))
    assert "a" in words(root)
    assert "b" not in words(root)


def test_words_of_others_stay_words() -> None:
    name = "</text><script>alert(1)</script>&\"'"
    root = dotted([mean(name, reason=name, low=None, high=None)])
    assert not list(root.iter(f"{SVG}script"))
    assert name in words(root)
