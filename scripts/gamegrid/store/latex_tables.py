"""Write tables as papers print them: chosen columns, typeset intervals, one and two columns wide.

A table is printed if its file chooses columns in a line ``-- paper: ...``, or if the user does. Its
rows are divided into files that a page can hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from gamegrid.errors import UserError, nearest
from gamegrid.store import latex, table_files
from gamegrid.store.paper_columns import PaperColumn, PaperColumns, parse
from gamegrid.store.short_names import shortened
from gamegrid.store.tables import Table, Value, connect, decimals, notices, read_tables

INCH = 72.27
"""TeX's points in an inch."""
LETTER = 4.4
"""The usual width of a letter of 8 points, in points; words are hardly ever wider."""
BETWEEN = 6.0
"""Points between two columns."""
LONGEST = 45
"""The most lines in a file."""
HEADING = 2
"""The lines that the heading of a group takes, with the space above it."""
LONGEST_NAME = 22
"""The longest name of an agent or a model, in characters."""
NAMES = ("agent", "opponent", "model")

WIDTHS: Mapping[str, float] = {"column": 3.3, "page": 6.9}
"""The width of each format, in inches."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A table as texts: a name and a heading for each column, and the rows with their groups."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Each with the heading of its group, empty for none, and its cells, in LaTeX."""
    widths: tuple[float, ...]
    """The width that each column needs, in points."""

    def chosen(self, places: Sequence[int]) -> "Printed":
        """Return only the columns in these places."""
        return Printed(
            tuple(self.heads[at] for at in places),
            tuple(self.numeric[at] for at in places),
            tuple((group, tuple(cells[at] for at in places)) for group, cells in self.rows),
            tuple(self.widths[at] for at in places),
        )


def write(database: Path, folder: Path, chosen: Mapping[str, str]) -> int:
    """Write the tables into ``folder``/tables, and tables.tex and main.tex, which show them.

    ``chosen`` maps names of tables to columns that replace those that the tables' files name.
    Returns the number of tables. Raises UserError for a name that does not exist, for columns wider
    than a page, or if ``database`` cannot be opened.
    """
    with closing(connect(database)) as connection:
        tables = {table.name: table for table in read_tables(connection)}
        said = notices(connection)
    for name in chosen:
        if name not in tables:
            raise UserError(f"--columns: there is no table {name!r}.{nearest(name, tables)}")
    choices = {**table_files.paper_choices(), **chosen}
    parts = [latex.text(notice) + "\n\n" for notice in said]
    number = 0
    for name, table in tables.items():
        if name in choices and table.rows:
            where = f"--columns {name}" if name in chosen else f"{name}.sql"
            columns = parse(choices[name], [each.name for each in table.columns], where)
            parts += _written(table, columns, folder, where if name in chosen else None)
            number += 1
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.tex").write_text("".join(parts), "utf-8")
    latex.write_main(folder)
    return number


def _written(table: Table, columns: PaperColumns, folder: Path, asked: str | None) -> Iterator[str]:
    """Write a table in every format that it fits, and yield the LaTeX that shows its files.

    If the user ``asked`` for the columns, all are printed; else as many as fit.
    """
    whole = printed(table, columns)
    for form, inches in WIDTHS.items():
        places = fitting(whole.widths, inches * INCH)
        if asked and len(places) < len(whole.widths):
            if form == "page":
                raise UserError(f"{asked}: these columns are wider than a page; leave some out.")
            continue
        for at, rows in enumerate(parted(whole.chosen(places))):
            name = f"tables/{form}/{table.name}{f'-{at + 1}' if at else ''}.tex"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(tabular(rows), "utf-8")
            yield _shown(name, f"{table.name}, continued." if at else table.about)


def printed(table: Table, columns: PaperColumns) -> Printed:
    """Return the chosen columns of a table as texts, the rows of a group together."""
    names = [column.name for column in table.columns]
    rows = _short([dict(zip(names, row, strict=True)) for row in table.rows])
    units = {column.name: column.unit for column in table.columns}
    numbers = {column.name for column in table.columns if column.numeric}
    plain = [[_cell(row, column, units) for column in columns.columns] for row in rows]
    heads = [column.label for column in columns.columns]
    widths = [LETTER * max(map(len, texts)) + BETWEEN for texts in zip(heads, *plain, strict=True)]
    grouped = [
        (_group(row, columns.group, rows), tuple(map(_typeset, cells)))
        for row, cells in zip(rows, plain, strict=True)
    ]
    order = list(dict.fromkeys(heading for heading, _ in grouped))
    return Printed(
        tuple(map(latex.text, heads)),
        tuple(column.names[0] in numbers for column in columns.columns),
        tuple(sorted(grouped, key=lambda row: order.index(row[0]))),
        tuple(widths),
    )


