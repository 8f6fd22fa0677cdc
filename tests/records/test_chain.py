"""A journal that was shortened or altered is refused, and nothing is bought again because of it."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from gamegrid.backends.backend import Completion, Request
from gamegrid.errors import UserError
from gamegrid.records import chain, journal, salvage, upkeep
from gamegrid.records.journal import Journal
from journal_samples import PLACE, REQUEST, said

CELL = Path("journal/kuhn_poker/a--b")
OWN, OTHER = "00000-00009.jsonl", "00010-00019.jsonl"
REPLIES = 6


def play(results: Path, name: str, *deals: int) -> int:
    """Ask for one reply per deal with the journal ``name``; return how many were bought."""

    async def sell(request: Request) -> Completion:
        return said("Bet")

    async def each() -> int:
        with Journal(results / CELL / name) as opened:
            for deal in deals:
                await opened.ask(replace(PLACE, deal=deal), 0, 0, REQUEST, sell)
            return opened.asked

    return asyncio.run(each())


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two journals of one cell, both closed in order."""
    assert play(tmp_path, OWN, *range(REPLIES)) == REPLIES
    assert play(tmp_path, OTHER, *range(10, 10 + REPLIES)) == REPLIES
    return tmp_path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def cut_last(path: Path) -> None:
    path.write_bytes(b"".join(lines(path)[:-1]))


def cut_most(path: Path) -> None:
    path.write_bytes(b"".join(lines(path)[:1]))


def cut_inside_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def cut_and_end_the_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30] + b"\n")


def remove_first(path: Path) -> None:
    path.write_bytes(b"".join(lines(path)[1:]))


def remove_middle(path: Path) -> None:
    first, second, _, *rest = lines(path)
    path.write_bytes(b"".join([first, second, *rest]))


def double_a_line(path: Path) -> None:
    first, *rest = lines(path)
    path.write_bytes(b"".join([first, first, *rest]))


def double_the_last_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + lines(path)[-1])


def exchange_two_lines(path: Path) -> None:
    first, second, *rest = lines(path)
    path.write_bytes(b"".join([second, first, *rest]))


def exchange_lines_of_two_files(path: Path) -> None:
    other = path.with_name(OTHER)
    ours, theirs = lines(path), lines(other)
    ours[2], theirs[2] = theirs[2], ours[2]
    path.write_bytes(b"".join(ours))
    other.write_bytes(b"".join(theirs))


def exchange_two_files(path: Path) -> None:
    ours, other = path.read_bytes(), path.with_name(OTHER)
    path.write_bytes(other.read_bytes())
    other.write_bytes(ours)


def change_a_reply(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"text":"Bet"', b'"text":"Bat"', 1))


def change_a_time(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'{"at":"2', b'{"at":"3', 1))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def delete(path: Path) -> None:
    path.unlink()


def delete_the_head(path: Path) -> None:
    path.with_suffix(".head").unlink()


def damage_the_head(path: Path) -> None:
    path.with_suffix(".head").write_bytes(b"\0" * 60)


def remove_the_digests(path: Path) -> None:
    path.write_bytes(b"".join(chain.link(line).content for line in lines(path)))


def pack(path: Path) -> Path:
    upkeep.compress(path.parents[3])
    return path.with_name(f"{path.name}.gz")


def cut_packed(path: Path) -> None:
    packed = pack(path)
    whole = gzip.decompress(packed.read_bytes()).splitlines(keepends=True)
    packed.write_bytes(gzip.compress(b"".join(whole[:-2])))


def cut_the_packed_file(path: Path) -> None:
    packed = pack(path)
    packed.write_bytes(packed.read_bytes()[:-20])


def delete_packed(path: Path) -> None:
    pack(path).unlink()


HARMS: dict[Callable[[Path], None], str] = {
    cut_last: "was shortened: it has 5 of at least 6 lines, 1 replies less",
    cut_most: "was shortened: it has 1 of at least 6 lines, 5 replies less",
    cut_inside_a_line: "was shortened: it has 5 of at least 6 lines",
    cut_and_end_the_line: "line 6 cannot be read",
    remove_first: "line 1 does not follow the line before it",
    remove_middle: "line 3 does not follow the line before it",
    double_a_line: "line 2 does not follow the line before it",
    double_the_last_line: "line 7 does not follow the line before it",
    exchange_two_lines: "line 1 does not follow the line before it",
    exchange_lines_of_two_files: "line 3 does not follow the line before it",
    exchange_two_files: "line 6 is not the line that was written there",
    change_a_reply: "line 1 was altered",
    change_a_time: "line 1 was altered",
    empty: "was shortened: it has 0 of at least 6 lines",
    delete: "was shortened: it has 0 of at least 6 lines",
    delete_the_head: "has no 00000-00009.head beside it",
    damage_the_head: "00000-00009.head is damaged",
    remove_the_digests: "line 1 cannot be read",
    cut_packed: "was shortened: it has 4 of at least 6 lines",
    cut_the_packed_file: "is damaged",
    delete_packed: "was shortened: it has 0 of at least 6 lines",
}


