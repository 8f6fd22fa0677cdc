"""Value functions on record: one per game, from before its first deal."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.records import value_record
from gamegrid.records.value_record import NAME, fix, merge, read


def lines(results: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (results / NAME).read_text().splitlines()]


def place(results: Path, file: str) -> None:
    path = results / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")


def test_what_a_game_had_before_its_first_deal_stays_on_record(tmp_path: Path) -> None:
    """Deals that are played later, and another function later, change nothing."""
    assert fix(tmp_path, "kuhn_poker", "values-1") == "values-1"
    place(tmp_path, "chunks/kuhn_poker/a--b/00000-00019.parquet")
    assert fix(tmp_path, "kuhn_poker", "values-2") == "values-1"
    assert fix(tmp_path, "leduc_poker", "values-3") == "values-3"
    assert [line["game"] for line in lines(tmp_path)] == ["kuhn_poker", "leduc_poker"]
    assert read(tmp_path)["kuhn_poker"].value_function == "values-1"
    assert read(tmp_path)["kuhn_poker"].before_play


@pytest.mark.parametrize(
    "played",
    [
        "chunks/kuhn_poker/a--b/00000-00019.parquet",
        "journal/kuhn_poker/a--b/00000-00019.jsonl",
        "journal/kuhn_poker/a--b/00000-00019.jsonl.gz",
        "journal/kuhn_poker/a--b/00000-00019.head",
    ],
)
def test_a_function_that_is_recorded_after_play_may_have_been_chosen_to_suit_it(
    tmp_path: Path, played: str
) -> None:
    """Also once the chunk files are gone and the replies are played again from the journal."""
    place(tmp_path, played)
    assert fix(tmp_path, "kuhn_poker", "values") is None
    (tmp_path / played).unlink()
    assert fix(tmp_path, "kuhn_poker", "values") is None
    assert fix(tmp_path, "leduc_poker", "values") == "values"


@pytest.mark.parametrize(
    "other",
    [
        "chunks/leduc_poker/a--b/00000-00019.parquet",
        "journal/kuhn_poker/a/positions.jsonl",
        "journal/kuhn_poker/a/probes.jsonl.gz",
    ],
)
def test_other_games_and_single_moves_are_no_deals_of_the_game(tmp_path: Path, other: str) -> None:
    place(tmp_path, other)
    assert fix(tmp_path, "kuhn_poker", "values") == "values"


def test_of_jobs_that_start_together_one_records(tmp_path: Path) -> None:
    def start(job: int) -> str | None:
        fixed = fix(tmp_path, "kuhn_poker", "values")
        place(tmp_path, f"chunks/kuhn_poker/a--b/{job:05}-{job:05}.parquet")
        return fixed

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(start, range(32))) == {"values"}
    assert len(lines(tmp_path)) == 1


def test_a_line_that_a_crash_cut_short_is_written_again(tmp_path: Path) -> None:
    """The job that wrote it had not played yet."""
    fix(tmp_path, "kuhn_poker", "values")
    whole = (tmp_path / NAME).read_text()
    (tmp_path / NAME).write_text(whole[:-9])
    assert read(tmp_path) == {}
    assert fix(tmp_path, "kuhn_poker", "values") == "values"
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("game", [3, "../../elsewhere", "/tmp", ".."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, game: object) -> None:
    line = {"at": "2025-01-01T00:00:00+00:00", "value_function": "values", "before_play": True}
    (tmp_path / NAME).write_text(json.dumps({**line, "game": game}) + "\n")
    for use in (lambda: read(tmp_path), lambda: fix(tmp_path, "kuhn_poker", "values")):
        with pytest.raises(UserError, match=f"{NAME} has a line that is no record"):
            use()


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    yield tmp_path / "ours", tmp_path / "theirs"


def test_merging_keeps_what_is_on_record_and_adds_other_games(folders: tuple[Path, Path]) -> None:
    ours, theirs = folders
    fix(ours, "kuhn_poker", "values-1")
    fix(theirs, "kuhn_poker", "values-2")
    fix(theirs, "leduc_poker", "values-3")
    merge(theirs, ours)
    found = {game: fixed.value_function for game, fixed in read(ours).items()}
    assert found == {"kuhn_poker": "values-1", "leduc_poker": "values-3"}


def test_merging_excuses_no_deals_of_our_own(folders: tuple[Path, Path]) -> None:
    """They were played without a record, whatever the other folder has."""
    ours, theirs = folders
    fix(theirs, "kuhn_poker", "values")
    place(ours, "chunks/kuhn_poker/a--b/00000-00019.parquet")
    merge(theirs, ours)
    assert not read(ours)["kuhn_poker"].before_play
    assert value_record.fix(ours, "kuhn_poker", "values") is None
