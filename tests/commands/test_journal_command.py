"""Maintaining the replies on file: packing, pruning and merging journals loses nothing."""

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gamegrid.__main__ import main
from gamegrid.backends.backend import (
    Attempt,
    BackendError,
    Completion,
    FinishReason,
    Message,
    Request,
    Sampling,
    Usage,
)
from gamegrid.errors import UserError
from gamegrid.luck import Place
from gamegrid.records import chain
from gamegrid.records.journal import Journal, files, parts, read
from gamegrid.records.upkeep import compress, merge, prune, summaries, verify, where

CELL = "kuhn_poker/a--b"
REQUEST = Request(model="hf_x", messages=(Message("user", "Choose."),), sampling=Sampling())


def place(deal: int) -> Place:
    return Place(seed=1, game="kuhn_poker", deal=deal, matchup="a--b", seating=0, seat=0)


def buy(results: Path, *deals: int, text: str = "Bet", block: str = "0-9", cell: str = CELL) -> int:
    """Ask for some deals; return how many replies had to be bought."""

    async def sell(request: Request) -> Completion:
        usage = Usage(prompt_tokens=7, completion_tokens=3)
        return Completion(text=text, finish_reason=FinishReason.STOP, usage=usage, raw=text)

    async def each() -> int:
        with Journal(results / "journal" / cell / f"{block}.jsonl") as journal:
            for deal in deals:
                await journal.ask(place(deal), 0, 0, REQUEST, sell)
            return journal.asked

    return asyncio.run(each())


def lose(results: Path, *deals: int, cell: str = CELL) -> None:
    """Ask for some deals; every request fails after two attempts."""
    attempts = tuple(
        Attempt(at=f"2026-01-01T00:00:0{second}.000", seconds=1.0, kind=kind)
        for second, kind in enumerate(("unbilled", "maybe_billed"))
    )

    async def fail(request: Request) -> Completion:
        raise BackendError("hf_x: gone", attempts)

    async def each() -> None:
        with Journal(results / "journal" / cell / "0-9.jsonl") as journal:
            for deal in deals:
                with pytest.raises(BackendError):
                    await journal.ask(place(deal), 0, 0, REQUEST, fail)

    asyncio.run(each())


def replies(results: Path) -> dict[str, str]:
    folder = results / "journal" / CELL
    return {line.key: line.completion.text for path in files(folder) for line in read(path)}


def test_the_list_counts_replies_and_stated_tokens_by_cell(tmp_path: Path) -> None:
    buy(tmp_path, 0, 1)
    buy(tmp_path, 2, block="10-19")
    buy(tmp_path, 0, cell="pig/a--b")
    kuhn, pig = summaries(tmp_path)
    assert (kuhn.cell, kuhn.replies, kuhn.tokens, kuhn.models) == (CELL, 3, 30, ("hf_x",))
    assert (pig.cell, pig.replies) == ("pig/a--b", 1)


def test_a_cell_without_replies_ends_in_no_comma(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lose(tmp_path, 1)
    assert main(["journal", "list", str(tmp_path)]) == 0
    assert f"{CELL}: 0 replies, 0 tokens, 0.0 MB; 2 failed" in capsys.readouterr().out


def test_what_was_sent_in_vain_is_counted_merged_checked_and_pruned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    buy(ours, 0)
    lose(ours, 1)
    lose(theirs, 1, 2)
    merge(theirs, ours)
    merge(theirs, ours)
    (cell,) = summaries(ours)
    assert (cell.replies, cell.lost, cell.maybe_billed) == (1, 4, 2)
    assert main(["journal", "list", str(ours)]) == 0
    assert "4 failed attempts, of which 2 may have been billed" in capsys.readouterr().out
    assert verify(ours) == []
    noted = ours / "journal" / CELL / "0-9.lost"
    noted.write_bytes(noted.read_bytes()[:-20])
    assert [str(noted) in trouble for trouble in verify(ours)] == [True]
    compress(ours)
    prune(ours, set(), delete=True)
    assert not list(ours.rglob("*.lost")) and summaries(ours) == []


def test_a_packed_journal_is_read_and_nothing_in_it_is_bought_again(tmp_path: Path) -> None:
    buy(tmp_path, 0, 1)
    before = replies(tmp_path)
    assert compress(tmp_path) == 1
    [journal] = files(tmp_path / "journal" / CELL)
    assert [path.name for path in parts(journal)] == ["0-9.jsonl.gz"]
    assert replies(tmp_path) == before
    assert buy(tmp_path, 0, 1, 2) == 1
    assert compress(tmp_path) == 1, "the job went on in a new file, packed with the old one"
    assert len(replies(tmp_path)) == 3
    assert verify(tmp_path) == []


def test_a_crash_between_packing_and_removing_doubles_nothing(tmp_path: Path) -> None:
    buy(tmp_path, 0, 1)
    path = tmp_path / "journal" / CELL / "0-9.jsonl"
    content = path.read_bytes()
    compress(tmp_path)
    path.write_bytes(content)
    assert verify(tmp_path) == []
    compress(tmp_path)
    assert gzip.decompress(path.with_name("0-9.jsonl.gz").read_bytes()) == content


def test_a_journal_that_a_job_writes_is_neither_packed_nor_pruned(tmp_path: Path) -> None:
    buy(tmp_path, 0)
    with Journal(tmp_path / "journal" / CELL / "0-9.jsonl"):
        assert compress(tmp_path) == 0
        with pytest.raises(UserError, match="being written"):
            prune(tmp_path, set(), delete=True)
    assert len(replies(tmp_path)) == 1


def sealed(*contents: bytes) -> bytes:
    """Return a journal's bytes with a whole chain: what only a second purchase would write."""
    return b"".join(line + b"\n" for line, _ in chain.chained(contents))


def altered(lines: list[bytes]) -> bytes:
    return sealed(lines[0].replace(b"Choose.", b"Choose!"), *lines[1:])


def cut(lines: list[bytes]) -> bytes:
    return lines[0][:40] + b"\n" + sealed(*lines[1:])


def doubled(lines: list[bytes]) -> bytes:
    return sealed(lines[0].replace(b'"text":"Bet"', b'"text":"Pass"'), lines[0])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (altered, "the request of a reply was altered"),
        (cut, "line 1 cannot be read"),
        (doubled, "2 replies on file"),
    ],
)
def test_verify_names_what_is_wrong(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[list[bytes]], bytes],
    said: str,
) -> None:
    buy(tmp_path, 0, 1)
    path = tmp_path / "journal" / CELL / "0-9.jsonl"
    text = harm([line.content for line in read(path)])
    path.write_bytes(text)
    digest = chain.link(text.splitlines()[-1]).digest
    chain.write_head(path, chain.Head(text.count(b"\n"), digest))
    assert main(["journal", "verify", str(tmp_path)]) == 1
    assert said in capsys.readouterr().out


