"""The journal loses no reply, buys none twice, and misreads none."""

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from gamegrid.backends.backend import (
    Attempt,
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    Request,
    Sampling,
)
from gamegrid.errors import UserError
from gamegrid.luck import Place
from gamegrid.records import chain, journal
from gamegrid.records.journal import Journal, canonical, key, request_digest, stated_text
from journal_samples import PLACE, REPLY, REQUEST, said

Buy = Callable[[Request], Awaitable[Completion]]


class Shop:
    """A fake model that sells completions and counts them."""

    def __init__(self, *replies: Completion):
        self.replies = list(replies)
        self.sold: list[Request] = []

    async def __call__(self, request: Request) -> Completion:
        self.sold.append(request)
        return self.replies.pop(0) if self.replies else REPLY


def as_killed(path: Path) -> None:
    """Leave the head as it is when a job is killed after its first reply was on disk."""
    [first, *_] = journal.read(path)
    chain.write_head(path, chain.Head(1, first.digest))


def ask(path: Path, buy: Buy | None, *plies: int) -> list[Completion]:
    """Open the journal at ``path``, ask once per ply, and close it."""

    async def each() -> list[Completion]:
        with Journal(path) as journal:
            return [(await journal.ask(PLACE, ply, 0, REQUEST, buy)).completion for ply in plies]

    return asyncio.run(each())


# Each reply is bought once


async def test_a_reply_on_file_is_not_bought_again(tmp_path: Path) -> None:
    shop, path = Shop(), tmp_path / "g/m/00000-00009.jsonl"
    with Journal(path) as journal:
        first = await journal.ask(PLACE, 0, 0, REQUEST, shop)
        again = await journal.ask(PLACE, 0, 0, REQUEST, shop)
        assert (journal.asked, journal.replayed) == (1, 1)
    with Journal(path) as journal:
        later = await journal.ask(PLACE, 0, 0, REQUEST, None)
        assert (journal.asked, journal.replayed) == (0, 1)
    assert len(shop.sold) == 1
    assert (first.replayed, again.replayed, later.replayed) == (False, True, True)
    assert first.completion == again.completion == later.completion == REPLY


async def test_a_reply_is_on_disk_before_anybody_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with Journal(path) as journal:
        await journal.ask(PLACE, 0, 0, REQUEST, Shop())
        # Another handle reads the file before the journal is closed.
        [line] = path.read_text().splitlines()
    assert json.loads(line)["completion"]["text"] == REPLY.text


async def test_a_slow_disk_holds_up_no_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, held, real = tmp_path / "one.jsonl", Event(), os.fsync
    monkeypatch.setattr(journal, "SYNC_SECONDS", 0.0)

    async def ask(book: Journal, ply: int) -> None:
        await book.ask(PLACE, ply, 0, REQUEST, Shop())

    with Journal(path) as book:
        await ask(book, 0)
        monkeypatch.setattr(os, "fsync", lambda file: (held.wait(), real(file)))
        async with asyncio.timeout(10):
            for ply in range(1, 4):
                await ask(book, ply)
        assert len(path.read_bytes().splitlines()) == 4
        counted = chain.read_head(path)
        assert counted is not None and counted.lines < 4, "a head counts only lines on disk"
        held.set()
    last = [line.digest for line in journal.read(path)][-1]
    assert chain.read_head(path) == chain.Head(4, last)


async def test_a_disk_that_fails_is_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OSError(5, "Input/output error")]
    real = os.fsync

    def failing(file: int) -> None:
        if failures and Path(f"/proc/self/fd/{file}").readlink().suffix == ".jsonl":
            raise failures.pop()
        real(file)

    monkeypatch.setattr(journal, "SYNC_SECONDS", 0.0)
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output"), Journal(tmp_path / "one.jsonl") as book:
        await book.ask(PLACE, 0, 0, REQUEST, Shop())


async def test_what_failed_in_transport_leaves_no_line(tmp_path: Path) -> None:
    async def broken(request: Request) -> Completion:
        raise BackendError("hf_x: gone")

    path = tmp_path / "c.jsonl"
    with Journal(path) as journal:
        with pytest.raises(BackendError, match="hf_x: gone"):
            await journal.ask(PLACE, 0, 0, REQUEST, broken)
        assert (journal.asked, journal.replayed) == (0, 0)
    assert path.read_text() == ""


