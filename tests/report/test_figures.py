"""Figures: found by folder, drawn from the database alone, explicit about missing data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from gamegrid.report import agents_shown, drawing, palette
from gamegrid.report.figures import figures
from gamegrid.report.figures.axes import HEIGHT
from gamegrid.report.figures.cost_axis import CostAxis, written
from gamegrid.report.figures.curve_marks import Curves
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow
from gamegrid.report.figures.front_marks import Front, beside
from gamegrid.report.figures.heat_marks import Heat
from gamegrid.report.figures.regret_by_ply_figure import panels as regret_panels
from gamegrid.report.figures.sketch import (
    FONT_SIZE,
    LETTER,
    NARROW,
    Channel,
    Drawing,
    Look,
    Sketch,
    share_of,
)  # fmt: skip
from gamegrid.report.figures.stack_marks import Part, Stacks
from gamegrid.report.sheet import Picture
from gamegrid.store.tables import connect
from store_samples import agent, database, game, pair

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


def look(*agents: str, width: float = NARROW) -> Look:
    return Look(agents_shown.shown([(name, None, "{}", False) for name in agents]), width)


def drawn(one: Drawing, *agents: str, width: float = NARROW) -> ElementTree.Element:
    """Draw as the page does, for these agents in this order."""
    return shown_svg(one.draw(look(*agents, width=width)))


def shown_svg(sketch: Sketch) -> ElementTree.Element:
    return ElementTree.fromstring(Picture.of(drawing.svg(sketch.chart), sketch.message).svg())


def labels(root: ElementTree.Element, axis: str) -> list[str]:
    """Return the words of an axis, X or Y, in order."""
    groups = [
        each for each in root.iter() if (each.get("aria-label") or "").startswith(f"{axis}-axis")
    ]
    return [
        text.text or ""
        for group in groups
        for part in group.iter(f"{SVG}g")
        if part.get("class") == "mark-text role-axis-label"
        for text in part.iter(f"{SVG}text")
    ]


def lines(root: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the lines of intervals."""
    groups = [
        each for each in root.iter(f"{SVG}g") if "mark-rule role-mark" in each.get("class", "")
    ]
    return [
        line
        for group in groups
        for line in group.iter(f"{SVG}line")
        if not line.get("stroke-dasharray")
    ]