def test_pruning_names_first_and_removes_only_other_cells(tmp_path: Path) -> None:
    buy(tmp_path, 0)
    buy(tmp_path, 0, cell="pig/a--b")
    doomed = prune(tmp_path, {CELL}, delete=False)
    assert [path.parent.parent.name for path in doomed] == ["pig"]
    assert doomed[0].exists()
    prune(tmp_path, {CELL}, delete=True)
    assert [cell.cell for cell in summaries(tmp_path)] == [CELL]


def test_prune_takes_the_cells_from_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buy(tmp_path, 0, cell="pig/a--b")
    buy(tmp_path, 0, block="positions", cell="kuhn_poker/a")
    agents = {"a": {"type": "random"}, "b": {"type": "random"}}
    grid = {"games": ["kuhn_poker", "tic_tac_toe"], "agents": agents, "positions": 5}
    buy(tmp_path, 0, block="positions", cell="tic_tac_toe/a")
    (tmp_path / "grid.yaml").write_text(yaml.safe_dump(grid | {"models": []}))
    asked = ["journal", "prune", str(tmp_path), "--configfile", str(tmp_path / "grid.yaml")]
    assert main(asked) == 0
    assert "2 files to remove with --yes" in capsys.readouterr().out
    assert main([*asked, "--yes"]) == 0
    # Only exactly solved games have positions to ask.
    assert [cell.cell for cell in summaries(tmp_path)] == ["tic_tac_toe/a"]


def test_prune_keeps_the_probes_of_a_grid(tmp_path: Path) -> None:
    for name in "ab":
        buy(tmp_path, 0, block="probes", cell=f"kuhn_poker/{name}")
    grid = {"games": ["kuhn_poker"], "agents": {"a": {"type": "random"}}, "probes": 5,
            "self_play": True, "models": []}  # fmt: skip
    (tmp_path / "grid.yaml").write_text(yaml.safe_dump(grid))
    asked = [
        "journal",
        "prune",
        str(tmp_path),
        "--configfile",
        str(tmp_path / "grid.yaml"),
        "--yes",
    ]
    assert main(asked) == 0
    assert [cell.cell for cell in summaries(tmp_path)] == ["kuhn_poker/a"]


def test_merged_replies_are_not_bought_again_and_conflicts_are_named(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    buy(ours, 0, 1)
    buy(theirs, 1, 2)
    buy(theirs, 3, block="10-19")
    buy(ours, 4, text="Bet")
    buy(theirs, 4, text="Pass")
    done = merge(theirs, ours)
    assert (done.added, done.known) == (2, 1)
    (conflict,) = done.conflicts
    assert "deal 4" in where(conflict)
    assert buy(ours, 0, 1, 2, 3, 4) == 0
    kept = {json.loads(key)["deal"]: text for key, text in replies(ours).items()}
    assert kept[4] == "Bet"
    again = merge(theirs, ours)
    assert (again.added, again.known, len(again.conflicts)) == (0, 3, 1)


def test_a_folder_without_a_journal_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "list", str(tmp_path / "nowhere")]) == 1
    assert "has no journal" in capsys.readouterr().err