async def test_what_was_sent_in_vain_is_noted_beside_the_journal(tmp_path: Path) -> None:
    attempts = (
        Attempt(at="2026-01-01T00:00:00.000", seconds=1.0, kind="maybe_billed", body="{half"),
        Attempt(at="2026-01-01T00:00:02.000", seconds=0.1, kind="unbilled", status=503),
    )

    async def fail(request: Request) -> Completion:
        raise BackendError("hf_x: gone", attempts)

    path = tmp_path / "c.jsonl"
    with Journal(path) as journal, pytest.raises(BackendError, match="hf_x: gone"):
        await journal.ask(PLACE, 0, 0, REQUEST, fail)
    [line] = path.with_suffix(".lost").read_text().splitlines()
    noted = json.loads(line)
    assert [each["kind"] for each in noted["attempts"]] == ["maybe_billed", "unbilled"]
    assert noted["attempts"][0]["body"] == "{half"
    assert noted["key"]["request"] == request_digest(REQUEST)
    with Journal(path) as journal:  # ignore the note, which is not a journal
        assert (await journal.ask(PLACE, 0, 0, REQUEST, Shop())).completion == REPLY


async def test_a_replaying_job_names_what_is_missing(tmp_path: Path) -> None:
    with Journal(tmp_path / "c.jsonl") as journal, pytest.raises(BackendError) as missing:
        await journal.ask(PLACE, 5, 0, REQUEST, None)
    assert str(missing.value) == (
        "hf_x: no reply on file for deal 3, seating 0, ply 5 of a--b in kuhn_poker; "
        "run_mode: replay asks no model."
    )


def test_all_journals_of_a_folder_are_read_and_only_the_own_is_written(tmp_path: Path) -> None:
    ask(tmp_path / "00000-00009.jsonl", Shop(said("old")), 0)
    before = (tmp_path / "00000-00009.jsonl").read_bytes()
    found = ask(tmp_path / "00000-00019.jsonl", Shop(said("new")), 0, 1)
    assert [completion.text for completion in found] == ["old", "new"]
    assert (tmp_path / "00000-00009.jsonl").read_bytes() == before
    assert len((tmp_path / "00000-00019.jsonl").read_text().splitlines()) == 1


# The key


OTHER_PLACES = {
    "seed": 2,
    "game": "kuhn_poker(players=3)",
    "deal": 4,
    "matchup": "a--c",
    "seating": 1,
    "seat": 0,
}
OTHER_SAMPLING: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": 0.9,
    "max_tokens": 5,
    "seed": 12,
    "reasoning_effort": "low",
    "thinking_budget": 100,
    "extra_body": {"a": {"b": [1]}},
    "chat_template_kwargs": {"enable_thinking": False},
}


def other_requests() -> list[Request]:
    sampled = [replace(REQUEST.sampling, **{name: v}) for name, v in OTHER_SAMPLING.items()]
    unset = replace(REQUEST.sampling, temperature=None)
    first, second = REQUEST.messages
    spoken = [
        (first, Message("user", "Choose!")),
        (first, Message("assistant", "Choose.")),
        (second, first),
        (second,),
        (first, second, second),
        (Message("system", "Be brief.Choose."),),
    ]
    return [
        replace(REQUEST, model="hf_y"),
        *[replace(REQUEST, sampling=sampling) for sampling in [*sampled, unset]],
        *[replace(REQUEST, messages=messages) for messages in spoken],
    ]


def test_the_key_holds_every_part_of_place_and_request() -> None:
    assert set(OTHER_PLACES) == {field.name for field in fields(Place)}
    assert set(OTHER_SAMPLING) == {field.name for field in fields(Sampling)}
    keys = [key(PLACE, 0, 0, REQUEST), key(PLACE, 1, 0, REQUEST), key(PLACE, 0, 1, REQUEST)]
    keys += [key(replace(PLACE, **{n: v}), 0, 0, REQUEST) for n, v in OTHER_PLACES.items()]
    keys += [key(PLACE, 0, 0, request) for request in other_requests()]
    keys += [key(PLACE, 0, 0, REQUEST, {"model_path": name}) for name in ("one", "two")]
    assert len(set(keys)) == len(keys)


def test_a_model_without_an_entry_has_the_plain_key() -> None:
    assert key(PLACE, 0, 0, REQUEST, {}) == key(PLACE, 0, 0, REQUEST)


def test_equal_requests_have_one_digest_whatever_the_order_of_keys() -> None:
    forwards = replace(REQUEST.sampling, extra_body={"a": 1, "b": {"c": 2, "d": 3}})
    backwards = replace(REQUEST.sampling, extra_body={"b": {"d": 3, "c": 2}, "a": 1})
    digests = [request_digest(replace(REQUEST, sampling=s)) for s in (forwards, backwards)]
    assert digests[0] == digests[1] != request_digest(REQUEST)


