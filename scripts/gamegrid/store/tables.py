"""Write the tables of a built database as CSV, Markdown and LaTeX, and as terminal text."""

import csv
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from gamegrid.records import duckdb_files
from gamegrid.stats.intervals import Reason
from gamegrid.store import latex, table_files
from gamegrid.store.conduct_statements import read_conduct, statements
from gamegrid.store.short_names import shortened
from gamegrid.store.table_files import Column

WIDTH = 100
"""The greatest width of text, in characters."""

SHORTEST = 8
"""The least number of characters that a name is cut to."""

FEWEST = 4
"""The least number of columns that a narrow terminal shows."""

ABSENT = "–"
"""What people see for NULL."""

INTERVAL = "95 %"
RANKS = "ranks"
BEATS = "beats"
_PLACED = {RANKS: "rank", "agent": "agent"}
_PLAYED = {"deals": "deals", "forfeits": "forfeited", "fallbacks": "fallbacks",
           "dropped": "dropped_deals"}  # fmt: skip
GAME_TEXTS = {
    "win_loss": (
        "mean score",
        {**_PLACED, "score": "score", INTERVAL: "low", "strict": "strict_score", **_PLAYED},
    ),
    "margin": (
        "share of opponents beaten, then mean strict return",
        {**_PLACED, BEATS: "beats", "strict": "strict_return", INTERVAL: "low", **_PLAYED},
    ),
    "payoff": (
        "own return; share of the best for all; gap to best response",
        {"agent": "agent", "return": "mean_return", INTERVAL: "low", "share": "joint_share",
         "gap": "gap", "cooperates": "cooperation_rate", **_PLAYED},
    ),
    "solo": (
        "mean return; gap to the best response",
        {**_PLACED, "return": "mean_return", INTERVAL: "low", "gap": "gap", **_PLAYED},
    ),
}  # fmt: skip
"""By scoring: the order of the agents in words, and columns of per_game by their headings."""

TROUBLE = frozenset({"forfeits", "fallbacks", "dropped"})
"""The headings of what a terminal shows only where it happened."""

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its rows, as read from the database."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def write_tables(database: Path, folder: Path) -> None:
    """Write every table as NAME.csv, NAME.md and NAME.tex, and README.md, into ``folder``.

    CSV has full precision and an empty field for NULL; the others are rounded for people.
    Equal databases give equal files. Raises UserError if ``database`` cannot be opened.
    """
    with closing(connect(database)) as connection:
        tables = read_tables(connection)
        failures = [each.text for each in statements(read_conduct(connection))]
        told = [*failures, *notices(connection)]
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        _write_csv(folder / f"{table.name}.csv", table)
        (folder / f"{table.name}.md").write_text(_markdown(table), "utf-8")
        (folder / f"{table.name}.tex").write_text(_latex(table), "utf-8")
    (folder / "README.md").write_text(_readme(tables, told), "utf-8")


def leaderboard_text(database: Path, width: int = WIDTH) -> str:
    """Return the results for a terminal of ``width`` columns: the ratings, then every game.

    Raises UserError if ``database`` cannot be opened.
    """
    with closing(connect(database)) as connection:
        board = _records(connection, "leaderboard")
        per_game = _records(connection, "per_game")
        parts = [textwrap.fill(notice, width) for notice in notices(connection)]
    sets = [list(rows) for _, rows in groupby(board, lambda row: row["rating_set"])]
    rated = sum(rows[0]["rating"] is not None for rows in sets)
    parts += [_board_text(rows, rated, width) for rows in sets]
    parts += [
        _game_text(game, scoring, list(rows), width)
        for (game, scoring), rows in groupby(per_game, lambda row: (row["game"], row["scoring"]))
    ]
    return "\n\n".join(parts)


def _records(connection: duckdb.DuckDBPyConnection, view: str) -> list[dict[str, Any]]:
    """Return the rows of one of our views, in its order, by column."""
    found = connection.execute(f'SELECT * FROM "{view}"')
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Read every table of the results, in order.

    Raises ValueError if a view or column is not described.
    """
    names = connection.execute("SELECT name FROM result_tables ORDER BY place, name").fetchall()
    return [read_table(connection, name) for (name,) in names]


def read_table(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Read one view with the comments that its SQL gives it.

    Raises ValueError if the view or one of its columns is not described.
    """
    about, columns = table_files.described(connection, name)
    # The name is that of one of our views, which puts its own rows in order.
    rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
    return Table(name, about, columns, tuple(rows))


