"""One file of each kind in a folder outside the package, and where each of them shows.

The files are the examples of docs/extending.md.
"""

import csv
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from documents import blocks
from gamegrid.pages import config_schema
from workflow_runs import Finished, query, snakemake

PAGE = "docs/extending.md"
TABLES_PLUG_IN = pytest.mark.xfail(
    find_spec("gamegrid.store.table_files") is None,
    reason="the store does not look for tables in the folders of plugins",
    strict=True,
)


def files() -> dict[str, str]:
    return {block.file: block.text for block in blocks() if block.page == PAGE and block.file}


def run(folder: Path, *arguments: str) -> Finished:
    done = snakemake(folder, None, *arguments, "--", "all")
    assert done.code == 0, done.output
    return done


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the page's grid once; return its folder."""
    folder = tmp_path_factory.mktemp("extended")
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    run(folder)
    return folder


def test_each_kind_is_one_file() -> None:
    assert sorted(Path(name).name for name in files()) == [
        "curt.jinja", "deals_played.sql", "eager.py", "echo.py", "fallbacks.py", "grid.yaml",
        "nine_cells.py", "pig_board.py",
    ]  # fmt: skip


def test_the_grid_fits_the_schema(played: Path) -> None:
    grid = yaml.safe_load((played / "grid.yaml").read_text())
    assert jsonschema.Draft202012Validator(config_schema.schema()).is_valid(grid)


def test_game_and_agents_are_in_grid_database_and_tables(played: Path) -> None:
    chunks = {path.parent.relative_to(played / "results/chunks").as_posix()
              for path in (played / "results/chunks").rglob("*.parquet")}  # fmt: skip
    matchups = ("eager--echo", "eager--random", "echo--random")
    assert chunks == {f"{game}/{m}" for game in ("nine_cells", "pig_20") for m in matchups}
    assert query(played, "SELECT game, generic FROM games ORDER BY game") == [
        ("nine_cells", False), ("pig_20", False),
    ]  # fmt: skip
    with (played / "results/tables/per_game.csv").open() as file:
        rows = {(row["game"], row["agent"]) for row in csv.DictReader(file)}
    assert rows == {
        (game, agent) for game in ("nine_cells", "pig_20") for agent in ("eager", "echo", "random")
    }


def test_the_backend_answered_by_the_prompt(played: Path) -> None:
    models = "SELECT agent, backend, model, hosted FROM agents WHERE model IS NOT NULL"
    assert query(played, models) == [("echo", "echo", "echo_first", False)]
    calls = query(played, "SELECT DISTINCT backend, failure FROM calls")
    assert calls == [("echo", None)]
    [(messages,)] = query(played, "SELECT messages FROM calls LIMIT 1")
    assert "Answer with one line, Action: and a legal move." in json.loads(messages)[0]["content"]
    assert query(played, "SELECT DISTINCT game FROM latency ORDER BY game") == [
        ("nine_cells",), ("pig_20",),
    ]  # fmt: skip


@TABLES_PLUG_IN
def test_the_table_is_in_the_database_and_among_the_tables(played: Path) -> None:
    assert query(played, "SELECT * FROM deals_played") == [("nine_cells", 2), ("pig_20", 2)]
    tables = played / "results/tables"
    assert (tables / "deals_played.csv").read_text() == "game,deals\nnine_cells,2\npig_20,2\n"
    assert "\n## deals_played\n\nHow many deals were played" in (tables / "README.md").read_text()


def test_the_figure_is_a_file_and_on_the_page(played: Path) -> None:
    assert "By agent" in (played / "results/figures/fallbacks.svg").read_text()
    assert (played / "results/figures/fallbacks.png").exists()
    page = (played / "results/report.html").read_text()
    assert "Moves made by a bot instead" in page
    assert 'id="fallbacks"' in page


def test_the_board_is_in_the_replays(played: Path) -> None:
    page = (played / "results/report.html").read_text()
    assert "0 0 640 28" in page


def test_the_manifest_lists_every_file_with_its_digest(played: Path) -> None:
    manifest = json.loads((played / "results/manifest.json").read_text())
    listed = {row["file"]: (row["adds"], row["sha256"]) for row in manifest["plugins"]}
    assert listed == {
        name: (adds, hashlib.sha256((played / name).read_bytes()).hexdigest())
        for name, adds in {
            "my_plugins/nine_cells.py": "game",
            "my_plugins/eager.py": "agent type",
            "my_plugins/echo.py": "backend",
            "my_plugins/curt.jinja": "prompt",
            "my_plugins/deals_played.sql": "table",
            "my_plugins/fallbacks.py": "figure",
            "my_plugins/pig_board.py": "board of the game class",
        }.items()
    }


def test_results_with_plug_ins_can_be_verified(played: Path) -> None:
    done = snakemake(played, None, "--", "verify")
    assert done.code == 0, done.output
    assert "equal: " in done.output


def test_an_edited_file_plays_again_what_rests_on_it_and_says_so(played: Path) -> None:
    """Runs last: it changes the results."""
    assert run(played).jobs == []
    mine = played / "my_plugins"
    (mine / "fallbacks.py").write_text(files()["my_plugins/fallbacks.py"] + "# edited\n")
    assert sorted(run(played).jobs) == [
        "all", "build_report", "confirm_complete", "draw_figures", "write_manifest",
    ]  # fmt: skip

    (mine / "eager.py").write_text(files()["my_plugins/eager.py"] + "# edited\n")
    done = run(played)
    said = "plug-in my_plugins/eager.py changed: 4 cells of agent eager are played again."
    assert said in done.output
    assert len(done.played) == 4
    assert all("eager" in chunk for chunk in done.played)
    # Its opponent's replies are on file.
    asked = "SELECT bool_and(replayed) FROM calls JOIN episodes USING (episode_id) WHERE matchup = "
    assert query(played, f"{asked}'eager--echo'") == [(True,)]
    assert "played again" not in run(played).output
