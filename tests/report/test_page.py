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
from gamegrid.report import page
from gamegrid.report.figures import figures
from store_samples import database, episode, pair


class Read(HTMLParser):
    """Collects elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.within: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.raw:
            self.within = tag
            self.raw[tag].append("")

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
    data, script = read.raw["script"]
    assert parts["default-src"] == "'none'"
    assert {parts["script-src"]} == hashes([script])
    assert {parts["style-src"]} == hashes(read.raw["style"])
    assert json.loads(data)["episodes"]


def test_nothing_is_fetched_and_nothing_runs_from_an_attribute(hostile: str) -> None:
    for tag, attributes in Read(hostile).elements:
        assert tag not in ("img", "iframe", "link", "object", "embed", "base")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_what_models_say_is_in_the_page_as_data_alone(hostile: str) -> None:
    data, script = Read(hostile).raw["script"]
    for text in report_samples.HOSTILE:
        if "<" in text:
            assert text not in hostile
        assert json.dumps(text, ensure_ascii=False)[1:-1] in json.dumps(
            json.loads(data), ensure_ascii=False
        )
    assert "window.ran" not in script


def test_every_figure_is_there_or_says_why_not(tmp_path: Path) -> None:
    text = report_samples.built(database(tmp_path, [])).read_text("utf-8")
    plain = re.sub(r"\s+", " ", html.unescape(text))
    for figure in figures():
        assert figure.title in plain
        assert figure.empty in plain
    assert "No model was asked" in plain


def test_equal_databases_give_equal_pages(tmp_path: Path) -> None:
    episodes = [each for deal in range(2) for each in pair("tic_tac_toe", "a", "b", deal, 1, 0.5)]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        report_samples.built(database(tmp_path / name, episodes))
    one, two = (tmp_path / name / "report.html" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


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
