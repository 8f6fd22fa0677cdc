"""Export the replies of models.

``traces`` are tables of replies, ``chat`` are conversations to fine-tune on, and ``inspect`` are
logs that Inspect's viewer and data frames read.
"""

import json
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from gamegrid.commands import inspect_log
from gamegrid.commands.command import Command
from gamegrid.commands.inspect_log import Line
from gamegrid.errors import UserError, nearest
from gamegrid.paths import replacing
from gamegrid.store.tables import connect


class Outcome(StrEnum):
    """How an episode ended for a seat: who has the most wins, and shares it in a draw."""

    WIN = "win"
    DRAW = "draw"
    LOSS = "loss"


FORMATS: Mapping[str, str] = {
    ".jsonl": "FORMAT json",
    ".csv": "FORMAT csv, HEADER",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}
"""How a table is written, by the ending of its name."""

BATCH = 1000


def traces(database: Path, output: Path, filters: Mapping[str, str | None]) -> int:
    """Write a row per reply to ``output``, a .jsonl, .csv or .parquet file. Returns how many.

    Raises UserError for another ending and duckdb.Error if ``database`` cannot be read.
    """
    if output.suffix not in FORMATS:
        raise UserError(f"{output} ends in none of {', '.join(FORMATS)}.")
    with closing(connect(database)) as connection, replacing(output) as temporary:
        written = connection.execute(
            f"COPY ({_sql()}) TO $output ({FORMATS[output.suffix]})",
            {**filters, "output": str(temporary)},
        ).fetchone()
    return int(written[0]) if written else 0


def chat(
    database: Path, output: Path, filters: Mapping[str, str | None], optimal: bool = False
) -> int:
    """Write a conversation per own move of a model to ``output``, as JSONL. Returns how many.

    Each ends with the reply that made the move. Replies before it have ``weight`` 0, as they are
    examples of their own or did not lead to a move. ``optimal`` keeps moves that an oracle calls
    best. Raises duckdb.Error if ``database`` cannot be read.
    """
    kept = 0
    with output.open("w", encoding="utf-8") as file:
        for line in _replies(database, filters):
            if line["own"] and (line["optimal"] or not optimal):
                talk = {"messages": _conversation(line)}
                file.write(json.dumps(talk, ensure_ascii=False) + "\n")
                kept += 1
    return kept


def _conversation(line: Line) -> list[dict[str, Any]]:
    """The messages that were sent, and the reply."""
    sent = [
        {**message, "weight": 0} if message["role"] == "assistant" else message
        for message in json.loads(line["messages"])
    ]
    return [*sent, {"role": "assistant", "content": line["reply"]}]


def inspect(database: Path, folder: Path, filters: Mapping[str, str | None]) -> int:
    """Write an Inspect log per game and agent into ``folder``. Returns how many.

    The means in it are those of the table per_game. Raises duckdb.Error if ``database`` cannot be
    read.
    """
    logs = defaultdict[tuple[str, str], list[Line]](list)
    for line in _replies(database, filters):
        logs[line["game"], line["agent"]].append(line)
    folder.mkdir(parents=True, exist_ok=True)
    for (game, agent), lines in logs.items():
        # The means are those of all episodes: they do not belong to some of them.
        whole = all(filters[key] is None for key in ("model", "episode", "outcome"))
        means = _means(database, game, agent) if whole else {}
        log = inspect_log.log(game, agent, lines, means)
        path = folder / inspect_log.name(game, agent, lines)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(log, ensure_ascii=False), "utf-8")
    return len(logs)


def _means(database: Path, game: str, agent: str) -> dict[str, float]:
    """The agent's means in the game that there are, by the name of a sample's score."""
    with closing(connect(database)) as connection:
        found = connection.execute(
            "SELECT score, strict_score, mean_return FROM per_game WHERE game = ? AND agent = ?",
            [game, agent],
        ).fetchone()
    means = zip(inspect_log.SCORES, found or (None,) * len(inspect_log.SCORES), strict=True)
    return {score: value for score, value in means if value is not None}


def _sql() -> str:
    return (files("gamegrid.report") / "replies.sql").read_text("utf-8")


def _replies(database: Path, filters: Mapping[str, str | None]) -> Iterator[Line]:
    with closing(connect(database)) as connection:
        found = connection.execute(_sql(), dict(filters))
        names = [column[0] for column in found.description or ()]
        while batch := found.fetchmany(BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))


def _check(database: Path, filters: Mapping[str, str | None]) -> None:
    """Refuse a name that the database does not have. Raises UserError."""
    if not database.exists():
        raise UserError(f"there is no {database}; play a grid first.")
    columns = {
        "game": "SELECT game FROM games",
        "agent": "SELECT agent FROM agents",
        "model": "SELECT DISTINCT model FROM calls",
        "episode": "SELECT episode_id FROM episodes",
    }
    with closing(connect(database)) as connection:
        for name, sql in columns.items():
            wanted = filters[name]
            known = [found for (found,) in connection.execute(sql).fetchall()]
            if wanted is not None and wanted not in known:
                raise UserError(f"--{name}: {database} has no {wanted!r}.{nearest(wanted, known)}")


def arguments(parser: ArgumentParser) -> None:
    """Take a form, its output and filters."""
    commands = parser.add_subparsers(dest="form", required=True)
    for name, output, about in (
        ("traces", "FILE", "a row per reply, as .jsonl, .csv or .parquet"),
        ("chat", "FILE", "a conversation per own move, as JSONL, to fine-tune on"),
        ("inspect", "FOLDER", "a log per game and agent for Inspect's viewer and data frames"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument("output", type=Path, metavar=output)
        command.add_argument("--results", type=Path, default=Path("results"))
        command.add_argument("--game", help="of this game only")
        command.add_argument("--agent", help="of this agent only")
        command.add_argument("--model", help="of this model only")
        command.add_argument("--episode", help="of this episode_id only")
        command.add_argument("--outcome", choices=list(Outcome), help="where the seat ended so")
        if name == "chat":
            command.add_argument(
                "--optimal", action="store_true", help="moves an oracle calls best"
            )


def run(given: Namespace) -> int:
    """Write what was asked for."""
    database: Path = given.results / "gamegrid.duckdb"
    filters = {
        name: getattr(given, name) for name in ("game", "agent", "model", "episode", "outcome")
    }
    try:
        _check(database, filters)
        match given.form:
            case "traces":
                said = f"{traces(database, given.output, filters)} replies"
            case "chat":
                kept = chat(database, given.output, filters, given.optimal)
                said = f"{kept} conversations"
            case _:
                said = f"{inspect(database, given.output, filters)} logs"
    except (duckdb.Error, OSError) as error:
        raise UserError(" ".join(str(error).split())) from error
    print(f"{given.output}: {said}")
    return 0


COMMAND = Command("export replies as tables, conversations or Inspect logs", arguments, run)
