"""Replays in a real Chromium: stepping, marks, finding episodes, and whatever models say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

import report_samples
import result_sets
from arena import bot, play, setup
from browser_watch import SCHEMES, WIDTHS, Page, Watched, chromium, violations
from drawing_readers import BOARDS
from gamegrid import games
from gamegrid.__main__ import main
from gamegrid.report import boards, replay_section
from gamegrid.report import page as page_of
from gamegrid.store.tables import connect
from replay_rows import judged
from workflow_runs import ROOT

pytestmark = pytest.mark.browser

SHOTS = ROOT / "results/browser"
"""Screenshots of the last run, for people to look at."""
DRAWN = ("chess", "hex_4", "breakthrough_5x4", "nim", "leduc_poker", "goofspiel_4_3p", "pig_20")
"""One game of each kind of drawing, and one without."""


@pytest.fixture(scope="module")
def browser(asked: Path, drawn: Path, hostile: Path) -> Iterator[Any]:
    """A headless Chromium, opened once the pages are there: both need an event loop."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of two models, which fail at times, and two bots; its page is beside it."""
    database = result_sets.make(tmp_path_factory.mktemp("asked")) / "gamegrid.duckdb"
    page_of.build(database, database.with_suffix(".html"))
    return database


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a game of bots for each of ``DRAWN``; its page is beside it."""
    folder = tmp_path_factory.mktemp("drawn")
    names = ("one", "two", "three")
    agents = {name: bot("random") for name in names}
    episodes = [
        episode
        for game in map(games.load, DRAWN)
        for episode in play([setup(game, names[: game.players])], agents)
    ]
    database = judged(folder, DRAWN, agents, episodes)
    page_of.build(database, database.with_suffix(".html"))
    return database


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose models' replies try to do harm."""
    return report_samples.built(report_samples.hostile(tmp_path_factory.mktemp("hostile")))


def query(database: Path, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connect(database) as connection:
        return connection.execute(sql, values).fetchall()


def near(page: Page) -> None:
    """Scroll to the replays, which are built then."""
    page.locator("#replays").scroll_into_view_if_needed()
    page.locator("#replay h3").wait_for()


def go(page: Page, episode_id: str, ply: int = 0) -> None:
    """Follow a link to a ply."""
    link = f"#{quote(episode_id, safe='')}/{ply}"
    page.evaluate("hash => { location.hash = hash; }", link)
    page.wait_for_function(
        "hash => document.querySelector('.replay-along a')?.getAttribute('href') === hash", arg=link
    )


def found(page: Page) -> list[str]:
    """The episodes that are listed, after asking for all of them."""
    while (more := page.locator("#replay-found > button")).count():
        more.click()
    listed = page.locator("#replay-found [data-episode]")
    return listed.evaluate_all("all => all.map(one => one.dataset.episode)")


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_text_contents()]


# Stepping


def test_nothing_is_built_before_the_reader_comes_to_the_replays(browser: Any, asked: Path) -> None:
    with Watched(browser, asked.with_suffix(".html")) as page:
        for place in ("#replay", "#replay-found", "#replay-choice"):
            assert page.locator(f"{place} *").count() == 0
        near(page)
        assert page.locator("#replay *").count() > 50


def test_a_replay_stepped_to_the_end_shows_the_stored_final_position(
    browser: Any, asked: Path
) -> None:
    sql = "SELECT episode_id, trajectory FROM episodes WHERE game = 'tic_tac_toe' LIMIT 3"
    game, (read, truth) = games.load("tic_tac_toe"), BOARDS["tic_tac_toe"]
    with Watched(browser, asked.with_suffix(".html")) as page:
        for episode_id, trajectory in query(asked, sql):
            go(page, episode_id)
            page.locator("#replay").focus()
            for _ in range(9):
                page.keyboard.press("ArrowRight")
            assert page.locator(".replay-end").count() == 1
            drawing = page.locator(".replay-board svg").evaluate(
                "svg => new XMLSerializer().serializeToString(svg)"
            )
            last = game.replay(json.loads(trajectory))
            assert last.is_terminal()
            assert read(ElementTree.fromstring(drawing), game) == truth(last)


