"""The picture of the database shows the tables and references that there are."""

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from gamegrid.pages import schema_picture
from gamegrid.pages.layered_drawing import Box, draw
from gamegrid.store import database

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_is_that_of_the_schema() -> None:
    """``make pages`` writes it."""
    assert schema_picture.PATH.read_text("utf-8") == schema_picture.picture()


def test_it_shows_every_column_of_each_table() -> None:
    shown = {
        text.text for text in ElementTree.fromstring(schema_picture.picture()).iter(f"{SVG}text")
    }
    with duckdb.connect() as connection:
        database.create_empty(connection)
        for table in schema_picture.IDENTIFIED_BY:
            columns = connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]
            ).fetchall()
            assert {table, *(name for (name,) in columns)} <= shown


def test_references_follow_from_the_sources_of_the_keys() -> None:
    columns = {
        "episodes": {"episode_id": "computed", "game": "games.game"},
        "seats": {"episode_id": "episodes.episode_id", "seat": "configuration"},
        "decisions": {"episode_id": "tasks.episode_id", "ply": "harness", "seat": "OpenSpiel"},
        "games": {"game": "configuration"},
    }
    assert schema_picture.references(columns) == {
        ("games", "episodes"),
        ("episodes", "seats"),
        ("episodes", "decisions"),
        ("single_moves", "decisions"),
    }


@pytest.mark.parametrize("sideways", [False, True])
def test_boxes_do_not_overlap_and_lie_within_the_picture(sideways: bool) -> None:
    names = [f"box{number}" for number in range(9)]
    boxes = [Box(name=name, lines=["x" * n] * n) for n, name in enumerate(names)]
    lines = [(names[n // 2], name) for n, name in enumerate(names) if n] + [("box0", "box8")]
    root = ElementTree.fromstring(draw("a < b", boxes, lines, sideways=sideways))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    _, *drawn = (
        [float(rect.attrib.get(key, 0)) for key in ("x", "y", "width", "height")]
        for rect in root.iter(f"{SVG}rect")
    )
    assert len(drawn) == len(boxes)
    for x, y, w, h in drawn:
        assert 0 <= x <= x + w <= width and 0 <= y <= y + h <= height
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(drawn, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    assert len(list(root.iter(f"{SVG}path"))) == len(lines) + 1, "and the arrow's own"


def test_a_line_to_a_box_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        draw("", [Box(name="a")], [("a", "b")])


def test_the_document_shows_the_picture() -> None:
    page = (schema_picture.PATH.parent / "analysis.md").read_text("utf-8")
    assert f"]({Path(schema_picture.PATH).name})" in page
