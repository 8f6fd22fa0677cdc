"""Tables for papers: chosen columns, typeset intervals, groups and files that a page can hold."""

import re
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.store import latex, latex_tables, table_files
from gamegrid.store.latex_tables import HEADING, LONGEST, fitting, lines, parted, printed, tabular
from gamegrid.store.paper_columns import parse
from gamegrid.store.table_files import Column
from gamegrid.store.tables import Table, connect, read_tables
from store_samples import database, pair

NUMBERS = ("score", "low", "high", "rating", "rating_low", "rating_high", "deals")
KNOWN = ("game", "agent", *NUMBERS, "note")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    episodes = [each for deal in range(4) for each in pair("tic_tac_toe", "a", "b", deal, 1, 0.5)]
    return database(tmp_path_factory.mktemp("results"), episodes)


def table(*rows: dict[str, Any]) -> Table:
    units = {"rating": "rating points"}
    columns = tuple(
        Column(
            name=name, unit=units.get(name, "0 to 1"), meaning="m", source="s",
            numeric=name in NUMBERS,
        )
        for name in KNOWN
    )  # fmt: skip
    return Table("t", "About.", columns, tuple(tuple(row.get(n) for n in KNOWN) for row in rows))


def cells(choice: str, *rows: dict[str, Any]) -> list[tuple[str, ...]]:
    return [cells for _, cells in printed(table(*rows), parse(choice, KNOWN, "x")).rows]


# Columns


def test_a_choice_names_columns_labels_intervals_and_a_group() -> None:
    chosen = parse("by game; agent, result = score|rating [low, high], rating, deals", KNOWN, "x")
    assert chosen.group == "game"
    assert [(each.label, each.names, each.ends) for each in chosen.columns] == [
        ("agent", ("agent",), None),
        ("result", ("score", "rating"), ("low", "high")),
        ("rating", ("rating",), ("rating_low", "rating_high")),
        ("deals", ("deals",), None),
    ]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("agent, scores", "x: there is no column 'scores'. Did you mean 'score'?"),
        ("by games; agent", "x: there is no column 'games'. Did you mean 'game'?"),
        ("score [low, hihg]", "x: there is no column 'hihg'. Did you mean 'high'?"),
        ("agent,, score", "x: '' is no column."),
        ("score [low]", "x: 'score [low]' is no column."),
    ],
)
def test_a_choice_that_cannot_be_read_is_refused(choice: str, said: str) -> None:
    with pytest.raises(UserError, match="^" + re.escape(said)):
        parse(choice, KNOWN, "x")


def test_every_choice_of_a_file_can_be_read(results: Path) -> None:
    with connect(results) as connection:
        tables = {each.name: each for each in read_tables(connection)}
    choices = table_files.paper_choices()
    assert {"leaderboard", "per_game", "failures", "move_quality"} <= choices.keys()
    for name, choice in choices.items():
        assert parse(choice, [column.name for column in tables[name].columns], name).columns


# Cells


def test_an_interval_is_typeset_beside_its_value() -> None:
    assert cells("score [low, high]", {"score": 0.8, "low": 0.71, "high": 0.823}) == [
        ("0.80 [0.71, 0.82]",)
    ]
    assert cells("rating", {"rating": -12.4, "rating_low": None, "rating_high": -3.2}) == [
        (r"$-$12 [$-$$\infty$, $-$3]",)
    ]
    assert cells("score [low, high], note", {"score": 0.5, "note": "a_b & -c"}) == [
        ("0.50", r"a\_b \& -c")
    ]
    assert cells("score [low, high], deals", {"deals": 1234}) == [("--", "1,234")]


def test_the_first_known_column_counts() -> None:
    rows = {"score": None, "rating": 3.0, "low": 1.0, "high": 4.0}
    assert cells("result = score|rating [low, high]", rows) == [("3 [1, 4]",)]


def test_long_names_stay_different() -> None:
    names = [f"provider_model_{n}_with_a_very_long_name" for n in range(3)]
    found = cells("agent", *({"agent": name} for name in names))
    assert len(set(found)) == 3
    assert all(len(name.replace(r"\ldots{}", "…").replace("\\", "")) <= 22 for (name,) in found)


# Files