def test_the_list_of_moves_follows_the_keyboard_and_stays_in_view(
    browser: Any, drawn: Path
) -> None:
    [(episode_id, plies)] = query(
        drawn, "SELECT episode_id, plies FROM episodes WHERE game = 'chess'"
    )
    inside = """() => {
        const [list, now] = ['.replay-list', '.replay-list [aria-current]']
            .map(each => document.querySelector(each).getBoundingClientRect());
        return now.top >= list.top && now.bottom <= list.bottom + 1;
    }"""
    with Watched(browser, drawn.with_suffix(".html"), 390) as page:
        go(page, episode_id)
        page.locator("#replay").focus()
        top = page.evaluate("scrollY")
        for key, ply in (("End", plies), ("ArrowLeft", plies - 1), ("Home", 0), ("ArrowRight", 1)):
            page.keyboard.press(key)
            assert page.locator(".replay-list [aria-current]").count() == 1
            assert texts(page, ".replay-list [aria-current] .replay-ply") == [str(ply)]
            assert page.evaluate(inside)
        assert page.evaluate("scrollY") == top


def test_moves_carry_the_verdicts_of_the_database(browser: Any, asked: Path) -> None:
    sql = (
        "SELECT ply, label, status, regret, optimal AND NOT trivial FROM decisions"
        " WHERE episode_id = ? ORDER BY ply"
    )
    with Watched(browser, asked.with_suffix(".html")) as page:
        near(page)
        seen = set()
        for episode_id in [e for e in found(page) if e.startswith("tic_tac_toe")][:12]:
            go(page, episode_id)
            rows = page.locator(".replay-list button")
            for ply, label, status, regret, best in query(asked, sql, [episode_id]):
                told = rows.nth(ply).text_content()
                assert label in told
                marks = set(re.findall(r"replay-mark (\w+)", rows.nth(ply).inner_html()))
                wanted = {status} - {"ok"}
                if regret:
                    wanted.add("blunder" if regret > 1 else "mistake")
                elif best:
                    wanted.add("best")
                assert marks == wanted
                seen |= wanted
        assert seen == {"rethought", "fallback", "mistake", "blunder", "best"}


@pytest.mark.parametrize("model", [True, False], ids=["model", "bot"])
def test_next_mistake_goes_through_those_of_a_model_or_of_a_bot(
    browser: Any, asked: Path, model: bool
) -> None:
    sql = (
        "SELECT episode_id, list(DISTINCT ply ORDER BY ply) FROM decisions"
        " JOIN agents USING (agent) JOIN episodes USING (episode_id)"
        " WHERE (regret > 0 OR decisions.status IN ('fallback', 'forfeit'))"
        " AND (model IS NOT NULL) = ? GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 3"
    )
    with Watched(browser, asked.with_suffix(".html")) as page:
        near(page)
        for episode_id, plies in query(asked, sql, [model]):
            go(page, episode_id)
            words = f"Go to the next mistake of a {'model' if model else 'bot'}"
            after = [ply for ply in plies if ply > 0] + [ply for ply in plies if ply == 0]
            visited = []
            for _ in after:
                page.get_by_role("button", name=words).click()
                visited.append(int(page.url.rpartition("/")[2]))
            assert visited == after
            page.locator("#replay").press("m" if model else "b")
            assert page.url.endswith(f"/{after[0]}")


def test_a_link_opens_its_episode_at_its_ply(browser: Any, asked: Path) -> None:
    [(episode_id,)] = query(
        asked, "SELECT episode_id FROM episodes WHERE plies > 3 ORDER BY episode_id DESC LIMIT 1"
    )
    with Watched(browser, asked.with_suffix(".html")) as page:
        go(page, episode_id)
        page.locator("#replay").press("ArrowRight")
        link = page.locator(".replay-along a").evaluate("each => each.href")
        assert link == page.url
        page.goto("about:blank")
        page.goto(link)
        assert texts(page, ".replay-along output")[0].startswith("ply 1 of")
        assert page.locator("#replay").is_visible()
        assert page.evaluate("document.querySelector('#replay').getBoundingClientRect().top") < 900


def test_it_plays_by_itself_to_the_end(browser: Any, asked: Path) -> None:
    [(episode_id,)] = query(asked, "SELECT episode_id FROM episodes ORDER BY plies LIMIT 1")
    with Watched(browser, asked.with_suffix(".html")) as page:
        go(page, episode_id)
        page.get_by_label("Speed").select_option("fast")
        page.get_by_role("button", name="Play", exact=True).click()
        assert page.get_by_role("button", name="Stop").count() == 1
        page.locator(".replay-end").wait_for(timeout=10_000)
        assert page.get_by_role("button", name="Play", exact=True).count() == 1


