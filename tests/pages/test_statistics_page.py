"""docs/statistics.md says of every column of every table what the database says, and its doubts."""

import re

import pytest

from gamegrid.pages import statistics_page
from gamegrid.store.table_files import table_names

TEXT = statistics_page.PATH.read_text("utf-8")


@pytest.mark.parametrize("table", statistics_page.tables(), ids=lambda table: table.name)
def test_every_column_is_there(table: statistics_page.Table) -> None:
    section = statistics_page.sections(TEXT).get(table.name, "")
    missing = [column.name for column in table.columns if f"\n| {column.name} |" not in section]
    assert not missing, f"{table.name} lacks {missing}; run: gamegrid write-pages"


def test_what_it_says_of_columns_is_the_databases() -> None:
    assert statistics_page.refreshed(TEXT) == TEXT, "run: gamegrid write-pages"


@pytest.mark.parametrize("name", table_names())
def test_every_table_has_a_method_and_its_doubts(name: str) -> None:
    by_hand = statistics_page.sections(TEXT)[name].split(statistics_page.END)[1]
    how, doubts = by_hand.split(statistics_page.DOUBT)
    assert how.strip(), f"docs/statistics.md: say how the numbers of {name} are made"
    assert doubts.strip(), f"docs/statistics.md: say when not to trust {name}"


def test_it_speaks_of_no_other_tables() -> None:
    [_, *names] = statistics_page.sections(TEXT)
    assert sorted(names) == sorted(table_names())


def test_a_new_table_is_put_in_and_a_changed_comment_mended() -> None:
    section = statistics_page.sections(TEXT)["usage"]
    without = TEXT.replace(section, "")
    assert f"## usage\n\n{statistics_page.START}" in statistics_page.refreshed(without)
    spoilt = re.sub(r"\| calls \| calls \| [^|]*\|", "| calls | calls | nonsense |", TEXT)
    assert spoilt != TEXT
    assert statistics_page.refreshed(spoilt) == TEXT
