"""A ledger adds up exactly, survives torn lines and full disks, and tells whether its job lives."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from gamegrid.errors import UserError
from gamegrid.records.ledger import Ledger, is_held, name_of, read, read_sums, units, usd


def test_amounts_are_rounded_up_to_whole_units() -> None:
    assert units(1.0) == 1_000_000_000
    assert units(0.1) == 100_000_000 and usd(units(0.1)) == 0.1
    assert units(1.5e-9) == 2 and units(1e-12) == 1 and units(0.0) == 0


def test_every_kind_of_line_is_added_up(tmp_path: Path) -> None:
    path = tmp_path / "00000-00001.spent"
    book = Ledger(path)
    book.write(["r a 100", "r b 200", "r c 300", "r d 400"])
    assert (book.account.in_flight, book.account.counted) == (1000, 0)
    book.write(["f a", "m b 200", "s c 120 20"])
    assert (book.account.in_flight, book.account.counted, book.account.maybe) == (400, 320, 220)
    assert book.account.filed == {"c"} and book.account.lost == {"b": 1}
    book.write(["x 50"])
    assert (book.account.counted, book.account.maybe) == (270, 170)
    assert read(path) == book.account
    book.close()


def test_a_job_that_ends_leaves_its_sums(tmp_path: Path) -> None:
    path = tmp_path / "00000-00001.spent"
    book = Ledger(path)
    book.write(["r a 100", "s a 70 0", "r b 100", "m b 100"])
    book.close()
    sums = read_sums(path)
    assert (sums.counted, sums.maybe, sums.closed) == (170, 100, True)
    again = Ledger(path)
    assert again.account.closed
    again.write(["r c 5"])
    again.close()  # as if killed: an attempt is in flight
    assert read_sums(path) == read(path) and not read(path).closed


def test_sums_are_the_same_from_the_last_line_and_from_all(tmp_path: Path) -> None:
    luck, path = Random(1), tmp_path / "b.spent"
    for _ in range(30):
        book = Ledger(path)
        for number in range(luck.randint(0, 9)):
            amount = luck.randint(0, 10 ** luck.randint(1, 18))
            book.write([f"r n{number} {amount}"])
            book.write([luck.choice([f"f n{number}", f"m n{number} {amount}", f"s n{number} 9 2"])])
        book.close()
        whole, last = read(path), read_sums(path)
        assert (whole.counted, whole.maybe) == (last.counted, last.maybe)


@pytest.mark.parametrize("torn", [b"r", b"s b 1 0", b"m b 12", b"\xff"])
def test_a_line_without_its_end_never_counted(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.spent"
    path.write_bytes(b"r a 100\n" + torn)
    assert read(path).open == {"a": 100} and read(path).counted == 0
    book = Ledger(path)
    book.write(["m a 100"])
    book.close()
    assert path.read_bytes() == b"r a 100\nm a 100\n= 100 100\n"


@pytest.mark.parametrize("damage", [b"r a\n", b"q a 1\n", b"s a x 0\n", b"\xff\n", b"\n"])
def test_a_damaged_line_is_named(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.spent"
    path.write_bytes(b"r a 100\n" + damage)
    with pytest.raises(UserError, match=r"b\.spent, line 2 cannot be read"):
        read(path)


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "b.spent"
    book = Ledger(path)
    book.write(["r a 100"])
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 4, limits[1]))
    try:
        with pytest.raises(OSError):
            book.write(["m a 100"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before and book.account.counted == 0
    book.write(["m a 100"])
    assert read(path).counted == 100
    book.close()


def test_a_ledger_is_held_until_its_process_dies(tmp_path: Path) -> None:
    path = tmp_path / "b.spent"
    code = f"""
from pathlib import Path
from gamegrid.records.ledger import Ledger
book = Ledger(Path({str(path)!r}))
book.write(["r a 100"])
print("ready", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(name_of.__code__.co_filename).parents[2])},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        assert is_held(path)
        with pytest.raises(BlockingIOError):
            Ledger(path)
        process.kill()
        process.wait()
    assert not is_held(path) and not is_held(tmp_path / "none.spent")
    assert Ledger(path).account.in_flight == 100
