"""Databases of real episodes of bots, judged as in the workflow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gamegrid import games
from gamegrid.analysis.judge import judge_game
from gamegrid.games.game import Oracle
from gamegrid.records import chunkfile
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import GameRow, Rows
from store_samples import agent, run


def row(name: str) -> GameRow:
    loaded = games.load(name)
    return GameRow(
        game=loaded.name, load_string=loaded.load_string, players=loaded.players,
        scoring=loaded.scoring.value, family=loaded.family, chance=loaded.chance,
        hidden_information=loaded.hidden_information, oracle=loaded.oracle.value, generic=False,
        luck=loaded.luck_name, opening_plies=loaded.opening_plies, disguise_of=None,
    )  # fmt: skip


def judged(
    folder: Path, names: Sequence[str], agents: Mapping[str, Any], episodes: Sequence[Any]
) -> Path:
    """Build the database of episodes of the games called ``names``."""
    chunk, verdicts = folder / "chunk.parquet", []
    chunkfile.write(chunk, run("run"), episodes, "{}")
    for name in names:
        if games.load(name).oracle is not Oracle.NONE:
            verdicts.append(folder / f"{name}.parquet")
            judge_game(games.load(name), [chunk], verdicts[-1])
    path = folder / "gamegrid.duckdb"
    rows = Rows(agents=[agent(each) for each in agents], games=[row(name) for name in names])
    build(path, rows, Sources(chunks=[chunk], judged=verdicts))
    return path