def connect(database: Path, files: Iterable[Path] = ()) -> duckdb.DuckDBPyConnection:
    """Open ``database`` to read. SQL may write ``files``, and may read and write no others.

    Raises UserError if it cannot be opened.
    """
    return duckdb_files.connect(database, read_only=True, files=files)


def decimals(value: float, form: str) -> str:
    """Format ``value`` as ``form`` says, or with two digits if it is small.

    Equal means that were added in another order differ in the last bit. They look the same.
    """
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{round(value, 9):{form}}"


def _shown(value: Value) -> str:
    """Format ``value`` with three decimals, or with two digits if it is small."""
    if value is None:
        return ABSENT
    if isinstance(value, float):
        return decimals(value, ".3f")
    return str(value)


def _write_csv(path: Path, table: Table) -> None:
    """Write ``table`` with every digit; NULL is an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in table.columns)
        writer.writerows(table.rows)


def _markdown(table: Table) -> str:
    """Return ``table`` as a Markdown table, numbers to the right."""
    return _markdown_table(
        [column.name for column in table.columns],
        [[_shown(value) for value in row] for row in table.rows],
        [column.numeric for column in table.columns],
    )


def _markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]
) -> str:
    """Return a Markdown table of plain texts."""
    rule = ["---:" if number else "---" for number in numeric]
    lines = [map(_markdown_text, head), rule, *(map(_markdown_text, row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _markdown_text(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, within one cell."""
    escaped = "".join(f"\\{char}" if char in "\\|*`<>[]" else char for char in text)
    return " ".join(escaped.split())


def _latex(table: Table) -> str:
    """Return ``table`` as a tabular; the document needs the package booktabs."""
    layout = "".join("r" if column.numeric else "l" for column in table.columns)
    head = [latex.text(column.name) for column in table.columns]
    body = (latex.row(latex.text(_shown(value)) for value in row) for row in table.rows)
    return latex.tabular(layout, head, body)