def test_a_generated_request_is_filed_as_it_was_before_there_were_other_ways() -> None:
    """This digest is older than ``decode``: replies on file stay valid."""
    request = Request(model="hf_x", messages=(Message("user", "Choose."),), sampling=Sampling())
    digest = "48331cda6fd5924abf49e91756b54a4309d46ea0056e041c8f2c40f4f24436bb"
    assert request_digest(request) == digest
    ways = [
        replace(request, decode=decode, choices=choices)
        for decode in (Decode.CONSTRAINED, Decode.SCORE)
        for choices in (("a",), ("a", "b"))
    ]
    assert len({digest, *map(request_digest, ways)}) == 5


@pytest.mark.parametrize("text", ["", "a\x7f\x00", "ä \u2028 😀", "lone \ud800", '"messages":null'])
def test_a_request_is_written_canonically(text: str) -> None:
    for request in other_requests():
        messages = (*request.messages, Message("user", text), Message(text, ""))
        said = replace(request, messages=messages, decode=Decode.CONSTRAINED, choices=(text, "b"))
        for each in (request, said):
            assert stated_text(each) == canonical(each.stated())


# Round trips


@pytest.mark.parametrize(
    "text",
    ["", "two\nlines\r\n", "\u2028 \x85 \x0b \x1c", "nul \x00", "lone \ud800 half \udfff", "😀"],
)
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    reply = replace(REPLY, text=text, reasoning=text, raw={text: [text]})
    path = tmp_path / "c.jsonl"
    ask(path, Shop(reply), 0)
    assert ask(path, None, 0) == [reply]
    assert path.read_bytes().isascii()
    line = path.read_text().removesuffix("\n")
    assert canonical(json.loads(line)) == line
    assert path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("finish", list(FinishReason))
def test_every_finish_reason_comes_back(tmp_path: Path, finish: FinishReason) -> None:
    ask(tmp_path / "c.jsonl", Shop(said("x", finish)), 0)
    [found] = ask(tmp_path / "c.jsonl", None, 0)
    assert found == said("x", finish) and isinstance(found.finish_reason, FinishReason)


