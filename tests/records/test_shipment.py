"""A job whose disk is lost with it loses only the replies of the last moments."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from gamegrid.backends.backend import Attempt, BackendError, Completion, Request
from gamegrid.errors import UserError
from gamegrid.records import journal, salvage, shipment, upkeep
from gamegrid.records.journal import Journal, lost_files
from gamegrid.records.remote import Remote
from gamegrid.records.shipment import carried
from journal_samples import PLACE, REPLY, REQUEST

CELL = "journal/kuhn_poker/a--b"
EVERY_S = 0.05

JOB = f"""
import asyncio, sys
from pathlib import Path
from gamegrid.records import shipment
shipment.EVERY_S = {EVERY_S}
from test_shipment import ask_for_ever
asyncio.run(ask_for_ever(*map(Path, sys.argv[1:])))
"""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipment, "EVERY_S", EVERY_S)
    monkeypatch.setattr(shipment, "DEAD_S", 10 * EVERY_S)


async def sell(request: Request) -> Completion:
    return REPLY


async def ask_for_ever(results: Path, elsewhere: Path) -> None:
    """Ask for one reply after the other, and print the number of each that is on file."""
    path = results / CELL / "00000-00009.jsonl"
    with carried(Remote(str(elsewhere)), path, results), Journal(path) as written:
        for ply in range(10**6):
            await written.ask(PLACE, ply, 0, REQUEST, sell)
            print(ply, flush=True)
            await asyncio.sleep(EVERY_S / 10)


def play(results: Path, elsewhere: Path, *plies: int, block: str = "00000-00009") -> Journal:
    path = results / CELL / f"{block}.jsonl"

    async def ask() -> Journal:
        with carried(Remote(str(elsewhere)), path, results), Journal(path) as written:
            for ply in plies:
                await written.ask(PLACE, ply, 0, REQUEST, sell)
        return written

    return asyncio.run(ask())


def plies(folder: Path) -> list[int]:
    """Return the plies of all replies in a results folder."""
    lines = (line for path in journal.files(folder / CELL) for line in journal.read(path))
    return sorted(json.loads(line.key)["ply"] for line in lines)


def killed(results: Path, elsewhere: Path, after: int) -> int:
    """Kill a job and remove its disk; return the number of its last reply on file."""
    tests = Path(__file__).parent
    places = [str(tests.parents[1] / "scripts"), str(tests.parent), str(tests)]
    job = subprocess.Popen(
        [sys.executable, "-c", JOB, str(results), str(elsewhere)],
        env={**os.environ, "PYTHONPATH": ":".join(places)}, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert job.stdout is not None
    for line in job.stdout:
        if int(line) >= after:
            job.kill()
            break
    last = [line, *job.stdout][-1]
    job.wait()
    shutil.rmtree(results)
    return int(last)


def test_a_killed_job_is_continued_from_what_it_sent(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    last = killed(tmp_path / "pod1", elsewhere, after=60)
    sent = plies(elsewhere)
    print(f"{last + 1} replies on file, {len(sent)} sent")
    assert sent == list(range(len(sent)))
    assert last - 40 < len(sent) <= last + 1
    again = play(tmp_path / "pod2", elsewhere, *range(last + 1))
    assert (again.replayed, again.asked) == (len(sent), last + 1 - len(sent))
    assert upkeep.verify(elsewhere) == []


def test_at_the_end_all_replies_of_a_job_are_in_one_file(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    killed(tmp_path / "pod1", elsewhere, after=60)
    parts = journal.files(elsewhere / CELL)
    assert len(parts) > 1
    play(tmp_path / "pod2", elsewhere, *range(200))
    [whole] = journal.files(elsewhere / CELL)
    assert plies(elsewhere) == list(range(200))
    assert list(elsewhere.rglob("*.held")) == []
    play(tmp_path / "pod3", elsewhere, *range(200))  # buys nothing, so sends nothing
    assert journal.files(elsewhere / CELL) == [whole]


def test_replies_of_other_jobs_of_the_cell_are_fetched_and_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    play(tmp_path / "pod1", elsewhere, 1, 2, block="00000-00004")
    [short] = journal.files(elsewhere / CELL)
    grown = play(tmp_path / "pod2", elsewhere, 1, 2, 3)
    assert (grown.replayed, grown.asked) == (2, 1)
    assert short in journal.files(elsewhere / CELL)
    assert plies(elsewhere) == [1, 2, 3]


def test_replies_on_a_disk_that_outlived_its_job_are_sent(tmp_path: Path) -> None:
    elsewhere, results = tmp_path / "elsewhere", tmp_path / "results"
    path = results / CELL / "00000-00009.jsonl"

    async def alone() -> None:
        with Journal(path) as written:
            await written.ask(PLACE, 1, 0, REQUEST, sell)

    asyncio.run(alone())
    again = play(results, elsewhere, 1, 2)
    assert (again.replayed, again.asked) == (1, 1)
    assert plies(elsewhere) == [1, 2]


def test_failed_attempts_are_sent_too(tmp_path: Path) -> None:
    elsewhere, results = tmp_path / "elsewhere", tmp_path / "pod"
    path = results / CELL / "00000-00009.jsonl"
    attempt = Attempt(at="2026-01-01T00:00:00.000", seconds=1.0, kind="maybe_billed", said="cut")

    async def fail(request: Request) -> Completion:
        raise BackendError("no answer", attempts=(attempt,))

    async def ask() -> None:
        with carried(Remote(str(elsewhere)), path, results), Journal(path) as written:
            await written.ask(PLACE, 1, 0, REQUEST, fail)

    with pytest.raises(BackendError):
        asyncio.run(ask())
    [sent] = lost_files(elsewhere / CELL)
    assert [each for tried in journal.read_lost(sent) for each in tried] == [attempt]


def test_a_segment_that_was_shortened_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    play(tmp_path / "pod1", elsewhere, 1, 2)
    [whole] = journal.files(elsewhere / CELL)
    whole.write_bytes(whole.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(UserError, match="was shortened"):
        play(tmp_path / "pod2", elsewhere, 1, 2)
    salvage.accept(elsewhere / CELL)
    assert plies(elsewhere) == [1]


def test_a_segment_can_be_compressed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    play(tmp_path / "pod", elsewhere, 1, 2)
    assert upkeep.compress(elsewhere) == 1
    assert upkeep.verify(elsewhere) == []
    assert plies(elsewhere) == [1, 2]


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Path]:
    """A remote folder to which a job writes now."""
    elsewhere, results = tmp_path / "elsewhere", tmp_path / "living"
    path = results / CELL / "00000-00009.jsonl"
    with carried(Remote(str(elsewhere)), path, results):
        yield elsewhere


def test_two_jobs_never_buy_the_same_replies(living: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is being written by another job"):
        play(tmp_path / "pod2", living, 1)
    assert play(tmp_path / "pod3", living, 1, block="00010-00019").asked == 1


def test_a_job_is_alive_while_it_fetches_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, began, refused = tmp_path / "elsewhere", Event(), Event()
    fetch = Remote.fetch

    def slow(self: Remote, folder: str, endings: tuple[str, ...], results: Path) -> None:
        began.set()
        assert refused.wait(60)
        fetch(self, folder, endings, results)

    monkeypatch.setattr(Remote, "fetch", slow)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(play, tmp_path / "pod1", elsewhere, 1)
        assert began.wait(60)
        with pytest.raises(UserError, match="is being written by another job"):
            play(tmp_path / "pod2", elsewhere, 1)
        refused.set()
        assert first.result().asked == 1


def test_a_job_that_cannot_send_its_replies_stops_buying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, signals = tmp_path / "elsewhere", list[int]()
    before = signal.signal(signal.SIGTERM, lambda number, frame: signals.append(number))
    write = Remote.write

    def broken(self: Remote, name: str, content: bytes) -> None:
        if name.endswith(".jsonl") and not signals:
            raise UserError("the folder cannot be written")
        write(self, name, content)

    monkeypatch.setattr(Remote, "write", broken)
    path = tmp_path / "pod" / CELL / "00000-00009.jsonl"

    async def ask() -> None:
        with carried(Remote(str(elsewhere)), path, tmp_path / "pod"), Journal(path) as written:
            await written.ask(PLACE, 1, 0, REQUEST, sell)
            while not signals:
                await asyncio.sleep(EVERY_S)

    try:
        asyncio.run(ask())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert signals == [signal.SIGTERM]
    assert plies(elsewhere) == [1]
