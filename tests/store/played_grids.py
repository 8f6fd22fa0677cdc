"""Play grids of bots in this process as the jobs would, and build their databases."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.analysis.control_variates import correct_game, known_policies
from gamegrid.analysis.references import write
from gamegrid.jobs.workflow import rows
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.store.database import Sources, build

BOTS = {"random": {"type": "random"}, "optimal": {"type": "optimal"}}


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, **grid: Any) -> Path:
    """Play a grid as its jobs would, and build its database."""
    monkeypatch.chdir(folder)
    raw = {"seed": 1, "games": ["kuhn_poker", "tic_tac_toe"], "agents": BOTS, **grid}
    made = plan.make(raw, folder)
    files = []
    for chunk in made.chunks:
        game, matchup, block = chunk.path.split("/")
        files.append(folder / f"results/chunks/{chunk.path}.parquet")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, threads=1,
                results=folder / "results", output=files[-1],
            )
        )  # fmt: skip
    corrections = [folder / f"results/corrections/{name}.parquet" for name in made.corrected]
    for file in corrections:
        game = made.grid.game_named[file.stem]
        correct_game(game, files, known_policies(made.config.agents, game), file)
    write(made, folder / "references.json")
    path = folder / "gamegrid.duckdb"
    sources = Sources(chunks=files, corrections=corrections, references=folder / "references.json")
    build(path, rows(made), sources)
    return path
