"""``gamegrid.open``: results as rows and as typed frames."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import duckdb
import pandas
import polars
import pytest

import gamegrid
from gamegrid.errors import UserError
from gamegrid.store import opened_results
from gamegrid.store.opened_results import Results
from gamegrid.store.table_files import table_names
from store_samples import database, decision, episode, pair


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with games, some without a known action, regret or return."""
    forfeit = decision("a", 0, 0, "forfeit", action=None, label=None)
    built = database(
        tmp_path_factory.mktemp("built"),
        [
            *pair("tic_tac_toe", "a", "b", 0, 1, 0.5),
            episode("tic_tac_toe", "ab", 1, 0, decisions=[forfeit, decision("b", 1, 1)]),
        ],
    )
    return built.rename(tmp_path_factory.mktemp("results") / "gamegrid.duckdb").parent


@pytest.fixture
def results(folder: Path) -> Iterator[Results]:
    with gamegrid.open(folder) as opened:
        yield opened


def test_every_table_and_view_is_a_frame_of_both_kinds(results: Results) -> None:
    """With the database's columns, rows and missing values."""
    assert [*results.tables][: len(table_names())] == table_names()
    for name in results.tables:
        rows = results.sql(f"FROM {name}").fetchall()
        missing = sum(value is None for row in rows for value in row)
        for frame in (results.pandas(name), results.polars(name)):
            assert [*frame.columns] == [*results.columns(name)], name
            assert len(frame) == len(rows), name
        assert int(results.pandas(name).isna().sum().sum()) == missing, name
        assert sum(results.polars(name).null_count().row(0)) == missing, name


def test_null_in_whole_numbers_makes_no_float(results: Results) -> None:
    told = "SELECT action, optimal, status FROM decisions ORDER BY ply, episode_id"
    frame = results.pandas(told)
    assert frame["action"].dtype == pandas.Int64Dtype()
    assert frame["optimal"].dtype == pandas.BooleanDtype()
    assert frame["action"].isna().sum() == 1
    assert results.polars(told)["action"].dtype == polars.Int64


def test_a_column_with_listed_values_is_categorical(results: Results) -> None:
    statuses = ["complete", "forfeited", "truncated", "error"]
    assert [*results.pandas("episodes")["status"].cat.categories] == statuses
    assert results.polars("episodes")["status"].dtype == polars.Categorical
    assert not isinstance(results.pandas("episodes")["game"].dtype, pandas.CategoricalDtype)


def test_columns_are_described(results: Results) -> None:
    assert results.columns("seats")["fallbacks"].startswith("moves | random moves")
    assert results.tables["seats"].startswith("The result of each seat")


def test_it_reads_and_cannot_change_or_reach_a_file(results: Results, tmp_path: Path) -> None:
    for query in (
        "DELETE FROM episodes",
        "CREATE TABLE x AS SELECT 1",
        f"COPY seats TO '{tmp_path}/x'",
    ):
        with pytest.raises((UserError, duckdb.Error)):
            results.sql(query)
    with pytest.raises(UserError, match="the query fails"):
        results.sql(f"FROM read_csv('{__file__}')")


def test_a_mistake_names_what_was_meant(results: Results, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"view 'leaderbord'\. Did you mean 'leaderboard'"):
        results.pandas("leaderbord")
    with pytest.raises(UserError, match="raiting"):
        results.polars("SELECT raiting FROM leaderboard")
    with pytest.raises(UserError, match=r"no .*/nowhere/gamegrid\.duckdb; play a"):
        gamegrid.open(tmp_path / "nowhere")


def test_a_missing_library_is_named(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> object:
        if name == "pandas":
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(opened_results, "import_module", without)
    with pytest.raises(UserError, match=r"pandas is not installed.*gamegrid\[analysis\]"):
        results.pandas("leaderboard")


def test_it_is_closed_at_the_end_of_the_block(folder: Path) -> None:
    with gamegrid.open(str(folder)) as results:
        pass
    with pytest.raises(UserError, match="closed"):
        results.sql("FROM leaderboard")


def test_importing_the_package_loads_no_library() -> None:
    seen = subprocess.check_output(
        [sys.executable, "-c", "import gamegrid, sys; print(*sys.modules)"], text=True
    )
    assert not {"duckdb", "pandas", "polars", "pyarrow", "numpy"} & set(seen.split())
