"""A results folder as somebody else may send it, and ways to turn it into an attack.

Each attack changes a folder of good results. ``bait`` is a folder outside the results. It holds
``secret.txt``, which nothing may read or change, and nothing may put another file into it.
"""

import gzip
import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from gamegrid.analysis import references
from gamegrid.analysis.judge import judge_game
from gamegrid.jobs import workflow
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.chunkfile import PARAMS_KEY, read_params
from gamegrid.store import looks, manifest
from gamegrid.store.database import Sources, build
from gamegrid.store.tables import write_tables

GRID: dict[str, Any] = {
    "games": ["kuhn_poker"],
    "deals": 2,
    "models": [],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}
CHUNK = "chunks/kuhn_poker/optimal--random/00000-00001.parquet"
JOURNAL = "journal/kuhn_poker/optimal--random/00000-00001.jsonl"
SECRET = "the secret of the house"
PLUGIN = "from pathlib import Path\nPath({marker!r}).write_text('ran')\n"

Attack = Callable[[Path, Path], None]


def make(folder: Path) -> Path:
    """Play a grid of bots into ``folder`` as the workflow does; return its results folder."""
    results = folder / "results"
    made = plan.make(GRID, folder)
    chunks = [results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks]
    for chunk, output in zip(made.chunks, chunks, strict=True):
        play_chunk(
            Job(config=GRID, game=chunk.cell.game.name, matchup=chunk.cell.matchup.name,
                block=chunk.block, results=results, output=output, threads=1)
        )  # fmt: skip
    judged = [results / f"judged/{game}.parquet" for game in made.judged]
    for path in judged:
        judge_game(made.grid.game_named[path.stem], chunks, path)
    known, database = results / "references.json", results / "gamegrid.duckdb"
    references.write(made, known)
    rows, noted = workflow.rows(made), results / looks.NAME
    build(database, rows, Sources(chunks=chunks, judged=judged, references=known, looks=noted))
    looks.note(noted, database)
    write_tables(database, results / "tables")
    played = {"chunks": chunks, "judged": judged, "references": [known]}
    played |= {kind: [] for kind in ("positions", "probes", "exploitability")}
    stated = {**asdict(rows), "plugins": workflow.plugin_files()}
    manifest.write(results / manifest.NAME, database, GRID, stated, played)
    return results


def in_manifest(change: Callable[[dict[str, Any], Path], Any]) -> Attack:
    """Change the manifest."""

    def attack(results: Path, bait: Path) -> None:
        path = results / manifest.NAME
        stated = json.loads(path.read_text())
        change(stated, bait)
        path.write_text(json.dumps(stated))

    return attack


def evil_plugin(bait: Path) -> str:
    """Write a plug-in that leaves a file in ``bait`` when it is run; return its folder."""
    folder = bait.with_name("evil")
    folder.mkdir(exist_ok=True)
    (folder / "evil.py").write_text(PLUGIN.format(marker=str(bait / "ran")))
    return str(folder)


def plugin_by_folder(stated: dict[str, Any], bait: Path) -> None:
    """Name a folder of plug-ins in the configuration, and nowhere else."""
    stated["config"]["plugins"] = [evil_plugin(bait)]


def plugin_by_name(stated: dict[str, Any], bait: Path) -> None:
    """Name a plug-in with its digest as well."""
    plugin_by_folder(stated, bait)
    stated["plugins"] = [{"adds": "game", "file": "evil/evil.py", "sha256": "0" * 64}]


def own_table(stated: dict[str, Any], bait: Path) -> None:
    """Bring SQL that writes a file."""
    sql = f"-- table: 1\nCOPY (SELECT 1) TO '{bait / 'ran'}'"
    stated["own_tables"] = [{"name": "mine", "sql": sql}]


def file_named(name: str) -> Attack:
    """Name one more file as a chunk file."""
    return in_manifest(
        lambda stated, bait: stated["files"]["chunks"].update({name.format(bait=bait): "0" * 64})
    )


def nested(name: str, opened: str = '{"form": 1, "seed": 1, "cells": ') -> Attack:
    """Nest JSON too deeply to be read."""

    def attack(results: Path, bait: Path) -> None:
        path = results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{opened}{'[' * 100_000}{']' * 100_000}}}\n")

    return attack


def with_params(change: Callable[[dict[str, Any]], Any]) -> Attack:
    """Change what a chunk file says of how it was played, and correct the manifest."""

    def attack(results: Path, bait: Path) -> None:
        path = results / CHUNK
        [text] = read_params([path]).values()
        params = json.loads(text)
        change(params)
        rewritten(path, "*", json.dumps(params))
        own_up(results, CHUNK)

    return attack


def template_elsewhere(params: dict[str, Any]) -> None:
    """Let an agent be a model with a template in another folder."""
    params["agents"]["optimal"] = {
        "type": "llm",
        "model": "litellm_openai/m",
        "prompt": "../../../bait/evil",
        "prompt_digest": "0",
    }


def rewritten(path: Path, columns: str, params: str) -> None:
    """Write a chunk file anew."""
    beside = path.with_suffix(".new")
    duckdb.execute(
        f"COPY (SELECT {columns} FROM read_parquet($path)) TO $beside "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{PARAMS_KEY}: $params}})",
        {"path": str(path), "beside": str(beside), "params": params},
    )
    beside.replace(path)


def own_up(results: Path, name: str) -> None:
    """Put the digest of a file into the manifest."""
    path = results / manifest.NAME
    stated = json.loads(path.read_text())
    for names in stated["files"].values():
        if f"results/{name}" in names:
            names[f"results/{name}"] = manifest.sha256(results / name)
    path.write_text(json.dumps(stated))


