"""The list of all episodes and single replays, as a page gets them."""

import html
import json
import re
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest

import report_samples
from gamegrid.errors import UserError
from gamegrid.report.replay_bundle import embedded
from gamegrid.serve import browsing
from gamegrid.store.tables import connect
from served_site import serving

COUNTS = {
    ("game", "kuhn_poker"): "SELECT count(*) FROM episodes WHERE game = 'kuhn_poker'",
    ("agent", "optimal"): "SELECT count(DISTINCT episode_id) FROM seats WHERE agent = 'optimal'",
    ("status", "complete"): "SELECT count(*) FROM episodes WHERE status = 'complete'",
    ("status", "truncated"): "SELECT 0",
    ("id", "Talking"): "SELECT count(*) FROM episodes WHERE episode_id LIKE '%talking%'",
    ("mistakes", "regret"): "SELECT count(DISTINCT episode_id) FROM decisions WHERE regret > 0",
    ("mistakes", "not_own"): "SELECT count(DISTINCT episode_id) FROM decisions "
    "WHERE status IN ('fallback', 'forfeit')",
    ("mistakes", "failed"): "SELECT count(DISTINCT episode_id) FROM calls WHERE failure NOT NULL",
    ("text", "i CANNOT say"): "SELECT count(DISTINCT episode_id) FROM calls "
    "WHERE contains(reply, 'I cannot say')",
    ("text", "%"): "SELECT count(DISTINCT episode_id) FROM calls WHERE contains(reply, '%')",
}  # fmt: skip


def query(results: Path, sql: str) -> Any:
    with closing(connect(results / "gamegrid.duckdb")) as connection:
        return connection.execute(sql).fetchall()


def shown(page: str) -> list[str]:
    """Return the episodes that a page lists."""
    return [html.unescape(name) for name in re.findall(r'scope="row"><a[^>]*>([^<]*)</a>', page)]


async def test_all_pages_together_list_every_episode_once(
    result_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "PAGE", 20)
    known = [name for (name,) in query(result_set, "SELECT episode_id FROM episodes")]
    listed, address = list[str](), "/episodes"
    async with serving(result_set) as client:
        while address:
            status, page = await client.get(address)
            assert status == 200
            listed += shown(page)
            links = re.findall(r'<a href="([^"]*)">next ›</a>', page)
            address = html.unescape(links[0]) if links else ""
    assert sorted(listed) == sorted(known) and len(known) > 40


@pytest.mark.parametrize(("name", "value"), COUNTS)
async def test_a_filter_selects_what_the_database_says(
    result_set: Path, name: str, value: str
) -> None:
    found = await browsing.listed(result_set / "gamegrid.duckdb", {name: value}, 1)
    [(count,)] = query(result_set, COUNTS[name, value])
    assert found.fitting == count
    assert len(found.rows) == min(count, browsing.PAGE)


async def test_filters_hold_together_and_stay_in_the_links(
    result_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "PAGE", 2)
    async with serving(result_set) as client:
        _, page = await client.get("/episodes?game=tic_tac_toe&agent=alone&mistakes=failed")
    names = shown(page)
    assert names and all(name.startswith("tic_tac_toe:") and "alone" in name for name in names)
    for link in re.findall(r'href="(/episodes\?[^"]*)"', page):
        assert "game=tic_tac_toe" in link and "agent=alone" in link and "mistakes=failed" in link


@pytest.mark.parametrize("number", ["0", "999", "x", "-1", "1e3", "9" * 30, "²"])
async def test_a_page_that_is_not_there_is_the_first(result_set: Path, number: str) -> None:
    async with serving(result_set) as client:
        status, page = await client.get(f"/episodes?page={number}")
    assert status == 200 and shown(page)


async def test_every_episode_is_a_replay_with_its_replies(result_set: Path) -> None:
    rows = query(result_set, "SELECT episode_id, list(reply) FROM calls GROUP BY ALL ORDER BY ALL")
    names = [name for (name,) in query(result_set, "SELECT episode_id FROM episodes")]
    said = dict(rows)
    async with serving(result_set) as client:
        for name in names[::15]:
            status, page = await client.get("/episode", params={"id": name})
            assert status == 200
            for reply in said.get(name, ()):
                assert embedded(reply)[1:-1] in page


async def test_an_unknown_episode_is_one_sentence(result_set: Path) -> None:
    async with serving(result_set) as client:
        for name in ("nothing", "' OR true --", "../../etc/passwd", "\x00"):
            status, said = await client.get("/episode", params={"id": name})
            assert status == 400
            assert "has no episode" in said and "Traceback" not in said


async def test_without_a_database_the_page_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path / "results") as client:
        for address in ("/episodes", "/episode?id=x"):
            status, page = await client.get(address)
            assert status == 200 and "There is no database" in page


async def test_what_models_say_is_text_on_every_page(tmp_path: Path) -> None:
    database = report_samples.hostile(tmp_path)
    assert database.name == "gamegrid.duckdb"
    names = [name for (name,) in query(database.parent, "SELECT episode_id FROM episodes")]
    addresses = ["/episodes", "/episodes?text=<script>alert(1)</script>&id=\"'><b>"]
    async with serving(database.parent) as client:
        for address in addresses + [f"/episode?id={name}" for name in names]:
            status, page = await client.get(address)
            assert status == 200
            scripts = re.findall(r"<script[^>]*>", page)
            data = '<script type="application/json" id="replay-data">'
            assert [each for each in scripts if each != data] == ["<script>"]
            assert "<b>" not in re.sub(r"<b>Partial", "", page)
            assert "<img" not in page


async def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "gamegrid.duckdb").write_bytes(b"no database" * 1000)
    async with serving(tmp_path) as client:
        status, said = await client.get("/episodes")
    assert status == 400
    assert "cannot be opened" in said and "Traceback" not in said


async def test_a_view_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "gamegrid.duckdb"
    endless = "sum(a.range * b.range * c.range)::BIGINT"
    with duckdb.connect(str(database)) as connection:
        connection.execute((files("gamegrid.store") / "schema.sql").read_text("utf-8"))
        connection.execute("ALTER TABLE episodes RENAME TO hidden")
        connection.execute(
            "CREATE VIEW episodes AS SELECT h.* REPLACE (e.deal AS deal) FROM "
            f"(SELECT {endless} AS deal FROM range(1000000) AS a, range(1000000) AS b, "
            "range(1000000) AS c) AS e LEFT JOIN hidden AS h ON true"
        )
    monkeypatch.setattr(browsing, "PATIENCE_S", 0.2)
    with pytest.raises(UserError, match=r"INTERRUPT|Interrupted"):
        await browsing.listed(database, {}, 1)


async def test_the_newest_database_is_read_when_a_grid_replaces_it(
    result_set: Path, tmp_path: Path
) -> None:
    other = report_samples.hostile(tmp_path / "other")
    place = tmp_path / "gamegrid.duckdb"
    place.write_bytes((result_set / "gamegrid.duckdb").read_bytes())
    before = await browsing.listed(place, {}, 1)
    other.replace(place)
    after = await browsing.listed(place, {}, 1)
    assert before.rows[0]["episode_id"] != after.rows[0]["episode_id"]
    assert json.dumps(after.choices["game"]) == '["tic_tac_toe"]'