def scaled(root: ElementTree.Element, at: float) -> float:
    """Return the number at a place on the horizontal axis, from those of its words."""
    [axis] = [each for each in root.iter() if (each.get("aria-label") or "").startswith("X-axis")]
    words = [each for each in axis.iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
    (a, one), (b, other) = [
        (float((w.text or "").replace("−", "-")), place(w)) for w in (words[0], words[-1])
    ]
    return a + (at - one) / (other - one) * (b - a)


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


def test_a_figure_whose_rows_hold_nothing_to_draw_has_no_files(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as scores by tokens, if no call states its tokens."""
    empty = [replace(figure, panels=lambda rows: []) for figure in figures()]
    monkeypatch.setattr(drawing, "figures", lambda: empty)
    drawing.write_figures(results, tmp_path / "none")
    assert list((tmp_path / "none").iterdir()) == []


def test_every_figure_with_rows_is_an_svg_and_a_png_and_the_same_each_time(
    results: Path, tmp_path: Path
) -> None:
    drawing.write_figures(results, tmp_path / "one")
    drawing.write_figures(results, tmp_path / "two")
    with connect(results) as connection:
        shown = [each.name for each in figures() if drawing.read(connection, each)[1]]
    names = {f"{name}.{form}" for name in shown for form in ("svg", "png")}
    assert {path.name for path in (tmp_path / "one").iterdir()} == names
    for name in names:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        if name.endswith(".png"):
            assert content.startswith(PNG)
            continue
        assert b"var(" not in content
        assert b"currentColor" not in content
        ElementTree.fromstring(content)


# All panels of a database


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five agents of different strengths in three games; not all of them play everything."""
    names = ["d", "c", "e", "a", "b"]
    met = {"tic_tac_toe": names, "nim": names[1:], "hex": names[:3]}
    episodes = [
        each
        for name, players in met.items()
        for at, one in enumerate(players)
        for other in players[at + 1 :]
        for deal in range(4)
        for each in pair(name, one, other, deal, 1, 0.5 * (deal % 2))
    ]
    listed = [agent(name) for name in names], [game(name) for name in met]
    return database(tmp_path_factory.mktemp("several"), episodes, *listed)


@pytest.mark.parametrize("width", [NARROW, 1112])
def test_every_chart_is_valid_vega_lite(several: Path, width: int) -> None:
    with connect(several) as connection:
        agents = agents_shown.read(connection)
        for figure in figures():
            if rows := drawing.read(connection, figure)[1]:
                for panel in figure.panels(rows):
                    drawing.sketched(panel, Look(agents, width)).chart.to_dict()


def test_agents_have_one_order_in_all_panels(several: Path) -> None:
    with connect(several) as connection:
        agents = agents_shown.read(connection)
        order = [each.label for each in agents.agents]
        seen = 0
        for figure in figures():
            for _, text in drawing.draw(connection, figure, agents).panels:
                for part in text.split("</svg>")[:-1]:
                    root = ElementTree.fromstring(f"{part}</svg>")
                    rows, columns = labels(root, "Y"), labels(root, "X")
                    named = [name for name in rows if name in order]
                    assert named == [name for name in order if name in named]
                    seen += len(named)
                    if figure.name == "head_to_head":
                        assert rows == columns
    assert seen > 50


def test_panels_have_titles_and_names_of_their_own(several: Path) -> None:
    with connect(several) as connection:
        for figure in figures():
            panels = drawing.draw(connection, figure).panels
            titles = [title for title, _ in panels]
            assert len(set(titles)) == len(titles)
            names = [
                part.get("aria-label") or ""
                for _, text in panels
                for part in [ElementTree.fromstring(text.partition("</svg>")[0] + "</svg>")]
            ]
            assert len(set(names)) == len(names)
            for title, name in zip(titles, names, strict=True):
                assert name.startswith(f"{title}. ") and name.endswith(".")


def test_panels_fit_a_phone(several: Path) -> None:
    with connect(several) as connection:
        for figure in figures():
            for _, text in drawing.draw(connection, figure).panels:
                narrow = ElementTree.fromstring(text.split("</svg>")[-2] + "</svg>")
                assert float(narrow.get("width", "nan")) <= NARROW


# Channels


def test_an_axis_holds_only_values_that_exist() -> None:
    draw = Random(7)
    for _ in range(200):
        values = [draw.choice([None, draw.random()]) for _ in range(draw.randrange(6))]
        known = [value for value in values if value is not None]
        assert share_of("share").domain(values) == (0, 1)
        entropy = Channel(title="bits", limits=(0, None), shown=(0, 0)).domain(values)
        assert entropy[0] == 0
        assert entropy[1] >= max(known, default=0)
        low, high = Channel(title="points").domain(values)
        assert low < min(known, default=0) <= max(known, default=1) < high
        assert Channel(title="difference", limits=(-1, 1), even=0).domain(values)[1] <= 1


# Drawings


def mean(agent: str, **more: Any) -> FigureRow:
    return {"agent": agent, "value": 0.5, "low": 0.25, "high": 0.75, "reason": None, **more}


def dotted(rows: Sequence[FigureRow], *agents: str, **more: Any) -> ElementTree.Element:
    return drawn(
        Dots(
            rows=rows, value="value", ends=("low", "high"), reason="reason",
            channel=share_of("score"), **more,
        ),
        *agents,
    )  # fmt: skip


def said(root: ElementTree.Element) -> list[str]:
    """Return the statements of marks."""
    return [
        each.get("aria-label") or ""
        for each in root.iter()
        if each.get("role") == "graphics-symbol" and each.get("aria-roledescription") != "axis"
    ]


def test_dots_stand_at_their_value_on_their_interval() -> None:
    root = dotted([mean("one"), mean("two", value=0.1, low=0.0, high=0.2)], "two", "one")
    assert labels(root, "Y") == ["two", "one"]
    values = [scaled(root, place(dot)) for dot in marks(root, "point")]
    assert values == pytest.approx([0.5, 0.1], abs=0.01)
    ends = [sorted((place(line), place(line) + float(line.get("x2", 0)))) for line in lines(root)]
    reach = [[scaled(root, end) for end in each] for each in ends]
    assert reach == [pytest.approx(each, abs=0.01) for each in ([0.25, 0.75], [0, 0.2])]


def test_a_mark_says_the_whole_statement_and_the_chart_its_message() -> None:
    root = dotted(
        [
            mean("mcts", value=0.8, low=0.71, high=0.82),
            mean("two", low=None, high=None, reason="one deal"),
        ]
    )
    assert said(root) == ["mcts 0.80, 95 % 0.71 to 0.82", "two 0.50, no interval: one deal"]
    assert root.get("aria-label") == (
        "Highest: mcts 0.80, 95 % 0.71 to 0.82. Lowest: two 0.50, no interval: one deal."
    )


def test_a_missing_interval_is_a_word_and_a_missing_end_the_edge() -> None:
    none = dotted([mean("one", low=None, high=None, reason="one deal")])
    assert lines(none) == []
    assert "one deal" in words(none)
    root = dotted([mean("one", high=None, reason="no upper end")])
    [line] = lines(root)
    ends = sorted((place(line), place(line) + float(line.get("x2", 0))))
    assert [scaled(root, end) for end in ends] == pytest.approx([0.25, 1], abs=0.01)
    assert said(root) == ["one 0.50, 95 % 0.25 to no end (no upper end)"]


def test_a_ring_stands_only_where_the_strict_score_differs() -> None:
    rows = [mean("one", strict=0.5), mean("two", strict=0.2)]
    root = dotted(rows, hollow="strict")
    values = sorted(scaled(root, place(dot)) for dot in marks(root, "point"))
    assert values == pytest.approx([0.2, 0.5, 0.5], abs=0.01)


def test_series_differ_by_shape_and_by_the_colours_of_seats() -> None:
    rows = [mean("one", seat=seat) for seat in (0, 1)]
    dots = marks(dotted(rows, series="seat", hues=palette.SEATS), "point")
    assert [dot.get("fill") for dot in dots] == [str(palette.SEATS[0]), str(palette.SEATS[1])]
    assert len({dot.get("d") for dot in dots}) == 2


def test_an_unknown_cell_has_a_dash_and_no_colour() -> None:
    rows = [{"x": "a", "y": "b", "v": 0.25}, {"x": "c", "y": "b", "v": None}]
    heat = Heat(rows=rows, x="x", y="y", value="v", ramp=palette.EVEN, domain=(0, 1))
    root = drawn(heat)
    assert len(marks(root, "rect mark")) == 1
    assert {"0.25", "–"} <= set(words(root))
    assert said(root) == ["b, a: 0.25", "b, c: unknown"]


def test_a_cell_has_the_colour_of_its_value() -> None:
    """Zero alone has the first colour of amounts, and the middle of a scale is neutral."""

    def fill(ramp: palette.Ramp, value: float, domain: tuple[float, float]) -> str | None:
        rows = [{"x": "a", "y": "b", "v": value}]
        heat = Heat(rows=rows, x="x", y="y", value="v", ramp=ramp, domain=domain)
        [cell] = marks(drawn(heat), "rect mark")
        return cell.get("fill")

    assert fill(palette.AMOUNT, 0, (0, 1)) == str(palette.AMOUNT.fills[0])
    assert fill(palette.AMOUNT, 0.001, (0, 1)) == str(palette.AMOUNT.fills[1])
    assert fill(palette.AMOUNT, 1, (0, 1)) == str(palette.AMOUNT.fills[-1])
    assert fill(palette.EVEN, 0, (-3, 3)) == str(palette.EVEN.fills[4])
    assert fill(palette.EVEN, -3, (-3, 3)) == str(palette.EVEN.fills[0])


@pytest.mark.parametrize("agents", [3, 20])
def test_a_square_matrix_names_its_rows_and_columns_alike(agents: int) -> None:
    """Nobody meets itself, and the last agent stands in no row of its own."""
    names = [f"agent_{n:02}" for n in range(agents)]
    rows = [
        {"agent": one, "opponent": other, "v": 0.5}
        for one in names[:-1]
        for other in names
        if one != other
    ]
    heat = Heat(
        rows=rows, x="opponent", y="agent", value="v", ramp=palette.EVEN, domain=(0, 1), square=True
    )
    root = drawn(heat, *reversed(names))
    assert labels(root, "X") == labels(root, "Y") == list(reversed(names))
    assert ("0.50" in words(root)) == (agents == 3)
    assert float(root.get("width", "nan")) <= NARROW
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("font-size", f"{FONT_SIZE}px").removesuffix("px")) >= 9


def test_parts_follow_one_another_in_their_colours() -> None:
    rows = [
        {"agent": "a", "game": "g", "part": part, "share": share}
        for part, share in (("x", 0.75), ("y", 0.25), ("z", 0.0))
    ]
    parts = {name: Part(hue, 1.0) for name, hue in zip("yxz", palette.CATEGORIES, strict=False)}
    stacks = Stacks(
        rows=rows, x="game", y="agent", share="share", part="part", parts=parts, whole="moves"
    )
    bars = marks(drawn(stacks), "bar")
    assert [bar.get("fill") for bar in bars] == [str(palette.BLUE), str(palette.VERMILION)]
    assert [bar.get("aria-label") for bar in bars] == [
        "a, g: y 0.25 of moves",
        "a, g: x 0.75 of moves",
    ]
    boxes = [
        (bar.get("d") or "").removeprefix("M").replace("h", ",").replace("v", ",").split(",")
        for bar in bars
    ]
    (start, _, first, *_), (then, _, second, *_) = [
        [float(each.rstrip("Z")) for each in box[:3]] for box in boxes
    ]
    assert then == pytest.approx(start + first, abs=0.02)
    assert second == pytest.approx(3 * first, abs=0.02)


def test_an_interval_wider_than_the_chart_is_cut() -> None:
    rows = [
        {"agent": "a", "ply": ply, "regret": 1.0, "low": -9.0, "high": 9.0, "reason": None}
        for ply in range(3)
    ]
    curves = Curves(
        rows=rows, x="ply", y="regret", ends=("low", "high"), reason="reason", title="ply",
        channel=Channel(title="regret", limits=(0, None)),
    )  # fmt: skip
    [one, *_] = lines(drawn(curves, "a"))
    assert abs(float(one.get("y2", 0))) == HEIGHT


def regret(agent: str, ply: int, value: float) -> FigureRow:
    none = {"low": None, "high": None, "reason": None}
    return {"game": "g", "agent": agent, "ply": ply, "mean_regret": value, **none}


def test_lines_of_agents_differ_without_colour() -> None:
    names = [f"a{n}" for n in range(6)]
    rows = [
        {
            "agent": name,
            "ply": ply,
            "mean_regret": 1.0,
            "low": None,
            "high": None,
            "reason": None,
            "game": "g",
        }
        for name in names
        for ply in (0, 1)
    ]
    [panel] = regret_panels(rows)
    root = shown_svg(drawing.sketched(panel, look(*names)))
    dots = {(each.get("aria-label") or "")[:2]: each.get("d") for each in marks(root, "point")}
    groups = [each for each in root.iter(f"{SVG}g") if "mark-line" in each.get("class", "")]
    dashes = [line.get("stroke-dasharray") for each in groups for line in each.iter(f"{SVG}path")]
    assert len(dashes) == len(set(dots.values())) == len(names)
    assert len(set(dashes)) == 5


def test_many_agents_are_rows_of_a_matrix() -> None:
    rows = [
        {
            "agent": f"a{n}",
            "ply": 2 - ply,
            "mean_regret": float(n),
            "low": None,
            "high": None,
            "reason": None,
            "game": "g",
        }
        for n in range(7)
        for ply in (0, 1)
    ]
    [panel] = regret_panels(rows)
    root = shown_svg(drawing.sketched(panel, look(*(f"a{n}" for n in range(7)))))
    assert labels(root, "X") == ["1", "2"]
    assert len(marks(root, "rect mark")) == 14


def test_what_costs_something_unknown_is_not_drawn() -> None:
    usual = {"score": 0.5, "score_low": 0.4, "score_high": 0.6, "score_reason": None, "front": True}
    rows = [{"agent": "a", "cost": 1.0, **usual}, {"agent": "b", "cost": None, **usual}]
    front = Front(rows=rows, cost="cost", title="USD", channel=share_of("score"))
    root = drawn(front, "a", "b")
    assert "a" in words(root)
    assert "b" not in words(root)
    assert said(root) == ["a 0.50, 95 % 0.40 to 0.60, for 1 USD"]


def test_ticks_of_costs_never_collide() -> None:
    draw = Random(3)
    for _ in range(300):
        costs = tuple(10 ** draw.uniform(-7, 2) for _ in range(draw.randrange(1, 6)))
        costs += (0.0,) * draw.randrange(2)
        axis = CostAxis(costs, draw.choice([200.0, 300.0, 1000.0]))
        ticks = axis.ticks()
        low, high = axis.domain
        spans = [
            (axis.width * (at - low) / (high - low), LETTER * len(text) / 2) for at, text in ticks
        ]
        assert all(b - w >= a + v for (a, v), (b, w) in pairwise(spans))
        assert len(ticks) >= 1
        for cost in costs:
            assert low <= axis.place(cost) <= high


def test_a_cost_is_written_without_an_exponent() -> None:
    assert [written(cost) for cost in (0, 0.00001, 0.5, 20.0, 1500)] == [
        "0", "0.00001", "0.5", "20", "1,500",
    ]  # fmt: skip


def test_names_beside_dots_never_overlap() -> None:
    draw = Random(5)
    for _ in range(100):
        dots = [(draw.uniform(0, 300), draw.uniform(0, HEIGHT)) for _ in range(8)]
        lengths = [draw.uniform(20, 90) for _ in dots]
        boxes = [
            ((x - 9 - length if left else x + 9), length, y)
            for (x, _), length, (left, y) in zip(
                dots, lengths, beside(dots, lengths, 300), strict=True
            )
        ]
        for at, (a, wide, y) in enumerate(boxes):
            for b, length, z in boxes[at + 1 :]:
                assert abs(y - z) >= FONT_SIZE - 1e-9 or a + wide <= b or b + length <= a


def test_words_of_others_stay_words() -> None:
    name = "</text><script>alert(1)</script>&\"'"
    root = dotted([mean(name, reason=name, low=None, high=None)], name)
    assert not list(root.iter(f"{SVG}script"))
    assert name in words(root)
    assert said(root) == [f"{name} 0.50, no interval: {name}"]


def test_numbers_in_words_keep_their_digits() -> None:
    """Places are rounded, words are not."""
    root = dotted([mean("0.123456 to 1.23456", reason="0.98765", low=None, high=None)])
    assert {"0.123456 to 1.23456", "0.98765"} <= set(words(root))
