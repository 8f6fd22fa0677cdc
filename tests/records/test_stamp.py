"""The stamp of a results folder: another seed is refused, and so is a stamp nobody can read."""

from pathlib import Path

import pytest

from gamegrid.config import load
from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError
from gamegrid.records import stamp


def config(**changes: object) -> GridConfig:
    agents = {"random": {"type": "random"}, "optimal": {"type": "optimal"}}
    return load.read({"games": ["kuhn_poker"], "agents": agents, **changes})


def test_a_folder_of_another_seed_is_refused_unless_mixing_is_meant(tmp_path: Path) -> None:
    stamp.check(tmp_path, config(seed=1))
    stamp.write(tmp_path, config(seed=1))
    stamp.check(tmp_path, config(seed=1))
    with pytest.raises(UserError, match="made with seed 1, not 2"):
        stamp.check(tmp_path, config(seed=2))
    stamp.check(tmp_path, config(seed=2, mix_results=True))


@pytest.mark.parametrize("content", [b"", b"{", b"3", b"\xff"])
def test_a_stamp_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / stamp.NAME).write_bytes(content)
    with pytest.raises(UserError, match=r"cannot be read\. Remove it"):
        stamp.check(tmp_path, config())