def test_columns_that_fit_are_chosen_in_order() -> None:
    draw = Random(2)
    for _ in range(200):
        widths = [draw.uniform(10, 100) for _ in range(draw.randrange(1, 9))]
        places = fitting(widths, 200)
        assert places == sorted(places)
        assert sum(widths[at] for at in places) <= 200
        for at in set(range(len(widths))) - set(places):
            before = sum(widths[one] for one in places if one < at)
            assert before + widths[at] > 200


def test_parts_hold_every_row_and_keep_groups_together_where_they_can() -> None:
    draw = Random(4)
    for _ in range(50):
        rows = [
            {"game": f"g{n}", "agent": f"a{k}"}
            for n in range(draw.randrange(1, 6))
            for k in range(draw.randrange(1, 2 * LONGEST))
        ]
        whole = printed(table(*rows), parse("by game; agent", KNOWN, "x"))
        parts = list(parted(whole))
        assert [row for part in parts for row in part.rows] == list(whole.rows)
        assert all(lines(part.rows) <= LONGEST for part in parts)
        for group, found in groupby(whole.rows, key=lambda row: row[0]):
            if len(list(found)) + HEADING <= LONGEST:
                assert sum(any(row[0] == group for row in part.rows) for part in parts) == 1


def test_groups_have_headings() -> None:
    rows = [{"game": game, "agent": "a_1", "deals": 3} for game in ("hex_4", "nim")]
    text = tabular(printed(table(*rows), parse("by game; agent, deals", KNOWN, "x")))
    assert r"\begin{tabular}{@{}lr@{}}" in text
    assert "\\midrule\n\\multicolumn{2}{@{}l}{\\textit{hex\\_4}} \\\\\na\\_1 & 3 \\\\\n" in text
    assert "\\addlinespace \\multicolumn{2}{@{}l}{\\textit{nim}}" in text


def test_rows_of_a_group_stand_together() -> None:
    rows = [{"game": game, "agent": name} for name in "ab" for game in ("nim", "hex")]
    whole = printed(table(*rows), parse("by game; agent", KNOWN, "x"))
    assert whole.rows == (("nim", ("a",)), ("nim", ("b",)), ("hex", ("a",)), ("hex", ("b",)))


def test_a_number_that_never_changes_heads_no_group() -> None:
    rows = [{"deals": 0, "agent": name} for name in "ab"]
    whole = printed(table(*rows), parse("by deals; agent", KNOWN, "x"))
    assert [group for group, _ in whole.rows] == ["", ""]


def test_tables_are_written_for_both_widths_and_shown(results: Path, tmp_path: Path) -> None:
    number = latex_tables.write(results, tmp_path, {})
    shown = re.findall(r"\\input\{([^}]+)\}", (tmp_path / "tables.tex").read_text("utf-8"))
    assert sorted(shown) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("tables/*/*.tex")
    )
    assert number == len({Path(name).name for name in shown})
    assert r"\input{tables.tex}" in (tmp_path / "main.tex").read_text("utf-8")
    narrow, wide = (
        (tmp_path / "tables" / form / "leaderboard.tex").read_text("utf-8").splitlines()
        for form in ("column", "page")
    )
    assert narrow[3].startswith("agent & rank & rating & group")
    assert wide[3].startswith("agent & rank & rating & group & score & expected score")


def test_chosen_columns_replace_those_of_the_file(results: Path, tmp_path: Path) -> None:
    latex_tables.write(results, tmp_path, {"leaderboard": "agent, score", "seat_effect": "agent"})
    text = (tmp_path / "tables/column/leaderboard.tex").read_text("utf-8")
    assert text.splitlines()[3] == r"agent & score \\"
    assert (tmp_path / "tables/page/seat_effect.tex").is_file()


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"leaderbord": "agent"}, "--columns: there is no table 'leaderbord'."),
        ({"leaderboard": "agnt"}, "--columns leaderboard: there is no column 'agnt'."),
        (
            {"leaderboard": ", ".join(["agent"] * 60)},
            "--columns leaderboard: these columns are wider than a page; leave some out.",
        ),
    ],
)
def test_a_choice_that_cannot_be_printed_is_refused(
    results: Path, tmp_path: Path, chosen: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match="^" + re.escape(said)):
        latex_tables.write(results, tmp_path, chosen)


def test_words_are_printed_as_they_are() -> None:
    assert latex.text("50 % of a_b\n{x} ~ ^ \\ – …") == (
        r"50 \% of a\_b \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} -- \ldots{}"
    )
