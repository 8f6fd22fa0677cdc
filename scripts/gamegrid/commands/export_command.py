"""Export the replies of models, and figures and tables for papers.

``traces`` writes tables of replies, ``chat`` conversations for fine-tuning, and ``inspect`` logs
for Inspect's viewer and data frames. ``figures`` and ``latex`` write what a paper prints.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any

from gamegrid.commands import inspect_log
from gamegrid.commands.command import Command
from gamegrid.commands.inspect_log import ReplyRow
from gamegrid.commands.results_folder import check_output, database_of
from gamegrid.errors import UserError, nearest
from gamegrid.paths import replacing
from gamegrid.report import queries
from gamegrid.store.tables import connect


class Outcome(StrEnum):
    """How an episode ended for a seat. The highest return wins; seats that share it draw."""

    WIN = "win"
    DRAW = "draw"
    LOSS = "loss"


FORMATS: Mapping[str, str] = {
    ".jsonl": "FORMAT json",
    ".csv": "FORMAT csv, HEADER",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}
"""DuckDB's options for each file extension."""

FOLDERS = ("figures", "inspect", "latex")
"""Exports that write a folder; the others write a file."""
BATCH = 1000


def traces(database: Path, output: Path, filters: Mapping[str, str | None]) -> int:
    """Write a row per reply to ``output``, a .jsonl, .csv or .parquet file. Returns the count.

    Raises UserError for another extension or if ``database`` cannot be opened.
    """
    if output.suffix not in FORMATS:
        raise UserError(f"{output}: unknown extension. Known: {', '.join(FORMATS)}.")
    with (
        replacing(output) as temporary,
        closing(connect(database, files=[temporary])) as connection,
    ):
        written = connection.execute(
            f"COPY ({_sql()}) TO $output ({FORMATS[output.suffix]}, USE_TMP_FILE false)",
            {**filters, "output": str(temporary)},
        ).fetchone()
    return int(written[0]) if written else 0


def chat(
    database: Path, output: Path, filters: Mapping[str, str | None], optimal: bool = False
) -> int:
    """Write a conversation per move of a model to ``output``, as JSONL. Returns the count.

    Each conversation ends with the reply that made the move; fallback moves are left out. Earlier
    replies have ``weight`` 0: they have a conversation of their own or led to no move. ``optimal``
    keeps only moves that an oracle calls best. Raises UserError if ``database`` cannot be opened.
    """
    kept = 0
    with replacing(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        for line in _replies(database, filters):
            if line["own"] and (line["optimal"] or not optimal):
                talk = {"messages": _conversation(line)}
                file.write(json.dumps(talk, ensure_ascii=False) + "\n")
                kept += 1
    return kept


def _conversation(line: ReplyRow) -> list[dict[str, Any]]:
    """Return the messages that were sent, and the reply."""
    sent = [
        {**message, "weight": 0} if message["role"] == "assistant" else message
        for message in json.loads(line["messages"])
    ]
    return [*sent, {"role": "assistant", "content": line["reply"]}]


def inspect(database: Path, folder: Path, filters: Mapping[str, str | None]) -> int:
    """Write an Inspect log per game and agent into ``folder``. Returns the count.

    The means in a log are those of the table per_game. Raises duckdb.Error if ``database`` cannot
    be read.
    """
    logs = defaultdict[tuple[str, str], list[ReplyRow]](list)
    for line in _replies(database, filters):
        logs[line["game"], line["agent"]].append(line)
    folder.mkdir(parents=True, exist_ok=True)
    for (game, agent), lines in logs.items():
        # The means cover all episodes, so a log of some episodes goes without.
        whole = all(filters[key] is None for key in ("model", "episode", "outcome"))
        means = _means(database, game, agent) if whole else {}
        log = inspect_log.log(game, agent, lines, means)
        path = folder / inspect_log.name(game, agent, lines)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(log, ensure_ascii=False), "utf-8")
    return len(logs)


def _means(database: Path, game: str, agent: str) -> dict[str, float]:
    """Return the agent's known means in the game, by the name of a sample's score."""
    with closing(connect(database)) as connection:
        row = connection.execute(
            "SELECT score, strict_score, mean_return FROM per_game WHERE game = ? AND agent = ?",
            [game, agent],
        ).fetchone()
    means = zip(inspect_log.SCORES, row or (None,) * len(inspect_log.SCORES), strict=True)
    return {score: value for score, value in means if value is not None}


def _formulas(database: Path, filters: Mapping[str, str | None]) -> int:
    """Count the replies that a spreadsheet would take for formulas."""
    with closing(connect(database)) as connection:
        [(number,)] = connection.execute(
            f"SELECT count(*) FROM ({_sql()}) WHERE regexp_matches(reply, '^[=+@\t\r-]') "
            "OR regexp_matches(reasoning, '^[=+@\t\r-]')",
            dict(filters),
        ).fetchall()
    return int(number)


def _sql() -> str:
    return queries.with_outcomes("replies")


