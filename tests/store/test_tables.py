"""The tables match the database in every format, and every column has an explanation."""

import csv
import math
import random
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from gamegrid.stats.intervals import Interval, Reason
from gamegrid.store import tables
from gamegrid.store.table_files import table_names
from gamegrid.store.values import ends
from store_samples import agent, database, episode, game, money, pair, query

FORMS = ("csv", "md", "tex")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a database with a ranked, a margin and a solo game, and an agent that never played."""
    return database(
        tmp_path_factory.mktemp("mixed"),
        [
            *pair("tic_tac_toe", "a", "b", 0, 1, 0.5),
            *pair("tic_tac_toe", "a", "b", 1, 1, 0),
            *pair("tic_tac_toe", "a", "b", 2, 1, 1),
            *money("kuhn_poker", "a", "b", 0, -1, -2),
            *money("kuhn_poker", "a", "c", 0, 1, 1),
            *money("kuhn_poker", "b", "c", 0, 2, 1, strict_returns=(-2, 2)),
            episode("patience", "c", 0, 0, returns=[1234.5]),
        ],
        shard="2/8",
    )


@pytest.fixture(scope="module")
def written(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of its tables."""
    folder = tmp_path_factory.mktemp("written") / "tables"
    tables.write_tables(mixed, folder)
    return folder


def test_the_tables_of_a_shard_say_that_they_are(written: Path) -> None:
    assert "**Shard 2/8: " in (written / "README.md").read_text("utf-8")