# Board and graph


def test_the_chosen_move_and_the_values_of_all_moves_are_on_the_board(
    browser: Any, asked: Path
) -> None:
    game = games.load("tic_tac_toe")
    cells = {game.label(game.spiel.new_initial_state(), 0, cell): cell for cell in range(9)}
    data = replay_section.replay_data(asked)
    episode = next(e for e in data["episodes"] if e["game"] == "tic_tac_toe")
    with Watched(browser, asked.with_suffix(".html")) as page:
        for ply, frame in enumerate(episode["frames"][:-1]):
            go(page, episode["episode_id"], ply)
            [choice] = frame["choices"]
            ring = page.locator(".replay-board .chosen circle")
            place = [int(float(ring.get_attribute(name) or 0) // 10) for name in ("cy", "cx")]
            assert place == list(divmod(cells[choice["label"]], 3))
            written = page.locator(".replay-board .value text").evaluate_all(
                "all => all.map(e => [+e.getAttribute('x'), +e.getAttribute('y'), e.textContent])"
            )
            read = {
                (int(y // 10), int(x // 10)): float(value.replace("\u2212", "-"))
                for x, y, value in written
            }
            assert read == {
                divmod(cells[label], 3): value
                for label, value in zip(choice["labels"], choice["values"], strict=True)
            }


def test_the_graph_lies_where_the_values_are_and_says_so(browser: Any, asked: Path) -> None:
    data = replay_section.replay_data(asked)
    for episode in data["episodes"][:6]:
        with Watched(browser, asked.with_suffix(".html")) as page:
            go(page, episode["episode_id"])
            graph = episode["graph"]
            lines = page.locator(".replay-graph .line")
            assert lines.count() == len(graph["lines"])
            for number, line in enumerate(graph["lines"]):
                heights = (
                    lines.nth(number)
                    .locator("circle")
                    .evaluate_all("all => all.map(each => +each.getAttribute('cy'))")
                )
                values = [value for _, value in line["points"]]
                share = [(graph["high"] - v) / (graph["high"] - graph["low"]) for v in values]
                assert heights == pytest.approx([8 + 84 * each for each in share])
            words = page.locator(".replay-graph svg").get_attribute("aria-label")
            costly = [c for f in episode["frames"] for c in f["choices"] if c.get("regret")]
            assert words.count(", regret ") == len(costly)


def test_a_board_takes_moves_for_a_person_who_plays(browser: Any, drawn: Path) -> None:
    """By click and by key; from square to square in two steps."""
    draw = """([drawing, marks]) => {
        window.moves = [];
        const place = document.getElementById('replay');
        gamegrid.board.draw(place, drawing, { marks, onMove: labels => window.moves.push(labels) });
    }"""
    with Watched(browser, drawn.with_suffix(".html")) as page:
        near(page)
        for name in ("hex_4", "breakthrough_5x4", "chess"):
            game = games.load(name)
            state = game.spiel.new_initial_state()
            seat = state.current_player()
            labels = game.labels(state, seat)
            marks = [
                {"kind": "legal", "label": label, "spot": spot.plain()}
                for label, spot in zip(labels, boards.spots(game, state, seat), strict=True)
                if spot is not None
            ]
            page.evaluate(draw, [boards.draw(game, state), marks])
            assert violations(page) == []
            page.locator("#replay .target").first.click()
            if name != "hex_4":
                page.locator("#replay .target").first.press("Enter")
            [[label]] = page.evaluate("window.moves")
            assert label in labels


def test_chess_can_be_copied_as_fen_and_pgn(browser: Any, drawn: Path) -> None:
    episode_id = query(drawn, "SELECT episode_id FROM episodes WHERE game = 'chess'")[0][0]
    shown = replay_section.replay(drawn, episode_id)
    with Watched(browser, drawn.with_suffix(".html")) as page:
        for ply in (0, 7):
            go(page, episode_id, ply)
            page.evaluate("document.querySelector('.replay-notation').open = true")
            position = shown.frames[ply].position
            assert position is not None and shown.record is not None
            assert page.get_by_label("FEN", exact=True).input_value() == position.text
            assert page.get_by_label("PGN", exact=True).input_value() == shown.record.text


# Prompts and replies


def test_the_exact_prompt_and_reply_of_every_call_can_be_read(browser: Any, asked: Path) -> None:
    sql = (
        "SELECT ply, attempt, messages, reply FROM calls"
        " WHERE episode_id = ? ORDER BY ply, seat, attempt"
    )
    ids = query(
        asked,
        "SELECT episode_id FROM calls JOIN episodes USING (episode_id)"
        " GROUP BY ALL ORDER BY count(*) DESC, episode_id LIMIT 2",
    )
    opened = "all => all.forEach(each => { each.open = true; })"
    with Watched(browser, asked.with_suffix(".html")) as page:
        for (episode_id,) in ids:
            calls = query(asked, sql, [episode_id])
            for ply in {ply for ply, *_ in calls}:
                go(page, episode_id, ply)
                for _ in range(2):  # what opens may hold more that opens
                    page.locator(".replay-decision details").evaluate_all(opened)
                    page.wait_for_timeout(30)
                here = [(m, r) for p, _, m, r in calls if p == ply]
                assert texts(page, ".replay-decision .replay-reply") == [r for _, r in here]
                sent = [m["content"].strip() for m, _ in ((json.loads(m), r) for m, r in here)
                        for m in m]  # fmt: skip
                assert texts(page, ".replay-decision .replay-message") == sent


def test_replies_of_an_episode_are_found_by_failure_length_and_agent(
    browser: Any, asked: Path
) -> None:
    [(episode_id,)] = query(
        asked,
        "SELECT episode_id FROM calls JOIN episodes USING (episode_id)"
        " WHERE matchup = 'alone--talking' AND game = 'tic_tac_toe'"
        " GROUP BY ALL ORDER BY count(failure) DESC, episode_id LIMIT 1",
    )
    rows = query(
        asked,
        "SELECT failure IS NOT NULL, agent FROM calls"
        " JOIN decisions USING (episode_id, ply, seat) WHERE episode_id = ?",
        [episode_id],
    )
    with Watched(browser, asked.with_suffix(".html")) as page:
        go(page, episode_id)
        page.locator(".replay-all > summary").click()
        items = page.locator(".replay-calls > li")
        items.first.wait_for()
        assert items.count() == len(rows)
        page.get_by_label("Kind of reply").select_option("failures")
        assert items.count() == sum(failed for failed, _ in rows) > 0
        page.locator(".replay-filter").get_by_label("Agent").select_option("talking")
        assert items.count() == sum(failed and name == "talking" for failed, name in rows)
        page.get_by_label("Kind of reply").select_option("long")
        assert items.count() == 0


# Finding episodes


def test_episodes_are_found_by_game_agent_outcome_event_and_text(browser: Any, asked: Path) -> None:
    def ids(where: str) -> set[str]:
        sql = (
            f"SELECT DISTINCT episode_id FROM seats JOIN episodes USING (episode_id) WHERE {where}"
        )
        return {episode_id for (episode_id,) in query(asked, sql)}

    calls = "SELECT episode_id FROM calls JOIN decisions USING (episode_id, ply, seat)"
    wanted = {
        ("game", "kuhn_poker"): ids("game = 'kuhn_poker'"),
        ("agent", "talking"): ids("agent = 'talking'"),
        ("event", "move not the agent's own"): ids(
            "episode_id IN (SELECT episode_id FROM decisions WHERE status = 'fallback')"
        ),
        ("event", "unparsable reply"): ids(f"episode_id IN ({calls} WHERE failure = 'unparsable')"),
        ("event", "mistake"): ids(
            "episode_id IN (SELECT episode_id FROM decisions WHERE regret > 0)"
        ),
        ("outcome", "draw"): ids(
            "game = 'tic_tac_toe' AND score = 0.5 OR game = 'kuhn_poker' AND \"return\" = 0"
        ),
    }
    with Watched(browser, asked.with_suffix(".html")) as page:
        near(page)
        everything = set(found(page))
        assert everything == ids("true")
        for (name, value), expected in wanted.items():
            page.locator(f"#replay-{name}").select_option(value)
            assert set(found(page)) == expected
            assert 0 < len(expected) < len(everything) or value == "mistake"
            page.locator(f"#replay-{name}").select_option("any")
        page.locator("#replay-agent").select_option("talking")
        page.locator("#replay-outcome").select_option("win")
        assert set(found(page)) == ids(
            "agent = 'talking' AND (score = 1 OR game = 'kuhn_poker' AND \"return\" > 0)"
        )
        for name in ("agent", "outcome"):
            page.locator(f"#replay-{name}").select_option("any")
        page.locator("#replay-text").fill("i CANNOT say")
        assert set(found(page)) == wanted["event", "unparsable reply"]
        page.locator("#replay-text").fill("no such words")
        assert found(page) == []
        assert "gamegrid replay" in page.locator("#replay-found").inner_text()


# What models say


def test_whatever_a_model_says_is_text(browser: Any, hostile: Path) -> None:
    with Watched(browser, hostile) as page:
        near(page)
        seen = set()
        for episode_id in found(page):
            go(page, episode_id)
            page.locator(".replay-all > summary").click()
            page.locator(".replay-calls details").first.wait_for(state="attached")
            page.locator(".replay-calls details").evaluate_all(
                "all => all.forEach(each => { each.open = true; })"
            )
            page.wait_for_function(
                "count => document.querySelectorAll('.replay-calls .replay-reply').length >= count",
                arg=len(report_samples.MOVES),
            )
            seen |= set(page.locator(".replay-calls .replay-reply").all_text_contents())
        assert set(report_samples.HOSTILE) <= seen
        [cut] = [text for text in seen if text.startswith("<b>x</b>")]
        assert report_samples.LONG.startswith(cut)
        page.locator("#replay-text").fill("<script>")
        assert found(page)
        assert page.evaluate("window.ran") is None
        assert page.locator("#replays b, #replays img, a[href^='javascript']").count() == 0
        assert texts(page, "#run td:nth-child(3)")[0] == "hf_<b>bold</b>"


def test_a_drawing_cannot_run_or_load_anything(browser: Any, hostile: Path) -> None:
    """A plug-in's drawing is trusted as its code is, but what it draws may hold a model's words."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="window.ran = 1">'
        '<script>window.ran = 2</script><image href="https://example.org/x.png"/>'
        '<a href="javascript:window.ran = 3"><text y="5" onclick="window.ran = 4">move</text></a>'
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject><path d=""/>'
        "</svg>"
    )
    watched = Watched(browser, hostile)
    left = watched.page.evaluate(
        "drawing => gamegrid.board.draw(document.getElementById('replay'), drawing).outerHTML",
        drawing,
    )
    assert re.findall(r"<(\w+)", left) == ["svg", "path"]
    assert "ran" not in left
    assert watched.page.evaluate("window.ran") is None
    # The policy stops the handlers while the text is parsed, before they are removed.
    assert all("Content Security Policy" in text for text in watched.said)
    assert watched.asked == [hostile.as_uri()]
    watched.page.close()


# Looks


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_the_screen_and_axe_finds_nothing(
    browser: Any, asked: Path, drawn: Path, hostile: Path, width: int, scheme: str
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    single = drawn.with_name("single.html")
    [(only,)] = query(drawn, "SELECT episode_id FROM episodes WHERE game = 'hex_4'")
    assert main(["replay", only, "--results", str(drawn.parent), "--page", str(single)]) == 0
    with Watched(browser, single, width, scheme) as page:
        near(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert violations(page) == []
    pages = {drawn.with_suffix(".html"): 5, asked.with_suffix(".html"): 1, hostile: 1}
    for file, ply in pages.items():
        with Watched(browser, file, width, scheme) as page:
            near(page)
            ids = {each.partition(":")[0]: each for each in reversed(found(page))}
            for game, episode_id in ids.items():
                go(page, episode_id)
                last = int(page.locator(".replay-along input").get_attribute("max") or 0)
                go(page, episode_id, min(ply, max(last - 1, 0)))
                page.locator("#replay details").evaluate_all(
                    "all => all.forEach(each => { each.open = true; })"
                )
                page.wait_for_timeout(50)
                assert page.evaluate("document.documentElement.scrollWidth") == width
                page.locator("#replay").screenshot(path=SHOTS / f"{game}-{width}-{scheme}.png")
                if game in ("chess", "leduc_poker", "tic_tac_toe", "breakthrough_5x4"):
                    assert violations(page) == []