def many_rows(results: Path, bait: Path) -> None:
    """Let a small chunk file unpack to billions of bytes."""
    path = results / CHUNK
    [params] = read_params([path]).values()
    columns = "* REPLACE (repeat('0', 2_000_000) AS trajectory)"
    duckdb.execute(
        f"COPY (SELECT {columns} FROM read_parquet($path), range(400)) TO $beside "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100, "
        f"KV_METADATA {{{PARAMS_KEY}: $params}})",
        {"path": str(path), "beside": f"{path}.new", "params": params},
    )
    path.with_name(f"{path.name}.new").replace(path)
    own_up(results, CHUNK)


def three_billion_deals(results: Path, bait: Path) -> None:
    """Claim a look at three billion deals."""
    line = {"at": "", "cells": {"kuhn_poker": {"optimal--random": ["0-3000000000", "x"]}}}
    (results / looks.NAME).write_text(json.dumps(line) + "\n")


def column_of_sql(results: Path, bait: Path) -> None:
    """Hide SQL in the name of a column of the references."""
    path = results / "references.json"
    known = json.loads(path.read_text())
    name = f"game) SELECT 1; COPY (SELECT 1) TO '{bait / 'ran'}'; --"
    known["references"] = [{name: 1}]
    path.write_text(json.dumps(known))
    own_up(results, "references.json")


def gzip_bomb(results: Path, bait: Path) -> None:
    """Let a journal of 1 MB unpack to a thousand times as much."""
    path = results / f"{JOURNAL}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(1100):
            file.write(bytes(1_000_000))


def pipe(name: str) -> Attack:
    """Put a pipe in the place of a file: whoever opens it waits forever."""

    def attack(results: Path, bait: Path) -> None:
        path = results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return attack


def sock(results: Path, bait: Path) -> None:
    """Put a socket in the place of a file."""
    (results / "stamp.json").unlink()
    before = Path.cwd()
    os.chdir(results)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("stamp.json")
    finally:
        os.chdir(before)


def link(name: str, target: str = "secret.txt") -> Attack:
    """Put a link to a file or folder of the bait into the results."""

    def attack(results: Path, bait: Path) -> None:
        path = results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            path.rename(path.with_name("moved"))
        path.unlink(missing_ok=True)
        path.symlink_to(bait / target)

    return attack


def folder(name: str) -> Attack:
    """Put a folder in the place of a file."""

    def attack(results: Path, bait: Path) -> None:
        path = results / name
        path.unlink(missing_ok=True)
        path.mkdir(parents=True)

    return attack


def in_database(*statements: str) -> Attack:
    """Run SQL on the database."""

    def attack(results: Path, bait: Path) -> None:
        with duckdb.connect(str(results / "gamegrid.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement.format(secret=bait / "secret.txt"))

    return attack


def view_of_a_file(name: str) -> Attack:
    """Let a view of the database read a file of the reader's."""
    return in_database(
        f"CREATE OR REPLACE VIEW {name} AS SELECT content FROM read_text('{{secret}}')"
    )


ATTACKS: dict[str, Attack] = {
    "plug-ins by their folder": in_manifest(plugin_by_folder),
    "plug-ins by name": in_manifest(plugin_by_name),
    "a table of its own": in_manifest(own_table),
    "a template elsewhere": with_params(template_elsewhere),
    "params nested": with_params(lambda params: params.update(agents={"random": "x"})),
    "params of another kind": with_params(lambda params: params.update(seatings=3, game=[1])),
    "a name that climbs": file_named("results/../../bait/secret.txt"),
    "a name from the root": file_named("{bait}/secret.txt"),
    "a name in the workflow": file_named("pyproject.toml"),
    "a name that climbs from the suites": file_named("config/suites/../../pyproject.toml"),
    "files of another kind": in_manifest(lambda stated, _: stated.update(files=["x"])),
    "agents of another kind": in_manifest(lambda stated, _: stated.update(agents={"a": 1})),
    "a manifest nested": nested("manifest.json"),
    "a stamp nested": nested("stamp.json"),
    "references nested": nested("references.json"),
    "a look nested": nested(looks.NAME),
    "a journal nested": nested(JOURNAL, '{"form": 1, "key": '),
    "a look at three billion deals": three_billion_deals,
    "SQL in a column's name": column_of_sql,
    "a table file that unpacks to a lot": many_rows,
    "a journal that unpacks to a lot": gzip_bomb,
    **{f"a pipe: {name}": pipe(name) for name in (
        "manifest.json", "stamp.json", "gamegrid.duckdb", looks.NAME, "references.json", CHUNK,
        JOURNAL, f"{JOURNAL}.gz", "progress/kuhn_poker/optimal--random/00000-00001.json",
    )},
    "a socket": sock,
    **{f"a link: {name}": link(name) for name in (
        looks.NAME, "stamp.json", "logs/play/kuhn_poker/optimal--random/00000-00001.log", JOURNAL,
        JOURNAL.replace(".jsonl", ".lock"), JOURNAL.replace(".jsonl", ".lost"),
        "tables/leaderboard.csv", "report.html", "manifest.json",
    )},
    "a link to a folder": link("tables", "."),
    "a link to a device": link("looks.jsonl", "../../../../../../../../dev/zero"),
    "a link to nothing": link("complete.txt", "ran"),
    **{f"a folder: {name}": folder(name) for name in (
        "manifest.json", "stamp.json", "gamegrid.duckdb", looks.NAME, CHUNK, JOURNAL,
    )},
    **{f"a view of a file: {name}": view_of_a_file(name) for name in (
        "leaderboard", "per_game", "controls", "paired",
    )},
}  # fmt: skip