def test_a_body_that_is_no_json_does_not_lose_the_reply(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    ask(path, Shop(replace(REPLY, raw={"at": object})), 0)
    [found] = ask(path, None, 0)
    assert found == replace(REPLY, raw={"at": "<class 'object'>"})


# Damage


def test_a_torn_tail_is_cut_off_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    ask(path, Shop(said("zero"), said("one")), 0, 1)
    as_killed(path)
    head, whole = path.with_suffix(".head").read_bytes(), path.read_bytes()
    first = whole.index(b"\n") + 1
    # Wherever the second line was cut, the first reply survives and the second is bought again.
    for length in (first + 1, first + 40, len(whole) - 30, len(whole) - 2):
        path.write_bytes(whole[:length])
        path.with_suffix(".head").write_bytes(head)
        shop = Shop(said("again"))
        assert [c.text for c in ask(path, shop, 0, 1)] == ["zero", "again"]
        assert len(shop.sold) == 1
        assert [c.text for c in ask(path, None, 0, 1)] == ["zero", "again"]


def test_a_whole_reply_without_the_end_of_its_line_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    ask(path, Shop(said("zero"), said("one")), 0, 1)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert [c.text for c in ask(path, Shop(said("two")), 0, 1, 2)] == ["zero", "one", "two"]
    assert [c.text for c in ask(path, None, 0, 1, 2)] == ["zero", "one", "two"]


def test_the_torn_tail_of_another_job_is_passed_over_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "00010-00019.jsonl"
    ask(other, Shop(said("zero"), said("one")), 0, 1)
    as_killed(other)
    torn = other.read_bytes()[:-20]
    other.write_bytes(torn)
    found = ask(tmp_path / "00000-00009.jsonl", Shop(said("bought")), 0, 1)
    assert [completion.text for completion in found] == ["zero", "bought"]
    assert other.read_bytes() == torn


@pytest.mark.parametrize(
    "damage",
    [b"garbage", b'{"form": 1', b"123", b"null", b"[]", b'{"form": 1}', b"\xff\xfe", b"\x00\x00"],
)
@pytest.mark.parametrize("name", ["00000-00009.jsonl", "00010-00019.jsonl"])
def test_a_damaged_line_is_refused_with_file_and_number(
    tmp_path: Path, damage: bytes, name: str
) -> None:
    path = tmp_path / name
    ask(path, Shop(), 0, 1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + damage + b"\n" + lines[1])
    with pytest.raises(UserError) as refusal:
        ask(tmp_path / "00000-00009.jsonl", None, 0)
    assert str(refusal.value).startswith(f"{path}, line 2 ")
    assert "\n" not in str(refusal.value)
    assert path.read_bytes() == lines[0] + damage + b"\n" + lines[1]


def test_another_form_is_refused_not_misread(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    ask(path, Shop(), 0)
    path.write_text(path.read_text().replace('"form":2', '"form":1'))
    with pytest.raises(UserError, match=r"line 1 is of form 1; this version reads form 2\."):
        ask(path, None, 0)


# One writer


async def test_a_second_writer_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    with Journal(path) as journal:
        with pytest.raises(UserError) as refusal, Journal(path):
            raise AssertionError("two writers")
        text = str(refusal.value)
        assert text.startswith(f"{path} is being written by another job (host ")
        assert f"host {socket.gethostname()}, pid {os.getpid()}, since 20" in text
        # The first writer continues undisturbed.
        await journal.ask(PLACE, 0, 0, REQUEST, Shop())
    with Journal(path) as journal:
        assert (await journal.ask(PLACE, 0, 0, REQUEST, None)).replayed


def test_a_refused_journal_is_not_kept_locked(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    ask(path, Shop(), 0)
    whole = path.read_text()
    path.write_text("garbage\n" + whole)
    with pytest.raises(UserError) as refusal:
        ask(path, None, 0)
    path.write_text(whole)
    assert len(ask(path, None, 0)) == 1
    assert refusal.value is not None  # its trace, which holds the refused journal, is still there


def test_two_jobs_write_two_journals_of_one_folder(tmp_path: Path) -> None:
    with Journal(tmp_path / "00000-00009.jsonl"), Journal(tmp_path / "00010-00019.jsonl"):
        pass


def test_another_run_s_block_of_the_same_deals_is_waited_for(tmp_path: Path) -> None:
    """A larger grid started while the first still runs would buy each reply a second time."""
    short, long = tmp_path / "00000-00003.jsonl", tmp_path / "00000-00005.jsonl"
    with Journal(short), pytest.raises(UserError) as refusal, Journal(long):
        raise AssertionError("two jobs play the same deals")
    assert str(refusal.value).startswith(f"{short} is being written by another job (host ")
    with Journal(long):
        pass


# A full disk


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Limit this process's files to ``size`` bytes, to act like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_paid_replies_wait_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamegrid.records.journal.WRITE_PAUSES_S", (0.01,) * 500)
    shop, path = Shop(), tmp_path / "c.jsonl"
    with Journal(path) as journal:
        with file_size_limit(1000):
            waiting = [
                asyncio.create_task(journal.ask(PLACE, ply, 0, REQUEST, shop)) for ply in range(5)
            ]
            await asyncio.sleep(0.05)
            assert path.stat().st_size == 1000
            assert not all(task.done() for task in waiting)
        await asyncio.gather(*waiting)
    assert len(shop.sold) == 5
    with Journal(path) as journal:
        kept = [await journal.ask(PLACE, ply, 0, REQUEST, None) for ply in range(5)]
    assert all(answer.completion == REPLY for answer in kept)
    assert len(path.read_text().splitlines()) == 5


async def test_a_disk_that_stays_full_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamegrid.records.journal.WRITE_PAUSES_S", (0.01,))
    path = tmp_path / "c.jsonl"
    refused = pytest.raises(UserError, match=r"cannot be written \(File too large\)")
    # Closing the journal fails, too, and must not hide the error message.
    with file_size_limit(200), refused, Journal(path) as journal:
        await journal.ask(PLACE, 0, 0, REQUEST, Shop())


# A killed process


WRITER = """
import asyncio, sys
sys.path[:0] = ["scripts", "tests/records"]
from pathlib import Path
from journal_samples import PLACE, REQUEST, said
from gamegrid.records.journal import Journal

async def main():
    with Journal(Path(sys.argv[1])) as journal:
        for ply in range(1_000_000):
            async def buy(request):
                return said("long " * 5000 + str(ply))
            await journal.ask(PLACE, ply, 0, REQUEST, buy)
            print(ply, flush=True)

asyncio.run(main())
"""


def test_a_killed_job_loses_no_reply_it_was_given(tmp_path: Path) -> None:
    root, path = Path(__file__).resolve().parents[2], tmp_path / "c.jsonl"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    shown = [int(writer.stdout.readline()) for _ in range(200)]
    os.kill(writer.pid, signal.SIGKILL)
    shown += [int(line) for line in writer.stdout.read().splitlines() if line]
    assert writer.wait() == -signal.SIGKILL
    # The lock ended with the process, and every reply that arrived is on file.
    found = ask(path, None, *shown)
    assert [completion.text.split()[-1] for completion in found] == [str(ply) for ply in shown]
