"""Tables are discovered by their files, including those in a user's folder."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from gamegrid import plugins
from gamegrid.errors import UserError
from gamegrid.jobs import workflow
from gamegrid.store import table_files
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import Rows
from gamegrid.store.tables import write_tables
from outside import TABLE
from store_samples import query

GRID = {
    "plugins": ["mine"],
    "games": ["tic_tac_toe"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}


@pytest.fixture
def working(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/seatings.sql").write_text(TABLE)
    return tmp_path


def test_every_file_of_the_package_creates_its_view_and_tables_are_in_order() -> None:
    names = table_files.table_names()
    assert names[:3] == ["headline", "leaderboard", "rating_differences"]
    assert names[-1] == "controls"
    for file in table_files.package_files():
        assert f"CREATE VIEW {file.name} AS" in file.sql
        assert (file.name in names) == (file.place is not None)
    places = [file.place for file in table_files.package_files() if file.place is not None]
    assert len(set(places)) == len(places)


def test_a_table_of_ones_own_is_a_table_like_any_other(working: Path) -> None:
    """The rows carry its text to the job that builds the database and to verifiers."""
    with plugins.using(()):
        made = workflow.prepare(GRID, working, working / "results", main=True)
        rows = Rows.of(json.loads(workflow.database_rows(made)))
        assert workflow.table_names()[-1] == "seatings"
    assert "seatings" not in workflow.table_names()
    path = working / "gamegrid.duckdb"
    build(path, rows, Sources(chunks=[]))
    assert query(path, "SELECT agents FROM seatings") == [(2,)]
    write_tables(path, working / "tables")
    assert (working / "tables/seatings.csv").read_text() == "agents\n2\n"
    readme = (working / "tables/README.md").read_text()
    assert "## seatings\n\nHow many agents there are." in readme
    assert readme.index("## seatings") > readme.index("## controls")


def test_another_text_of_a_table_is_another_database(working: Path) -> None:
    with plugins.using(()):
        before = asdict(
            workflow.rows(workflow.prepare(GRID, working, working / "results", main=False))
        )
        (working / "mine/seatings.sql").write_text(TABLE.replace("count(*)", "2 * count(*)"))
        after = asdict(
            workflow.rows(workflow.prepare(GRID, working, working / "results", main=False))
        )
    assert before != after


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("seatings", TABLE.partition("\n")[2], "does not begin with a line like '-- table: 500'"),
        ("per_game", TABLE, "declares the table 'per_game', which is taken"),
        ("Seat-ings", TABLE, "needs a name of lower-case letters"),
        ("seatings", "-- table: 5\nSELECT nothing", "cannot be created: Binder Error"),
        ("seatings", TABLE.replace("AS agents", "AS number"), "cannot be created: .*agents"),
        ("seatings", TABLE.replace("agents | how", "how"), "is not described as 'unit"),
        ("other", TABLE, "view other is missing"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused_before_anything_is_played(
    working: Path, name: str, text: str, said: str
) -> None:
    (working / "mine/seatings.sql").unlink()
    (working / f"mine/{name}.sql").write_text(text)
    with plugins.using(()), pytest.raises(UserError, match=f"config: plugins: .*{said}"):
        workflow.prepare(GRID, working, working / "results", main=True)
