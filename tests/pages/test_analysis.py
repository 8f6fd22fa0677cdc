"""The queries of docs/analysis.md answer, and agree with the tables where both say the same."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.paths import WORKFLOW

TEXT = (WORKFLOW / "docs/analysis.md").read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"## \d+\. (.*?)\n.*?```sql\n(.*?)```", TEXT, re.DOTALL))


def ask(results: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(results / "gamegrid.duckdb"), read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def query_with(word: str) -> str:
    """The one query that names a column or a table."""
    [query] = [sql for sql in QUESTIONS.values() if re.search(rf"\b{word}\b", sql)]
    return query


PAGES = sorted(
    str(page.relative_to(WORKFLOW))
    for page in (WORKFLOW / "README.md", *(WORKFLOW / "docs").rglob("*.md"))
    if page.name != "extending.md"  # its SQL defines a table; the plug-in tests create it
)


@pytest.mark.parametrize("page", PAGES)
def test_every_query_of_every_page_runs(result_set: Path, page: str) -> None:
    """No column is ambiguous or missing. The agents that a page names may be others."""
    text = (WORKFLOW / page).read_text(encoding="utf-8")
    for sql in re.findall(r"```sql\n(.*?)```", text, re.DOTALL):
        ask(result_set, sql)


def test_the_usual_joins_are_not_ambiguous(result_set: Path) -> None:
    """Every name of a column means one thing in the views that people query first."""
    for view in ("moves", "replies"):
        columns = [row["column_name"] for row in ask(result_set, f"DESCRIBE {view}")]
        assert len(columns) == len(set(columns))
    joined = "SELECT agent, count(*) FROM seats JOIN decisions USING (episode_id, seat, agent) "
    assert ask(result_set, f"{joined} GROUP BY agent")


def test_moves_and_replies_hold_everything_in_finished_games(result_set: Path) -> None:
    for view, table in (("moves", "decisions"), ("replies", "calls")):
        counted = "SELECT count(*) AS n FROM {} JOIN episodes USING (episode_id) "
        finished = counted.format(table) + "WHERE episodes.status <> 'error'"
        assert ask(result_set, f"SELECT count(*) AS n FROM {view}") == ask(result_set, finished)


def test_every_query_answers_a_question() -> None:
    assert len(QUESTIONS) == len(re.findall(r"```sql", TEXT)) > 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_from_real_results(result_set: Path, question: str) -> None:
    rows = ask(result_set, QUESTIONS[question])
    assert rows
    assert all(any(value is not None for value in row.values()) for row in rows)


def test_answers_agree_with_the_tables(result_set: Path) -> None:
    usage = ask(result_set, "SELECT agent, sum(cost_usd) AS usd FROM usage GROUP BY agent")
    moves = ask(result_set, query_with("own_moves"))
    asked = {row["agent"] for row in usage}
    assert {row["agent"] for row in moves} == asked == {"alone", "talking"}
    # A move that took two replies costs what both did; fallbacks alone are left out.
    total = {row["agent"]: row["usd"] for row in usage}
    assert all(0 < row["usd_per_move"] * row["own_moves"] <= total[row["agent"]] for row in moves)
    failures = ask(
        result_set, "SELECT sum(unparsable + illegal) AS n FROM failures WHERE replies > 0"
    )
    unread = ask(result_set, query_with("finish_reason"))
    assert sum(row["number"] for row in unread) == failures[0]["n"]
    worst = ask(result_set, query_with("episode_id, ply, agent"))
    most = ask(result_set, "SELECT max(regret) AS most FROM decisions")
    assert worst[0]["regret"] == most[0]["most"]
