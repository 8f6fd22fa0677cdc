"""The stamp of a results folder: a different or unreadable stamp is refused."""

from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.records import stamp
from gamegrid.records.stamp import Stamp

FIRST = Stamp(seed=1, protocol=1)


def test_a_folder_with_another_stamp_is_refused(tmp_path: Path) -> None:
    stamp.check(tmp_path, FIRST)
    stamp.write(tmp_path, FIRST)
    stamp.check(tmp_path, FIRST)
    with pytest.raises(UserError, match="made with seed 1, not 2 as configured"):
        stamp.check(tmp_path, Stamp(seed=2, protocol=1))
    with pytest.raises(UserError, match="seed 1, not 2 and protocol 1, not 2"):
        stamp.check(tmp_path, Stamp(seed=2, protocol=2))


@pytest.mark.parametrize("content", [b"", b"{", b"3", b"\xff"])
def test_a_stamp_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / stamp.NAME).write_bytes(content)
    with pytest.raises(UserError, match=r"cannot be read\. Remove it"):
        stamp.check(tmp_path, FIRST)