def _short(rows: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
    """Return rows with long names of agents and models shortened, and still different."""
    short = [dict(row) for row in rows]
    for column in NAMES:
        long = list(dict.fromkeys(str(row[column]) for row in rows if row.get(column) is not None))
        called = dict(zip(long, shortened(long, LONGEST_NAME), strict=True))
        for row in short:
            if row.get(column) is not None:
                row[column] = called[str(row[column])]
    return short


def _group(
    row: Mapping[str, Value], column: str | None, rows: Sequence[Mapping[str, Value]]
) -> str:
    """Return the heading of a row's group; none if a number is the same in all rows."""
    if column is None:
        return ""
    value = row[column]
    if not isinstance(value, str):
        same = len({each[column] for each in rows}) == 1
        return "" if same else latex.text(f"{column.replace('_', ' ')} {value}")
    return latex.text(value)


def _cell(row: Mapping[str, Value], column: PaperColumn, units: Mapping[str, str]) -> str:
    """Return a value with its interval in plain text, such as '0.80 [0.71, 0.82]'."""
    name = next((name for name in column.names if row[name] is not None), column.names[0])
    form = ".0f" if units[name].startswith(("rating", "rank")) else ".2f"
    if column.ends is None:
        return _value(row[name], form)
    low, high = (row[end] for end in column.ends)
    if row[name] is None or (low is None and high is None):
        return _value(row[name], form)
    first = "-∞" if low is None else _fixed(low, form)
    last = "∞" if high is None else _fixed(high, form)
    return f"{_fixed(row[name], form)} [{first}, {last}]"


def _fixed(value: Value, form: str) -> str:
    """Return a number with the decimals of ``form``, however small it is."""
    return f"{value:{form}}" if isinstance(value, (int, float)) else str(value)


def _value(value: Value, form: str) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return decimals(value, form)
        case _:
            return str(value)


def _typeset(plain: str) -> str:
    """Return a cell in LaTeX, with signs and infinity as mathematics has them."""
    parts = latex.text(plain).replace("∞", r"$\infty$").split(" ")
    return " ".join(_signed(part) for part in parts)


def _signed(word: str) -> str:
    """Return a word with a minus in place of the hyphen before a number."""
    for start in ("-", "[-"):
        if word.startswith(start) and word[len(start) : len(start) + 1] in (*"0123456789", "$"):
            return f"{start[:-1]}$-${word[len(start) :]}"
    return word


def fitting(widths: Sequence[float], room: float) -> list[int]:
    """Return the places of as many columns as fit into ``room``, the first ones before others."""
    places, taken = [], 0.0
    for at, width in enumerate(widths):
        if taken + width <= room:
            places.append(at)
            taken += width
    return places


def parted(table: Printed) -> Iterator[Printed]:
    """Divide a table into parts that a page can hold, at the ends of groups if possible."""
    part: list[tuple[str, tuple[str, ...]]] = []
    for heading, found in groupby(table.rows, key=lambda row: row[0]):
        group = list(found)
        room = LONGEST - (HEADING if heading else 0)
        if part and lines(part) + LONGEST - room + len(group) > LONGEST:
            yield _rows(table, part)
            part = []
        while len(group) > room:
            yield _rows(table, group[:room])
            group = group[room:]
        part += group
    yield _rows(table, part)


def lines(rows: Sequence[tuple[str, tuple[str, ...]]]) -> int:
    """Return how many lines these rows take, with the headings of their groups."""
    return len(rows) + HEADING * len({heading for heading, _ in rows if heading})


def _rows(table: Printed, rows: Sequence[tuple[str, tuple[str, ...]]]) -> Printed:
    return Printed(table.heads, table.numeric, tuple(rows), table.widths)


def tabular(table: Printed) -> str:
    """Return a table in LaTeX, in letters of 8 points; the document needs the package booktabs."""
    layout = "".join("r" if number else "l" for number in table.numeric)
    body = latex.tabular(f"@{{}}{layout}@{{}}", table.heads, _lines(table))
    return f"{{\\footnotesize\\setlength{{\\tabcolsep}}{{{BETWEEN / 2:g}pt}}%\n{body.rstrip()}}}\n"


def _lines(table: Printed) -> Iterator[str]:
    """Yield the rows, with the headings of groups between them."""
    for at, (group, found) in enumerate(groupby(table.rows, key=lambda row: row[0])):
        if group:
            space = r"\addlinespace " if at else ""
            head = f"\\multicolumn{{{len(table.heads)}}}{{@{{}}l}}{{\\textit{{{group}}}}}"
            yield space + latex.row([head])
        for _, cells in found:
            yield latex.row(cells)


def _shown(name: str, about: str) -> str:
    """Return the LaTeX that shows a file."""
    label = name.removeprefix("tables/").removesuffix(".tex").replace("/", ":")
    return "\n".join(
        [
            r"\begin{table}", r"\centering", f"\\caption{{{latex.text(about)}}}",
            f"\\label{{tab:{label}}}", f"\\input{{{name}}}", r"\end{table}", "", "",
        ]
    )  # fmt: skip