@pytest.mark.parametrize("name", [OWN, OTHER])
@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_journal_is_refused_by_a_rerun_by_verify_and_by_merge(
    results: Path, harm: Callable[[Path], None], name: str
) -> None:
    """The job that writes the harmed file refuses, and so does the job of another block."""
    harm(results / CELL / OWN)
    before = {path.name: path.read_bytes() for path in (results / CELL).glob("*.jsonl*")}
    with pytest.raises(UserError) as refusal:
        play(results, name, *range(REPLIES + 1))
    text = str(refusal.value)
    assert HARMS[harm] in text and "gamegrid journal accept" in text and OWN[:11] in text
    assert "\n" not in text
    after = {path.name: path.read_bytes() for path in (results / CELL).glob("*.jsonl*")}
    assert {name: text for name, text in after.items() if text} == {
        name: text for name, text in before.items() if text
    }, "a refused file stays as it was found"
    assert HARMS[harm] in upkeep.verify(results)[0]
    with pytest.raises(UserError):
        journal.check(results / CELL / OWN)
    with pytest.raises(UserError):
        upkeep.merge(results, results.parent / "target")


@pytest.mark.parametrize("harm", HARMS)
def test_after_accept_only_the_lost_replies_are_bought(
    results: Path, harm: Callable[[Path], None]
) -> None:
    harm(results / CELL / OWN)
    lost = salvage.losses(results / CELL)
    assert lost and salvage.accept(results / CELL) == lost
    assert upkeep.verify(results) == []
    assert salvage.losses(results / CELL) == []
    kept = sum(loss.kept for loss in lost if loss.journal.name == OWN)
    unharmed = len(lost) == 1
    assert play(results, OWN, *range(REPLIES)) == (REPLIES - kept if unharmed else 0)
    assert play(results, OTHER, *range(10, 10 + REPLIES)) == 0
    assert play(results, OWN, *range(REPLIES)) == 0


def test_any_changed_byte_is_noticed(results: Path) -> None:
    path, luck = results / CELL / OWN, Random(5)
    whole = path.read_bytes()
    for _ in range(300):
        place = luck.randrange(len(whole) - 1)  # without the last line end, which is mended
        changed = bytearray(whole)
        changed[place] ^= 1 << luck.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(UserError):
            list(journal.read(path))
        with pytest.raises(UserError):
            journal.check(path)
    path.write_bytes(whole)
    assert len(list(journal.read(path))) == REPLIES


def test_an_older_copy_is_noticed(results: Path, tmp_path: Path) -> None:
    path = results / CELL / OWN
    old = tmp_path / "old.jsonl"
    shutil.copy(path, old)
    play(results, OWN, REPLIES)
    shutil.copy(old, path)
    with pytest.raises(UserError, match="has 6 of at least 7 lines"):
        play(results, OWN, 0)


def test_a_folder_copied_as_a_whole_is_accepted_where_it_lies(results: Path) -> None:
    shutil.move(results / "journal", results / "moved")
    shutil.copytree(results / "moved", results / "journal")
    assert play(results, OWN, *range(REPLIES)) == 0


def test_a_chain_goes_on_over_jobs_and_packing(results: Path) -> None:
    pack(results / CELL / OWN)
    assert play(results, OWN, *range(REPLIES + 2)) == 2
    assert upkeep.verify(results) == []
    pack(results / CELL / OWN)
    assert play(results, OWN, *range(REPLIES + 3)) == 1
    assert upkeep.verify(results) == []
    assert [line.digest for line in journal.read(results / CELL / OWN)][-1] == (
        json.loads((results / CELL / OWN).with_suffix(".head").read_text())["digest"]
    )
    (results / CELL / OWN).unlink()
    with pytest.raises(UserError, match="has 8 of at least 9 lines"):
        play(results, OWN, 0)


def test_merged_replies_have_a_whole_chain(results: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    play(target, OWN, 0, 1)
    upkeep.merge(results, target)
    assert upkeep.verify(target) == []
    assert play(target, OWN, *range(REPLIES)) == 0
    [merged] = (target / CELL).glob("merged-*.jsonl")
    cut_last(merged)
    with pytest.raises(UserError, match="was shortened"):
        play(target, OWN, 0)


def test_a_killed_job_leaves_a_head_that_is_still_true(tmp_path: Path) -> None:
    """Wherever the lines end after the head, the journal is taken up as before."""
    play(tmp_path, OWN, *range(REPLIES))
    path = tmp_path / CELL / OWN
    digests = [line.digest for line in journal.read(path)]
    whole, luck = path.read_bytes(), Random(7)
    for counted in range(REPLIES):
        head = chain.Head(counted, digests[counted - 1] if counted else chain.START)
        least = len(b"".join(lines(path)[:counted]))
        for _ in range(5):
            end = luck.randint(least, len(whole))
            path.write_bytes(whole[:end])
            chain.write_head(path, head)
            complete = whole[:end].count(b"\n")
            assert REPLIES - complete - 1 <= play(tmp_path, OWN, *range(REPLIES))
            assert upkeep.verify(tmp_path) == []
        path.write_bytes(whole)