def test_every_table_in_every_form(mixed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "tables"
    tables.write_tables(mixed, folder)
    expected = {f"{name}.{form}" for name in table_names() for form in FORMS} | {"README.md"}
    assert {path.name for path in folder.iterdir()} == expected


def test_equal_databases_give_equal_files(mixed: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        tables.write_tables(mixed, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize("name", table_names())
def test_csv_has_every_digit_and_nothing_for_null(mixed: Path, written: Path, name: str) -> None:
    with (written / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)

    assert head == [column for column, *_ in query(mixed, f"DESCRIBE {name}")]
    expected = query(mixed, f"SELECT * FROM {name}")
    assert rows == [["" if v is None else str(v) for v in row] for row in expected]
    assert "None" not in str(rows)
    assert "nan" not in str(rows)


def test_rounded_forms(mixed: Path, tmp_path: Path) -> None:
    """a's scores are (1 + 1/2)/2, 1/2 and 1, with mean 3/4.

    Its interval is computed in test_statistics. b never won more than a, so a sets the scale.
    """
    tables.write_tables(mixed, tmp_path / "tables")
    markdown = (tmp_path / "tables" / "leaderboard.md").read_text("utf-8").splitlines()
    latex = (tmp_path / "tables" / "leaderboard.tex").read_text("utf-8")

    assert markdown[1].startswith("| --- | ---: |")
    assert markdown[2] == (
        "| a | 0.000 | – | – | anchored here | 0.500 | – | – | a | 0 | – | 3 | 6 | 0.750 "
        "| 0.158 | 0.980 | – | – | – | 0.750 | 1 | 1 | 2 | 2 | tic_tac_toe | 0 | 0.000 | – | – |"
    )
    row = (
        r"a & 0.000 & -- & -- & anchored here & 0.500 & -- & -- & a & 0 & -- & 3 & 6 & 0.750 "
        r"& 0.158 & 0.980 & -- & -- & -- & 0.750 & 1 & 1 & 2 & 2 "
        r"& tic\_tac\_toe & 0 & 0.000 & -- & -- \\"
    )
    assert row in latex.splitlines()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0.000"),
        (2 / 3, "0.667"),
        (-1.5, "-1.500"),
        (0.000123456, "0.00012"),
        (12345.6789, "12345.679"),
        (0.6375, "0.637"),
        (0.1 * 3 + 0.3375, "0.637"),  # 0.6375 but for the last bit
        (7, "7"),
        ("text", "text"),
    ],
)
def test_numbers_as_people_read_them(value: tables.Value, shown: str) -> None:
    assert tables._shown(value) == shown


def test_special_characters_are_escaped(tmp_path: Path) -> None:
    awkward = "50%_of {a|b} & c\\d #1 $x^2~ <é中>*"
    path = database(
        tmp_path,
        [episode(awkward, "a", 0, 0, returns=[1])],
        games=[game(awkward, "solo", players=1)],
        agents=[agent("a")],
    )
    tables.write_tables(path, tmp_path / "tables")

    latex = (tmp_path / "tables" / "per_game.tex").read_text("utf-8")
    assert (
        r"50\%\_of \{a\textbar{}b\} \& c\textbackslash{}d \#1 \$x\textasciicircum{}2"
        r"\textasciitilde{} \textless{}é中\textgreater{}* & solo & 1 & 1 & 1 & -- & 1 & a & a"
        in latex
    )
    markdown = (tmp_path / "tables" / "per_game.md").read_text("utf-8").splitlines()
    assert markdown[2].startswith(
        r"| 50%_of {a\|b} & c\\d #1 $x^2~ \<é中\>\* | solo | 1 | 1 | 1 | – | 1 | a |"
    )
    with (tmp_path / "tables" / "per_game.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][0] == awkward


@pytest.mark.parametrize("name", [*table_names(), "move_quality"])
def test_every_column_is_described(mixed: Path, name: str) -> None:
    """``read_table`` refuses a column without unit, meaning and source."""
    with duckdb.connect(str(mixed), read_only=True) as connection:
        table = tables.read_table(connection, name)
    assert table.about
    assert [column.name for column in table.columns] == [
        column for column, *_ in query(mixed, f"DESCRIBE {name}")
    ]


def test_a_column_without_description_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW bare AS SELECT 1 AS one")
        connection.execute("COMMENT ON VIEW bare IS 'Bare.'")
        with pytest.raises(ValueError, match=r"bare\.one is not described"):
            tables.read_table(connection, "bare")
        connection.execute("COMMENT ON COLUMN bare.one IS 'number | only two parts'")
        with pytest.raises(ValueError, match=r"bare\.one is not described"):
            tables.read_table(connection, "bare")


def test_the_readme_explains_every_column(mixed: Path, tmp_path: Path) -> None:
    tables.write_tables(mixed, tmp_path / "tables")
    text = (tmp_path / "tables" / "README.md").read_text("utf-8")
    for name in table_names():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for column, *_ in query(mixed, f"DESCRIBE {name}"):
            assert f"\n| {column} |" in section


def test_the_sources_of_columns_exist(mixed: Path) -> None:
    """If a description names table.column, that column exists."""
    found = set(query(mixed, "SELECT table_name, column_name FROM duckdb_columns()"))
    with duckdb.connect(str(mixed), read_only=True) as connection:
        for name in table_names():
            for column in tables.read_table(connection, name).columns:
                assert "." not in column.source or tuple(column.source.split(".")) in found


def test_leaderboard_text(mixed: Path) -> None:
    """In Kuhn poker a has mean(-3/2, 1) = -1/4 over opponents, b mean(3/2, 3/2), c mean(-1, -3/2).

    Strictly b loses 2 to c in both seatings: b mean(3/2, -2) = -1/4, c mean(-1, 2) = 1/2, and
    each wins from one opponent. The intervals of the scores are computed in test_statistics.
    """
    columns = "rating, high, expected_score, expected_high"
    [(lost, top, score, best)] = query(mixed, f"SELECT {columns} FROM ratings WHERE agent = 'b'")
    b = f"{lost:6.0f}  {f'-∞ to {top:.0f}':>13}  {score:8.2f}  {f'0.00 to {best:.2f}':>12}"
    assert tables.leaderboard_text(mixed) == (
        "Shard 2/8: these are the deals of this part of the grid only.\n"
        "\n"
        "Ratings; expected: score against an opponent rated 0\n"
        "   ranks  agent  rating           95 %  expected          95 %  tied  deals\n"
        "1–2 of 2  a           0  anchored here      0.50             –     a      3\n"
        f"1–2 of 2  b      {b}     a      3\n"
        "\n"
        "No rated match counts for: c, d\n"
        "\n"
        "kuhn_poker (margin: share of opponents beaten, then mean strict return)\n"
        "   ranks  agent      beats  strict      95 %  deals\n"
        "1–3 of 3  c      0.00–1.00   0.500  one deal      2\n"
        "1–3 of 3  a      0.00–1.00  -0.250  one deal      2\n"
        "1–3 of 3  b      0.00–1.00  -0.250  one deal      2\n"
        "\n"
        "patience (solo: mean return; gap to the best response)\n"
        " ranks  agent    return      95 %  gap  deals\n"
        "1 of 1  c      1234.500  one deal    –      1\n"
        "\n"
        "tic_tac_toe (win_loss: mean score)\n"
        "   ranks  agent  score            95 %  strict  deals\n"
        "1–2 of 2  a      0.750  0.158 to 0.980   0.750      3\n"
        "1–2 of 2  b      0.250  0.020 to 0.842   0.250      3"
    )


def test_leaderboard_text_fits_a_terminal(tmp_path: Path) -> None:
    games = [game(f"a_game_with_a_long_name_{number}") for number in range(20)]
    names = ["a", "b", "an_agent_with_a_name_of_forty_characters"]
    episodes = []
    for row in games:
        episodes += pair(row.game, "a", "b", 0, 1, 0)
    path = database(tmp_path, episodes, games=games, agents=[agent(name) for name in names])
    for width in (tables.WIDTH, 80, 60):
        text = tables.leaderboard_text(path, width)
        assert max(map(len, text.splitlines())) <= width
        for row in games:
            assert row.game in text


RATED = (
    (-1999.0, 1999.0, None),
    (None, 5.0, "no lower end"),
    (None, None, Reason.NO_ENDS),
    (None, None, "one deal or family"),
)
"""Intervals of a rating, each with its reason."""


def any_row(luck: random.Random, columns: Iterable[str], name: str) -> dict[str, tables.Value]:
    """Return what a line of text may contain: the largest number that games pay, or a reason."""
    row: dict[str, tables.Value] = {
        column: luck.choice((None, luck.uniform(-1, 1) * 10 ** luck.randint(-3, 3)))
        for column in columns
    }
    counts = ("deals", "forfeited", "fallbacks", "dropped_deals", "rank", "ranked_among")
    row |= {column: luck.randrange(10 ** luck.randint(1, 5)) for column in counts[:4]}
    row |= {column: luck.randint(1, 200) for column in (*counts[4:], "rank_low", "rank_high")}
    row |= {"beats_low": luck.random(), "beats_high": 1.0, "tied_group": "abcd"}
    reason = luck.choice([*map(str, Reason)])
    return row | {"agent": name, "reason": reason}


def any_rating(luck: random.Random, name: str) -> dict[str, tables.Value]:
    """Return what a line of the ratings may contain."""
    low, high, reason = luck.choice(RATED)
    expected = (None, None) if reason == "one deal or family" else (0.0, 1.0)
    counts = {column: 10 ** luck.randint(1, 5) for column in ("deals", "dropped_deals")}
    return counts | {
        "agent": name, "rank_low": 99, "rank_high": luck.randint(99, 101), "ranked_among": 200,
        "rating": luck.uniform(-1999, 1999), "rating_low": low, "rating_high": high,
        "rating_reason": reason, "expected_score": luck.random(), "expected_low": expected[0],
        "expected_high": expected[1], "tied_group": "abcd",
    }  # fmt: skip


def any_names(luck: random.Random) -> list[str]:
    """Return distinct names, many of which differ only at one end or in the middle."""
    parts = ("gpt", "a.model", "of_a_very_long_name", "70b.instruct", "0.7", "b", "x" * 40)
    return sorted({".".join(luck.choices(parts, k=luck.randint(1, 6))) for _ in range(8)})


@pytest.mark.parametrize("width", [tables.WIDTH, 80])
@pytest.mark.parametrize("seed", range(100))
def test_text_fits_a_terminal_whatever_names_and_numbers(seed: int, width: int) -> None:
    luck = random.Random(seed)
    names = any_names(luck)
    for scoring, (_, columns) in tables.GAME_TEXTS.items():
        rows = [any_row(luck, [*columns.values(), "high"], name) for name in names]
        text = tables._game_text("kuhn_poker", scoring, rows, width)
        assert max(map(len, text.splitlines())) <= width
    board = [any_rating(luck, name) for name in names]
    text = tables._board_text(board, sets=2, width=width)
    assert max(map(len, text.splitlines())) <= width


def test_what_went_wrong_is_shown_where_it_did(mixed: Path, tmp_path: Path) -> None:
    episodes = [*pair("tic_tac_toe", "a", "b", 0, 1, 0), *pair("hex_4", "a", "b", 0, 1, 0)]
    episodes[0] = episode("tic_tac_toe", "ab", 0, 0, scores=[1, 0], fallbacks=[0, 2])
    text = tables.leaderboard_text(database(tmp_path, episodes))
    hex_text, other = text[text.index("hex_4 (") :].split("\n\n")
    assert "fallbacks" in other
    assert "fallbacks" not in hex_text
    assert "forfeits" not in other


def test_an_interval_without_ends_is_shown_as_one() -> None:
    assert ends(Interval(-math.inf, math.inf)) == (None, None, Reason.NO_ENDS)
    assert tables._interval(None, None, Reason.NO_ENDS, 0) == "-∞ to ∞"


def test_an_empty_grid_is_told_without_a_crash(tmp_path: Path) -> None:
    path = database(tmp_path, [], agents=[agent("a")])
    tables.write_tables(path, tmp_path / "tables")
    assert tables.leaderboard_text(path) == "No rated match counts for: a"
