"""The page: a single file that runs only its own scripts, whatever the database holds."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

import report_samples
from gamegrid.report import agents_shown, numbers, page, ranked_list
from gamegrid.report.figures import figures
from gamegrid.store.tables import connect
from store_samples import database, episode, pair


class Read(HTMLParser):
    """Collects elements with their attributes, and the text of scripts, styles and data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": [], "data": []}
        self.within: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        kind = "data" if dict(attrs).get("type") == "application/json" else tag
        if kind in self.raw:
            self.within = kind
            self.raw[kind].append("")

    def handle_endtag(self, tag: str) -> None:
        self.within = None

    def handle_data(self, data: str) -> None:
        if self.within:
            self.raw[self.within][-1] += data


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of results whose texts try to be more than text."""
    folder = tmp_path_factory.mktemp("hostile")
    return report_samples.built(report_samples.hostile(folder)).read_text("utf-8")


def test_the_page_of_a_shard_says_that_it_is_one(hostile: str) -> None:
    assert "<b>Shard 2/8:</b>" in hostile


def hashes(texts: list[str]) -> set[str]:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}


def test_the_policy_names_the_page_s_own_script_and_style_and_no_other(hostile: str) -> None:
    read = Read(hostile)
    [policy] = [
        attributes["content"] or ""
        for tag, attributes in read.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    [script] = read.raw["script"]
    assert parts["default-src"] == "'none'"
    assert {parts["script-src"]} == hashes([script])
    assert {parts["style-src"]} == hashes(read.raw["style"])
    replays, behind = map(json.loads, read.raw["data"])
    assert replays["episodes"]
    shown = {attributes["id"] for tag, attributes in read.elements if tag == "figure"}
    assert shown - {"ratings"} <= set(behind)


def test_nothing_is_fetched_and_nothing_runs_from_an_attribute(hostile: str) -> None:
    for tag, attributes in Read(hostile).elements:
        assert tag not in ("img", "iframe", "link", "object", "embed", "base")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith(("#", "tables/"))


def test_every_name_of_an_element_is_its_own(hostile: str) -> None:
    names = [attributes["id"] for _, attributes in Read(hostile).elements if "id" in attributes]
    assert len(set(names)) == len(names)
    links = {attributes.get("href") or "" for _, attributes in Read(hostile).elements}
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)


def test_what_models_say_is_in_the_page_as_data_alone(hostile: str) -> None:
    read = Read(hostile)
    data = json.dumps([json.loads(text) for text in read.raw["data"]], ensure_ascii=False)
    for text in report_samples.HOSTILE:
        if "<" in text:
            assert text not in hostile
        assert json.dumps(text, ensure_ascii=False)[1:-1] in data
    assert "window.ran" not in read.raw["script"][0]


def test_a_figure_without_data_is_listed_with_the_reason(tmp_path: Path) -> None:
    text = report_samples.built(database(tmp_path, [])).read_text("utf-8")
    plain = re.sub(r"\s+", " ", html.unescape(text))
    for figure in figures():
        assert figure.title in plain
        assert figure.empty in plain
    assert "No model was asked" in plain
    shown = {attributes.get("id") for tag, attributes in Read(text).elements if tag == "figure"}
    assert shown == {"ratings"}
    sections = {attributes.get("id") for tag, attributes in Read(text).elements if tag == "section"}
    assert sections == {"standings", "replays", "run"}


def test_equal_databases_give_equal_pages(tmp_path: Path) -> None:
    episodes = [each for deal in range(2) for each in pair("tic_tac_toe", "a", "b", deal, 1, 0.5)]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        report_samples.built(database(tmp_path / name, episodes))
    one, two = (tmp_path / name / "report.html" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_what_the_tests_found_comes_first(tmp_path: Path) -> None:
    episodes = [
        each for deal in range(30) for each in pair("tic_tac_toe", "a", "b", deal, 1, deal % 2)
    ]
    path = database(tmp_path, episodes)
    with duckdb.connect(str(path)) as connection:
        for row in ("8, NULL, 'warn', 'd: half its own.'", "9, NULL, 'bad', 'c: no move its own.'"):
            connection.execute(f"INSERT INTO headlines VALUES ({row})")
    text = report_samples.built(path).read_text("utf-8")
    said = (
        "c: no move its own.",
        "a leads: it is stronger than b.",
        "d: half its own.",
        "<nav",
        "<main",
    )
    places = [text.index(words, text.index("<body>")) for words in said]
    assert places == sorted(places)


def test_each_agent_has_one_place_in_the_ranked_list(tmp_path: Path) -> None:
    """Possible ranks instead of several first ranks; agents without a rating come last."""
    episodes = [
        each for deal in range(3) for each in pair("tic_tac_toe", "a", "b", deal, 1, deal % 2)
    ]
    path = database(tmp_path, episodes)
    with connect(path) as connection:
        board = list(page.rows_of(connection, "leaderboard"))
        sets = ranked_list.sets(board, agents_shown.read(connection))
    assert [[(row.agent.agent, row.ranks) for row in each.rows] for each in sets] == [
        [("a", "1 to 2"), ("b", "1 to 2")],
        [("c", ""), ("d", "")],
    ]
    _, b = sets[0].rows
    assert b.low is not None
    assert b.at is not None
    assert b.high is not None
    assert 0 <= b.low <= b.at <= b.high <= ranked_list.WIDTH


def test_whatever_notes_point_to_is_there(tmp_path: Path) -> None:
    """Every table that a text of the page names is one of its figures or one of its links."""
    path = database(tmp_path, [])
    with connect(path) as connection:
        names = {
            name
            for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()
        }
    text = report_samples.built(path).read_text("utf-8")
    links = {
        Path(attributes.get("href") or "").stem
        for tag, attributes in Read(text).elements
        if tag == "a"
    }
    notes = " ".join(f"{figure.meaning} {figure.caution}" for figure in figures())
    named = {word for word in re.findall(r"\w+", notes) if word in names and "_" in word}
    named |= set(re.findall(r"tables? (\w+)", notes)) & names
    assert {"paired", "further_deals", "prior_sensitivity"} <= named
    assert named <= links | {figure.view for figure in figures()}


def test_the_numbers_behind_a_figure_are_its_rows() -> None:
    rows = [
        {"agent": "a", "score": 0.5, "deals": 3, "own": True, "reason": None},
        {"agent": "b", "score": None, "deals": 0, "own": False, "reason": None},
        {"agent": "a", "score": 1e-9, "deals": None, "own": None, "reason": None},
    ]
    read = {}
    table = numbers.table(list(rows[0]), rows, {"score": "0 to 1: the mean"})
    for column in table["columns"]:
        words = column.get("words")
        values = [
            each if words is None or each is None else words[each] for each in column["values"]
        ]
        read[column["name"]] = (column["kind"], values or [None] * len(rows))
    assert read == {
        "agent": ("text", ["a", "b", "a"]),
        "score": ("real", [0.5, None, 1e-9]),
        "deals": ("whole", [3, 0, None]),
        "own": ("text", ["yes", "no", None]),
        "reason": (None, [None] * 3),
    }
    assert table["columns"][1]["meaning"] == "0 to 1: the mean"


CHECKS = {
    "All 2 checks passed": "(true), (true), (NULL)",
    "1 of 2 checks failed": "(true), (false)",
    "No check could be made": "(NULL)",
}


@pytest.mark.parametrize(("said", "rows"), CHECKS.items())
def test_the_banner_tells_how_the_checks_went(said: str, rows: str, tmp_path: Path) -> None:
    path = database(tmp_path, [])
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP VIEW IF EXISTS controls")
        connection.execute(f"CREATE TABLE controls AS FROM (VALUES {rows}) AS t(passed)")
    assert said in report_samples.built(path).read_text("utf-8")


def test_unfinished_episodes_are_told_first(tmp_path: Path) -> None:
    path = database(tmp_path, [episode("tic_tac_toe", "ab", 0, 0, status="error")])
    text = report_samples.built(path).read_text("utf-8")
    assert "1 of 1 episodes are not finished" in text
    assert text.index("are not finished") < text.index("<main>")


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (True, "yes"), (0.5, "0.500"), (0.00123, "0.0012"), (1234, "1,234"), ("a", "a")],
)
def test_values_as_people_read_them(value: object, said: str) -> None:
    assert page.shown(value) == said