def notices(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what readers must know first; nothing for a finished grid at its first look."""
    held, shard, look, suite = connection.execute(
        "SELECT (SELECT interim FROM grid), (SELECT shard FROM grid), "
        "(SELECT coalesce(max(look), 1) FROM paired), (SELECT max(rating_suite) FROM leaderboard)"
    ).fetchall()[0]
    notices = []
    if shard:
        notices.append(f"Shard {shard}: these are the deals of this part of the grid only.")
    if held:
        notices.append(f"Interim results: {held} are finished.")
    if held or look > 1:
        notices.append(
            f"Look {look}: if earlier results influenced how many deals were played, p and the "
            "intervals, which assume a number fixed in advance, do not hold; anytime_low and "
            "anytime_high in paired do."
        )
    if suite:
        notices.append(
            f"Ratings are on the scale of suite {suite} and compare with those of other results "
            "with it."
        )
    return notices


def _readme(tables: Sequence[Table], notices: Sequence[str]) -> str:
    """Return the description of every table and column."""
    head = (
        "# Tables\n\n"
        "Each table is here as .csv (all digits, an empty field where nothing is known), .md and\n"
        f".tex (rounded, {ABSENT} where nothing is known; the .tex needs the booktabs package).\n"
        + "".join(f"\n**{notice}**\n" for notice in notices)
    )
    return head + "".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    """Return one table's section of the README."""
    return f"\n## {table.name}\n\n{textwrap.fill(table.about, WIDTH)}\n\n{described(table)}"


def described(table: Table) -> str:
    """Return a Markdown table that describes the columns of a table."""
    rows = [(column.name, column.unit, column.meaning, column.source) for column in table.columns]
    return _markdown_table(("column", "unit", "meaning", "source"), rows, [False] * 4)


def _board_text(rows: Sequence[Mapping[str, Any]], sets: int, width: int = WIDTH) -> str:
    """Return the ratings of one set of agents, which is one of ``sets``."""
    if rows[0]["rating"] is None:
        return "\n".join(_unrated(rows, width))
    unlinked = ". No matches link it with other sets of agents" if sets > 1 else ""
    title = textwrap.fill(f"Ratings; expected: score against an opponent rated 0{unlinked}", width)
    head = (RANKS, "agent", "rating", INTERVAL, "expected", INTERVAL, "tied", "deals", "dropped")
    return f"{title}\n{_aligned(head, [_board_line(row) for row in rows], width)}"


def _unrated(rows: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Yield a paragraph about agents without a match, and one about those without own results."""
    for said, provisional in (("No rated match counts for", False), ("Provisional, no rank", True)):
        names = [
            str(row["agent"]) for row in rows if (row["provisional"] is not None) is provisional
        ]
        if names:
            yield textwrap.fill(f"{said}: {', '.join(names)}", width)


def _board_line(row: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return one line of the ratings, intervals as one text each."""
    reason = row["rating_reason"]
    expected = (row["expected_low"], row["expected_high"])
    return (
        _ranks(row), row["agent"], f"{row['rating']:.0f}",
        _interval(row["rating_low"], row["rating_high"], reason, 0),
        f"{row['expected_score']:.2f}",
        None if None in expected else _interval(*expected, None, 2),
        row["tied_group"], row["deals"], row["dropped_deals"],
    )  # fmt: skip


def _ranks(row: Mapping[str, Any]) -> Value:
    """Return the possible ranks, and among how many."""
    low, high, among = row["rank_low"], row["rank_high"], row["ranked_among"]
    if low is None:
        return None
    return f"{low} of {among}" if low == high else f"{low}–{high} of {among}"


def _beats(row: Mapping[str, Any]) -> Value:
    """Return the possible shares of opponents beaten."""
    low, high = row["beats_low"], row["beats_high"]
    if low is None or low == high:
        return _shown(low)
    return f"{low:.2f}–{high:.2f}"


def _interval(low: Value, high: Value, reason: Value, digits: int) -> Value:
    """Format an interval, or return the reason there is none."""
    if low is None and high is None and reason != Reason.NO_ENDS:
        return reason
    first = "-∞" if low is None else f"{low:.{digits}f}"
    return f"{first} to {'∞' if high is None else f'{high:.{digits}f}'}"


def _game_text(
    game: str, scoring: str, rows: Sequence[Mapping[str, Any]], width: int = WIDTH
) -> str:
    """Return one game's agents in order of rank."""
    order, columns = GAME_TEXTS[scoring]
    lines = [[_cell(name, column, row) for name, column in columns.items()] for row in rows]
    title = textwrap.fill(f"{game} ({scoring}: {order})", width)
    return f"{title}\n{_aligned(list(columns), lines, width)}"


def _cell(name: str, column: str, row: Mapping[str, Any]) -> Value:
    """Return what a column of text shows, intervals and ranks as one text each."""
    special: Mapping[str, Callable[[Mapping[str, Any]], Value]] = {
        RANKS: _ranks,
        BEATS: _beats,
        INTERVAL: lambda row: _interval(row["low"], row["high"], row["reason"], 3),
    }
    return special.get(name, itemgetter(column))(row)


def _aligned(head: Sequence[str], rows: Sequence[Sequence[Value]], width: int) -> str:
    """Return ``rows`` under ``head``, the column ``agent`` to the left and numbers to the right.

    Columns of ``TROUBLE`` without a trouble are left out. If a line would be wider than ``width``,
    the names of agents are shortened, then the gaps, and then the last columns are left out.
    """
    columns = list(zip(head, *(map(_shown, row) for row in rows), strict=True))
    columns = [each for each in columns if each[0] not in TROUBLE or set(each[1:]) != {"0"}]
    between = "  "
    if _room(columns, between, width) < SHORTEST:
        between = " "
    while _room(columns, between, width) < SHORTEST and len(columns) > FEWEST:
        columns.pop()
    agent = [column[0] for column in columns].index("agent")
    room = max(_room(columns, between, width), SHORTEST)
    columns[agent] = tuple(shortened(columns[agent], room))
    padded = [
        [_side(column[0])(text, max(map(len, column))) for text in column] for column in columns
    ]
    return "\n".join(between.join(line).rstrip() for line in zip(*padded, strict=True))


def _room(columns: Sequence[Sequence[str]], between: str, width: int) -> int:
    """Return how wide the column of agents can be."""
    others = [max(map(len, column)) for column in columns if column[0] != "agent"]
    return width - sum(others) - len(between) * len(others)


def _side(name: str) -> Callable[[str, int], str]:
    """Return the function that pads the column ``name``."""
    return str.ljust if name == "agent" else str.rjust
