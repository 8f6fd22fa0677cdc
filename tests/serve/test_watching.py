"""Progress and partial results of a grid that runs, and what watching it costs."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.report.page import Frame
from gamegrid.serve import watching
from gamegrid.serve.app import SITE
from gamegrid.serve.background import Background, Done
from gamegrid.serve.watching import Configured, Live
from served_site import serving

RAW: dict[str, Any] = {
    "seed": 1,
    "deals": 4,
    "games": ["tic_tac_toe"],
    "models": [],
    "agents": {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "noisy": {"type": "noisy_optimal", "epsilon": 0.5},
    },
}


async def play(folder: Path, number: int) -> None:
    """Play the first jobs of the grid."""
    await asyncio.to_thread(_play, folder, number)


def _play(folder: Path, number: int) -> None:
    made = plan.make(RAW, folder)
    for chunk in made.chunks[:number]:
        play_chunk(
            Job(config=RAW, game=chunk.cell.game.name, matchup=chunk.cell.matchup.name,
                block=chunk.block, results=folder / "results",
                output=folder / "results" / chunk.file, threads=1)
        )  # fmt: skip


def content(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file below a folder, with its inode and time of change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.05)


async def test_partial_results_are_shown_and_the_results_folder_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PROGRESS_S", 0.1)
    results = tmp_path / "results"
    await play(tmp_path, 2)
    before = content(results)
    async with serving(results, RAW, watched=True) as client:
        site = client.inside.app[SITE]
        assert (await client.get("/"))[0] == 200
        await until(lambda: site.live.built or site.live.trouble)
        assert site.live.trouble is None
        state = await client.json("/live")
        assert state["results"]["held"] == "16 of 24 episodes"
        assert state["progress"]["done"] == 16 and state["progress"]["episodes"] == 24
        status, report = await client.get("/")
        assert status == 200 and "16 of 24 episodes" in report
        listed = (await client.get("/episodes"))[1]
        assert "<b>Partial:</b> 16 of 24 episodes" in listed
        # Looking at results is recorded, as the target interim does; nothing else is written.
        assert content(results).keys() - before.keys() == {"looks.jsonl"}
        after = content(results)
        assert {name: after[name] for name in before} == before
        scratch = site.live.built.page.parents[1]
        assert scratch.exists() and not scratch.is_relative_to(results)
    assert not scratch.exists()


class FakeBackground(Background):
    """Stands in for the process that builds: it counts the tasks and says what they cost."""

    cost_s = 3.0

    def __init__(self) -> None:
        self.tasks: list[tuple[Any, ...]] = []

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Done:
        self.tasks.append(arguments)
        database = arguments[1]
        if arguments[3]:
            database.parent.mkdir(parents=True, exist_ok=True)
            database.write_bytes(b"")
        return Done("some" if arguments[3] else None, None, self.cost_s)

    def close(self) -> None:
        pass


@pytest.fixture
def background(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBackground]:
    fake = FakeBackground()
    monkeypatch.setattr(watching, "Background", lambda: fake)
    return fake


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"s": 1000.0}
    monkeypatch.setattr(watching.time, "monotonic", lambda: now["s"])
    return now


def watch(folder: Path, grid: bool = True) -> Live:
    configured = Configured(RAW, folder) if grid else None
    watched = Live(folder / "results", configured, folder / "scratch", Frame())
    watched.look(results=True)
    return watched


async def test_a_build_waits_until_its_share_of_a_core_allows_the_next(
    tmp_path: Path, background: FakeBackground, clock: dict[str, float]
) -> None:
    await play(tmp_path, 1)
    watched = watch(tmp_path)
    await watched._once()
    assert len(background.tasks) == 1
    await play(tmp_path, 2)
    clock["s"] += background.cost_s / watching.SHARE - 1
    watched.look(results=True)
    await watched._once()
    assert len(background.tasks) == 1
    clock["s"] += 1
    await watched._once()
    assert len(background.tasks) == 2


async def test_nothing_is_built_while_nothing_has_changed(
    tmp_path: Path, background: FakeBackground, clock: dict[str, float]
) -> None:
    await play(tmp_path, 1)
    watched = watch(tmp_path)
    for _ in range(5):
        await watched._once()
        clock["s"] += 1000
        watched.look(results=True)
    assert len(background.tasks) == 1


async def test_a_final_database_is_shown_once_and_again_when_it_is_replaced(
    tmp_path: Path, background: FakeBackground
) -> None:
    database = tmp_path / "results/gamegrid.duckdb"
    database.parent.mkdir()
    database.write_bytes(b"")
    watched = watch(tmp_path, grid=False)
    for _ in range(3):
        await watched._once()
    assert len(background.tasks) == 1
    database.with_name("new").write_bytes(b"")
    database.with_name("new").replace(database)
    os.utime(database, ns=(1, 1))
    await watched._once()
    assert len(background.tasks) == 2


async def test_a_run_after_a_finished_one_shows_partial_results_again(
    tmp_path: Path, background: FakeBackground
) -> None:
    """Old results stay until a chunk is finished that they do not hold."""
    await play(tmp_path, 1)
    database = tmp_path / "results/gamegrid.duckdb"
    database.write_bytes(b"")
    watched = watch(tmp_path)
    await watched._once()
    assert watched.database == database and watched.held is None
    watched._again = 0.0
    await watched._once()
    assert len(background.tasks) == 1
    await play(tmp_path, 2)
    await watched._once()
    assert watched.held == "some" and watched.database != database


async def test_nothing_is_read_while_nobody_looks(
    tmp_path: Path, background: FakeBackground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PROGRESS_S", 0.01)
    await play(tmp_path, 1)
    watched = watch(tmp_path)
    watched._looked = watched._wanted = float("-inf")
    task = asyncio.create_task(watched.watch())
    await asyncio.sleep(0.2)
    assert watched.progress is None and background.tasks == []
    # Whoever looks at the progress alone takes no look at the results.
    watched.look(results=False)
    await until(lambda: watched.progress)
    await asyncio.sleep(0.2)
    assert background.tasks == []
    watched.look(results=True)
    await until(lambda: watched.built)
    task.cancel()


async def test_without_a_grid_the_jobs_that_have_begun_are_told_of(tmp_path: Path) -> None:
    await play(tmp_path, 2)
    async with serving(tmp_path / "results", RAW) as client:
        while not (state := await client.json("/live"))["progress"]:
            await asyncio.sleep(0.05)
    progress = state["progress"]
    assert (progress["done"], progress["episodes"], progress["whole"]) == (16, 16, False)
    assert [part["name"] for part in progress["parts"]] == [
        "tic_tac_toe/noisy--random", "tic_tac_toe/optimal--random",
    ]  # fmt: skip
    assert state["results"] is None


async def test_a_damaged_file_is_told_of_and_the_server_goes_on(tmp_path: Path) -> None:
    await play(tmp_path, 1)
    [progress] = (tmp_path / "results/progress").rglob("*.json")
    progress.write_text("{")
    async with serving(tmp_path / "results", RAW, watched=True) as client:
        while not (state := await client.json("/live"))["trouble"]:
            await asyncio.sleep(0.05)
        assert "cannot be read" in state["trouble"]
        assert (await client.get("/progress"))[0] == 200


def fails(kind: str) -> None:
    match kind:
        case "user":
            raise UserError("the user can mend this.")
        case "bug":
            raise ValueError("text\nof a bug")
        case _:
            os._exit(3)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("user", "the user can mend this."),
        ("bug", "ValueError: text of a bug"),
        ("exit", "the process that builds the page ended with code 3."),
    ],
)
async def test_work_that_fails_is_one_sentence(kind: str, said: str) -> None:
    assert (await Background().do(fails, kind)).failed == said


async def test_work_is_of_low_priority_and_ends_with_the_server() -> None:
    background = Background()
    assert (await background.do(os.nice, 0)).answer >= 15
    under_way = asyncio.create_task(background.do(_sleep))
    await asyncio.sleep(0.5)
    background.close()
    done = await asyncio.wait_for(under_way, 10)
    assert done.failed is not None and "ended with code" in done.failed


def _sleep() -> None:
    time.sleep(60)
