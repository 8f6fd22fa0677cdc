"""Reservations of several jobs share one limit; they wait for each other, and never for ever."""

import asyncio
from pathlib import Path

import pytest

from gamegrid.backends.backend import BackendError
from gamegrid.play import till
from gamegrid.play.till import Till
from gamegrid.records.ledger import Ledger, read
from gamegrid.records.spending import recount

LIMIT = 1000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for other jobs' outcomes and for dead jobs at short intervals."""
    monkeypatch.setattr(till, "POLL_S", 0.005)
    monkeypatch.setattr(till, "RECOUNT_S", 0.02)


def opened(folder: Path, job: str, limit: int = LIMIT) -> Till:
    return Till(
        limit,
        folder / "budget.total",
        folder / f"game/{job}/0.spent",
        lambda book: None,
        lambda: recount(folder, lambda model: None, 0.0),
    )


async def is_waiting(task: asyncio.Task[None]) -> bool:
    await asyncio.sleep(0.1)
    return not task.done()


async def test_a_request_waits_for_room_that_another_job_may_free(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "one"), opened(tmp_path, "two")
    await one.reserve("a", 600)
    second = asyncio.create_task(two.reserve("b", 600))
    assert await is_waiting(second)
    one.note("s a 400 0")
    await asyncio.wait_for(second, 5)
    one.close()
    two.close()
    assert (read(tmp_path / "game/one/0.spent").counted, two.counted) == (400, 0)


async def test_a_request_is_refused_when_no_reply_can_free_enough(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "one"), opened(tmp_path, "two")
    with pytest.raises(BackendError, match="Raise budget_usd"):
        await one.reserve("a", 1001)
    await one.reserve("b", 600)
    waiting = asyncio.create_task(two.reserve("c", 600))
    assert await is_waiting(waiting)
    one.note("m b 600")
    with pytest.raises(BackendError, match="a request was not sent"):
        await asyncio.wait_for(waiting, 5)
    await two.reserve("d", 400)  # what is smaller still fits
    one.close()
    two.close()


async def test_a_lost_attempt_does_not_wait_for_the_next_one_of_its_request(
    tmp_path: Path,
) -> None:
    one = opened(tmp_path, "one")
    await asyncio.gather(one.reserve("a", 500), one.reserve("b", 500))
    again = [asyncio.create_task(one.reserve(name, 500)) for name in "ab"]
    one.note("m a 500")
    one.note("m b 500")
    refused = await asyncio.wait_for(asyncio.gather(*again, return_exceptions=True), 5)
    assert [type(outcome) for outcome in refused] == [BackendError, BackendError]
    one.close()


async def test_the_room_of_a_job_that_died_is_found(tmp_path: Path) -> None:
    one = opened(tmp_path, "one")
    dying = opened(tmp_path, "dying")
    await dying.reserve("a", 300)
    (tmp_path / "game/dying/0.jsonl").write_text("")
    waiting = asyncio.create_task(one.reserve("b", 800))
    assert await is_waiting(waiting)
    dying._book.close()  # as the system does when a process is killed
    with pytest.raises(BackendError, match="not sent"):  # 300 may have been billed
        await asyncio.wait_for(waiting, 5)
    await one.reserve("c", 700)
    one.close()


async def test_a_thousand_requests_of_six_jobs_never_exceed_the_limit(tmp_path: Path) -> None:
    jobs = [opened(tmp_path, f"job{number}", 3000) for number in range(6)]
    in_flight = most = spent = refused = 0

    async def ask(job: Till, name: str) -> None:
        nonlocal in_flight, most, spent, refused
        try:
            await job.reserve(name, 50)
        except BackendError:
            refused += 1
            return
        in_flight += 50
        most = max(most, spent + in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 50
        spent += 4
        job.note(f"s {name} 4 0")

    await asyncio.gather(*(ask(jobs[n % 6], f"n{n}") for n in range(1000)))
    for job in jobs:
        job.close()
    assert most <= 3000 and 3000 - 50 < spent + 4 <= 3000
    assert refused == 1000 - spent // 4
    sums = [read(path).counted for path in tmp_path.glob("*/*/*.spent")]
    assert sum(sums) == spent == recount(tmp_path, lambda model: None, 0.0)[0]


async def test_a_job_that_ends_wakes_the_requests_that_wait(tmp_path: Path) -> None:
    one = opened(tmp_path, "one")
    await one.reserve("a", 900)
    waiting = asyncio.create_task(one.reserve("b", 900))
    assert await is_waiting(waiting)
    one.stop("the job is ending")
    for task in (waiting, asyncio.create_task(one.reserve("c", 1))):
        with pytest.raises(BackendError, match="the job is ending"):
            await asyncio.wait_for(task, 5)
    one.close()


async def test_a_job_that_starts_again_after_a_kill_adds_up_all_ledgers(tmp_path: Path) -> None:
    one = opened(tmp_path, "one")
    await one.reserve("a", 100)
    one.note("s a 70 0")
    one.close()
    book = Ledger(tmp_path / "game/two/0.spent")
    book.write(["r a 500", "s a 500 0", "r b 200"])
    book.close()  # killed before the sum was written
    two = opened(tmp_path, "two")
    with pytest.raises(BackendError, match=r"5\.7e-07 of 1e-06 USD"):
        await two.reserve("c", 431)
    two.close()


async def test_a_damaged_ledger_of_another_job_stops_those_that_wait(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "one"), opened(tmp_path, "two")
    await two.reserve("a", 900)
    damaged = tmp_path / "game/three/0.spent"
    damaged.parent.mkdir()
    damaged.write_text("what\n")
    with pytest.raises(BackendError, match="line 1 cannot be read"):
        await asyncio.wait_for(one.reserve("b", 900), 5)
    one.close()
    two.close()
