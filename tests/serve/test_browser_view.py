"""``gamegrid view`` in a real Chromium: beside a grid that runs, and with a person who plays."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import report_samples
from browser_watch import chromium
from gamegrid.games.registry import load
from loopback import Body, Endpoint, Reply, choose
from model_grids import grid
from workflow_runs import ROOT, command, environment, query, snakemake, write_grid

pytestmark = pytest.mark.browser

Page = Any
PATIENCE_MS = 240_000
SHOTS = ROOT / "results/browser"
"""Screenshots of the last run, for people to look at."""
STATIC = {"games": ["tic_tac_toe", "kuhn_poker"], "deals": 2, "seed": 3, "models": [],
          "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}}}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a small grid of bots."""
    folder = tmp_path_factory.mktemp("played")
    run = snakemake(folder, STATIC, "--", "results/gamegrid.duckdb")
    assert run.code == 0, run.output
    return folder


@contextmanager
def view(folder: Path, *arguments: str) -> Iterator[str]:
    """Run ``gamegrid view`` and yield the address that it prints; then end it by Ctrl-C."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "gamegrid", "view", "--port", "0", *arguments],
        cwd=folder, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert serving.stdout is not None
    line = serving.stdout.readline()
    try:
        yield re.findall(r"http://\S+", line)[0]
    finally:
        serving.send_signal(signal.SIGINT)
        said, complained = serving.communicate(timeout=60)
    assert serving.returncode == 0
    assert said.rstrip().endswith("Ended.") and complained == ""


class Watched:
    """An open page, with everything that it logs and requests."""

    def __init__(self, browser: Any, width: int = 1440, scheme: str = "light") -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.said == []
            assert all(url.startswith("http://127.0.0.1:") for url in self.asked)


def address(page: Page, path: str) -> str:
    """Return the address of another page of the same server."""
    return re.sub(r"(http://[^/]*).*", rf"\g<1>{path}", page.url)


def until(holds: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_MS / 1000
    while not (found := holds()):
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.1)
    return found


# Beside a grid that runs


def hostile_answer(body: Body) -> Reply:
    """Answer with a legal move behind a text that tries to be more than text."""
    said = report_samples.HOSTILE[len(json.dumps(body)) % len(report_samples.HOSTILE)]
    return Reply(text=f"{said}\n{choose(body).text}")


def test_a_running_grid_is_followed_from_nothing_to_its_last_episode(
    browser: Any, tmp_path: Path
) -> None:
    answering = Event()
    answering.set()

    def answer(body: Body) -> Reply:
        answering.wait(timeout=240)
        return hostile_answer(body)

    with Endpoint(answer=answer) as endpoint:
        small = grid(endpoint, tmp_path, deals=9, chunk=3)
        del small["agents"]["two"]
        write_grid(tmp_path, small)
        with (
            view(tmp_path, "results", "--configfile", "grid.yaml") as opened,
            Watched(browser) as watched,
        ):
            page = watched.page
            page.goto(opened)
            page.get_by_text("There are no results yet").wait_for()
            assert page.locator("h1").inner_text() == "Progress"
            running = subprocess.Popen(
                command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            until(lambda: list(tmp_path.glob("results/chunks/*/*/*.parquet")))
            answering.clear()
            # The page turns into the partial results by itself.
            page.locator("#standings").wait_for(timeout=PATIENCE_MS)
            assert running.poll() is None
            live = page.locator("#live").inner_text
            until(lambda: "partial results:" in live())
            held = re.findall(r"partial results: (\d+) of (\d+) episodes", live())[0]
            assert 0 < int(held[0]) < int(held[1])
            assert "at work" in live() and "spent" in live()
            assert f"{held[0]} of {held[1]} episodes" in page.locator("header").inner_text()
            page.goto(address(page, "/episodes"))
            assert f"{held[0]} of {held[1]} episodes" in page.locator(".banner").inner_text()
            assert page.locator("tbody tr").count() == min(50, int(held[0]))
            follow_hostile(page)
            page.goto(address(page, "/"))
            answering.set()
            assert running.wait(timeout=240) == 0
            until(lambda: "partial" not in live() and "are played" in live())
            page.reload()
            assert "Interim" not in page.locator("header").inner_text()
            page.goto(address(page, "/episodes"))
            [(whole,)] = query(tmp_path, "SELECT count(*) FROM episodes")
            assert f"{whole} episodes" in page.locator("main").inner_text()
    # The run was not disturbed: nothing is to be done again, and everything can be recomputed.
    assert snakemake(tmp_path, None).played == []
    verified = snakemake(tmp_path, None, "--", "verify")
    assert verified.code == 0, verified.output


def follow_hostile(page: Page) -> None:
    """Open replays of the list; whatever a reply holds is text."""
    links = page.locator("tbody a").evaluate_all("all => all.map(each => each.href)")
    for link in links[:6]:
        page.goto(link)
        for _ in range(4):
            page.locator("#replay").press("ArrowRight")
        assert page.evaluate("window.ran") is None
        assert page.locator("main img, main a[href^='javascript']").count() == 0


def test_whatever_a_database_holds_is_text_on_every_page(browser: Any, tmp_path: Path) -> None:
    report_samples.hostile(tmp_path / "results")
    with view(tmp_path, "results") as opened, Watched(browser) as watched:
        page = watched.page
        page.goto(opened)
        page.locator("#standings").wait_for()
        assert page.evaluate("window.ran") is None
        page.goto(address(page, "/episodes?text=<script>&id="))
        assert page.evaluate("window.ran") is None
        page.goto(address(page, "/episodes"))
        follow_hostile(page)


def test_a_server_is_reached_from_this_machine_s_own_address_only(played: Path) -> None:
    with view(played, "results") as opened:
        port = int(re.findall(r":(\d+)/", opened)[0])
        told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True)
        others = [name for name in told.stdout.split() if name not in ("127.0.0.1", "::1")]
        for name in ("127.0.0.2", *others):
            with pytest.raises(OSError), socket.create_connection((name, port), timeout=2):
                pass
        socket.create_connection(("127.0.0.1", port), timeout=2).close()


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_clean_and_fits(browser: Any, played: Path, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with view(played, "results") as opened, Watched(browser, width, scheme) as watched:
        page = watched.page
        page.goto(opened)
        page.locator("#standings").wait_for()
        [name] = query(played, "SELECT min(episode_id) FROM episodes")[0]
        paths = ("/", "/progress", "/episodes", f"/episode?id={name}", "/play", "/play/1")
        for path in paths:
            if path == "/play/1":
                begin(page, "tic_tac_toe")
            else:
                page.goto(address(page, path))
            until(lambda: page.locator("#live").inner_text())
            # The report has tests of its own; what the server adds to it is tested here.
            found = axe.run(page, context=".bar" if path == "/" else None)
            wrong = [
                (each["id"], each["nodes"][0]["target"]) for each in found.response["violations"]
            ]
            assert wrong == [], path
            assert page.evaluate("document.documentElement.scrollWidth") == width
            SHOTS.mkdir(parents=True, exist_ok=True)
            shot = re.sub(r"\W.*", "", path.strip("/")) or "results"
            page.screenshot(path=SHOTS / f"view-{shot}-{width}-{scheme}.png")


# Play


def begin(page: Page, game: str, seat: str | None = None, against: str = "random") -> None:
    page.goto(address(page, "/play"))
    form = page.locator("#begin")
    form.locator("[name=game]").select_option(game)
    if seat is not None:
        form.locator("[name=seat]").select_option(label=seat)
    form.locator("[name=against]").select_option(against)
    form.get_by_role("button", name="Play").click()
    page.locator("#table-moves button, #table-replay:visible").first.wait_for()


def click_to_the_end(page: Page) -> int:
    """Click the first move of every turn, on the board if it is there; return how many."""
    clicked = 0
    while not page.locator("#table-replay").is_visible():
        if page.locator("#table-moves button:enabled").count():
            places = page.locator("#table-board .targets [role=button]")
            on_board = clicked % 2 == 0 and places.count()
            (places if on_board else page.locator("#table-moves button")).first.click()
            clicked += 1
        page.wait_for_timeout(50)
    return clicked


@pytest.mark.parametrize(
    ("game", "against"),
    [("tic_tac_toe", "optimal"), ("connect_four", "mcts"), ("kuhn_poker", "optimal"),
     ("leduc_poker", "random"), ("matrix_rps", "random")],
)  # fmt: skip
def test_a_game_is_played_by_clicking_kept_and_shown_again(
    browser: Any, played: Path, game: str, against: str
) -> None:
    with view(played, "results") as opened, Watched(browser) as watched:
        page = watched.page
        page.goto(opened)
        begin(page, game, against=against)
        assert load(game).rules() in page.locator(".rules").inner_text()
        assert click_to_the_end(page) > 0
        assert re.search(r"^(You win|You lose|It is a draw|You end with)", text(page, "said"))
        page.locator("#table-save").click()
        until(lambda: "Kept in" in text(page, "save"))
        kept = played / text(page, "save").removeprefix("Kept in ")
        record = json.loads(kept.read_text("utf-8"))["episode"]
        assert record["status"] == "complete"
        page.locator("#table-replay").click()
        page.locator("#replay").wait_for()
        assert load(game).title in page.locator("#replay").inner_text()
        page.goto(address(page, "/play"))
        page.get_by_role("link", name=kept.name).click()
        page.locator("#replay").wait_for()
    # The grid's own results are as they were.
    [(known,)] = query(played, "SELECT count(*) FROM episodes WHERE matchup LIKE '%you%'")
    assert known == 0


def text(page: Page, name: str) -> str:
    found: str = page.locator(f"#table-{name}").inner_text()
    return found


@pytest.mark.parametrize("seat", ["Player 1", "Player 2"])
def test_the_browser_never_gets_the_opponent_s_card(browser: Any, played: Path, seat: str) -> None:
    game = load("kuhn_poker")
    names = ("Jack", "Queen", "King")
    with view(played, "results") as opened, Watched(browser) as watched:
        page = watched.page
        page.goto(opened)
        sent = list[str]()

        def keep(route: Any) -> None:
            answer = route.fetch()
            sent.append(answer.text())
            route.fulfill(response=answer)

        page.route(re.compile("/play/"), keep)
        begin(page, "kuhn_poker", seat)
        click_to_the_end(page)
        page.unroute_all(behavior="ignoreErrors")
        page.locator("#table-save").click()
        until(lambda: "Kept in" in text(page, "save"))
        kept = json.loads((played / text(page, "save").removeprefix("Kept in ")).read_text("utf-8"))
    cards = [names[card] for card in json.loads(kept["episode"]["trajectory"])[:2]]
    own, hidden = cards if kept["seat"] == 0 else cards[::-1]
    rules = game.rules()
    in_json = json.dumps(rules, ensure_ascii=True)[1:-1]
    said = [body.replace(rules, "").replace(in_json, "") for body in sent]
    said = [body.replace(rules.replace("'", "&#39;"), "") for body in said]
    assert any(own in body for body in said)
    assert not any(hidden in body for body in said)


def test_chess_is_played_by_clicking_and_left(browser: Any, played: Path) -> None:
    with view(played, "results") as opened, Watched(browser) as watched:
        page = watched.page
        page.goto(opened)
        begin(page, "chess", against="random")
        for _ in range(5):
            until(lambda: text(page, "said") == "Your turn.")
            assert page.locator("#table-board svg").count() == 1
            lines = page.locator("#table-history li")
            before = lines.count()
            board = page.locator("#table-board .targets [role=button]")
            board.first.click()  # a piece
            board.first.click()  # where it goes
            lines.nth(before).wait_for()
        page.locator("#table-leave").click()
        until(lambda: text(page, "said") == "You have left the game.")
        assert not page.locator("#table-save").is_visible()