def _replies(database: Path, filters: Mapping[str, str | None]) -> Iterator[ReplyRow]:
    with closing(connect(database)) as connection:
        query = connection.execute(_sql(), dict(filters))
        names = [column[0] for column in query.description or ()]
        while batch := query.fetchmany(BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))


def _check(database: Path, filters: Mapping[str, str | None]) -> None:
    """Raise UserError for a name that the database does not contain."""
    columns = {
        "game": "SELECT game FROM games",
        "agent": "SELECT agent FROM agents",
        "model": "SELECT DISTINCT model FROM calls",
        "episode": "SELECT episode_id FROM episodes",
    }
    with closing(connect(database)) as connection:
        for name, sql in columns.items():
            wanted = filters[name]
            known = [value for (value,) in connection.execute(sql).fetchall()]
            if wanted is not None and wanted not in known:
                raise UserError(
                    f"--{name}: {database} does not contain {wanted!r}.{nearest(wanted, known)}"
                )


def arguments(parser: ArgumentParser) -> None:
    """Declare one subcommand per form, with its output and filters."""
    commands = parser.add_subparsers(dest="form", required=True)
    for name, output, about in (
        ("traces", "FILE", "Write a row per reply, as .jsonl, .csv or .parquet"),
        ("chat", "FILE", "Write a conversation per move of a model, as JSONL for fine-tuning"),
        (
            "inspect",
            "FOLDER",
            "Write a log per game and agent for Inspect's viewer and data frames",
        ),
    ):
        command = _form(commands, name, output, about)
        command.add_argument("--game", help="only this game")
        command.add_argument("--agent", help="only this agent")
        command.add_argument("--model", help="only this model")
        command.add_argument("--episode", help="only this episode_id")
        command.add_argument(
            "--outcome", choices=list(Outcome), help="only seats with this outcome"
        )
        if name == "chat":
            command.add_argument(
                "--optimal", action="store_true", help="only moves an oracle calls best"
            )
    _form(
        commands, "figures", "FOLDER",
        "Write every figure for papers, as PDF, SVG and PNG 3.3 and 6.9 inches wide",
    )  # fmt: skip
    tables = _form(
        commands, "latex", "FOLDER",
        "Write tables for papers in LaTeX, for one column and for a page",
    )  # fmt: skip
    tables.add_argument(
        "--columns", action="append", default=[], metavar="'TABLE: COLUMN, ...'",
        help="print these columns of a table; may be given for several tables",
    )  # fmt: skip


def _form(commands: Any, name: str, output: str, about: str) -> ArgumentParser:
    """Declare a subcommand that writes to ``output``."""
    command: ArgumentParser = commands.add_parser(name, help=about, description=about)
    command.add_argument("output", type=Path, metavar=output)
    command.add_argument(
        "--results", type=Path, default=Path("results"),
        help="a results folder (default: results)",
    )  # fmt: skip
    return command


def run(given: Namespace) -> int:
    """Write the export and print the number of entries."""
    if given.form not in FOLDERS:
        check_output(given.output)
    with database_of(given.results) as database:
        try:
            count = _write(database, given)
        except OSError as error:
            raise UserError(f"cannot write {given.output}: {error}.") from error
    print(f"{given.output}: {count}")
    return 0


def _say(figure: str) -> None:
    print(f"drawing {figure}", file=sys.stderr)


def _write(database: Path, given: Namespace) -> str:
    """Write the export that was asked for, and return what it holds in words."""
    match given.form:
        case "figures":
            from gamegrid.report import paper

            number = paper.write(database, given.output, _say)
            return f"{number} files; main.tex shows the figures"
        case "latex":
            from gamegrid.store import latex_tables

            number = latex_tables.write(database, given.output, _columns(given.columns))
            return f"{number} tables; main.tex shows them"
        case _:
            return _write_replies(database, given)


def _columns(given: Sequence[str]) -> dict[str, str]:
    """Return the columns asked for, by table."""
    chosen = {}
    for each in given:
        table, colon, columns = each.partition(":")
        if not colon:
            raise UserError(
                f"--columns: {each!r} names no table. Write it as in 'leaderboard: agent, rating'."
            )
        chosen[table.strip()] = columns
    return chosen


def _write_replies(database: Path, given: Namespace) -> str:
    """Write the replies that were asked for, and return what the export holds in words."""
    filters = {
        name: getattr(given, name) for name in ("game", "agent", "model", "episode", "outcome")
    }
    _check(database, filters)
    match given.form:
        case "traces":
            count = f"{traces(database, given.output, filters)} replies"
            formulas = _formulas(database, filters) if given.output.suffix == ".csv" else 0
            if formulas:
                print(
                    f"gamegrid: {formulas} replies begin as formulas do (=, +, - or @). The file "
                    f"holds them unchanged: import its columns as text, or export .parquet.",
                    file=sys.stderr,
                )
            return count
        case "chat":
            return f"{chat(database, given.output, filters, given.optimal)} conversations"
        case _:
            return f"{inspect(database, given.output, filters)} logs"


COMMAND = Command("Export replies, and figures and tables for papers", arguments, run)
