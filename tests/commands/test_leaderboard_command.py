"""``gamegrid leaderboard``: the findings first, then the tables they rest on."""

from pathlib import Path

import duckdb
import pytest

from gamegrid.commands import leaderboard_command
from store_samples import database, pair


def test_it_begins_with_the_headline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    episodes = [
        each for deal in range(30) for each in pair("tic_tac_toe", "a", "b", deal, 1, deal % 2)
    ]
    path = database(tmp_path, episodes)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "INSERT INTO headlines VALUES (0, NULL, 'bad', 'x: none of its moves own.')"
        )
    leaderboard_command.show(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["x: none of its moves own.", "a leads: it is stronger than b."]
    assert lines.index("") < next(
        at for at, line in enumerate(lines) if "rating" in line[:7].lower()
    )
